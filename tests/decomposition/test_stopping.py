"""Block Krylov stops at its tolerance: not before, and not much later."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import extmath

from latentia import TruncatedSVD, randomized_svd
from latentia.decomposition.svd import driver, plan

SHAPE = (701, 403)

# The stopping rule extrapolates. Where singular values decay it is good to a tenth;
# where they are nearly equal beyond the rank, the last passes tell least about the
# next one, and three times the tolerance is allowed.
SLACK = 1.1
FLAT_SLACK = 3.0
SPECTRA = {
    "power law": 1 / np.arange(1, 404),
    "slow power law": np.arange(1, 404) ** -0.5,
    "exponential": np.exp(-np.arange(403) / 15),
    "steps": np.repeat([9.0, 4.0, 2.0, 1.0, 0.5, 0.25, 0.1], 60)[:403],
    "one large": np.r_[1000.0, np.linspace(1, 0.9, 402)],
    "gap at the rank": np.r_[np.linspace(10, 9, 40), np.linspace(1, 0.5, 363)],
    "no gap at the rank": np.r_[np.linspace(10, 9, 30), np.linspace(1, 0.9, 373)],
}


FLAT = {"steps", "one large", "gap at the rank", "no gap at the rank"}


@pytest.fixture(params=SPECTRA)
def spectrum(request):
    return request.param


@pytest.fixture
def slack(spectrum):
    return FLAT_SLACK if spectrum in FLAT else SLACK


@pytest.fixture
def decaying(spectrum, with_spectrum):
    return with_spectrum(SHAPE, SPECTRA[spectrum], seed=1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 10, 40])
def test_default_tolerance(decaying, slack, dtype, k, truth, by_route):
    A = decaying.astype(dtype)
    exact = truth(A)
    found = by_route(A, k, "krylov")
    factors = found.U, found.s, found.V.T
    exact.check_form(*factors)
    exact.check_bound(found.s, found.error_bound)
    # Values near √eps of the largest are lost to rounding in MᵀM.
    rounding = 1e-6 if dtype == np.float64 else 5e-5
    exact.check_optimal(*factors, tol=1e-4 * slack, rounding=rounding)
    assert found.converged


@pytest.mark.parametrize("k", [1, 10, 40])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise(dtype, k, truth, by_route):
    A = np.random.default_rng(0).standard_normal(SHAPE).astype(dtype)
    exact = truth(A)
    found = by_route(A, k, "krylov")
    exact.check_form(found.U, found.s, found.V.T)
    exact.check_bound(found.s, found.error_bound)
    assert exact.excess(found.U, found.s, found.V.T)[1] <= 1e-4 * FLAT_SLACK


@pytest.mark.parametrize("tol", [1e-1, 1e-2, 1e-3, 1e-5, 1e-6])
def test_other_tolerances(decaying, slack, tol, truth, by_route):
    exact = truth(decaying)
    found = by_route(decaying, 20, "krylov", tol=tol)
    exact.check_form(found.U, found.s, found.V.T)
    exact.check_bound(found.s, found.error_bound)
    factors = found.U, found.s, found.V.T
    exact.check_optimal(*factors, tol=tol * slack, rounding=1e-9)


def test_smaller_tolerance_more_passes(with_spectrum, by_route):
    A = with_spectrum(SHAPE, SPECTRA["slow power law"])
    passes = [by_route(A, 10, "krylov", tol=tol).n_passes for tol in (1e-1, 1e-4, 1e-8)]
    assert passes[0] < passes[1] < passes[2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tolerance_zero_reaches_rounding(decaying, spectrum, dtype, truth, by_route):
    # Centred by turns: each pair of spectrum, type and centring is there.
    center = (list(SPECTRA).index(spectrum) + (dtype == np.float64)) % 2 == 1
    A = decaying.astype(dtype)
    exact = truth(A, center=center)
    found = by_route(A, 10, "krylov", center=center, tol=0.0)
    rounding = 30 * np.finfo(dtype).eps
    np.testing.assert_allclose(
        found.s, exact.s[:10], rtol=0, atol=rounding * exact.size
    )
    exact.check_form(found.U, found.s, found.V.T)
    exact.check_bound(found.s, found.error_bound)
    # MᵀM is known to eps·s₁², so s to eps·s₁²/s.
    known = np.finfo(dtype).eps * exact.size * (1e3 + 10 * exact.size / found.s)
    assert (found.error_bound <= known).all()


@pytest.mark.parametrize("blocks", [0, 4])
def test_image_that_is_not_kept(decaying, slack, blocks, truth, by_route, monkeypatch):
    """Where A·K takes too much memory, at once or on the way, it is made at the end."""
    monkeypatch.setattr(plan, "KEEP_BYTES", blocks * 32 * SHAPE[0] * decaying.itemsize)
    found = by_route(decaying, 20, "krylov", tol=1e-6)
    exact = truth(decaying)
    factors = found.U, found.s, found.V.T
    exact.check_form(*factors)
    exact.check_bound(found.s, found.error_bound)
    exact.check_optimal(*factors, tol=1e-6 * slack, rounding=1e-9)


@pytest.mark.parametrize("multiplicity", [33, 50, 64])
@pytest.mark.parametrize("spread", [0.0, 1e-12, 1e-6])
def test_more_equal_values_than_a_block_has_columns(
    multiplicity, spread, with_spectrum, truth, by_route
):
    """A Krylov space holds an eigenvalue at most as often as its block is wide."""
    top = np.linspace(1, 1 - spread, multiplicity)
    A = with_spectrum(SHAPE, np.r_[top, 0.5 * 0.99 ** np.arange(300)])
    exact = truth(A)
    found = by_route(A, multiplicity, "krylov")
    exact.check_form(found.U, found.s, found.V.T)
    exact.check_bound(found.s, found.error_bound)
    exact.check_optimal(found.U, found.s, found.V.T, tol=1e-4 * SLACK, rounding=1e-9)


def test_one_hot_columns(truth, by_route):
    """Categories of equal count are singular values of high multiplicity."""
    category = np.random.default_rng(0).permutation(np.arange(600) % 100)
    A = scipy.sparse.csr_array(np.eye(100)[category])
    found = by_route(A, 90, "krylov")
    truth(A).check_form(found.U, found.s, found.V.T)
    np.testing.assert_allclose(found.s, np.sqrt(6), rtol=1e-10)


def test_rank_is_reached_by_narrow_blocks(with_spectrum, truth, by_route, monkeypatch):
    monkeypatch.setattr(plan, "block_size", lambda k, n: 3)
    A = with_spectrum((97, 53), np.logspace(0, -1, 53))
    found = by_route(A, 20, "krylov")
    exact = truth(A)
    exact.check_form(found.U, found.s, found.V.T)
    exact.check_bound(found.s, found.error_bound)
    exact.check_optimal(found.U, found.s, found.V.T, tol=1e-4 * SLACK, rounding=1e-9)


def test_no_convergence_is_a_warning(monkeypatch):
    class Hasty(driver.block_krylov.__globals__["Stopping"]):
        def __init__(self, *args, **settings):
            super().__init__(*args, **settings, most_passes=2)

    monkeypatch.setitem(driver.block_krylov.__globals__, "Stopping", Hasty)
    monkeypatch.setattr(plan, "choose", lambda *_, **__: "krylov")
    A = np.random.default_rng(0).standard_normal(SHAPE)
    with pytest.warns(ConvergenceWarning, match=r"tol=1e-12 in 3 passes"):
        svd = TruncatedSVD(5, algorithm="randomized", tol=1e-12, random_state=0).fit(
            scipy.sparse.csr_array(A)
        )
    exact = np.linalg.svd(A, compute_uv=False)[:5]
    assert (np.abs(exact - svd.singular_values_) <= svd.error_bound_).all()


def test_fixed_iterations_are_passes():
    A = np.random.default_rng(0).standard_normal(SHAPE)
    for n_iter in (0, 1, 4):
        svd = TruncatedSVD(5, n_iter=n_iter, random_state=0).fit(A)
        assert svd.method_ == "power"
        assert svd.n_passes_ == n_iter + 2  # the first product, and Rayleigh–Ritz


@pytest.mark.parametrize("shape", [(300, 80), (80, 300)])
def test_as_exact_as_the_peer_with_the_same_iterations(shape, with_spectrum):
    """Not to be one product short shows before the values have converged."""
    A = with_spectrum(shape, SPECTRA["power law"])
    exact = np.linalg.svd(A, compute_uv=False)[:10]

    def error(svd, n_iter):
        values = [svd(A, 10, n_iter=n_iter, random_state=i)[1] for i in range(5)]
        return np.median(np.abs(values - exact).max(axis=1))

    for n_iter in (0, 1, 2):
        assert error(randomized_svd, n_iter) < error(extmath.randomized_svd, n_iter)


def test_more_iterations_less_residual(with_spectrum, truth):
    A = with_spectrum(SHAPE, SPECTRA["power law"])
    exact = truth(A)
    excess = [
        exact.excess(*randomized_svd(A, 10, n_iter=n_iter, random_state=0))[0]
        for n_iter in (0, 1, 3, 10)
    ]
    assert (np.diff(excess) < 0).all()
    assert excess[-1] < 1e-4 * exact.optimum(10)
