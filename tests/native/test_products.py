"""The three products against NumPy's, at sizes around those of vectors and tiles."""

import numpy as np
import pytest

from latentia._native import kernels

# Vectors are 2 to 16 numbers long, register blocks 4 to 12 rows, tiles 16 to 96 rows,
# panels 64 to 256 deep.
SHAPES = [
    *[(1, 1), (1, 7), (7, 1), (2, 8), (8, 9), (9, 2), (11, 12), (12, 13), (13, 11)],
    *[(31, 33), (32, 31), (33, 32), (97, 13), (13, 97), (203, 5), (30, 1030), (999, 7)],
]
WIDTHS = [1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 15, 16, 17, 31, 32, 33, 48, 63, 65, 70]


def normal(shape, dtype, seed):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def test_agree_with_numpy(stored, dtype, means, exact):
    for i, (m, n) in enumerate(SHAPES):
        A, dense = stored((m, n))
        for j, mean in enumerate(means((m, n), dtype)):
            centred = exact(dense).less(mean)
            for b in WIDTHS[(i + j) % 2 :: 2]:  # every other one by turns
                where = f"A {m} x {n}, b = {b}, mean {np.shape(mean)}"
                X, Y = normal((n, b), dtype, 1), normal((m, b), dtype, 2)
                image = np.full((m, b), np.nan, dtype=dtype)
                Z = kernels.normal_product(A, mean, X, image, 1)
                assert Z.dtype == dtype
                expected = centred @ exact(X)
                expected.check(image, terms=n, where=where)
                (centred.T @ expected).check(Z, terms=m + n, where=where)

                image[:] = np.nan
                kernels.product(A, mean, X, image, 1)
                expected.check(image, terms=n, where=where)

                Z = kernels.adjoint_product(A, mean, Y, 1)
                assert Z.dtype == dtype
                (centred.T @ exact(Y)).check(Z, terms=m, where=where)


def test_bits_do_not_depend_on_threads(stored, dtype, means):
    m, n, b = 4003, 403, 33  # worth more than seven threads
    A, _ = stored((m, n))
    X = normal((n, b), dtype, 1)

    def all_products(mean, n_threads):
        Y, image = np.empty((2, m, b), dtype=dtype)
        Z = kernels.normal_product(A, mean, X, Y, n_threads)
        kernels.product(A, mean, X, image, n_threads)
        return Y, Z, image, kernels.adjoint_product(A, mean, Y, n_threads)

    for mean in means((m, n), dtype):
        one = all_products(mean, 1)
        for n_threads in (2, 7):
            more = all_products(mean, n_threads)
            for ours, theirs in zip(more, one, strict=True):
                np.testing.assert_array_equal(ours, theirs)


def test_the_image_need_not_be_kept(stored, dtype):
    A, _ = stored((97, 31))
    X = normal((31, 9), dtype, 1)
    Y = np.empty((97, 9), dtype=dtype)
    np.testing.assert_array_equal(
        kernels.normal_product(A, None, X, None, 1),
        kernels.normal_product(A, None, X, Y, 1),
    )


def test_narrow_matrices_may_be_slices(stored, dtype, exact):
    A, dense = stored((97, 31))
    X = normal((31, 20), dtype, 1)[:, 3:12]
    around = np.full((97, 20), 7, dtype=dtype)
    Y = around[:, 4:13]
    Z = kernels.normal_product(A, None, X, Y, 1)
    expected = exact(dense) @ exact(X)
    expected.check(Y, terms=31)
    (exact(dense).T @ expected).check(Z, terms=128)
    kernels.product(A, None, X, Y, 1)
    expected.check(Y, terms=31)
    (exact(dense).T @ exact(Y)).check(
        kernels.adjoint_product(A, None, Y, 1), terms=97, dtype=dtype
    )
    assert (around[:, :4] == 7).all()
    assert (around[:, 13:] == 7).all()


@pytest.mark.parametrize("b", [1, 7, 16, 33])
def test_product_may_lie_on_its_matrix(dtype, exact, b):
    A = normal((5003, 33), dtype, 0)
    X = normal((33, b), dtype, 1)
    expected, rest = exact(A) @ exact(X), A[:, b:].copy()
    kernels.product(A, None, X, A[:, :b], 2)
    expected.check(A[:, :b], terms=33)
    np.testing.assert_array_equal(A[:, b:], rest)


