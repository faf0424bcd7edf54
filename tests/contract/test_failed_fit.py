"""A fit that fails leaves the estimator as it was: fitted before, it still works."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import NotFittedError

from latentia import PCA, TruncatedSVD
from latentia._native import kernels
from latentia.decomposition.svd import Decomposition


def with_a(value):
    return lambda frame: frame("vwxyz").mask(
        frame("vwxyz") == frame("vwxyz").max(), value
    )


def malformed(frame):
    X = scipy.sparse.csr_array(frame("vwxyz"))
    X.indices[7] = 12
    return X


FAULTS = {
    "malformed": malformed,
    "NaN": with_a(np.nan),
    "infinite": with_a(np.inf),
    "no samples": lambda frame: np.zeros((0, 5)),
    "not numbers": lambda frame: [["one", "two", "three"]],
    "three dimensions": lambda frame: np.ones((3, 4, 5)),
    "names of two kinds": lambda frame: frame("abcde").rename(columns={"a": 0}),
    "sparse with NaN": lambda frame: scipy.sparse.csr_array(with_a(np.nan)(frame)),
}
OF_EACH = {
    "PCA": {"fewer features than components": lambda frame: frame("z")},
    "TruncatedSVD": {"fewer features than components": lambda frame: frame("z")},
    "NMF": {
        "negative": with_a(-1.0),
        "all unknown": lambda frame: frame("vwxyz") * np.nan,
    },
    "GaussianMixture": {"too large": lambda frame: np.full((9, 5), 1e200)},
}


def faults(subject, frame):
    """Yield (name, rows) of what no fit accepts."""
    for name, make in (FAULTS | OF_EACH[subject.kind.__name__]).items():
        yield name, make(frame)


@pytest.fixture(params=["fit", "again", "partial_fit"])
def method(request, subject):
    """A method that learns: the other one that fits is called by either name."""
    return subject.fits[1] if request.param == "again" else request.param


def test_a_fitted_one_stays_as_it_is(subject, frame, method, unchanged):
    X = frame("abcde")
    for name, faulty in faults(subject, frame):
        fitted = subject.fitted(X, method)
        check = unchanged(fitted)
        with pytest.raises((TypeError, ValueError)):
            getattr(fitted, method)(faulty)
        check(name)
        for use in subject.uses:
            getattr(fitted, use)(X)


def test_a_new_one_stays_unfitted(subject, frame, method, unchanged):
    for name, faulty in faults(subject, frame):
        estimator = subject.make()
        check = unchanged(estimator)
        with pytest.raises((TypeError, ValueError)):
            getattr(estimator, method)(faulty)
        check(name)
        for use in subject.uses:
            with pytest.raises(NotFittedError):
                getattr(estimator, use)(frame("abcde"))


def test_wrong_parameters(subject, frame, unchanged):
    fitted = subject.make().fit(frame("abcd"))
    for wrong in (
        {"n_components": 99},
        {"n_components": -1},
        {"tol": -1.0},
        {"random_state": "seed"},
        {"n_threads": 0},
    ):
        if wrong == {"n_components": 99} and subject.kind.__name__ == "NMF":
            continue
        before = {name: fitted.get_params()[name] for name in wrong}
        check = unchanged(fitted.set_params(**wrong))
        with pytest.raises((TypeError, ValueError)):
            fitted.fit(frame("vwxyz"))
        check(str(wrong))
        fitted.set_params(**before)
    assert list(fitted.feature_names_in_) == list("abcd")


def fail_at(monkeypatch, number, error):
    """Raise in the call of a kernel of this number, from 1; return the calls so far."""
    calls = []

    def counted(kernel):
        def call(*arguments):
            calls.append(kernel.__name__)
            if len(calls) == number:
                raise error
            return kernel(*arguments)

        return call

    for name in dir(kernels):
        kernel = getattr(kernels, name)
        if callable(kernel) and not isinstance(kernel, type) and name != "max_threads":
            monkeypatch.setattr(kernels, name, counted(kernel))
    return calls


def learnable(subject, X):
    """The rows, with holes for those who learn from such rows."""
    holes = np.random.default_rng(1).random(X.shape) < 0.2
    return X.mask(holes) if subject.parameters.get("missing") else X


KERNELS = pytest.mark.subjects("NMF by mu", "NMF with holes", "NMF by mu with holes")


@KERNELS
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_errors_at_the_start(subject, frame, method, error, unchanged, monkeypatch):
    """Also Ctrl-C, as long as no iteration is whole."""
    X = learnable(subject, frame("abcde"))
    fitted = subject.fitted(X, method)
    check = unchanged(fitted)
    fail_at(monkeypatch, 1, error)
    with pytest.raises(error):
        getattr(fitted, method)(X)
    check()


@KERNELS
def test_errors_in_the_middle(subject, frame, method, unchanged, monkeypatch):
    """Wherever they come: one after each call of a kernel in turn."""
    X = learnable(subject, frame("abcde"))
    for number in range(1, 99):
        fitted = subject.fitted(X, method)
        check = unchanged(fitted)
        with monkeypatch.context() as patch:
            calls = fail_at(patch, number, MemoryError)
            try:
                getattr(fitted, method)(X)
            except MemoryError:
                check(f"call {number} {calls}")
        if len(calls) < number:
            assert number > 1
            return


@pytest.mark.parametrize("kind", [PCA, TruncatedSVD])
def test_no_memory_for_the_coordinates(kind, frame, unchanged, monkeypatch):
    """The axes are found by then, and forgotten again."""

    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(Decomposition, "take_coordinates", fail)
    for estimator in (kind(2), kind(3).fit(frame("abcde"))):
        check = unchanged(estimator)
        with pytest.raises(MemoryError):
            estimator.fit_transform(frame("vwxyz"))
        check()


def test_a_second_fit_forgets_the_first(subject, frame, X, assert_same):
    """Also what only the first one's data had."""
    again = subject.fitted(frame("vwxyz"), "partial_fit").fit(X)
    assert_same(again, subject.make().fit(X), X)
    if subject.kind.__name__ in ("NMF", "GaussianMixture"):
        once = subject.make().fit(X).partial_fit(X)
        assert_same(again.partial_fit(X), once, X)


def test_refused_rows(subject, frame, unchanged):
    X = frame("abcd")
    fitted = subject.make().fit(X)
    check = unchanged(fitted)
    bad = X.copy()
    bad.iloc[3, 1] = np.inf
    for use in subject.uses:
        for wrong in (frame("abc"), frame("dcba"), X.iloc[:0], X.to_numpy()[0]):
            with pytest.raises(ValueError, match=r"feature|Found array|2D"):
                getattr(fitted, use)(wrong)
        with pytest.raises(ValueError, match=r"infinity.* at row 3, column 1"):
            getattr(fitted, use)(bad)
    check()
