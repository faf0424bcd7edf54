"""A fit that fails leaves the mixture as it was: fitted before, it still works."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from latentia import GaussianMixture
from latentia.mixture import em, init


def frame(columns="abcd", n=60):
    values = np.random.default_rng(0).standard_normal((n, len(columns)))
    return pd.DataFrame(values, columns=list(columns))


def with_nan():
    X = frame("vwxyz")
    X.iloc[7, 2] = np.nan
    return X


FAULTS = {
    "NaN": with_nan,
    "no samples": lambda: np.zeros((0, 7)),
    "sparse": lambda: scipy.sparse.csr_array(frame("vw")),
    "not numbers": lambda: [["one", "two", "three"]],
    "three dimensions": lambda: np.ones((3, 4, 5)),
    "too large": lambda: np.full((9, 4), 1e200),
    "names of two kinds": lambda: frame().rename(columns={"a": 0}),
}
METHODS = ["fit", "fit_predict", "partial_fit"]


@pytest.fixture(params=FAULTS)
def faulty(request):
    return FAULTS[request.param]()


@pytest.fixture
def fitted():
    return GaussianMixture(3, random_state=0, max_iter=900).fit(frame())


def assert_unchanged(mixture, before):
    assert vars(mixture).keys() == before.keys()
    for name, value in before.items():
        assert vars(mixture)[name] is value, name


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("warm_start", [False, True])
def test_fitted_mixture_stays_as_it_is(fitted, method, faulty, warm_start):
    fitted.set_params(warm_start=warm_start)
    before = dict(vars(fitted))
    arrays = {k: v.copy() for k, v in before.items() if isinstance(v, np.ndarray)}
    with pytest.raises((TypeError, ValueError)):
        getattr(fitted, method)(faulty)
    assert_unchanged(fitted, before)
    for name, value in arrays.items():
        np.testing.assert_array_equal(getattr(fitted, name), value)
    fitted.predict(frame())


@pytest.mark.parametrize("method", METHODS)
def test_new_mixture_stays_unfitted(method, faulty):
    mixture = GaussianMixture(3)
    before = dict(vars(mixture))
    with pytest.raises((TypeError, ValueError)):
        getattr(mixture, method)(faulty)
    assert_unchanged(mixture, before)
    for use in ("predict", "predict_proba", "score_samples", "score", "bic"):
        with pytest.raises(NotFittedError):
            getattr(mixture, use)(frame())


@pytest.mark.parametrize("method", ["fit", "fit_predict"])
@pytest.mark.parametrize("n", [1, 2])
def test_too_few_samples(fitted, method, n):
    before = dict(vars(fitted))
    with pytest.raises(ValueError, match=f"n_samples ?= ?{n}"):
        getattr(fitted, method)(frame(n=n))
    assert_unchanged(fitted, before)


@pytest.mark.parametrize("method", ["fit", "fit_predict"])
def test_a_covariance_that_collapses(fitted, method):
    before = dict(vars(fitted.set_params(reg_covar=0)))
    with pytest.raises(ValueError, match="not positive definite"):
        getattr(fitted, method)(frame().assign(b=frame().a))
    assert_unchanged(fitted, before)


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("method", METHODS)
def test_errors_in_the_middle(fitted, method, error, monkeypatch):
    """Also Ctrl-C, as long as no iteration is whole."""

    def fail(*_, **__):
        raise error

    before = dict(vars(fitted))
    monkeypatch.setattr(em, "e_step_statistics", fail)
    with pytest.raises(error):
        getattr(fitted, method)(frame())
    assert_unchanged(fitted, before)


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


def test_second_fit_forgets_the_first():
    """Also what only the first one's data had."""
    mixture = GaussianMixture(2, random_state=0)
    again = mixture.fit(frame("vwxyz")).partial_fit(frame("vwxyz"))
    again.fit(frame().to_numpy())
    once = GaussianMixture(2, random_state=0).fit(frame().to_numpy())
    assert vars(again).keys() == vars(once).keys()
    np.testing.assert_array_equal(again.means_, once.means_)
    assert again.n_batches_seen_ == once.n_batches_seen_


@pytest.mark.parametrize("use", ["predict", "predict_proba", "score_samples", "score"])
def test_refused_rows(fitted, use):
    X = frame()
    before = dict(vars(fitted))
    for wrong in (frame("abc"), frame("dcba"), X.iloc[:0], X.to_numpy()[0]):
        with pytest.raises(ValueError, match=r"feature|Found array|2D"):
            getattr(fitted, use)(wrong)
    assert_unchanged(fitted, before)
