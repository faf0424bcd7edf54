"""Some rows of a matrix, in a copy."""

import numpy as np
import pytest
import scipy.sparse

from latentia.rows import MemoryRows, as_rows

STORES = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "CSR": scipy.sparse.csr_array,
}
CHOICES = {
    "none": [],
    "the first": [0],
    "the last": [102],
    "some": [0, 3, 4, 50, 102],
    "all": list(range(103)),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("store", STORES.values(), ids=STORES)
@pytest.mark.parametrize("chosen", CHOICES.values(), ids=CHOICES)
def test_take(store, chosen, dtype):
    A = np.random.default_rng(0).standard_normal((103, 7)).astype(dtype)
    A[A < 0] = 0
    rows = as_rows(store(A))
    taken = rows.take(np.array(chosen, dtype=np.int64))
    if isinstance(taken, tuple):
        row_start, column, value, n = taken
        assert n == 7
        dense = scipy.sparse.csr_array(
            (value, column, row_start), shape=(len(chosen), n)
        ).toarray()
    else:
        dense = taken
        assert taken.flags.c_contiguous
    assert dense.dtype == dtype
    np.testing.assert_array_equal(dense, A[chosen])
    assert MemoryRows(taken, copied=True).shape == (len(chosen), 7)


@pytest.mark.parametrize("store", STORES.values(), ids=STORES)
def test_what_is_taken_is_a_copy(store):
    A = np.ones((9, 3))
    rows = as_rows(store(A))
    taken = rows.take(np.arange(9))
    (taken[2] if isinstance(taken, tuple) else taken)[:] = 5
    again = rows.take(np.arange(9))
    assert (again[2] if isinstance(again, tuple) else again).max() == 1
