"""Ctrl-C in the middle of a fit: what there is is kept."""

from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning

from latentia import NMF
from latentia._interrupt import FitInterruptedWarning
from latentia._native import kernels
from latentia.benchmarks.reference_numpy.beta_divergence import divergence
from latentia.decomposition.nmf import driver


def frame(columns="abcdef", m=30):
    values = np.random.default_rng(0).uniform(0.1, 2, (m, len(columns)))
    return pd.DataFrame(values, columns=list(columns))


STILL = {"tol": 0, "max_iter": 9, "random_state": 0}


@pytest.fixture
def fitted():
    return NMF(3, **STILL).fit(frame())


def gappy():
    X = frame()
    return X.mask(np.random.default_rng(1).random(X.shape) < 0.3)


PASSES = {
    "cd": ("nmf_frobenius_pass", frame, {}),
    "mu": ("nmf_frobenius_pass", frame, {"solver": "mu"}),
    "H": ("nmf_update", frame, {}),
    "known": ("nmf_observed_hals_pass", gappy, {"missing": "nan"}),
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


def test_ctrl_c_before_the_first_iteration(monkeypatch, unchanged):
    nmf = NMF(3, **STILL)
    check = unchanged(nmf)
    reporting(0, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        nmf.fit(frame())
    check()


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
def test_ctrl_c_while_rows_are_encoded(fitted, monkeypatch, use, unchanged):
    """Half an answer would be taken for a whole one: it goes on to the caller."""
    check = unchanged(fitted)
    components = fitted.components_.copy()
    reporting(6, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        getattr(fitted, use)(frame())
    check()
    np.testing.assert_array_equal(fitted.components_, components)