def test_nothing_gives_zeros(stored, dtype):
    """No rows, as the last block of a source may have, and no columns of X."""
    A, _ = stored((0, 5))
    X = np.ones((5, 3), dtype=dtype)
    Y = np.empty((0, 3), dtype=dtype)
    kernels.product(A, None, X, Y, 2)
    np.testing.assert_array_equal(
        kernels.normal_product(A, None, X, Y, 2), np.zeros((5, 3))
    )
    np.testing.assert_array_equal(
        kernels.adjoint_product(A, None, Y, 2), np.zeros((5, 3))
    )
    A, _ = stored((7, 5))
    assert kernels.normal_product(A, None, X[:, :0], None, 2).shape == (5, 0)


@pytest.mark.parametrize("n", [1, 5])
def test_any_stride_of_an_axis_of_length_one(dtype, exact, n):
    """NumPy leaves such strides as they come: v[:, None] has 0, slices have others."""
    column, row = normal(n, dtype, 0)[:, np.newaxis], normal(n, dtype, 1)[np.newaxis]
    columns = [column, np.asfortranarray(normal((n, 3), dtype, 2))[:, 1:2]]
    for A in columns:
        for x in (row.T[:1], np.ones(1, dtype=dtype)[:, np.newaxis]):
            Y = np.zeros(n, dtype=dtype)[:, np.newaxis]
            kernels.product(A, None, x, Y, 1)
            (exact(A) @ exact(x)).check(Y, terms=1)
    for A in (row, row.T.T, np.ascontiguousarray(normal((3, n), dtype, 3))[1:2]):
        for x in (*columns, row.T):
            Z = kernels.normal_product(A, None, x, None, 1)
            (exact(A).T @ (exact(A) @ exact(x))).check(Z, terms=n + 1)
    A = normal((9, n), dtype, 4)
    for mean in (row, np.ones(9, dtype=dtype)[np.newaxis].T):
        Z = kernels.normal_product(A, mean, np.eye(n, dtype=dtype), None, 1)
        centred = exact(A).less(mean)
        (centred.T @ centred).check(Z, terms=9 + n)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_mean_of_two_parts(stored, dtype, axis):
    """What rounding has left of a mean is taken off too, everywhere."""
    A, dense = stored((97, 33))
    shape = (1, 33) if axis == 0 else (97, 1)
    mean, rest = normal(shape, dtype, 1), normal(shape, dtype, 2)
    B = dense.astype(np.float64) - mean.astype(np.float64) - rest
    X, Y = normal((33, 5), dtype, 3), normal((97, 5), dtype, 4)
    image = np.empty((97, 5), dtype)
    near = {"atol": 1e-2 if dtype == np.float32 else 1e-10}
    Z = kernels.normal_product(A, (mean, rest), X, image, 2)
    np.testing.assert_allclose(image, B @ X, **near)
    np.testing.assert_allclose(Z, B.T @ (B @ X), **near)
    kernels.product(A, (mean, rest), X, image, 2)
    np.testing.assert_allclose(image, B @ X, **near)
    found = kernels.adjoint_product(A, (mean, rest), Y, 2)
    np.testing.assert_allclose(found, B.T @ Y, **near)
    parts = mean.astype(np.float64), rest.astype(np.float64)
    np.testing.assert_allclose(kernels.gram(A, parts, 2), B.T @ B, atol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_mean_near_dense_numbers_is_taken_off_exactly(dtype):
    """Sterbenz: each difference is exact, where the rounded mean alone is 6 % off."""
    offset = 1e6 if dtype == np.float32 else 1e15
    A = (offset + (np.arange(50) % 2)[:, np.newaxis]).astype(dtype)
    mean = np.full((1, 1), offset, dtype)
    rest = np.full((1, 1), 0.47, dtype)
    image = np.empty((50, 1), dtype)
    kernels.product(A, (mean, rest), np.ones((1, 1), dtype), image, 1)
    np.testing.assert_array_equal(
        image[:, 0], (np.arange(50) % 2).astype(dtype) - rest[0]
    )


@pytest.mark.parametrize("wrong", ["shape", "type", "count"])
def test_wrong_parts_of_a_mean(wrong):
    A, X, Y = np.ones((5, 3)), np.ones((3, 2)), np.ones((5, 2))
    mean = np.ones((1, 3))
    parts, error = {
        "shape": ((mean, np.ones((1, 4))), ValueError),
        "type": ((mean, mean.astype(np.float32)), TypeError),
        "count": ((mean, mean, mean), TypeError),
    }[wrong]
    with pytest.raises(error):
        kernels.product(A, parts, X, Y, 1)
