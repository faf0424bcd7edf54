"""A fit that fails leaves the model as it was: fitted before, it still works."""

from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from latentia import NMF
from latentia._interrupt import FitInterruptedWarning
from latentia._native import kernels
from latentia.benchmarks.reference_numpy.beta_divergence import divergence
from latentia.decomposition.nmf import driver


def frame(columns="abcdef", m=30):
    values = np.random.default_rng(0).uniform(0.1, 2, (m, len(columns)))
    return pd.DataFrame(values, columns=list(columns))


def with_a(value):
    X = frame("uvwxyz")
    X.iloc[7, 2] = value
    return X


FAULTS = {
    "negative": lambda: with_a(-1.0),
    "infinite": lambda: with_a(np.inf),
    "no samples": lambda: np.zeros((0, 7)),
    "all unknown": lambda: frame("uvwxyz") * np.nan,
    "not numbers": lambda: [["one", "two", "three"]],
    "three dimensions": lambda: np.ones((3, 4, 5)),
    "names of two kinds": lambda: frame().rename(columns={"a": 0}),
    "sparse with NaN": lambda: scipy.sparse.csr_array(with_a(np.nan)),
}
METHODS = ["fit", "fit_transform", "partial_fit"]
STILL = {"tol": 0, "max_iter": 9, "random_state": 0}


@pytest.fixture(params=FAULTS)
def faulty(request):
    return FAULTS[request.param]()


@pytest.fixture
def fitted():
    return NMF(3, **STILL).fit(frame())


def assert_unchanged(nmf, before):
    assert vars(nmf).keys() == before.keys()
    for name, value in before.items():
        assert vars(nmf)[name] is value, name


@pytest.mark.parametrize("method", METHODS)
def test_a_fitted_model_stays_as_it_is(fitted, method, faulty):
    before = dict(vars(fitted))
    arrays = {k: v.copy() for k, v in before.items() if isinstance(v, np.ndarray)}
    with pytest.raises((TypeError, ValueError)):
        getattr(fitted, method)(faulty)
    assert_unchanged(fitted, before)
    for name, value in arrays.items():
        np.testing.assert_array_equal(getattr(fitted, name), value)
    fitted.transform(frame())


@pytest.mark.parametrize("method", METHODS)
def test_a_new_model_stays_unfitted(method, faulty):
    nmf = NMF(3)
    before = dict(vars(nmf))
    with pytest.raises((TypeError, ValueError)):
        getattr(nmf, method)(faulty)
    assert_unchanged(nmf, before)
    with pytest.raises(NotFittedError):
        nmf.transform(frame())


def gappy():
    X = frame()
    return X.mask(np.random.default_rng(1).random(X.shape) < 0.3)


PASSES = {
    "cd": ("nmf_frobenius_pass", frame, {}),
    "mu": ("nmf_frobenius_pass", frame, {"solver": "mu"}),
    "H": ("nmf_update", frame, {}),
    "known": ("nmf_known_coordinate_pass", gappy, {"missing": "nan"}),
    "known mu": ("nmf_divergence_pass", gappy, {"solver": "mu", "missing": "nan"}),
    "kl": ("nmf_divergence_pass", frame, {"solver": "mu", "beta_loss": 1.0}),
    "kl H": ("nmf_multiply", frame, {"solver": "mu", "beta_loss": 1.0}),
}


@pytest.fixture(params=PASSES.values(), ids=PASSES)
def passes(request):
    """A kernel, data that a fit calls it for, and parameters."""
    return request.param


def at_call(monkeypatch, kernel, number, error):
    """Raise in the call of this number, as a signal does: when it has returned."""
    calls, real = [], getattr(kernels, kernel)

    def call(*arguments):
        result = real(*arguments)
        calls.append(1)
        if len(calls) == number:
            raise error
        return result

    monkeypatch.setattr(kernels, kernel, call)


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("method", METHODS)
def test_errors_in_the_first_iteration(monkeypatch, passes, method, error):
    """Also Ctrl-C, as long as no iteration is whole."""
    kernel, make, parameters = passes
    nmf = NMF(3, **STILL, **parameters)
    before = dict(vars(nmf))
    at_call(monkeypatch, kernel, 1, error)
    with pytest.raises(error):
        getattr(nmf, method)(make())
    assert_unchanged(nmf, before)


@pytest.mark.parametrize("number", [1, 7])
@pytest.mark.parametrize("method", METHODS)
def test_errors_in_the_middle(monkeypatch, passes, method, number):
    kernel, make, parameters = passes
    nmf = NMF(3, **STILL, **parameters).fit(make())
    before = dict(vars(nmf))
    components = nmf.components_.copy()
    at_call(monkeypatch, kernel, number, MemoryError)
    try:
        getattr(nmf, method)(make())
    except MemoryError:
        assert_unchanged(nmf, before)
        np.testing.assert_array_equal(nmf.components_, components)
    else:
        assert method == "partial_fit"  # it calls other kernels, or fewer times


