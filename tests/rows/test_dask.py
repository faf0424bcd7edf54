"""Rows in partitions: every scheduler gives the bits of the same blocks by hand."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
da = pytest.importorskip("dask.array")

from latentia.rows import (  # noqa: E402
    adjoint_product,
    as_rows,
    gram,
    normal_product,
    pairwise_sum,
    product,
    scale_columns,
    summarise,
    to_memory,
)
from latentia.rows.dask import DaskRows, dask_rows  # noqa: E402

M, N, K = 503, 41, 3
SIZES = (1, 7, 192, 1, 298, 1, 1, 1, 1)
BOUNDS = [0, *np.cumsum(SIZES).tolist()]
STORES = {"dense": np.asarray, "CSR": scipy.sparse.csr_array}


def numbers(dtype=np.float64):
    rng = np.random.default_rng(0)
    A = rng.standard_normal((M, N)) + 0.1
    A[rng.random((M, N)) < 0.5] = 0
    return A.astype(dtype)


def partitions(A, store=np.asarray, sizes=SIZES):
    X = da.from_array(A, chunks=(sizes, A.shape[1]))
    return X if store is np.asarray else X.map_blocks(store)


def by_hand(A, store, run):
    """The sums of each block in memory, added up."""
    return pairwise_sum(run(as_rows(store(A[a:b])), a, b) for a, b in pairwise(BOUNDS))


@pytest.fixture(autouse=True)
def one_thread():
    """Of the schedulers the simplest, unless a test asks for another."""
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=":0",
        silence_logs="CRITICAL",
    ) as cluster:
        yield cluster


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture(params=STORES.values(), ids=STORES)
def store(request):
    return request.param


def all_passes(rows):
    """Every kind of pass, with states that are read, written and changed in place."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((N, K)).astype(rows.dtype)
    Y = rows.empty_state(K)
    found = [normal_product(rows, X, Y=Y), Y.result()]
    product(Y, X[:K], out=Y)
    scale_columns(Y, np.arange(1.0, K + 1))
    found += [Y.result(), gram(Y), adjoint_product(rows, Y)]
    W = rows.random_state_rows(lambda r, n: r.standard_normal((n, K)), rng, K)
    found += [
        W.result(),
        W.to_numpy(),
        adjoint_product(rows, W),
        summarise(rows).square,
    ]
    return [np.asarray(f) for f in found]


def test_equal_to_blocks_by_hand(store, dtype):
    A = numbers(dtype)
    rows = dask_rows(partitions(A, store))
    assert (rows.shape, rows.dtype, rows.in_memory) == ((M, N), dtype, False)
    assert rows.sparse == (store is not np.asarray)
    X = np.random.default_rng(1).standard_normal((N, K)).astype(dtype)
    Y = np.zeros((M, K), dtype)
    Z = by_hand(
        A,
        store,
        lambda block, a, b: normal_product(block, X, Y=block.state_from_array(Y[a:b])),
    )
    state = rows.empty_state(K)
    np.testing.assert_array_equal(normal_product(rows, X, Y=state), Z)
    np.testing.assert_array_equal(state.result(), Y)
    np.testing.assert_array_equal(
        gram(rows), by_hand(A, store, lambda block, a, b: gram(block))
    )


def assert_equal(found, expected):
    for one, two in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, two)


def test_equal_in_threads(store, dtype):
    X = partitions(numbers(dtype), store)
    expected = all_passes(dask_rows(X))
    with ThreadPoolExecutor(4) as pool, dask.config.set(scheduler="threads", pool=pool):
        assert_equal(all_passes(dask_rows(X)), expected)


def test_equal_on_a_cluster(cluster, case):
    """One test: a cluster takes seconds to start."""
    for store, dtype in (("dense", np.float32), ("CSR", np.float64)):
        X = partitions(numbers(dtype), STORES[store])
        expected = all_passes(dask_rows(X))
        with (
            case(store=store),
            distributed.Client(cluster),
            dask.config.set(scheduler=None),
        ):
            assert_equal(all_passes(dask_rows(X.persist())), expected)


@pytest.mark.slow
def test_equal_on_processes(store):
    X = partitions(numbers(), store)
    expected = all_passes(dask_rows(X))
    # Processes are started once a pass.
    with dask.config.set(scheduler="processes", num_workers=1):
        assert_equal(all_passes(dask_rows(X)), expected)


def test_states():
    rows = dask_rows(partitions(numbers()))
    labels = rows.empty_state(None, np.int64)
    rows.update(_count, labels)
    result = labels.result()
    assert (result.chunks, result.dtype) == ((SIZES,), np.int64)
    np.testing.assert_array_equal(result, np.concatenate([np.arange(n) for n in SIZES]))
    given = np.random.default_rng(2).standard_normal((M, 2))
    state = rows.state_from_array(given)
    scale_columns(state, np.full(2, 2.0))
    np.testing.assert_array_equal(state.to_numpy(), 2 * given)
    assert state.result().chunks == (SIZES, (2,))
    np.testing.assert_array_equal(state.result(), 2 * given)
    # A state of a state, and one written while another is the rows.
    copy = state.empty_state(2)
    state.update(_copy, copy)
    scale_columns(state, np.zeros(2))
    np.testing.assert_array_equal(copy.result(), 2 * given)


