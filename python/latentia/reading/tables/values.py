"""Conversion of Arrow record batches to arrays of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.reading.tables.columns import ASKED_OTHERS, label
from latentia.reading.tables.options import arrow


def numpy_type(type_: Any) -> np.dtype[Any] | None:
    """Return the NumPy type for an Arrow type, or None if it is not numeric.

    Integers become floats, because missing values are NaN.
    """
    types = arrow("pyarrow.types")
    if types.is_float16(type_) or types.is_float32(type_):
        return np.dtype(np.float32)
    known = ("floating", "integer", "boolean", "decimal", "null")
    if any(getattr(types, f"is_{kind}")(type_) for kind in known):
        return np.dtype(np.float64)
    return None


def check_types(
    schema: Any,
    names: Sequence[str],
    advice: str = f"; select the others with {ASKED_OTHERS}",
) -> np.dtype[Any]:
    """Return the common type of some columns.

    Raises
    ------
    ValueError
        If some hold no numbers; the message names them.
    """
    found = [numpy_type(schema.field(i).type) for i in range(len(names))]
    other = [i for i, dtype in enumerate(found) if dtype is None]
    if other:
        told = [f"{label(names[i])} ({schema.field(i).type})" for i in other[:8]]
        more = f" and {len(other) - 8} more" if len(other) > 8 else ""
        raise ValueError(
            f"columns must hold numbers, got {', '.join(told)}{more}{advice}"
        )
    return np.dtype(np.result_type(*(dtype for dtype in found if dtype is not None)))


def fill(batch: Any, out: NDArray[Any]) -> None:
    """Write the columns of a record batch into an array; a missing value is NaN."""
    wanted = arrow().from_numpy_dtype(out.dtype)
    if any(column.type != wanted for column in batch.columns):
        # Integers are rounded to the nearest float, as NumPy does.
        cast = [column.cast(wanted, safe=False) for column in batch.columns]
        names = [str(place) for place in range(len(cast))]
        batch = arrow().RecordBatch.from_arrays(cast, names=names)
    out[...] = batch.to_tensor(null_to_nan=True).to_numpy()


def to_array(batch: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return a record batch as an array of shape (n_rows, n_columns)."""
    out = np.empty((batch.num_rows, batch.num_columns), dtype)
    fill(batch, out)
    return out


def arrow_frame(X: Any) -> bool:
    """Whether X is an Arrow table or record batch, or exports one, as polars does."""
    kind = type(X)
    return hasattr(kind, "columns") and (
        hasattr(kind, "__arrow_c_stream__") or hasattr(kind, "__arrow_c_array__")
    )


def no_columns(n_rows: int) -> str:
    """Return scikit-learn's text for a table without columns."""
    return f"Found array with 0 feature(s) (shape=({n_rows}, 0)), at least 1 is needed"


def frame_array(X: Any) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return the numbers of an Arrow table or record batch, and the columns' names.

    Raises
    ------
    ImportError
        If pyarrow is missing.
    ValueError
        If a column holds no numbers, or there are no columns.
    """
    table = arrow().table(X)
    names = tuple(table.schema.names)
    if not names:
        raise ValueError(no_columns(table.num_rows))
    out = np.empty(table.shape, check_types(table.schema, names, advice=""))
    row = 0
    for batch in table.to_batches():
        fill(batch, out[row : row + batch.num_rows])
        row += batch.num_rows
    return out, names
