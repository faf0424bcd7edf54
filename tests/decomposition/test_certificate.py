"""What ``error_bound_`` and ``residuals_`` promise, where little can be promised."""

import numpy as np
import pytest

from latentia import PCA, TruncatedSVD
from latentia.decomposition.svd import plan
from latentia.decomposition.svd.certificate import Certificate


def residuals_by_definition(B, s, V):
    V = V.astype(np.float64)
    return np.linalg.norm(B.T @ (B @ V) - V * s.astype(np.float64) ** 2, axis=0) / s


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("center", [False, True])
def test_residuals_of_power_iteration(dtype, center, with_spectrum, truth, by_route):
    A = with_spectrum((151, 83), 1 / np.arange(1, 84)).astype(dtype)
    exact = truth(A, center=center)
    found = by_route(A, 9, "power", center=center, n_iter=1)
    expected = residuals_by_definition(exact.B, found.s, found.V)
    np.testing.assert_allclose(
        found.residuals,
        expected,
        rtol=1e-3,
        atol=100 * np.finfo(dtype).eps * exact.size,
    )


def test_residuals_of_krylov_without_half_a_pass(
    with_spectrum, truth, by_route, monkeypatch
):
    monkeypatch.setattr(plan, "KEEP_BYTES", 0)
    A = with_spectrum((307, 203), 1 / np.arange(1, 204))
    found = by_route(A, 20, "krylov", tol=1e-2)
    expected = residuals_by_definition(A, found.s, found.V)
    np.testing.assert_allclose(found.residuals, expected, rtol=1e-3, atol=1e-10)


def test_half_a_pass_only_improves_the_residuals(with_spectrum, by_route):
    A = with_spectrum((307, 203), 1 / np.arange(1, 204))
    found = by_route(A, 20, "krylov", tol=1e-2)
    now = residuals_by_definition(A, found.s, found.V)
    assert (now <= found.residuals + 1e-10).all()


@pytest.mark.parametrize("method", ["gram", "lapack"])
def test_residuals_of_exact_routes_are_rounding(method, with_spectrum, by_route):
    A = with_spectrum((151, 83), 1 / np.arange(1, 84))
    found = by_route(A, 20, method)
    assert (found.residuals < 1e-12).all()
    assert (residuals_by_definition(A, found.s, found.V) < 1e-11).all()


@pytest.mark.parametrize("n_oversamples", [0, 5])
@pytest.mark.parametrize("n_iter", [0, 1, 2])
def test_bound_of_poor_subspaces(n_iter, n_oversamples, with_spectrum, truth, by_route):
    """However short the iteration, some true singular value is within the bound."""
    spectra = [np.r_[1.0, np.zeros(9)], np.linspace(2, 1, 10), np.logspace(0, -6, 10)]
    for spectrum in spectra:
        A = with_spectrum((13, 10), spectrum)
        exact = truth(A)
        for k in (1, 2, 3):
            for seed in range(7):
                found = by_route(
                    A, k, "power", n_iter=n_iter, n_oversamples=n_oversamples, seed=seed
                )
                exact.check_bound(found.s, found.error_bound)


@pytest.mark.parametrize("tol", [1e-2, 1.0, 1e6])
def test_bound_of_loose_tolerances(tol, with_spectrum, truth, by_route):
    spectra = [
        np.arange(1, 130) ** -0.5,
        np.r_[np.ones(20), np.linspace(0.99, 0.9, 109)],
        np.r_[100.0, np.linspace(1, 0.99, 128)],
        np.exp(-np.arange(129) / 3),
    ]
    for spectrum in spectra:
        A = with_spectrum((211, 129), spectrum)
        exact = truth(A)
        for k in (1, 15, 30):
            for seed in range(3):
                found = by_route(A, k, "krylov", tol=tol, seed=seed)
                exact.check_bound(found.s, found.error_bound)
                exact.check_form(found.U, found.s, found.V.T)


def test_bound_tells_something(with_spectrum, truth, by_route):
    """It is no larger than the residual, up to rounding."""
    A = with_spectrum((307, 203), 1 / np.arange(1, 204))
    found = by_route(A, 20, "krylov", tol=1e-6)
    assert (found.error_bound <= found.residuals + 1e-11).all()


@pytest.mark.parametrize("estimator", [PCA(7), TruncatedSVD(7), PCA(0.7), PCA("mle")])
@pytest.mark.parametrize("size", [(60, 20), (400, 150)])
def test_estimators_keep_the_proof(estimator, size, with_spectrum):
    X = with_spectrum(size, 1 / np.arange(1, size[1] + 1))
    estimator.set_params(random_state=0).fit(X)
    n_kept = len(estimator.singular_values_)
    assert estimator.error_bound_.shape == (n_kept,)
    assert estimator.residuals_.shape == (n_kept,)
    assert isinstance(estimator.n_passes_, int)
    assert estimator.method_ in {"krylov", "power", "gram", "lapack"}
    center = isinstance(estimator, PCA)
    exact = np.linalg.svd(X - X.mean(axis=0) if center else X, compute_uv=False)
    error = np.abs(exact[:n_kept] - estimator.singular_values_)
    assert (error <= estimator.error_bound_ + 1e-13).all()


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("theta", [1.0, 9.0])
def test_both_ends_of_the_interval_are_reached(theta, sign):
    """MᵀM = [[θ, r], [r, θ]] has the eigenvalues θ ± r: no narrower bound holds."""
    r = 0.25
    certificate = Certificate.of(
        np.array([theta]), np.eye(1), np.array([[r]]), np.dtype(np.float64), theta
    )
    s = np.sqrt(np.linalg.eigvalsh([[theta, sign * r], [sign * r, theta]]))
    (low,), (high,) = certificate.interval(1)
    rounding = 8 * np.finfo(np.float64).eps * theta
    assert low**2 == pytest.approx(theta - r, abs=2 * rounding)
    assert high**2 == pytest.approx(theta + r, abs=2 * rounding)
    assert low <= s[0] < s[1] <= high
