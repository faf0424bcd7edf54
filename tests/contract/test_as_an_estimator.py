"""In the company of scikit-learn's tools."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn.base
import sklearn.decomposition
import sklearn.mixture
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

import latentia

EXTRA = {
    "PCA": {},
    "TruncatedSVD": {},
    "NMF": {
        "alpha_W": "auto",  # 0 where all entries are observed
        **dict.fromkeys(["missing", "fixed_components"]),
        **dict.fromkeys(["transform_max_iter", "transform_tol"]),
    },
    "GaussianMixture": {"fixed": None},
}
OTHER_DEFAULTS = {"PCA": {"tol": 1e-4}, "TruncatedSVD": {"n_iter": "auto", "tol": 1e-4}}


@pytest.fixture
def name(subject):
    return subject.kind.__name__


def test_parameters(subject, name):
    """scikit-learn's, with its defaults, and ours besides."""
    module = sklearn.mixture if "Mixture" in name else sklearn.decomposition
    theirs = getattr(module, name)
    extra = {"n_threads": None, **EXTRA[name], **OTHER_DEFAULTS.get(name, {})}
    assert subject.kind().get_params() == theirs().get_params() | extra
    assert issubclass(subject.kind, theirs)
    assert getattr(latentia, name) is subject.kind
    estimator = subject.make(n_components=5, n_threads=2)
    assert sklearn.base.clone(estimator).get_params() == estimator.get_params()
    assert "n_components=5" in repr(estimator)


def test_a_constructor_only_keeps(subject):
    """Whatever it is given, as it is."""
    wrong = {"n_components": ["many"], "tol": "small", "n_threads": object()}
    estimator = subject.kind(**wrong)
    for name, value in wrong.items():
        assert getattr(estimator, name) is value


def test_a_fit_does_not_change_parameters(subject, X):
    estimator = subject.make()
    before = estimator.get_params()
    estimator.fit(X)
    subject.fitted(X, "partial_fit", **before).partial_fit(X)
    for name, value in before.items():
        assert estimator.get_params()[name] is value


@pytest.mark.subjects("NMF by mu", "tied mixture", "spherical mixture")
def test_pickle_copy_and_clone(subject, X, assert_same):
    fitted = subject.fitted(X, "partial_fit")
    again = [pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)]
    for other in again:
        assert_same(other, fitted, X)
    fitted.partial_fit(X[:30])
    for other in again:
        assert_same(other.partial_fit(X[:30]), fitted, X)
    clone = sklearn.base.clone(fitted)
    assert not [name for name in vars(clone) if name.endswith("_")]
    assert_same(clone.partial_fit(X).partial_fit(X[:30]), fitted, X)


def test_fits_agree(subject, X):
    """``fit`` and the method that also returns something of the rows."""
    both = [subject.make() for _ in range(2)]
    found = getattr(both[0], subject.fits[1])(X)
    expected = getattr(both[1].fit(X), subject.uses[0])(X)
    if not subject.kind.__name__.startswith("NMF"):  # whose W is not solved for anew
        np.testing.assert_allclose(found, expected, atol=1e-9 * np.abs(found).max())
    for use in subject.uses:
        answers = [getattr(estimator, use)(X) for estimator in both]
        np.testing.assert_array_equal(*answers)