def _count(block, n_threads, state):
    state[:] = np.arange(len(state))
    return 0


def _copy(block, n_threads, state):
    state[:] = block
    return 0


def test_generated_numbers_are_those_of_one_draw():
    rows = dask_rows(partitions(numbers()))
    for random in (np.random.default_rng, np.random.RandomState):
        ours, theirs = random(5), random(5)
        W = rows.random_state_rows(lambda r, n: r.standard_normal((n, K)), ours, K)
        np.testing.assert_array_equal(W.result(), theirs.standard_normal((M, K)))
        assert ours.standard_normal() == theirs.standard_normal()


def test_take(store):
    A = numbers()
    rows = dask_rows(partitions(A, store))
    for indices in ([0], [502], [0, 1, 7, 8, 199, 200, 200, 502], []):
        taken = rows.take(np.array(indices, dtype=np.int64))
        if rows.sparse:
            start, column, value, n = taken
            assert n == N
            taken = scipy.sparse.csr_array(
                (value, column, start), shape=(len(indices), N)
            ).toarray()
        np.testing.assert_array_equal(taken, A[indices])


def test_map(store):
    A = numbers()
    mapped = dask_rows(partitions(A, store)).map(_dense, sparse=False)
    assert not mapped.sparse
    assert mapped.n_stored == A.size
    np.testing.assert_allclose(gram(mapped), A.T @ A, atol=1e-11)


def _dense(block):
    if isinstance(block, np.ndarray):
        return block
    start, column, value, n = block
    return scipy.sparse.csr_array(
        (value, column, start), shape=(len(start) - 1, n)
    ).toarray()


def test_chunks_of_unknown_size_and_empty_ones():
    A = numbers()
    X = da.from_array(A, chunks=(100, N))
    kept = np.r_[0:100, 203:300, 301:503]
    mask = np.zeros(M, dtype=bool)
    mask[kept] = True
    mask[100:200] = False
    unknown = X[da.from_array(mask, chunks=100)]
    rows = dask_rows(unknown)
    assert rows.shape == (mask.sum(), N)
    np.testing.assert_allclose(gram(rows), A[mask].T @ A[mask], atol=1e-11)
    state = rows.empty_state(1)
    assert state.result().chunks == ((100, 97, 99, 100, 3), (1,))


def test_chunked_columns_are_put_together(store):
    A = numbers()
    X = da.from_array(A, chunks=(100, 20))
    if store is not np.asarray:
        X = X.map_blocks(store)
    with pytest.warns(UserWarning, match=r"A has 3 chunks of columns \(20, 20, 1\)"):
        rows = dask_rows(X, name="A")
    np.testing.assert_allclose(gram(rows), A.T @ A, atol=1e-11)


def test_partitions_that_share_tasks():
    A = numbers()
    X = da.from_array(A, chunks=(100, N))
    centred = dask_rows((X - X.mean(axis=0)) * 2)
    expected = 2 * (A - A.mean(axis=0))
    np.testing.assert_allclose(gram(centred), expected.T @ expected, atol=1e-9)
    twice = da.concatenate([da.from_delayed(dask.delayed(A), (M, N), A.dtype)] * 2)
    np.testing.assert_allclose(gram(dask_rows(twice)), 2 * A.T @ A, atol=1e-9)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.float16, np.float32),
        (np.int8, np.float64),
        (bool, np.float64),
        (">f4", "f4"),
    ],
)
def test_other_numbers_are_converted(given, kept):
    A = np.arange(12).reshape(6, 2).astype(given)
    rows = dask_rows(da.from_array(A, chunks=(4, 2)))
    assert rows.dtype == np.dtype(kept)
    exact = A.astype(np.float64)
    np.testing.assert_array_equal(gram(rows), exact.T @ exact)


def test_density_is_that_of_the_first_partition():
    assert dask_rows(partitions(numbers())).n_stored == M * N
    A = np.zeros((6, 5))
    A[:2, 0] = 1
    S = partitions(A, scipy.sparse.csr_matrix, (2, 4))
    assert dask_rows(S).n_stored == 6


def test_what_is_not_a_matrix_is_refused():
    for X, error, message in (
        (np.ones((2, 2)), TypeError, "A must be a dask array or data frame"),
        (da.ones(3), ValueError, "A must be two-dimensional, got 1 dim"),
        (da.ones((2, 2, 2)), ValueError, "A must be two-dimensional, got 3 dim"),
        (da.ones((2, 2), dtype=complex), TypeError, "A must be of real numbers"),
        (da.ones((2, 2)).astype(object), TypeError, "got dtype object"),
        (da.ones((2, 2)).astype(str), TypeError, "got dtype <U"),
        (da.ones((0, 2)), ValueError, "got 0 rows and 2 columns"),
        (da.ones((2, 0)), ValueError, "got 2 rows and 0 columns"),
    ):
        with pytest.raises(error, match=message):
            dask_rows(X, name="A")
    with pytest.raises(ValueError, match="its transpose is needed"):
        dask_rows(da.ones((2, 2))).transpose()


