"""The exact route keeps the digits of trailing components."""

from types import SimpleNamespace

import dask.array
import numpy as np
import pytest
import scipy.linalg

import latentia
from latentia.decomposition.svd import plan
from latentia.rows import open as open_rows

M, N, K = 1201, 97, 20
DTYPES = [np.float32, np.float64]


def exact_of(A):
    """Return the singular values of the centred matrix, float64."""
    about = A.astype(np.float64)
    about -= about[0].copy()
    return scipy.linalg.svd(about - about.mean(axis=0), compute_uv=False)


def fit(A, k=K, **options):
    return latentia.PCA(k, svd_solver="covariance_eigh", **options).fit(A)


def check(found, exact, rtol):
    """Relative errors of the variances, and that the bounds hold."""
    s = found.singular_values_.astype(np.float64)
    exact = exact[: len(s)]
    assert found.method_ == "gram"
    assert (np.abs(s - exact) <= found.error_bound_).all()
    np.testing.assert_allclose(s**2, exact**2, rtol=rtol)


def decaying(with_spectrum, dtype, ratio=100.0):
    """Singular values from 1 down to 1/ratio at index K."""
    return with_spectrum((M, N), ratio ** -(np.arange(N) / K)).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_decaying(dtype, with_spectrum):
    A = decaying(with_spectrum, dtype, ratio=10.0)
    check(fit(A), exact_of(A), rtol=1e-6 if dtype == np.float32 else 1e-11)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ratio", [1e2, 1e3, 1e5])
def test_small_components(dtype, ratio, with_spectrum):
    """Where float32 does not resolve them, float64 does."""
    A = decaying(with_spectrum, dtype, ratio=ratio)
    # Centring rounds each number to float32, the decomposition to ε·s₁.
    rounding = ratio * np.finfo(dtype).eps
    check(fit(A), exact_of(A), rtol=max(1e-6, 16 * rounding))
    if dtype == np.float32 and ratio >= 1e3:
        assert fit(A).n_passes_ > 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_means_and_other_units(dtype):
    random = np.random.default_rng(0)
    A = random.standard_normal((M, N)) @ random.standard_normal((N, N))
    A *= np.logspace(-1, 1, N)
    A[:, ::3] += 1e3
    A[:, 5] = 7.25
    A = A.astype(dtype)
    check(fit(A), exact_of(A), rtol=2e-6 if dtype == np.float32 else 1e-9)


def test_columns_that_are_mostly_constant():
    """Equal terms round alike: the sums in float32 are off by more than chance."""
    random = np.random.default_rng(0)
    A = (random.random((5000, 64)) < 0.03) * random.choice([1.0, 5.0, 255.0], 64)
    A = A.astype(np.float32)
    check(fit(A, 16), exact_of(A), rtol=2e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_storage_and_threads(dtype, with_spectrum, tmp_path):
    A = decaying(with_spectrum, dtype, ratio=10.0) + dtype(3)
    exact = exact_of(A)
    first = fit(A)
    rtol = 2e-6 if dtype == np.float32 else 1e-10
    path = tmp_path / "A.npy"
    np.save(path, A)
    blocks = dask.array.from_array(A, chunks=(500, -1))
    for rows in (A, np.asfortranarray(A), blocks, open_rows(path)):
        check(fit(rows), exact, rtol)
    for n_threads in (2, 7):
        again = fit(A, n_threads=n_threads)
        np.testing.assert_array_equal(again.components_, first.components_)
        np.testing.assert_array_equal(again.singular_values_, first.singular_values_)


@pytest.mark.parametrize("dtype", DTYPES)
def test_with_and_without_coordinates(dtype, with_spectrum):
    """``fit_transform`` makes U in another pass; the components are the same."""
    A = decaying(with_spectrum, dtype, ratio=10.0)
    pca = latentia.PCA(K, svd_solver="covariance_eigh")
    coordinates = pca.fit_transform(A)
    check(pca, exact_of(A), rtol=4e-6 if dtype == np.float32 else 1e-11)
    tolerance = 1e-4 if dtype == np.float32 else 1e-9
    alone = fit(A)
    np.testing.assert_allclose(alone.components_, pca.components_, atol=tolerance)
    np.testing.assert_allclose(alone.transform(A), coordinates, atol=tolerance)


def test_extreme_units_do_not_overflow_float32():
    random = np.random.default_rng(0)
    A = random.standard_normal((300, 40)).astype(np.float32)
    for unit in (1e25, 1e-25):
        B = A * np.float32(unit)
        check(fit(B, 5), exact_of(B), rtol=2e-6)


@pytest.mark.parametrize("level", ["v2", "v3", "v4", "generic"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_tall_tables_take_the_exact_route(level, dtype, monkeypatch):
    monkeypatch.setattr(plan, "kernels", SimpleNamespace(level=level))

    def route(m, n):
        rows = SimpleNamespace(
            shape=(m, n),
            n_stored=m * n,
            dtype=np.dtype(dtype),
            sparse=False,
            in_memory=True,
        )
        return plan.choose(rows, 50, by_float32=dtype == np.float32)

    assert route(60_000, 784) == route(1_000_000, 300) == "gram"
    assert route(20_000, 2_000) == route(4_000, 4_000) == "krylov"
