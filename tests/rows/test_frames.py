"""Data frames of pandas and polars, and Arrow tables."""

import datetime
import importlib.util

import numpy as np
import pandas as pd
import pytest

import latentia.rows.frames
from latentia.rows import as_rows
from latentia.rows.frames import name_the_column

pa = pytest.importorskip("pyarrow")


def polars(columns):
    return pytest.importorskip("polars").DataFrame(columns)


MAKERS = {
    "pandas": pd.DataFrame,
    "arrow": pa.table,
    "batch": pa.RecordBatch.from_pydict,
    "polars": polars,
}
every = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


@every
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.bool_])
def test_numbers(make, dtype):
    A = np.array([[1, 0], [0, 1], [1, 1]], dtype=dtype)
    rows = as_rows(make({"a": A[:, 0], "b": A[:, 1]}))
    assert rows.copied
    assert rows.dtype == (np.float32 if dtype == np.float32 else np.float64)
    np.testing.assert_array_equal(rows.block, A)


@every
def test_no_columns(make):
    with pytest.raises(ValueError, match=r"X: Found array with 0 feature\(s\)"):
        as_rows(make({}))


def test_a_name_of_two_columns_is_named_where_scikit_learn_refuses_it():
    frame = pd.DataFrame(np.eye(2), columns=["a", "a"])
    message = r"of X .* different names, got 'a' twice"
    with pytest.raises(ValueError, match=message), name_the_column(frame, "X"):
        raise ValueError("Expected unique column names")


@every
def test_missing_values_are_nan(make):
    found = as_rows(make({"a": [1.0, None, 3.0], "b": [1, 2, 3]})).block
    np.testing.assert_array_equal(found, [[1, 1], [np.nan, 2], [3, 3]])


@every
@pytest.mark.parametrize(
    "column",
    [["x", "y", "z"], [datetime.datetime(2020, 1, 1)] * 3, [datetime.timedelta(1)] * 3],
    ids=["text", "dates", "spans of time"],
)
@pytest.mark.parametrize("with_arrow", [True, False])
def test_other_columns_are_named(make, column, with_arrow, monkeypatch):
    if not with_arrow:
        found = importlib.util.find_spec
        monkeypatch.setattr(
            latentia.rows.frames,
            "find_spec",
            lambda name: None if name == "pyarrow" else found(name),
        )
    frame = make({"a": [1.0, 2.0, 3.0], "ü b": column})
    with pytest.raises((TypeError, ValueError), match=r"must hold numbers, got 'ü b'"):
        as_rows(frame)


def test_text_in_one_of_several_columns_of_one_name():
    frame = pd.DataFrame([[1.0, "x"]], columns=["a", "a"])
    with pytest.raises(ValueError, match=r"of B must hold numbers, got 'a' .*'x'"):
        as_rows(frame, name="B")


def test_numbers_as_objects_and_text_of_numbers():
    """As scikit-learn reads them."""
    frame = pd.DataFrame({"a": [1, None, 2.5], "b": ["1", "2", "3"]}, dtype=object)
    np.testing.assert_array_equal(as_rows(frame).block, [[1, 1], [np.nan, 2], [2.5, 3]])


def test_queries_must_be_run():
    with pytest.raises(TypeError, match=r"X must have been read.*collect\(\)"):
        as_rows(polars({"a": [1.0]}).lazy())
