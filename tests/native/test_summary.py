"""Moments, sizes and the first number that is not finite; the form of CSR matrices."""

import itertools

import numpy as np
import pytest

from latentia._native import kernels

SHAPES = [
    *[(1, 1), (1, 7), (7, 1), (2, 8), (8, 9), (9, 2), (11, 12), (12, 13), (13, 31)],
    *[(33, 32), (97, 33), (31, 97), (203, 70), (1031, 5)],
]


def test_agrees_with_numpy(layout, stored, exact):
    """Sparse rows too: what they do not store is zero, and −origin about an origin."""
    for shape in SHAPES:
        A, dense = stored(shape)
        origin = np.random.default_rng(1).standard_normal(shape[1])
        total, square, max_abs, nonfinite_row, nonfinite_column = kernels.summary(
            A, origin, 1
        )
        x = dense.astype(np.float64) - origin
        exact(x.sum(axis=0), np.abs(x).sum(axis=0)).check(total, terms=shape[0])
        if layout != "CSR messy":  # where an entry is stored as two halves
            exact((x**2).sum(axis=0)).check(square, terms=shape[0])
            zero = kernels.summary(A, np.zeros(shape[1]), 1)[1]
            exact((dense.astype(np.float64) ** 2).sum(axis=0)).check(zero, terms=len(x))
            assert max_abs == np.abs(dense).max()
        assert (nonfinite_row, nonfinite_column) == (-1, -1)


def test_bits_do_not_depend_on_threads(stored):
    A, _ = stored((9001, 403))
    origin = np.ones(403)
    total, square, *others = kernels.summary(A, origin, 1)
    for n_threads in (2, 7):
        again = kernels.summary(A, origin, n_threads)
        np.testing.assert_array_equal(again[0], total)
        np.testing.assert_array_equal(again[1], square)
        assert list(again[2:]) == others


BAD = [np.nan, np.inf, -np.inf]


def test_the_first_bad_number_is_found(store, dtype, case):
    for bad, place in itertools.product(BAD, [(0, 0), (150, 8), (299, 10)]):
        with case(bad=bad, place=place):
            A = np.random.default_rng(0).standard_normal((300, 11)).astype(dtype)
            A[299, 10] = bad  # another one, in a later row
            A[place] = bad
            _, _, _, nonfinite_row, nonfinite_column = kernels.summary(
                store(A), np.zeros(11), 2
            )
            assert (nonfinite_row, nonfinite_column) == place


def test_large_is_not_infinite(layout, stored, dtype):
    """Squares that overflow are no reason to complain."""
    A, _ = stored((40, 9))
    largest = np.finfo(dtype).max
    (A[2] if isinstance(A, tuple) else A)[:] = largest
    _, _, max_abs, nonfinite_row, nonfinite_column = kernels.summary(A, np.zeros(9), 1)
    assert (max_abs, nonfinite_row, nonfinite_column) == (largest, -1, -1)


FORMS = {
    "canonical, an empty row": ([0, 2, 2, 4], [0, 4, 1, 2], (-1, True)),
    "not sorted": ([0, 2, 2, 4], [4, 0, 1, 2], (-1, False)),
    "stored twice": ([0, 2, 2, 4], [0, 4, 2, 2], (-1, False)),
    "does not begin at 0": ([1, 2, 2, 4], [0, 4, 1, 2], (0, False)),
    "negative": ([0, -1, 2, 4], [0, 4, 1, 2], (0, False)),
    "goes back": ([0, 3, 2, 4], [0, 1, 2, 2], (1, False)),
    "ends behind what is stored": ([0, 2, 2, 5], [0, 4, 1, 2], (2, False)),
    "column too large": ([0, 2, 2, 4], [0, 5, 1, 2], (0, False)),
    "column too small": ([0, 2, 2, 4], [0, 4, -1, 2], (2, False)),
}


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize(("row_start", "column", "form"), FORMS.values(), ids=FORMS)
def test_the_form_of_rows(row_start, column, form, index, dtype):
    row_start, column = np.array(row_start, index), np.array(column, index)
    block = (row_start, column, np.ones(4, dtype), 5)
    assert kernels.csr_structure(block, 4) == form
