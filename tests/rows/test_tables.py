"""Tables that are larger than memory: the rows are those of the file, by batches."""

import gzip
import pickle

import numpy as np
import pandas as pd
import pytest

from latentia import NMF, PCA
from latentia.datasets import load_matrix
from latentia.reading.tables import binary, text
from latentia.rows import as_rows, gram, open, summarise

A = np.random.default_rng(0).random((1003, 5))
KINDS = ["csv", "tsv", "csv.gz", "parquet", "feather"]


@pytest.fixture(params=KINDS)
def path(request, tmp_path, monkeypatch):
    """A table of many batches."""
    monkeypatch.setattr(text, "_BLOCK_BYTES", 3000)
    monkeypatch.setattr(text, "_LEAST_BLOCK_ROWS", 1)
    monkeypatch.setattr(text, "_WIDE_BLOCK_ROWS", 1)
    monkeypatch.setattr(binary, "_BATCH_BYTES", 3000)
    frame = pd.DataFrame(A, columns=list("abcde"))
    path = tmp_path / f"A.{request.param}"
    if request.param == "parquet":
        frame.to_parquet(path, row_group_size=200)
    elif request.param == "feather":
        frame.to_feather(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if "tsv" in request.param else ",")
    return path


def test_passes_see_the_rows_of_the_file(path):
    for memory in ("5kB", "1MB"):
        rows, expected = open(path, memory=memory), open(A, memory=memory)
        assert rows.shape == A.shape
        assert len(rows.storage.offsets) > 10
        np.testing.assert_array_equal(gram(rows), gram(expected))
        picked = np.array([0, 1, 399, 400, 1002])
        np.testing.assert_array_equal(rows.take(picked), A[picked])
        np.testing.assert_array_equal(rows.take(np.array([700])), A[[700]])
    sent = pickle.loads(pickle.dumps(rows))
    np.testing.assert_array_equal(gram(sent), gram(rows))
    np.testing.assert_array_equal(load_matrix(path), A)


def test_estimators_take_them(path):
    rows = open(path, memory="5kB", columns=["e", "a:c"])
    chosen = A[:, [4, 0, 1, 2]]
    found = PCA(2, random_state=0).fit(rows)
    exact = PCA(2, random_state=0, svd_solver="full").fit(chosen)
    np.testing.assert_allclose(found.singular_values_, exact.singular_values_)
    model = NMF(2, init="random", random_state=0, tol=0, max_iter=3)
    assert model.fit_transform(rows).shape == (1003, 2)


def test_a_table_that_changed_is_not_read_on(path):
    rows = open(path)
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(OSError, match="was changed or replaced"):
        gram(rows)


def test_what_was_decided_is_warned_of(tmp_path):
    pd.DataFrame(A).to_csv(tmp_path / "A.csv")
    with pytest.warns(UserWarning, match="without name is treated as the index"):
        rows = open(tmp_path / "A.csv")
    np.testing.assert_allclose(summarise(rows).mean, A.mean(axis=0))
    rows = open(tmp_path / "A.csv", index_column="", header=True, columns=["1:3"])
    assert rows.shape == (1003, 3)


def test_a_flaw_far_down_is_named_when_it_is_opened(tmp_path):
    lines = ["a,b", *["1,2"] * 5000, "3,x"]
    (tmp_path / "A.csv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    with pytest.raises(
        ValueError, match=r"A\.csv\.gz.*row 5000, column 'b': 'x' is no"
    ):
        open(tmp_path / "A.csv.gz")


def test_options_are_for_tables(tmp_path):
    np.save(tmp_path / "A.npy", A)
    with pytest.raises(ValueError, match=r"A.npy: header is for tables"):
        open(tmp_path / "A.npy", header=True)
    with pytest.raises(ValueError, match="columns is for files with tables"):
        open(A, columns=["a"])


# Frames as blocks, and frames whose columns have names of attributes.


def arrow_batches(frame):
    pa = pytest.importorskip("pyarrow")
    return pa.Table.from_pandas(frame).to_batches(max_chunksize=100)