def uninterrupted(function, *arguments):
    """Call it; Ctrl-C that comes through would end the whole test run."""
    try:
        return function(*arguments)
    except KeyboardInterrupt:
        pytest.fail("Ctrl-C threw away what there was")


@pytest.mark.parametrize("number", [4, 9, 10])
@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_ctrl_c_keeps_what_there_is(
    monkeypatch, passes, method, number, assert_factors
):
    """Wherever it comes, the error is that of the factors, and lower than before."""
    kernel, make, parameters = passes
    X = make()
    settings = {**STILL, "init": "random", "max_iter": 90, **parameters}
    whole = NMF(3, **settings).fit(X)
    at_call(monkeypatch, kernel, number, KeyboardInterrupt)
    nmf = NMF(3, **settings)
    with pytest.warns(FitInterruptedWarning, match=r"interrupted after \d+") as caught:
        W = uninterrupted(getattr(nmf, method), X)
    assert len(caught) == 1
    assert issubclass(FitInterruptedWarning, ConvergenceWarning)
    assert not nmf.converged_
    assert 1 <= nmf.n_iter_ < 90
    errors = nmf.reconstruction_errs_
    assert len(errors) == nmf.n_iter_ + 1
    before = nmf.n_iter_
    np.testing.assert_array_equal(errors[:before], whole.reconstruction_errs_[:before])
    assert errors[-1] < errors[-2]
    if method == "fit_transform":
        assert_factors(W, nmf.components_)
        A, beta = X.to_numpy(), parameters.get("beta_loss", 2.0)
        actual = divergence(A, W, nmf.components_, beta, ~np.isnan(A))
        assert nmf.reconstruction_err_ == pytest.approx(np.sqrt(2 * actual), rel=1e-9)
        np.testing.assert_allclose(nmf.mean_weights_, W.mean(axis=0))


def reporting(at, monkeypatch):
    """Ctrl-C while the bar is drawn for the iteration of this number; at 0 before."""

    @contextmanager
    def progress(*_, **__):
        if at == 0:
            raise KeyboardInterrupt

        def report(iteration, _):
            if iteration == at:
                raise KeyboardInterrupt

        yield lambda _: report

    monkeypatch.setattr(driver, "progress", progress)


def test_ctrl_c_before_the_first_iteration(monkeypatch):
    nmf = NMF(3, **STILL)
    before = dict(vars(nmf))
    reporting(0, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        nmf.fit(frame())
    assert_unchanged(nmf, before)


def test_ctrl_c_between_two_iterations(monkeypatch):
    """All of the first is kept."""
    X = frame()
    reporting(6, monkeypatch)
    nmf = NMF(3, **STILL)
    with pytest.warns(FitInterruptedWarning, match="interrupted"):
        W = uninterrupted(nmf.fit_transform, X)
    error = np.linalg.norm(X.to_numpy() - W @ nmf.components_)
    assert nmf.reconstruction_err_ == pytest.approx(error, rel=1e-9)
    assert nmf.n_iter_ in (5, 6)
    monkeypatch.undo()
    nmf.partial_fit(X)


@pytest.mark.parametrize("use", ["transform", "partial_fit"])
def test_ctrl_c_while_rows_are_encoded(fitted, monkeypatch, use):
    """Half an answer would be taken for a whole one: it goes on to the caller."""
    before = dict(vars(fitted))
    components = fitted.components_.copy()
    reporting(6, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        getattr(fitted, use)(frame())
    assert_unchanged(fitted, before)
    np.testing.assert_array_equal(fitted.components_, components)


def test_a_second_fit_forgets_the_first(X):
    """Also what only the first one's data had."""
    nmf = NMF(3, **STILL)
    again = nmf.fit(frame("uvwxyz")).partial_fit(frame("uvwxyz"))
    again.fit(X)
    once = NMF(3, **STILL).fit(X)
    assert vars(again).keys() == vars(once).keys()
    np.testing.assert_array_equal(again.components_, once.components_)
    np.testing.assert_array_equal(again.mean_weights_, once.mean_weights_)
    assert again.n_batches_seen_ == once.n_batches_seen_
    again.partial_fit(X)
    once.partial_fit(X)
    np.testing.assert_array_equal(again.components_, once.components_)


def test_refused_rows(fitted):
    X = frame()
    before = dict(vars(fitted))
    for wrong in (frame("abc"), frame("fedcba"), X.iloc[:0], X.to_numpy()[0], -X):
        with pytest.raises(ValueError, match=r"feature|Found array|2D|Negative"):
            fitted.transform(wrong)
    assert_unchanged(fitted, before)
