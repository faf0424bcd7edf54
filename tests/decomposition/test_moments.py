"""A mean far from zero costs no digits, however the matrix is stored."""

import dask.array as da
import numpy as np
import pytest
import scipy.sparse as sp

from latentia import PCA, TruncatedSVD, randomized_svd
from latentia.rows import as_rows, open, summarise

STORES = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "CSR": sp.csr_array,
    "sparse blocks": lambda A: open(
        lambda: (sp.csr_array(A[i : i + 97]) for i in range(0, len(A), 97))
    ),
    "dask": lambda A: da.from_array(A, chunks=(101, -1)),
}
SOLVERS = ["auto", "full", "covariance_eigh", "randomized", "arpack"]


@pytest.fixture(params=STORES)
def store(request):
    return STORES[request.param]


def centred(A):
    """A less its mean in float64: the first row is taken off exactly before."""
    about = A.astype(np.float64) - A[0].astype(np.float64)
    return about - about.mean(axis=0)


def with_timestamps(n_rows=400):
    """A few sparse features, and one that is a time in seconds, always there."""
    rng = np.random.default_rng(0)
    A = rng.random((n_rows, 12)) * (rng.random((n_rows, 12)) < 0.1)
    return np.hstack([A, 1.7e9 + rng.integers(0, 1000, (n_rows, 1)) / 100])


def test_a_large_mean_does_not_cancel(store):
    A = with_timestamps()
    exact = centred(A)
    s = np.linalg.svd(exact, compute_uv=False)
    pca = PCA(3, random_state=0).fit(store(A))
    ratio = s[:3] ** 2 / (s**2).sum()
    np.testing.assert_allclose(pca.explained_variance_ratio_, ratio, rtol=1e-6)
    left = (s[3:] ** 2).sum() / 399 / 10
    np.testing.assert_allclose(pca.noise_variance_, left, rtol=1e-6)
    wanted = np.searchsorted(np.cumsum(s**2) / (s**2).sum(), 0.9, side="right") + 1
    assert PCA(0.9).fit(store(A)).n_components_ == wanted
    expected = PCA(3, svd_solver="full").fit(exact).score(exact)
    np.testing.assert_allclose(pca.score(store(A)), expected, rtol=1e-6)


def test_few_large_values_among_zeros(store):
    """Moments about a stored value would cancel here, about zero they do not."""
    A = with_timestamps()
    A[:, 3] = 0
    A[[0, 7, 350], 3] = 1.7e9, 2e9, 1e9
    found = summarise(as_rows(store(A)))
    exact = A.astype(np.longdouble)
    np.testing.assert_allclose(found.mean, exact.mean(axis=0).astype(float), rtol=1e-13)
    variance = (found.centred_square / found.scale**2 / 400).astype(float)
    np.testing.assert_allclose(variance, exact.var(axis=0).astype(float), rtol=1e-12)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("dtype", "offset"), [(np.float32, 1e6), (np.float64, 1e15)])
def test_a_mean_keeps_the_digits_that_its_type_has_not(dtype, offset, solver, store):
    """A column of offset + {0, 1}: the mean rounded to the type is off by 6 %."""
    if solver == "full" and store in (STORES["sparse blocks"], STORES["dask"]):
        pytest.skip("LAPACK has all rows in memory")
    rng = np.random.default_rng(0)
    A = np.hstack(
        [offset + (rng.random((500, 1)) < 0.53), rng.standard_normal((500, 3))]
    )
    A = A.astype(dtype)
    X, exact = store(A), centred(A)
    pca = PCA(3, svd_solver=solver, random_state=0, tol=1e-7)
    Z = np.asarray(pca.fit_transform(X))
    near = 2e-5 if dtype == np.float32 else 1e-12
    s = np.linalg.svd(exact, compute_uv=False)[:3]
    np.testing.assert_allclose(pca.singular_values_, s, rtol=near)
    expected = exact @ pca.components_.T
    np.testing.assert_allclose(Z, expected, atol=near)
    np.testing.assert_allclose(np.asarray(pca.transform(X)), expected, atol=near)
    all_of_it = PCA(4, svd_solver="covariance_eigh").fit(X)
    back = all_of_it.inverse_transform(all_of_it.transform(A))
    np.testing.assert_allclose(back, A, atol=2 * np.spacing(A.max()))
    reference = PCA(3, svd_solver="full").fit(exact).score(exact)
    assert pca.score(X) == pytest.approx(reference, rel=1e-4)
    assert pca.mean_.dtype == dtype


