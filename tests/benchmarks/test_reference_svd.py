"""The plain NumPy factorisations against LAPACK and scikit-learn."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import PCA

from latentia.benchmarks.reference_numpy import block_krylov_svd, pca, randomized_svd

# Rounding of a product of this length, in units of the largest singular value.
TOLERANCE = {np.float32: 2e-5, np.float64: 1e-11}


def decaying(m, n, dtype=np.float64, seed=0):
    """Singular values 1, 1/2, 1/4, …: each method finds them to rounding."""
    rng = np.random.default_rng(seed)
    r = min(m, n)
    U = np.linalg.qr(rng.standard_normal((m, r))).Q
    V = np.linalg.qr(rng.standard_normal((n, r))).Q
    return ((U * 0.5 ** np.arange(r)) @ V.T).astype(dtype)


def krylov(A, k, **arguments):
    return block_krylov_svd(A, k, n_passes=4, block=k + 2, **arguments)


METHODS = pytest.mark.parametrize("method", [randomized_svd, krylov])


@METHODS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("m", "n", "k"),
    [
        (1, 1, 1),
        (7, 1, 1),
        (1, 7, 1),
        (31, 33, 8),
        (33, 31, 8),
        (200, 9, 9),
        (9, 200, 5),
    ],
)
def test_finds_the_leading_triplets(method, m, n, k, dtype):
    A = decaying(m, n, dtype)
    U, s, Vt = method(A, k)
    exact = 0.5 ** np.arange(k)
    tolerance = TOLERANCE[dtype]
    assert (U.shape, s.shape, Vt.shape) == ((m, k), (k,), (k, n))
    assert U.dtype == s.dtype == Vt.dtype == dtype
    np.testing.assert_allclose(s, exact, atol=tolerance)
    np.testing.assert_allclose(U.T @ U, np.eye(k), atol=tolerance)
    np.testing.assert_allclose(Vt @ Vt.T, np.eye(k), atol=tolerance)
    np.testing.assert_allclose(A @ Vt.T, U * s, atol=tolerance)


@METHODS
def test_sparse_gives_what_dense_gives(method):
    A = sparse.random_array((60, 40), density=0.2, format="csr", random_state=0)
    for of_sparse, of_dense in zip(method(A, 5), method(A.toarray(), 5), strict=True):
        np.testing.assert_allclose(of_sparse, of_dense, atol=1e-11)


@METHODS
@pytest.mark.parametrize("rank", [0, 1])
def test_exact_low_rank_below_k(method, rank):
    A = rank * decaying(40, 30)[:, :3] @ np.ones((3, 30))
    U, s, Vt = method(A, 5)
    np.testing.assert_allclose((U * s) @ Vt, A, atol=1e-12)
    for vectors in (U, Vt.T):
        np.testing.assert_allclose(vectors.T @ vectors, np.eye(5), atol=1e-12)
    np.testing.assert_allclose(s[rank:], 0, atol=1e-12)


@METHODS
def test_integers_are_computed_in_floating_point(method):
    A = np.random.default_rng(0).integers(0, 9, (30, 20))
    _, s, _ = method(A, 20)
    np.testing.assert_allclose(s, np.linalg.svd(A, compute_uv=False), rtol=1e-12)


@METHODS
def test_the_seed_decides_but_not_the_signs(method):
    A = np.random.default_rng(0).standard_normal((200, 100))
    (U, first, _), (_, again, _), (_, other, _) = (
        method(A, 5, seed=seed) for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()
    largest = np.abs(U).argmax(axis=0)
    assert (U[largest, np.arange(5)] > 0).all()


@pytest.mark.parametrize("of", [np.asarray, sparse.csr_array])
def test_krylov_centres_without_forming_the_centred_matrix(of):
    A = sparse.random_array((70, 30), density=0.3, random_state=0).toarray()
    mean = A.mean(axis=0)
    found = krylov(of(A), 6, center=mean)
    expected = krylov(A - mean, 6)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-11)


def test_krylov_comes_nearer_with_each_pass():
    A = np.random.default_rng(0).standard_normal((300, 200))
    exact = np.linalg.svd(A, compute_uv=False)[:5]
    errors = [
        np.abs(block_krylov_svd(A, 5, n_passes=passes, block=10)[1] - exact).max()
        for passes in (1, 4, 12)
    ]
    assert errors[0] > 10 * errors[1] > 100 * errors[2]


def test_pca_agrees_with_scikit_learn():
    A = decaying(80, 12) + np.arange(12)
    found = pca(A, 5)
    expected = PCA(5, svd_solver="full").fit(A)
    for name in found._fields:
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, f"{name}_"), atol=1e-12
        )


def test_pca_with_all_components_leaves_no_noise():
    assert pca(decaying(20, 4), 4).noise_variance == 0


ONES = np.ones((20, 10))
