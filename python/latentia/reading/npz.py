"""Archives of NumPy arrays (.npz) that hold one dense or SciPy sparse matrix."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from latentia._arguments import check_choice
from latentia._sparse import well_formed
from latentia.reading.damage import reading

# In quotes, as only newer SciPy can subscript its classes at run time.
CSR: TypeAlias = "sparse.csr_matrix[Any] | sparse.csr_array[Any, tuple[int, int]]"

_SPARSE_FORMATS = ("bsr", "coo", "csc", "csr", "dia")


def read_npz(path: str | PathLike[str]) -> NDArray[Any] | CSR:
    """Read the matrix of an .npz archive.

    Parameters
    ----------
    path : path-like
        A file of ``scipy.sparse.save_npz``, or an archive of arrays. Of several arrays
        the one named "X" is read, else the one named "arr_0".

    Returns
    -------
    matrix : ndarray, csr_matrix or csr_array
        Other sparse formats are converted.

    Raises
    ------
    ValueError
        The archive is damaged, does not fit into memory, has Python objects in it, or
        has several arrays without one of these names.
    OSError
        The file cannot be opened.
    """
    with (
        reading(path, ".npz archive"),
        Path(path).open("rb") as file,
        np.load(file, allow_pickle=False) as arrays,
    ):
        if {"format", "shape"} <= set(arrays.files):
            return _read_sparse(file, arrays["format"].astype(str).item())
        return np.asarray(arrays[_matrix_key(arrays.files)])


def _matrix_key(keys: list[str]) -> str:
    if len(keys) == 1:
        return keys[0]
    for key in ("X", "arr_0"):
        if key in keys:
            return key
    raise ValueError(
        f"it must hold one array, or one named X or arr_0, got {len(keys)} arrays "
        f"({', '.join(keys)})"
    )


def _read_sparse(file: BinaryIO, name: str) -> CSR:
    check_choice(name, "its sparse format", _SPARSE_FORMATS)
    file.seek(0)
    matrix: Any = sparse.load_npz(file)
    matrix = well_formed(matrix, "the matrix")
    if matrix.dtype.kind in "biu":
        matrix = matrix.astype(np.float64)  # sums of repeated entries would wrap
    by_rows: CSR = matrix.tocsr()
    by_rows.check_format(full_check=True)
    return by_rows
