"""Gram matrices against NumPy's: float64 whatever the data, for every thread count."""

import numpy as np
import pytest

from latentia._native import kernels

SHAPES = [
    *[(1, 1), (1, 7), (7, 1), (2, 8), (8, 9), (9, 2), (11, 12), (12, 13), (13, 31)],
    *[(33, 32), (97, 33), (31, 97), (203, 70), (999, 7)],
    (450, 289),  # more rows than a tile, more rows of G than a group of them
]


def test_agrees_with_numpy(stored, means, exact):
    for shape in SHAPES:
        A, dense = stored(shape)
        for mean in means(shape, np.float64):
            G = kernels.gram(A, mean, 1)
            assert G.dtype == np.float64
            centred = exact(dense).less(mean)
            where = f"A {shape}, mean {np.shape(mean)}"
            (centred.T @ centred).check(G, terms=shape[0], where=where)
            np.testing.assert_array_equal(G, G.T, where)


def test_bits_do_not_depend_on_threads(stored, means):
    shape = (1003, 289)  # worth 20 threads
    A, _ = stored(shape)
    for mean in means(shape, np.float64):
        one = kernels.gram(A, mean, 1)
        for n_threads in (2, 7):
            np.testing.assert_array_equal(kernels.gram(A, mean, n_threads), one)


def test_many_columns_agree_with_numpy(stored):
    """Sparse matrices are read by columns there."""
    A, dense = stored((70, 2050))  # worth two threads
    exact, one = dense.astype(float), kernels.gram(A, None, 1)
    np.testing.assert_allclose(one, exact.T @ exact, rtol=1e-12, atol=1e-13)
    for n_threads in (2, 7):
        np.testing.assert_array_equal(kernels.gram(A, None, n_threads), one)


def test_a_triangle_is_mirrored():
    for n in (0, 1, 2, 31, 32, 33, 203, 2100):
        G = np.random.default_rng(n).normal(size=(n, n))
        expected = np.tril(G) + np.tril(G, -1).T
        for n_threads in (1, 2, 7):
            found = G.copy()
            kernels.mirror_lower_triangle(found, n_threads)
            np.testing.assert_array_equal(found, expected)
    wrong = np.zeros((3, 4)), np.zeros(9), np.asfortranarray(np.ones((3, 3)))
    for G in wrong:
        with pytest.raises((TypeError, ValueError)):
            kernels.mirror_lower_triangle(G, 1)


def test_products_in_float32():
    """Each entry is off by a few ε·√(Gᵢᵢ·Gⱼⱼ), not more."""
    random = np.random.default_rng(0)
    for m, n in [*SHAPES, (3000, 70)]:
        A = random.standard_normal((m, n)).astype(np.float32)
        A *= np.logspace(-3, 3, n, dtype=np.float32)
        mean = A.mean(axis=0, dtype=np.float64)[np.newaxis]
        centred = A - mean
        expected = centred.T @ centred
        size = np.sqrt(np.diag(expected))
        for storage in (np.ascontiguousarray, np.asfortranarray):
            G = kernels.gram_by_float32(storage(A), mean, 1)
            np.testing.assert_array_equal(G, G.T)
            off = np.abs(G - expected)
            assert (off <= 16 * np.finfo(np.float32).eps * np.outer(size, size)).all()
            for n_threads in (2, 7):
                other = kernels.gram_by_float32(storage(A), mean, n_threads)
                np.testing.assert_array_equal(other, G)


def test_resolves_what_float32_would_lose():
    """Singular values of 1 and 2e-6: 4e-12 is far below the eps of float32."""
    A = np.full((4, 2), 0.5, dtype=np.float32)
    A[:, 1] = [1e-6, -1e-6, 1e-6, -1e-6]
    s = np.sqrt(np.linalg.eigvalsh(kernels.gram(A, None, 1)))
    np.testing.assert_allclose(s, [2e-6, 1.0], rtol=1e-6)


def test_no_rows_give_zeros(stored):
    A, _ = stored((0, 5))
    np.testing.assert_array_equal(kernels.gram(A, None, 2), np.zeros((5, 5)))
