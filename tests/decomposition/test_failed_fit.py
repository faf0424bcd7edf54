"""A fit that fails leaves the estimator as it was: fitted before, it still works."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from latentia import PCA, TruncatedSVD

ESTIMATORS = [PCA(2, random_state=0), TruncatedSVD(2, random_state=0)]


def frame(columns="abcd"):
    values = np.random.default_rng(0).standard_normal((31, len(columns)))
    return pd.DataFrame(values, columns=list(columns))


def with_nan():
    X = frame("vwxyz")
    X.iloc[7, 2] = np.nan
    return X


def malformed():
    X = scipy.sparse.csr_array(np.ones((5, 9)))
    X.indices[7] = 12
    return X


FAULTS = {
    "NaN": with_nan,
    "too few features": lambda: frame("z"),
    "no samples": lambda: np.zeros((0, 7)),
    "malformed": malformed,
    "not numbers": lambda: [["one", "two", "three"]],
    "three dimensions": lambda: np.ones((3, 4, 5)),
}


@pytest.fixture(params=FAULTS)
def faulty(request):
    return FAULTS[request.param]()


def assert_unchanged(estimator, before):
    assert vars(estimator).keys() == before.keys()
    for name, value in before.items():
        assert vars(estimator)[name] is value, name


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_fitted_estimator_stays_as_it_is(estimator, method, faulty):
    X = frame()
    estimator = clone(estimator).fit(X)
    before = dict(vars(estimator))
    expected = estimator.transform(X)
    with pytest.raises((TypeError, ValueError)):
        getattr(estimator, method)(faulty)
    assert_unchanged(estimator, before)
    np.testing.assert_array_equal(estimator.transform(X), expected)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_new_estimator_stays_unfitted(estimator, faulty):
    estimator = clone(estimator)
    before = vars(estimator).copy()
    with pytest.raises((TypeError, ValueError)):
        estimator.fit(faulty)
    assert vars(estimator) == before
    with pytest.raises(NotFittedError):
        estimator.transform(frame())


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(
    "wrong",
    [
        {"n_components": 99},
        {"n_components": -1},
        {"tol": -1.0},
        {"n_oversamples": -1},
        {"random_state": "seed"},
        {"n_threads": 0},
    ],
)
def test_wrong_parameters(estimator, wrong):
    X = frame()
    estimator = clone(estimator).fit(X)
    components = estimator.components_.copy()
    estimator.set_params(**wrong)
    with pytest.raises((TypeError, ValueError)):
        estimator.fit(frame("vwxyz"))
    np.testing.assert_array_equal(estimator.components_, components)
    assert estimator.n_features_in_ == 4
    assert list(estimator.feature_names_in_) == list("abcd")


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_interrupted_fit(estimator, monkeypatch):
    """Ctrl-C in the middle of the work is a failed fit as well."""

    def interrupt(*args, **settings):
        raise KeyboardInterrupt

    X = frame()
    estimator = clone(estimator).fit(X)
    before = dict(vars(estimator))
    module = __import__(type(estimator).__module__, fromlist=["decompose"])
    monkeypatch.setattr(module, "decompose", interrupt)
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(frame("vwxyz"))
    assert_unchanged(estimator, before)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_refused_transform(estimator):
    X = frame()
    estimator = clone(estimator).fit(X)
    before = dict(vars(estimator))
    for wrong in (frame("abc"), frame("dcba"), X.iloc[:0], X.to_numpy()[0]):
        with pytest.raises(ValueError, match=r"feature|Found array|2D"):
            estimator.transform(wrong)
    bad = X.copy()
    bad.iloc[3, 1] = np.inf
    with pytest.raises(ValueError, match=r"infinity.* at row 3, column 1"):
        estimator.transform(bad)
    assert_unchanged(estimator, before)


def test_second_fit_forgets_the_first():
    """Also what only the first one's data had."""
    for estimator in ESTIMATORS:
        again = clone(estimator).fit(frame("vwxyz")).fit(frame().to_numpy())
        once = clone(estimator).fit(frame().to_numpy())
        assert vars(again).keys() == vars(once).keys()
        np.testing.assert_array_equal(again.components_, once.components_)
