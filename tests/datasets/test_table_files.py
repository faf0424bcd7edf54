"""Parquet and Feather: types, indices that pandas stored, columns that are chosen."""

import decimal
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from latentia.datasets import load_matrix
from latentia.reading.tables import open_table

KINDS = pytest.mark.parametrize("kind", ["parquet", "feather"])


def write(frame, path):
    (frame.to_parquet if path.suffix == ".parquet" else frame.to_feather)(path)
    return path


@KINDS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_come_back_exactly(tmp_path, kind, dtype):
    A = np.random.default_rng(0).standard_normal((70_001, 3)).astype(dtype)
    path = write(pd.DataFrame(A, columns=list("abc")), tmp_path / f"a.{kind}")
    found = load_matrix(path)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, A)
    np.testing.assert_array_equal(load_matrix(path, columns=["c", "a"]), A[:, [2, 0]])


@KINDS
def test_types_of_numbers(tmp_path, kind):
    columns = {
        "half": pa.array([np.float16(1), None, np.float16(2)], pa.float16()),
        "int": pa.array([1, 2, None], pa.int64()),
        "large": pa.array([2**63, 0, 1], pa.uint64()),
        "flag": pa.array([True, False, None]),
        "price": pa.array([decimal.Decimal("1.5"), None, decimal.Decimal("2")]),
        "unknown": pa.nulls(3),
        "half.int": pa.array([1.0, 2.0, 3.0], pa.float32()),
    }
    write_table = (
        pyarrow.parquet.write_table
        if kind == "parquet"
        else pyarrow.feather.write_feather
    )
    path = tmp_path / f"a.{kind}"
    write_table(pa.table(columns), path)
    nan = np.nan
    expected = [
        [1, 1, 2.0**63, 1, 1.5, nan, 1],
        [nan, 2, 0, 0, nan, nan, 2],
        [2, nan, 1, nan, 2, nan, 3],
    ]
    np.testing.assert_array_equal(load_matrix(path), expected)
    assert open_table(path).first_missing == (0, "unknown")
    halves = load_matrix(path, columns=["half", "half.int"])
    assert halves.dtype == np.float32
    np.testing.assert_array_equal(halves, [[1, 1], [nan, 2], [2, 3]])


@KINDS
def test_columns_that_are_no_numbers_are_all_named(tmp_path, kind):
    frame = pd.DataFrame({"city": ["a", "b"], "x": [1.0, 2], "day": pd.Timestamp(0)})
    path = write(frame, tmp_path / f"a.{kind}")
    with pytest.raises(ValueError, match=r"got 'city' \(.*'day' \(.*--columns"):
        load_matrix(path)
    np.testing.assert_array_equal(load_matrix(path, columns=["x"]), [[1], [2]])


def test_the_index_that_pandas_stored_is_left_out(tmp_path):
    frame = pd.DataFrame({"x": [1.0, 2], "y": [3.0, 4]}, index=["one", "two"])
    path = write(frame, tmp_path / "a.parquet")
    with pytest.warns(UserWarning, match="'__index_level_0__' is treated as the index"):
        np.testing.assert_array_equal(load_matrix(path), frame)
    frame = frame.set_index(pd.Index([2.5, 1.5], name="t"))
    path = write(frame, tmp_path / "b.parquet")
    with pytest.warns(UserWarning, match="'t' is treated as the index"):
        assert load_matrix(path).shape == (2, 2)
    assert load_matrix(path, index_column=False).shape == (2, 3)


@KINDS
def test_integers_that_count_the_rows_are_an_index(tmp_path, kind):
    frame = pd.DataFrame({"row": range(5), "x": np.arange(5) ** 2})
    path = write(frame, tmp_path / f"a.{kind}")
    with pytest.warns(UserWarning, match="'row' counts the rows"):
        assert load_matrix(path).shape == (5, 1)
    path = write(frame.astype({"row": float}), path)
    assert load_matrix(path).shape == (5, 2)


@KINDS
def test_what_cannot_be_read(tmp_path, kind):
    path = write(pd.DataFrame({"x": [1.0] * 1000}), tmp_path / f"a.{kind}")
    with pytest.raises(ValueError, match="delimiter must only be given with a"):
        load_matrix(path, delimiter=";")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=rf"a\.{kind}: not a readable table"):
        load_matrix(path)
    with pytest.raises(FileNotFoundError):
        load_matrix(tmp_path / f"missing.{kind}")
    write(pd.DataFrame({"x": []}), path)
    with pytest.raises(ValueError, match="holds no rows"):
        load_matrix(path)


def test_the_extra_is_named_where_pyarrow_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "a.feather").write_bytes(b"")
    for name in ("a.csv", "a.feather"):
        with pytest.raises(ImportError, match=r"pip install h5py"):
            load_matrix(tmp_path / name)
