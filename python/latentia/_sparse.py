"""Checks of sparse matrices before SciPy converts them.

SciPy's conversions do not check indices: with a negative or too large index they write
outside the memory of the result.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def well_formed(matrix: Any, name: str) -> Any:
    """Return a sparse matrix that SciPy can convert to CSR safely.

    The check reads the indices twice, for the smallest and the largest one, and copies
    nothing.

    Parameters
    ----------
    matrix : SciPy sparse matrix or array
        Of any format.
    name : str
        Name of the matrix in error messages.

    Returns
    -------
    matrix
        The same matrix, or one with indices converted to int32 or int64. LIL becomes
        CSR and DOK becomes COO, because they do not store arrays.

    Raises
    ------
    ValueError
        If an index is outside the shape, arrays differ in length, or pointers decrease.
    """
    if len(matrix.shape) != 2 or matrix.format not in _CHECKS:
        return matrix
    try:
        return _CHECKS[matrix.format](matrix)
    except (ValueError, TypeError, OverflowError, IndexError) as error:
        kind = matrix.format.upper()
        raise ValueError(f"{name} is not a valid {kind} matrix: {error}") from error


def is_plain_csr(matrix: Any) -> bool:
    """Return whether it is CSR in types that the kernels read; they check it too."""
    types = {
        "indptr": (np.int32, np.int64),
        "indices": (np.int32, np.int64),
        "data": (np.float32, np.float64),
    }
    return matrix.format == "csr" and all(
        isinstance(part := getattr(matrix, name), np.ndarray)
        and part.ndim == 1
        and part.dtype in allowed
        and part.dtype.isnative
        for name, allowed in types.items()
    )


def _by_lines(matrix: Any) -> Any:
    """Check CSR or CSC."""
    indptr, indices, data = _pointers(matrix)
    lines, length = matrix.shape if matrix.format == "csr" else matrix.shape[::-1]
    _compressed(indptr, indices, len(data), lines, length)
    if indptr is matrix.indptr and indices is matrix.indices:
        return matrix
    return _like(matrix, (data, indices, indptr))


def _bsr(matrix: Any) -> Any:
    indptr, indices, data = _pointers(matrix, axes=3)
    size = data.shape[1:]
    if 0 in size or any(n % block for n, block in zip(matrix.shape, size, strict=True)):
        raise ValueError(f"blocks of {size} do not fill the shape {matrix.shape}")
    n_rows, n_columns = (n // b for n, b in zip(matrix.shape, size, strict=True))
    _compressed(indptr, indices, len(data), n_rows, n_columns)
    if indptr is matrix.indptr and indices is matrix.indices:
        return matrix
    return _like(matrix, (data, indices, indptr))


def _coo(matrix: Any) -> Any:
    rows, columns = matrix.coords
    data = _array(matrix.data, "data", 1)
    coords = _indices(rows, "row"), _indices(columns, "col")
    if not len(coords[0]) == len(coords[1]) == len(data):
        raise ValueError(
            f"it has {len(coords[0])} row indices, {len(coords[1])} column indices and "
            f"{len(data)} values"
        )
    for index, called, n in zip(coords, ("row", "col"), matrix.shape, strict=True):
        _within(index, called, n)
    if coords[0] is rows and coords[1] is columns:
        return matrix
    return _like(matrix, (data, coords))


def _dia(matrix: Any) -> Any:
    data, offsets = _array(matrix.data, "data", 2), _indices(matrix.offsets, "offsets")
    if len(offsets) != len(data):
        raise ValueError(f"it has {len(offsets)} offsets and {len(data)} diagonals")
    # Diagonals outside the matrix are empty, unless adding to them overflows.
    _within(offsets + (reach := 2**30), "offsets", 2**31, shift=reach)
    return matrix if offsets is matrix.offsets else _like(matrix, (data, offsets))


def _lil(matrix: Any) -> Any:
    rows, data = _array(matrix.rows, "rows", 1), _array(matrix.data, "data", 1)
    if not len(rows) == len(data) == matrix.shape[0]:
        raise ValueError(
            f"it has {len(rows)} lists of columns and {len(data)} of values for "
            f"{matrix.shape[0]} rows"
        )
    for i, (columns, values) in enumerate(zip(rows, data, strict=True)):
        if len(columns) != len(values):
            raise ValueError(
                f"row {i} has {len(columns)} column indices and {len(values)} values"
            )
    return _by_lines(matrix.tocsr())


def _dok(matrix: Any) -> Any:
    return _coo(matrix.tocoo())


_CHECKS = {
    "csr": _by_lines,
    "csc": _by_lines,
    "bsr": _bsr,
    "coo": _coo,
    "dia": _dia,
    "lil": _lil,
    "dok": _dok,
}


def _pointers(matrix: Any, axes: int = 1) -> tuple[Array, Array, Array]:
    return (
        _indices(matrix.indptr, "indptr"),
        _indices(matrix.indices, "indices"),
        _array(matrix.data, "data", axes),
    )


def _compressed(
    indptr: Array, indices: Array, n_values: int, n_major: int, n_minor: int
) -> None:
    """Raise unless ``indptr`` has n_major + 1 valid pointers and indices < n_minor."""
    if len(indptr) != n_major + 1:
        raise ValueError(f"indptr has {len(indptr)} numbers, not {n_major + 1}")
    if indptr[0] != 0:
        raise ValueError(f"indptr begins with {indptr[0]}, not 0")
    back = indptr[1:] < indptr[:-1]
    if back.any():
        where = int(back.argmax())
        raise ValueError(
            f"indptr goes back from {indptr[where]} to {indptr[where + 1]}"
        )
    stored = int(indptr[-1])
    if stored > min(len(indices), n_values):
        raise ValueError(
            f"indptr ends with {stored}, but there are {len(indices)} indices and "
            f"{n_values} values"
        )
    _within(indices[:stored], "indices", n_minor)


def _within(indices: Array, called: str, n: int, *, shift: int = 0) -> None:
    """Raise unless all indices lie in 0 … n − 1."""
    if len(indices) == 0 or (indices.min() >= 0 and indices.max() < n):
        return
    where = int(((indices < 0) | (indices >= n)).argmax())
    raise ValueError(
        f"{called}[{where}] is {int(indices[where]) - shift}, outside of "
        f"{-shift}..{n - 1 - shift}"
    )


def _indices(values: Any, called: str) -> Array:
    """Return one-dimensional indices as int32 or int64; the same array if they are."""
    array = _array(values, called, 1)
    if array.dtype in (np.int32, np.int64) and array.dtype.isnative:
        return array
    if array.dtype.kind not in "iu":
        raise ValueError(f"{called} must be integers, got dtype {array.dtype}")
    if array.dtype == np.uint64 and len(array) and array.max() > np.iinfo("i8").max:
        raise ValueError(f"{called} holds {array.max()}")
    return array.astype(np.int64)


def _array(values: Any, called: str, axes: int) -> Array:
    array = np.asarray(values)
    if array.ndim != axes:
        raise ValueError(f"{called} must have {axes} axes, got {array.ndim}")
    return array


def _like(matrix: Any, parts: tuple[Any, ...]) -> Any:
    """Return a matrix of the same kind and shape, made of these parts."""
    return type(matrix)(parts, shape=matrix.shape, copy=False)
