"""Matrices in every way that a kernel takes them, and what NumPy makes of them."""

import numpy as np
import pytest
import scipy.sparse


class Exact:
    """A matrix in float64, and the sums of sizes that its rounding grows with."""

    def __init__(self, value, size=None):
        self.value = np.asarray(value, dtype=np.float64)
        self.size = np.abs(self.value) if size is None else size

    def __matmul__(self, other):
        return Exact(self.value @ other.value, self.size @ other.size)

    @property
    def T(self):
        return Exact(self.value.T, self.size.T)

    def less(self, mean):
        """Take a mean off; sizes are as if that were done after the products."""
        if mean is None:
            return self
        return Exact(self.value - mean, self.size + np.abs(mean))

    def check(self, computed, *, terms, where="", dtype=None):
        """A sum of n terms is off by n·eps·Σ|terms| at most, in whatever order."""
        eps = np.finfo(dtype or computed.dtype).eps
        error = np.abs(computed.astype(np.float64) - self.value)
        # Written so that NaN fails.
        assert (error <= (terms + 8) * eps * self.size).all(), where


@pytest.fixture
def exact():
    return Exact


def _apart(A):
    """Lines that do not follow each other; NaN lies between them."""
    memory = np.full((A.shape[0], A.shape[1] + 3), np.nan, dtype=A.dtype)
    memory[:, : A.shape[1]] = A
    return memory[:, : A.shape[1]]


def _csr(A, index):
    matrix = scipy.sparse.csr_array(A)
    return (
        matrix.indptr.astype(index),
        matrix.indices.astype(index),
        matrix.data,
        A.shape[1],
    )


def _messy_csr(A):
    """Every entry is stored as two halves, and columns are in no order."""
    row_start, column, value, n = _csr(A, np.int32)
    rng = np.random.default_rng(0)
    twice = np.repeat(np.arange(len(column)), 2)
    for begin, end in zip(2 * row_start[:-1], 2 * row_start[1:], strict=True):
        rng.shuffle(twice[begin:end])
    return 2 * row_start, column[twice], value[twice] / 2, n


@pytest.fixture
def transpose_csr():
    """Return the transpose of CSR as CSR with the same types."""

    def transpose(A):
        row_start, column, value, n = A
        rows = scipy.sparse.csr_array(
            (value, column, row_start), (len(row_start) - 1, n)
        )
        columns = rows.T.tocsr()
        index = row_start.dtype
        parts = columns.indptr.astype(index), columns.indices.astype(index)
        return *parts, columns.data, len(row_start) - 1

    return transpose


LAYOUTS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "C apart": _apart,
    "F apart": lambda A: _apart(A.T).T,
    "CSR int32": lambda A: _csr(A, np.int32),
    "CSR int64": lambda A: _csr(A, np.int64),
    "CSR messy": _messy_csr,
}


@pytest.fixture(params=LAYOUTS)
def layout(request):
    """The name of a way to store a matrix."""
    return request.param


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture
def store(layout):
    """store(A): a dense matrix as the kernels take it."""
    return LAYOUTS[layout]


@pytest.fixture
def stored(layout, store, dtype):
    """stored(shape): a matrix as the kernels take it, and the same as a dense one.

    Sparse ones are mostly zeros, and have rows of nothing but zeros.
    """

    def make(shape, seed=0):
        rng = np.random.default_rng(seed)
        A = rng.standard_normal(shape).astype(dtype)
        if layout.startswith("CSR"):
            A[rng.random(shape) < 0.7] = 0
            A[3::5] = 0
        return store(A), A

    return make


@pytest.fixture
def means():
    """means(shape, dtype): nothing, and all that can be taken off."""

    def make(shape, dtype):
        m, n = shape
        rng = np.random.default_rng(5)
        offsets = (rng.standard_normal(size).astype(dtype) for size in ((1, n), (m, 1)))
        return [None, *offsets]

    return make