def test_a_mean_set_by_hand_is_the_mean():
    A = with_timestamps().astype(np.float32)
    pca = PCA(3).fit(A)
    pca.mean_ = np.zeros_like(pca.mean_)
    np.testing.assert_allclose(pca.transform(A), A @ pca.components_.T, rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_far_column_of_new_rows_may_have_zeros(dtype):
    """Sparse rows without the time that all rows of the fit had."""
    A = with_timestamps().astype(dtype)
    pca = PCA(3, random_state=0).fit(sp.csr_array(A))
    new = A[:50].copy()
    new[[3, 17, 49], -1] = 0
    off = new.astype(np.float64) - A[0] - (A.astype(np.float64) - A[0]).mean(axis=0)
    exact = off @ pca.components_.T
    found = pca.transform(sp.csr_array(new))
    near = 1e-5 if dtype == np.float32 else 1e-13
    there = new[:, -1] > 0
    np.testing.assert_allclose(found[there], exact[there], atol=near * 10)
    np.testing.assert_allclose(found[~there], exact[~there], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_whitening_beside_a_constant_column(store, dtype):
    A = with_timestamps().astype(dtype)
    A[:, -1] = 1.7e9
    pca = PCA(13, whiten=True, svd_solver="covariance_eigh").fit(store(A))
    Z = np.asarray(pca.transform(store(A)))
    np.testing.assert_allclose(Z[:, :12].std(axis=0, ddof=1), 1, rtol=1e-3)
    assert np.abs(Z[:, 12]).max() < 1e3  # rounding over the least deviation
    s = np.linalg.svd(centred(A), compute_uv=False)
    np.testing.assert_allclose(pca.singular_values_, s, atol=1e-5 * s[0])


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("scale", [2.0**-80, 1.0, 2.0**60])
def test_scaling_leaves_constant_columns_as_they_are(center, scale, store):
    A = np.random.default_rng(0).standard_normal((200, 5))
    A[:, 0], A[:, 1] = 1.2e9, A[:, 1] + 1e8
    A *= scale
    about = centred(A)
    deviation = about.std(axis=0)
    B = (about if center else A) / np.where(deviation > 0, deviation, 1.0)
    # Uncentred, the constant column is 1e9 times as long as the others are.
    k = 2 if center else 1
    s = np.linalg.svd(B, compute_uv=False)[:k]
    found = randomized_svd(store(A), k, center=center, scale=True, tol=0)[1]
    np.testing.assert_allclose(found, s, rtol=1e-7)


def test_variance_of_the_first_direction_is_not_rounding(store):
    """Coordinates near 4e7 in float32: their own variance would be rounding alone."""
    rng = np.random.default_rng(0)
    factors = rng.standard_normal((500, 5)) @ rng.standard_normal((5, 20))
    A = (factors + 1e7).astype(np.float32)
    svd = TruncatedSVD(1).fit(store(A))
    exact = centred(A)
    v = np.linalg.svd(A.astype(np.float64), full_matrices=False)[2][0]
    ratio = (exact @ v).var() / exact.var(axis=0).sum()
    np.testing.assert_allclose(svd.explained_variance_ratio_, [ratio], rtol=1e-3)


@pytest.mark.parametrize("solver", ["auto", "covariance_eigh", "randomized", "arpack"])
@pytest.mark.parametrize(("n_features", "constant"), [(60, 1.7e9), (6, 1e10)])
def test_a_large_constant_beside_small_numbers(n_features, constant, solver, store):
    """In float32 a product with it, less another one, had no digits left."""
    A = sp.random(400, n_features, 0.1, random_state=0).toarray()
    A = np.hstack([A, np.full((400, 1), constant)]).astype(np.float32)
    pca = PCA(3, svd_solver=solver, random_state=0, tol=1e-6).fit(store(A))
    s = np.linalg.svd(centred(A), compute_uv=False)[:3]
    np.testing.assert_allclose(pca.singular_values_, s, rtol=1e-4)
    Z = np.asarray(pca.transform(store(A)))
    np.testing.assert_allclose(Z, centred(A) @ pca.components_.T, atol=1e-4)
