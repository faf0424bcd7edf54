"""Matrices in NumPy files: .npy (memory-mapped) and .npz."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from latentia._files import check_input
from latentia.reading.damage import reading
from latentia.reading.npz import CSR, read_npz


def read_array(path: Path) -> NDArray[Any] | CSR:
    """Return the matrix of a .npy or .npz file.

    Raises
    ------
    ValueError
        If the file is damaged, or its content is not a matrix of real numbers.
    OSError
        If it cannot be opened.
    """
    check_input(path)
    return check_matrix(ARRAY_READERS[path.suffix.lower()](path), path)


def check_matrix(matrix: NDArray[Any] | CSR, path: Path) -> NDArray[Any] | CSR:
    """Return the content of a file, or raise if it is not a matrix of real numbers."""
    if matrix.ndim != 2 or matrix.dtype.kind not in "buif":
        raise ValueError(
            f"{path} must hold a matrix of real numbers, got {matrix.dtype.name} of "
            f"shape {matrix.shape}"
        )
    return matrix


def _read_npy(path: Path) -> NDArray[Any]:
    with reading(path, ".npy file"):
        array = open_memmap(path, mode="r")
    if array.ndim in (3, 4):
        return array.reshape(len(array), math.prod(array.shape[1:]))
    return array


ARRAY_READERS: dict[str, Callable[[Path], NDArray[Any] | CSR]] = {
    ".npy": _read_npy,
    ".npz": read_npz,
}
"""The reader for each ending."""