FRAMES = {
    "pandas": lambda frame: [frame[:400], frame[400:400], frame[400:]],
    "record batches": arrow_batches,
    "Arrow tables": lambda frame: (
        pytest.importorskip("pyarrow").Table.from_batches([batch])
        for batch in arrow_batches(frame)
    ),
    "polars": lambda frame: [
        pytest.importorskip("polars").from_pandas(frame[i : i + 500])
        for i in (0, 500, 1000)
    ],
}


@pytest.mark.parametrize("blocks", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_iterator_of_frames(blocks, dtype):
    expected = A.astype(dtype)
    frame = pd.DataFrame(expected, columns=list("abcde"))
    rows = open(lambda: blocks(frame), memory="5kB")
    assert rows.dtype == dtype
    np.testing.assert_array_equal(gram(rows), gram(open(expected, memory="5kB")))
    found = PCA(2, random_state=0).fit(rows)
    assert found.transform(rows).shape == (1003, 2)


def test_a_missing_value_of_a_frame_is_nan():
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"a": [1, None, 3], "b": [True, False, None]})
    expected = [[1, 1], [np.nan, 0], [3, np.nan]]
    for frame in (table, table.to_pandas(types_mapper=pd.ArrowDtype)):
        taken = open(lambda frame=frame: [frame]).take(np.arange(3))
        np.testing.assert_array_equal(taken, expected)


def test_frames_that_do_not_follow_each_other():
    frame = pd.DataFrame({"a": [1.0], "b": [2.0]})
    with pytest.raises(ValueError, match=r"block 1 .* other columns .*: b, a; a, b"):
        open(lambda: [frame, frame[["b", "a"]]])
    pa = pytest.importorskip("pyarrow")
    with pytest.raises(ValueError, match=r"block 0 .*numbers, got 'city' \(string\)"):
        open(lambda: [pa.table({"city": ["Oslo"], "a": [1]})])
    with pytest.raises((TypeError, ValueError)):
        open(lambda: [frame.assign(city="Oslo")])


def test_sparse_frames_are_sparse_blocks():
    frame = pd.DataFrame(np.eye(5)).astype(pd.SparseDtype(float, 0.0))
    rows = open(lambda: [frame, frame])
    assert rows.sparse
    np.testing.assert_array_equal(gram(rows), 2 * np.eye(5))


NAMES = ["reduce", "beside", "chunks", "_meta", "shape", "dtype", "ndim", "sparse"]
NAMES += ["__dask_graph__", "_mask", "data", "filename", "to_dask_array", "columns"]


ONE_AND_ALL = [[name, "x", "y"] for name in NAMES] + [NAMES]


@pytest.mark.parametrize("names", ONE_AND_ALL, ids=str)
def test_columns_with_names_of_attributes(names):
    X = np.random.default_rng(0).random((30, len(names)))
    frame = pd.DataFrame(X, columns=names)
    rows = as_rows(frame)
    assert rows.in_memory
    np.testing.assert_allclose(gram(rows), X.T @ X)
    for model in (PCA(1), NMF(1, tol=1)):
        model.fit(frame)
        np.testing.assert_array_equal(model.feature_names_in_, names)
        assert model.transform(frame).shape == (30, 1)
    with pytest.raises(TypeError, match="got DataFrame"):
        open(frame)
    np.testing.assert_allclose(gram(open(lambda: [frame])), X.T @ X)


@pytest.mark.parametrize("name", ["reduce", "sparse", "_meta"])
def test_a_mixture_of_columns_with_names_of_attributes(name):
    from latentia import GaussianMixture

    X = np.random.default_rng(0).random((30, 2))
    model = GaussianMixture(1).fit(pd.DataFrame(X, columns=[name, "x"]))
    np.testing.assert_allclose(model.means_, [X.mean(axis=0)])


@pytest.mark.parametrize("name", ["reduce", "_meta", "chunks", "dtype"])
def test_a_dask_frame_of_columns_with_names_of_attributes(name):
    dd = pytest.importorskip("dask.dataframe")
    X = np.random.default_rng(0).random((30, 2))
    frame = dd.from_pandas(pd.DataFrame(X, columns=[name, "x"]), npartitions=2)
    np.testing.assert_allclose(gram(as_rows(frame)), X.T @ X)
