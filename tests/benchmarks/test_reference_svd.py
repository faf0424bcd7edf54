"""The plain NumPy factorisations on matrices of known singular values."""

import numpy as np
import pytest

from latentia.benchmarks.reference_numpy import block_krylov_svd, randomized_svd

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
@pytest.mark.parametrize("rank", [0, 1])
def test_exact_low_rank_below_k(method, rank):
    A = rank * decaying(40, 30)[:, :3] @ np.ones((3, 30))
    U, s, Vt = method(A, 5)
    np.testing.assert_allclose((U * s) @ Vt, A, atol=1e-12)
    for vectors in (U, Vt.T):
        np.testing.assert_allclose(vectors.T @ vectors, np.eye(5), atol=1e-12)
    np.testing.assert_allclose(s[rank:], 0, atol=1e-12)


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
