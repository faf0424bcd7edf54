"""Passes over rows that are read by blocks: the sums, the states, the bits."""

import itertools

import numpy as np
import pytest
import scipy.sparse

from latentia.rows import (
    MemoryRows,
    adjoint_product,
    gram,
    normal_product,
    pairwise_sum,
    product,
    scale_columns,
    summarise,
)
from latentia.rows.chunked import ChunkedRows, chunked_rows, open

# Rows a block: one, some with a short block at the end, all but one, all.
LAYOUTS = [1, 10, 102, 103]
N_ROWS, N_FEATURES = 103, 7


def normal(dtype=np.float64, shape=(N_ROWS, N_FEATURES)):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def memory_for(rows_a_block, row_bytes):
    """Return a budget with blocks of so many rows."""
    return 16 * rows_a_block * row_bytes


def opened(A, rows_a_block, **options):
    memory = memory_for(rows_a_block, A.shape[1] * A.dtype.itemsize)
    return open(A, memory=memory, **options)


def bounds_of(rows_a_block):
    return [*range(0, N_ROWS, rows_a_block), N_ROWS]


def np_save(path, A, mode="r"):
    np.save(path, A)
    return np.load(path, mmap_mode=mode)


def all_sums(rows, n_threads=1):
    """Return what every pass adds up and writes."""
    X = np.linspace(-1, 1, N_FEATURES * 3).reshape(N_FEATURES, 3)
    mean = np.full((1, N_FEATURES), 0.25, dtype=rows.dtype)
    U = rows.empty_state(3)
    summary = summarise(rows, n_threads=n_threads)
    sums = [
        gram(rows, mean=mean, n_threads=n_threads),
        normal_product(rows, X, mean=mean, Y=U, n_threads=n_threads),
        adjoint_product(rows, U, mean=mean, n_threads=n_threads),
        gram(U, n_threads=n_threads),
        summary.mean,
        summary.centred_square,
    ]
    product(U, np.eye(3) + 1, out=U, n_threads=n_threads)
    scale_columns(U, np.array([1.0, 2.0, 3.0]))
    return [*sums, np.array(U.result())]


