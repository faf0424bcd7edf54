"""What is read where it lies, what is converted once, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from latentia.rows import as_rows, summarise

FLOATS = [np.float32, np.float64]
SHAPES = [(1, 1), (1, 7), (7, 1), (13, 5), (5, 13)]


def normal(shape, dtype=np.float64):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def check_readable(rows, expected):
    """The kernels take the rows, and see what NumPy sees."""
    dense = np.asarray(expected, dtype=np.float64)
    assert rows.shape == dense.shape
    np.testing.assert_allclose(
        summarise(rows).mean, dense.mean(axis=0), rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_dense_floats_are_not_copied(shape, order, dtype):
    A = np.asarray(normal(shape, dtype), order=order)
    rows = as_rows(A)
    assert not rows.copied
    assert np.shares_memory(rows.block, A)
    assert rows.dtype == dtype
    assert not rows.sparse
    assert rows.n_stored == A.size
    check_readable(rows, A)


@pytest.mark.parametrize("dtype", FLOATS)
def test_slices_with_whole_lines_are_not_copied(dtype):
    A = normal((13, 9), dtype)
    for part in (A[2:9], A[:, 3:7], A[::2], A[2:9].T, A[:1], A[:, :1], A[:, 3:4].T):
        rows = as_rows(part)
        assert not rows.copied
        assert np.shares_memory(rows.block, A)
        check_readable(rows, part)


@pytest.mark.parametrize("n", [1, 7])
def test_new_axes(n):
    """NumPy gives an axis of length one a stride of 0."""
    v = normal(n)
    for A in (v[:, np.newaxis], v[np.newaxis]):
        check_readable(as_rows(A), A)


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_memory_maps_are_not_copied(tmp_path, order, mode):
    expected = normal((31, 5), np.float32)
    path = tmp_path / "A.npy"
    np.save(path, np.asarray(expected, order=order))
    before = path.read_bytes()
    A = np.load(path, mmap_mode=mode)
    rows = as_rows(A)
    assert not rows.copied
    assert np.shares_memory(rows.block, A)
    check_readable(rows, expected)
    assert path.read_bytes() == before


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("kind", [scipy.sparse.csr_array, scipy.sparse.csr_matrix])
def test_canonical_rows_are_not_copied(kind, index, dtype):
    A = kind(normal((13, 7), dtype) * (normal((13, 7)) > 0.5))
    A.indptr, A.indices = A.indptr.astype(index), A.indices.astype(index)
    rows = as_rows(A)
    assert not rows.copied
    assert rows.sparse
    assert rows.n_stored == A.nnz
    for ours, theirs in zip(rows.block, (A.indptr, A.indices, A.data), strict=False):
        assert ours.dtype == theirs.dtype
        assert np.shares_memory(ours, theirs)
    check_readable(rows, A.toarray())


def odd_strides(A):
    """Lay out numbers 9 bytes apart."""
    records = np.zeros(A.shape, dtype=[("number", A.dtype), ("byte", "i1")])
    records["number"] = A
    return records["number"]


CONVERTED = {
    "list": lambda A: A.tolist(),
    "int64": lambda A: (9 * A).astype(np.int64),
    "int8": lambda A: (9 * A).astype(np.int8),
    "bool": lambda A: A > 0,
    "float16": lambda A: A.astype(np.float16),
    "objects": lambda A: A.astype(object),
    "other byte order": lambda A: A.astype(A.dtype.newbyteorder()),
    "backwards": lambda A: A[:, ::-1],
    "upside down": lambda A: A[::-1],
    "every second column": lambda A: A[:, ::2],
    "odd strides": odd_strides,
    "unaligned": lambda A: np.frombuffer(
        b"x" + A.tobytes(), dtype=A.dtype, offset=1
    ).reshape(A.shape),
    "broadcast": lambda A: np.broadcast_to(A[0], A.shape),
    "frame": pd.DataFrame,
    "mixed frame": lambda A: pd.DataFrame(
        {"a": A[:, 0], "b": np.arange(13), "c": A[:, 1] > 0}
    ),
    "CSC": scipy.sparse.csc_array,
    "COO": scipy.sparse.coo_array,
    "LIL": scipy.sparse.lil_array,
    "integer CSR": lambda A: scipy.sparse.csr_array((9 * A).astype(np.int32)),
    "boolean CSR": lambda A: scipy.sparse.csr_array(A > 0),
}


@pytest.mark.parametrize("convert", CONVERTED.values(), ids=CONVERTED)
def test_other_forms_are_converted(convert):
    A = convert(normal((13, 7)))
    rows = as_rows(A)
    dense = A.toarray() if scipy.sparse.issparse(A) else np.asarray(A, dtype=float)
    half = getattr(A, "dtype", None) == np.float16
    assert rows.dtype == (np.float32 if half else np.float64)
    assert rows.dtype.isnative
    check_readable(rows, dense)
    if isinstance(A, np.ndarray):
        assert rows.copied
        assert not np.shares_memory(rows.block, A)
        np.testing.assert_array_equal(rows.block, A.astype(rows.dtype))


def test_read_only_input_stays_as_it_is():
    A = normal((13, 7))
    A.flags.writeable = False
    rows = as_rows(A)
    assert not rows.copied
    check_readable(rows, A)
    assert not A.flags.writeable


def messy(index=np.int32):
    """Three rows: unsorted with a repeated column, empty, sorted."""
    A = scipy.sparse.csr_array((3, 4))
    A.data = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    A.indices = np.array([2, 0, 2, 1, 0, 3], dtype=index)
    A.indptr = np.array([0, 4, 4, 6], dtype=index)
    return A


DENSE = [[2.0, 4.0, 4.0, 0.0], [0.0, 0.0, 0.0, 0.0], [5.0, 0.0, 0.0, 6.0]]


@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_repeated_entries_are_added_up_in_a_copy(index):
    A = messy(index)
    before = [part.copy() for part in (A.indptr, A.indices, A.data)]
    rows = as_rows(A)
    assert rows.copied
    row_start, column, value, n = rows.block
    np.testing.assert_array_equal(row_start, [0, 3, 3, 5])
    np.testing.assert_array_equal(column, [0, 1, 2, 0, 3])
    np.testing.assert_array_equal(value, [2, 4, 4, 5, 6])
    assert n == 4
    for part, old in zip((A.indptr, A.indices, A.data), before, strict=True):
        np.testing.assert_array_equal(part, old)
    assert not A.has_canonical_format


def test_a_flag_that_is_wrong_is_not_believed():
    A = messy()
    A.has_canonical_format = True
    check_readable(as_rows(A), DENSE)


def test_unused_room_is_not_read():
    A = messy()
    A.sum_duplicates()
    A.data = np.append(A.data, [np.nan, np.nan])
    A.indices = np.append(A.indices, [99, -1]).astype(np.int32)
    rows = as_rows(A)
    assert rows.n_stored == 5
    check_readable(rows, DENSE)


def test_more_columns_than_the_kernels_can_count():
    indptr, none = np.zeros(3, dtype=np.int64), np.zeros(0, dtype=np.int64)
    A = scipy.sparse.csr_array((np.zeros(0), none, indptr), shape=(2, 2**31))
    with pytest.raises(ValueError, match="at most 2147483647 columns if it is sparse"):
        as_rows(A)


def test_two_index_types_become_one():
    A = messy()
    A.indptr = A.indptr.astype(np.int64)
    check_readable(as_rows(A), DENSE)