def test_chunks_that_are_not_what_was_promised():
    A = numbers()
    chunk = dask.delayed(scipy.sparse.csr_array)(A[:9])
    X = da.from_delayed(chunk, (9, N), dtype=float)
    with pytest.raises(
        TypeError, match=r"X: block 0 .*sparse.* are dense; .*map_blocks"
    ):
        gram(dask_rows(X))
    X = da.from_delayed(
        dask.delayed(A[:9]), (9, N), meta=scipy.sparse.csr_array((0, 0))
    )
    with pytest.raises(TypeError, match=r"X: block 0 .*dense.* are sparse"):
        gram(dask_rows(X))
    X = da.from_delayed(dask.delayed(A[:9]), (8, N), dtype=float)
    with pytest.raises(
        ValueError, match=r"shape \(9, 41\), but X.chunks says \(8, 41\)"
    ):
        gram(dask_rows(X))
    # Another type of number than promised is only converted.
    X = da.from_delayed(dask.delayed(A[:9]), (9, N), dtype=np.float32)
    assert dask_rows(X).empty_state(1).dtype == np.float32
    expected = A[:9].astype(np.float32)
    np.testing.assert_array_equal(gram(dask_rows(X)), gram(as_rows(expected)))


def test_not_a_number_is_named_by_its_row_of_all():
    A = numbers()
    A[300, 7] = np.nan
    message = r"X contains NaN at row 300, column 7 \(block 4\)"
    with pytest.raises(ValueError, match=message):
        summarise(dask_rows(partitions(A)))


def test_threads_are_the_workers_own(monkeypatch):
    rows = dask_rows(partitions(numbers()))
    assert rows.reduce(_threads, n_threads=7) == {1}
    monkeypatch.setenv("LATENTIA_NUM_THREADS", "3")
    assert rows.reduce(_threads, n_threads=7) <= {1, 3}


class _Set(set):
    def __add__(self, other):
        return _Set(self | other)


def _threads(block, n_threads):
    return _Set({n_threads})


def test_data_frames():
    pytest.importorskip("pyarrow")
    frames = pytest.importorskip("dask.dataframe")
    pandas = pytest.importorskip("pandas")
    A = numbers()
    frame = pandas.DataFrame(A, columns=[f"c{i}" for i in range(N)])
    rows = dask_rows(frames.from_pandas(frame, npartitions=4))
    assert rows.shape == (M, N)
    np.testing.assert_allclose(gram(rows), A.T @ A, atol=1e-11)
    frame["c3"] = "text"
    with pytest.raises(TypeError, match="real numbers"):
        dask_rows(frames.from_pandas(frame, npartitions=4))


@pytest.mark.slow
def test_imported_when_asked_for_only():
    code = "import sys, latentia.rows; assert 'dask' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_passed_through():
    rows = as_rows(partitions(numbers()))
    assert isinstance(rows, DaskRows)
    assert as_rows(rows) is rows


@pytest.mark.parametrize("kept", [True, False])
def test_a_chunk_that_is_kept_is_checked_once(kept, monkeypatch):
    checked = []
    csr_structure = to_memory.kernels.csr_structure
    counting = SimpleNamespace(
        csr_structure=lambda *a: checked.append(1) or csr_structure(*a)
    )
    monkeypatch.setattr(to_memory, "kernels", counting)
    X = partitions(numbers(), scipy.sparse.csr_array)
    rows = dask_rows(X.persist() if kept else X)
    first = gram(rows)
    assert len(checked) == len(SIZES)
    halves = rows.map(_half, sparse=True)
    for _ in range(2):
        np.testing.assert_array_equal(gram(rows), first)
        np.testing.assert_allclose(gram(halves), first / 4, rtol=1e-14)
    # What each pass computes anew may be another matrix.
    assert len(checked) == len(SIZES) * (1 if kept else 5)


def _half(block):
    return block._replace(data=block.data / 2)


def test_a_chunk_that_is_kept_becomes_canonical_at_every_pass():
    twice = scipy.sparse.csr_array(
        (np.ones(4), np.array([2, 0, 0, 1]), np.array([0, 3, 4])), shape=(2, 3)
    )
    X = da.from_delayed(
        dask.delayed(twice.copy)(), (2, 3), meta=scipy.sparse.csr_array((0, 3))
    )
    rows = dask_rows(X.persist())
    for _ in range(3):
        np.testing.assert_array_equal(gram(rows), [[4, 0, 2], [0, 1, 0], [2, 0, 1]])
