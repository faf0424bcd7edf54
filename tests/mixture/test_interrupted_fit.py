"""Mixtures that collapse, and Ctrl-C: what there is is kept."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning

from latentia import GaussianMixture
from latentia.mixture import em, init


def frame(columns="abcd", n=60):
    values = np.random.default_rng(0).standard_normal((n, len(columns)))
    return pd.DataFrame(values, columns=list(columns))


@pytest.fixture
def fitted():
    return GaussianMixture(3, random_state=0, max_iter=900).fit(frame())


@pytest.mark.parametrize("method", ["fit", "fit_predict", "partial_fit"])
def test_a_warm_start_that_fails(fitted, method, unchanged):
    check = unchanged(fitted.set_params(warm_start=True))
    for faulty in (frame() * np.nan, frame("vwxyz"), np.full((9, 4), 1e200)):
        with pytest.raises(ValueError, match=r"NaN|feature|1e.150"):
            getattr(fitted, method)(faulty)
        check()


@pytest.mark.parametrize("method", ["fit", "fit_predict"])
@pytest.mark.parametrize("n", [1, 2])
def test_too_few_samples(fitted, method, n, unchanged):
    check = unchanged(fitted)
    with pytest.raises(ValueError, match=f"n_samples ?= ?{n}"):
        getattr(fitted, method)(frame(n=n))
    check()


@pytest.mark.parametrize("method", ["fit", "fit_predict"])
def test_a_covariance_that_collapses(fitted, method, unchanged):
    check = unchanged(fitted.set_params(reg_covar=0))
    with pytest.raises(ValueError, match="not positive definite"):
        getattr(fitted, method)(frame().assign(b=frame().a))
    check()


def interrupt_at(monkeypatch, call):
    """Ctrl-C in the pass of this number, from 1."""
    calls, real = [], em.e_step_statistics

    def e_step_statistics(*arguments):
        calls.append(1)
        if len(calls) == call:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(em, "e_step_statistics", e_step_statistics)


def uninterrupted(function, *arguments):
    """Call it; Ctrl-C that comes through would end the whole test run."""
    try:
        function(*arguments)
    except KeyboardInterrupt:
        pytest.fail("Ctrl-C discarded the result so far")


@pytest.mark.parametrize("method", ["fit", "fit_predict"])
def test_ctrl_c_keeps_the_last_whole_iteration(
    method, monkeypatch, unconverged, same_mixture
):
    X = frame()
    expected = unconverged(GaussianMixture(3, random_state=0, tol=0, max_iter=4).fit, X)
    interrupt_at(monkeypatch, 5)
    mixture = GaussianMixture(3, random_state=0, tol=0)
    with pytest.warns(ConvergenceWarning, match="interrupted after 4 iterations"):
        uninterrupted(getattr(mixture, method), X)
    same_mixture(mixture, expected)
    assert mixture.lower_bounds_ == expected.lower_bounds_
    assert mixture.converged_ is False
    assert mixture.n_iter_ == 4


@pytest.mark.parametrize("iteration", [1, 2])
def test_ctrl_c_in_a_later_start_keeps_an_earlier_one(
    monkeypatch, unconverged, same_mixture, iteration
):
    """And says so: who pressed Ctrl-C must not believe that all starts were tried."""
    X = frame()
    first = unconverged(GaussianMixture(3, random_state=0, max_iter=20, tol=0).fit, X)
    interrupt_at(monkeypatch, 20 + iteration)
    mixture = GaussianMixture(3, random_state=0, max_iter=20, tol=0, n_init=5)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        uninterrupted(mixture.fit, X)
    same_mixture(mixture, first)


def test_ctrl_c_while_a_later_start_is_searched(monkeypatch, unconverged):
    X = frame()
    first = unconverged(GaussianMixture(3, random_state=0, max_iter=20, tol=0).fit, X)
    real, calls = init.initial_parameters, []

    def search(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(init, "initial_parameters", search)
    mixture = GaussianMixture(3, random_state=0, max_iter=20, tol=0, n_init=5)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        uninterrupted(mixture.fit, X)
    assert mixture.lower_bound_ >= first.lower_bound_