def test_not_fitted(subject, X, tmp_path):
    more = {"inverse_transform", "recommend", "sample", "aic", "bic"}
    for use in (*subject.uses, *(more & {*dir(subject.kind)})):
        with pytest.raises((NotFittedError, AttributeError)):
            getattr(subject.make(), use)(X if use != "sample" else 3)
    with pytest.raises(NotFittedError):
        subject.make().save(tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_names_of_the_output(subject, name, frame):
    if "transform" not in subject.uses:
        pytest.skip("transforms nothing")
    named = frame("abcde").set_axis(np.arange(61) + 7)
    names = [f"{name.lower()}{i}" for i in range(2)]
    estimator = subject.make().fit(named)
    assert list(estimator.get_feature_names_out()) == names
    assert type(estimator.transform(named)) is np.ndarray
    estimator.set_output(transform="pandas")
    for Z in (estimator.transform(named), estimator.fit_transform(named)):
        assert isinstance(Z, pd.DataFrame)
        assert list(Z.columns) == names
        assert Z.index.equals(named.index)


@pytest.mark.subjects("NMF by mu", "tied mixture", "spherical mixture")
@pytest.mark.parametrize("module", ["polars.DataFrame", "pyarrow.table"])
def test_frames_of_other_libraries(subject, X, frame, module):
    package, _, maker = module.partition(".")
    make = getattr(pytest.importorskip(package), maker)
    named = make({name: X[:, i] for i, name in enumerate("abcde")})
    estimator = subject.make().fit(named)
    assert list(estimator.feature_names_in_) == list("abcde")
    plain = subject.make().fit(X)
    use, expected = (getattr(e, subject.uses[0]) for e in (estimator, plain))
    np.testing.assert_array_equal(use(named), expected(X))
    np.testing.assert_allclose(use(frame("abcde")), expected(X), atol=1e-12)
    other = make({name: X[:, i] for i, name in enumerate("abcdf")})
    with pytest.raises(ValueError, match=r"(?s)feature names.*f.*e"):
        use(other)
    if hasattr(estimator, "set_output") and package == "polars":
        Z = estimator.set_output(transform="polars").transform(named)
        assert type(Z).__module__.startswith("polars")
        assert Z.columns == list(estimator.get_feature_names_out())


def test_pipeline_and_search(subject, name, X):
    y = np.arange(61) % 2  # the two kinds of rows
    steps = [MinMaxScaler(clip=True), subject.make()]
    steps += [LogisticRegression()] if "transform" in subject.uses else []
    grid = {f"{name.lower()}__n_components": [1, 2]}
    search = GridSearchCV(make_pipeline(*steps), grid, cv=3).fit(X, y)
    assert search.best_params_ == {next(iter(grid)): 2} or search.best_score_ == 1
    if "predict" in subject.uses:
        pipeline = make_pipeline(*steps)
        np.testing.assert_array_equal(pipeline.fit_predict(X), pipeline.predict(X))


def test_y_is_ignored(subject, X, assert_same):
    plain = subject.make().fit(X)
    for y in (np.ones(61), "y"):
        assert_same(subject.make().fit(X, y), plain, X)
        getattr(subject.make(), subject.fits[1])(X, y)
        subject.make().partial_fit(X, y)
    if "score" in subject.uses:
        assert plain.score(X, np.ones(61)) == plain.score(X)


def test_silence(subject, X, capfd):
    """And what ``verbose`` shows changes nothing."""
    subject.make().fit(X)
    subject.fitted(X, "partial_fit").partial_fit(X)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("verbose", [1, 2, True])
def test_verbose(subject, X, assert_same, capfd, verbose):
    """A bar on standard error; nothing on standard output."""
    if "verbose" not in subject.make().get_params():
        pytest.skip("shows nothing")
    loud = subject.make(verbose=verbose).fit(X)
    said = capfd.readouterr()
    assert said.out == ""
    assert ("NMF" if "NMF" in subject.kind.__name__ else "EM 1/1") in said.err
    assert_same(loud, subject.make().fit(X), X)


# What has a random start, so that the seed can be told from the result.
RANDOM = {
    "PCA": {"svd_solver": "randomized", "iterated_power": 0, "n_oversamples": 0},
    "TruncatedSVD": {"n_iter": 0, "n_oversamples": 0},
    "NMF": {"init": "random"},
    "GaussianMixture": {"init_params": "random", "max_iter": 9, "tol": 1e9},
}


def test_seeds(subject, name, X):
    """A generator moves on; None draws from NumPy's global state."""

    def fit(random_state):
        estimator = subject.make(random_state=random_state, **RANDOM[name]).fit(X)
        return getattr(estimator, subject.uses[0])(X)

    for seed in (np.int64(7), np.random.RandomState(7)):
        np.testing.assert_array_equal(fit(seed), fit(7))
    one, other = np.random.RandomState(3), np.random.RandomState(3)
    found, again = ([fit(made) for _ in range(2)] for made in (one, other))
    np.testing.assert_array_equal(found, again)
    np.random.seed(3)  # noqa: NPY002
    first = fit(None)
    np.random.seed(3)  # noqa: NPY002
    np.testing.assert_array_equal(fit(None), first)
    for different in (fit(8), found[1], fit(None)):
        assert not np.array_equal(different, first)