def assert_same_bits(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("rows_a_block", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_passes_agree_with_memory(rows_a_block, dtype):
    A = normal(dtype)
    rows = opened(A, rows_a_block)
    assert rows.layout.bounds.tolist() == bounds_of(rows_a_block)
    assert (rows.shape, rows.dtype, rows.n_stored) == (A.shape, dtype, A.size)
    assert not rows.in_memory
    assert not rows.sparse
    # Rounding of sums over 103 rows that are of size 10 to 1000.
    near = {"rtol": 1e-4 if dtype == np.float32 else 1e-12, "atol": 1e-3}
    for ours, theirs in zip(all_sums(rows), all_sums(MemoryRows(A)), strict=True):
        np.testing.assert_allclose(ours, theirs, **near)


@pytest.mark.parametrize("rows_a_block", LAYOUTS)
def test_sums_are_added_up_in_pairs_by_this_thread(rows_a_block):
    A = normal(np.float32)
    bounds = bounds_of(rows_a_block)
    blocks = [A[a:b] for a, b in itertools.pairwise(bounds)]
    by_hand = pairwise_sum(gram(MemoryRows(block)) for block in blocks)
    np.testing.assert_array_equal(gram(opened(A, rows_a_block)), by_hand)


@pytest.mark.parametrize("n_threads", [2, 7])
def test_same_bits_for_any_number_of_threads(n_threads):
    rows = opened(normal(np.float32, (1030, N_FEATURES)), 300)
    assert_same_bits(all_sums(rows), all_sums(rows, n_threads))


def counted(A):
    """Blocks of 0, 1, 2, … rows."""
    ends = np.minimum(np.cumsum(np.arange(len(A) + 1)), len(A))
    return lambda: iter(np.split(A, ends[:-1]))


def sliced(path, A):
    """Rows and columns of a larger file."""
    larger = np.full((len(A) + 20, A.shape[1] + 3), np.nan, A.dtype)
    larger[13 : 13 + len(A), 2 : 2 + A.shape[1]] = A
    return np_save(path / "A.npy", larger)[13 : 13 + len(A), 2 : 2 + A.shape[1]]


def parts(path, A):
    for number, part in enumerate(np.split(A, [1, 2, 2, 60, 70, 71, 80, 81, 82, 90])):
        np.save(path / f"part-{number}.npy", part)
    return path


def mixed_parts(path, A):
    np.save(path / "1.npy", A[:40])
    np.savez(path / "2.npz", A[40:50])
    np.savez_compressed(path / "10.npz", A[50:])
    return path


def hdf5(path, A, **options):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path / "A.h5", "w") as file:
        file.create_dataset("deep/A", data=A, **options)
        file["scalar"] = 3.0
        file["vector"] = np.ones(4)
    return path / "A.h5"


def zarr(path, A, name="A.zarr"):
    package = pytest.importorskip("zarr")
    package.create_array(str(path / name), data=A, chunks=(20, 3))
    return path / name


SOURCES = {
    "array": lambda path, A: A,
    "iterator": lambda path, A: counted(A),
    ".npy": lambda path, A: np_save(path / "A.npy", A).filename,
    "Fortran order": lambda path, A: np_save(path / "A.npy", np.asfortranarray(A)),
    "map to write": lambda path, A: np_save(path / "A.npy", A, "r+"),
    "private map": lambda path, A: np_save(path / "A.npy", A, "c"),
    "slice of a map": sliced,
    "backwards": lambda path, A: np_save(path / "A.npy", A[::-1])[::-1],
    "every second row": lambda path, A: np_save(path / "A.npy", A.repeat(2, 0))[::2],
    "view of a map": lambda path, A: np.asarray(np_save(path / "A.npy", A)),
    "parts": parts,
    "mixed parts": mixed_parts,
    "HDF5": hdf5,
    "Zarr": zarr,
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_same_bits_from_every_source(source, tmp_path):
    A = normal(np.float32)
    rows = opened_as(source(tmp_path, A), 11, A)
    assert_same_bits(all_sums(rows), all_sums(opened(A, 11)))
    some = np.array([0, 3, 3, 11, 50, 102])
    np.testing.assert_array_equal(rows.take(some), A[some])
    assert rows.take(some[:0]).shape == (0, N_FEATURES)


def opened_as(source, rows_a_block, A):
    return open(source, memory=memory_for(rows_a_block, A.shape[1] * A.itemsize))


CONVERTED = {
    "uint8": (np.uint8, np.float64),
    "bool": (np.bool_, np.float64),
    "int64": (np.int64, np.float64),
    "float16": (np.float16, np.float32),
    "other byte order": (np.dtype(">f4"), np.float32),
}
KEEPERS = {name: SOURCES[name] for name in ("array", ".npy", "iterator", "HDF5")}


@pytest.mark.parametrize("source", KEEPERS.values(), ids=KEEPERS)
@pytest.mark.parametrize(("stored", "read"), CONVERTED.values(), ids=CONVERTED)
def test_other_numbers_are_converted(source, stored, read, tmp_path):
    A = np.abs(9 * normal()).astype(stored)
    converted = A.astype(read)
    rows = opened_as(source(tmp_path, A), 10, converted)
    assert rows.dtype == read
    np.testing.assert_array_equal(gram(rows), gram(opened(converted, 10)))
    taken = rows.take(np.array([1, 99]))
    assert taken.dtype == read
    np.testing.assert_array_equal(taken, converted[[1, 99]])


def test_states():
    A = normal(np.float32)
    rows = opened(A, 10)
    labels = rows.empty_state(None, np.int64)
    labels.array[:] = np.arange(N_ROWS)
    assert labels.result().shape == (N_ROWS,)
    weights = np.ones(N_ROWS)
    assert rows.state_from_array(weights).result() is weights

    def draw(random, n_rows):
        return random.standard_normal((n_rows, 2))

    drawn = rows.random_state_rows(draw, np.random.default_rng(3), 2)
    assert drawn.dtype == np.float32
    at_once = draw(np.random.default_rng(3), N_ROWS).astype(np.float32)
    np.testing.assert_array_equal(drawn.result(), at_once)
    assert drawn.empty_state(5).layout is rows.layout


def test_map_is_lazy_and_by_block():
    A = normal()
    lengths = []

    def double(block):
        lengths.append(len(block))
        return 2 * block

    rows = opened(A, 10).map(double, sparse=False).map(np.abs, sparse=False)
    assert lengths == []
    np.testing.assert_allclose(gram(rows), gram(MemoryRows(np.abs(2 * A))))
    assert lengths == [10] * 10 + [3]
    np.testing.assert_array_equal(rows.take(np.array([4])), np.abs(2 * A[[4]]))


def test_columns_are_out_of_reach():
    with pytest.raises(ValueError, match="in memory as a whole"):
        opened(normal(), 10).transpose()


def test_chunks_of_the_storage_are_not_divided(tmp_path):
    A = normal(np.float32)
    rows = opened_as(zarr(tmp_path, A), 50, A)
    assert rows.layout.bounds.tolist() == [0, 40, 80, 103]
    rows = opened_as(hdf5(tmp_path, A, chunks=(30, 2)), 50, A)
    assert rows.layout.bounds.tolist() == [0, 30, 60, 90, 103]


STORED = {
    "HDF5": lambda path, A: __import__("h5py").File(hdf5(path, A))["deep/A"],
    "Zarr": lambda path, A: __import__("zarr").open(zarr(path, A)),
    "map": lambda path, A: np_save(path / "A.npy", A),
}


@pytest.mark.parametrize("source", STORED.values(), ids=STORED)
def test_what_estimators_are_given(source, tmp_path, monkeypatch):
    A = normal(np.float32)
    stored = source(tmp_path, A)
    small = chunked_rows(stored)
    assert isinstance(small, MemoryRows)
    np.testing.assert_array_equal(small.block, A)
    monkeypatch.setattr("latentia.rows.chunked.opening.DEFAULT_MEMORY", 5000)
    large = chunked_rows(stored)
    assert isinstance(large, ChunkedRows)
    np.testing.assert_allclose(gram(large), gram(small), rtol=1e-6)


@pytest.mark.parametrize("mode", ["c", "r+"])
def test_maps_keep_what_was_written_to_them(tmp_path, mode):
    A = np_save(tmp_path / "A.npy", normal(), mode)
    A[7] = 100
    rows = opened(A, 10)
    assert gram(rows)[0, 0] > 10_000
    rows.take(np.array([7]))
    assert (A[7] == 100).all()
    assert (np.load(tmp_path / "A.npy")[7] == 100).all() == (mode == "r+")


def test_what_is_left_to_others():
    A = normal()
    assert chunked_rows(A) is None
    assert chunked_rows(A.tolist()) is None
    assert chunked_rows(scipy.sparse.csr_array(A)) is None
