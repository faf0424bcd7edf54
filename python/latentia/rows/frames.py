"""Data frames of pandas and polars, and Arrow tables, as matrices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np

from latentia.reading.tables import arrow_frame, frame_array, no_columns
from latentia.rows.kinds import pandas_frame, polars_frame, polars_query


def frame_as_array(X: Any, name: str) -> Any:
    """Return an Arrow table or a frame of polars as an array; anything else as it is.

    Raises
    ------
    TypeError
        If a column of pandas has dates, which NumPy would turn into numbers that depend
        on the unit of time, or if X is a query of polars that has not been run.
    ValueError
        If a column of an Arrow table or a frame of polars has no numbers, or there are
        no columns.
    """
    if polars_query(X):
        raise TypeError(f"{name} must have been read, got a LazyFrame: call collect()")
    pandas, polars = pandas_frame(X), polars_frame(X)
    if pandas and X.shape[1] == 0:
        raise ValueError(f"{name}: {no_columns(len(X))}")
    if not pandas and arrow_frame(X) and (not polars or find_spec("pyarrow")):
        try:
            return frame_array(X)[0]
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    if pandas or polars:
        for column, dtype in zip(X.columns, X.dtypes, strict=True):
            dates = dtype.is_temporal() if polars else dtype.kind in "mM"
            if dates:
                raise TypeError(
                    f"columns of {name} must hold numbers, got {column!r} ({dtype}): "
                    "turn dates into numbers, such as days since the first one"
                )
    return X


@contextmanager
def name_the_column(X: Any, name: str) -> Iterator[None]:
    """Name the column of a data frame where an error only has a value of it."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if not (pandas_frame(X) or polars_frame(X)):
            raise
        for column, dtype, values in _columns(X):
            try:
                np.asarray(values).astype(np.float64)
            except (TypeError, ValueError) as wrong:
                raise ValueError(
                    f"columns of {name} must hold numbers, got {column!r} ({dtype}): "
                    f"{wrong}"
                ) from error
        if pandas_frame(X) and not X.columns.is_unique:
            again = X.columns[X.columns.duplicated()][0]
            raise ValueError(
                f"columns of {name} must have different names, got {again!r} twice"
            ) from error
        raise


def _columns(X: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yield name, type and values of each column; names can be repeated."""
    for i, (column, dtype) in enumerate(zip(X.columns, X.dtypes, strict=True)):
        yield column, dtype, X.iloc[:, i] if pandas_frame(X) else X[:, i]
