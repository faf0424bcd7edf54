"""Sparse rows that are read by blocks."""

import itertools

import numpy as np
import pytest
import scipy.sparse

from latentia.rows import as_rows, gram, pairwise_sum
from latentia.rows.chunked import open

N_FEATURES = 7


def sparse_matrix(dtype=np.float64):
    A = np.random.default_rng(0).standard_normal((103, N_FEATURES))
    return scipy.sparse.csr_array((A * (A > 0.8)).astype(dtype))


def sparse_parts(path, A):
    for number, (begin, end) in enumerate([(0, 5), (5, 5), (5, 70), (70, 103)]):
        scipy.sparse.save_npz(path / f"{number}.npz", A[begin:end])
    return path


def sparse_blocks(path, A):
    return lambda: (A[begin : begin + 9] for begin in range(0, 103, 9))


@pytest.mark.parametrize("source", [sparse_parts, sparse_blocks])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sparse_rows(source, dtype, tmp_path):
    A = sparse_matrix(dtype)
    rows = open(source(tmp_path, A), memory=4000)
    bounds = rows.layout.bounds
    assert len(bounds) > 3
    assert rows.sparse
    assert (rows.shape, rows.dtype, rows.n_stored) == (A.shape, dtype, A.nnz)
    blocks = [as_rows(A[a:b]) for a, b in itertools.pairwise(bounds)]
    np.testing.assert_array_equal(gram(rows), pairwise_sum(map(gram, blocks)))
    row_start, column, value, _ = rows.take(np.array([0, 4, 5, 102]))
    taken = scipy.sparse.csr_array((value, column, row_start), shape=(4, N_FEATURES))
    np.testing.assert_array_equal(taken.toarray(), A[[0, 4, 5, 102]].toarray())
    assert len(rows.take(np.array([], dtype=np.int64))[0]) == 1


def test_sparse_blocks_become_canonical():
    A = scipy.sparse.csr_array((3, 4))
    A.indices, A.data = np.array([2, 0, 2, 1]), np.array([1.0, 2.0, 3.0, 4.0])
    A.indptr = np.array([0, 3, 3, 4])
    rows = open(lambda: [A, A], memory="1kB")
    dense = np.vstack([A.toarray()] * 2)
    np.testing.assert_array_equal(gram(rows), dense.T @ dense)
