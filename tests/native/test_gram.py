"""Gram matrices against NumPy's: float64 whatever the data, for every thread count."""

import numpy as np

from latentia._native import kernels

SHAPES = [
    *[(1, 1), (1, 7), (7, 1), (2, 8), (8, 9), (9, 2), (11, 12), (12, 13), (13, 31)],
    *[(33, 32), (97, 33), (31, 97), (203, 70), (999, 7)],
    (450, 289),  # more columns than a group of them, more rows than a run
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
    shape = (2003, 289)
    A, _ = stored(shape)
    for mean in means(shape, np.float64):
        one = kernels.gram(A, mean, 1)
        for n_threads in (2, 7):
            np.testing.assert_array_equal(kernels.gram(A, mean, n_threads), one)


def test_resolves_what_float32_would_lose():
    """Singular values of 1 and 2e-6: 4e-12 is far below the eps of float32."""
    A = np.full((4, 2), 0.5, dtype=np.float32)
    A[:, 1] = [1e-6, -1e-6, 1e-6, -1e-6]
    s = np.sqrt(np.linalg.eigvalsh(kernels.gram(A, None, 1)))
    np.testing.assert_allclose(s, [2e-6, 1.0], rtol=1e-6)


def test_no_rows_give_zeros(stored):
    A, _ = stored((0, 5))
    np.testing.assert_array_equal(kernels.gram(A, None, 2), np.zeros((5, 5)))
