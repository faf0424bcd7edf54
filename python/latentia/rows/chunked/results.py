"""Where the results for each row are written when an estimator returns."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from latentia._files import WritingError, replacing
from latentia.rows.chunked.mapped import drop_pages
from latentia.rows.chunked.row_storage import Span

Out = Path | Any
"""A .npy file, or an array that is written to."""


def check_out(out: Any, n_rows: int, dtype: np.dtype[Any]) -> Out:
    """Return where results are written, or raise before a fit has begun.

    Raises
    ------
    TypeError, ValueError, OSError
        If it is neither a .npy file in a folder that can be written to, nor a writable
        array with as many rows, of the type of the blocks or of labels (int64).
    """
    if isinstance(out, str | os.PathLike):
        return _check_file(Path(out))
    if not (hasattr(out, "shape") and hasattr(out, "__setitem__")):
        raise TypeError(
            f"out must be the name of a .npy file or an array, got {type(out).__name__}"
        )
    if isinstance(out, np.ndarray) and not out.flags.writeable:
        raise ValueError("out must be an array that can be written to")
    if not out.shape or out.shape[0] != n_rows:
        raise ValueError(f"out must have {n_rows} rows, but its shape is {out.shape}")
    if getattr(out, "dtype", dtype) not in (dtype, np.int64):
        raise TypeError(
            f"out must be of type {dtype}, or int64 for labels, but it is {out.dtype}"
        )
    return out


def _check_file(path: Path) -> Path:
    if path.suffix != ".npy":
        raise ValueError(f"out must be a file that ends in .npy, got {str(path)!r}")
    if path.is_dir():
        raise IsADirectoryError(f"out={str(path)!r} is a folder")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"out={str(path)!r}: its folder does not exist")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"out={str(path)!r}: its folder cannot be written to")
    return path.resolve()  # the target of a link is written, not the link


def deliver(array: NDArray[Any], out: Out | None, spans: Sequence[Span]) -> Any:
    """Return a result where it is wanted: by default the array itself.

    Raises
    ------
    OSError
        If the file cannot be written; an earlier file of this name is kept.
    ValueError
        If ``out`` is an array of another shape or type.
    """
    if out is None:
        return array
    if isinstance(out, Path):
        return _save(array, out, spans)
    if (tuple(out.shape), out.dtype) != (array.shape, array.dtype):
        raise ValueError(
            f"out must have shape {array.shape} and type {array.dtype} for this "
            f"result, but has {tuple(out.shape)} and {out.dtype}"
        )
    for begin, end in spans:
        out[begin:end] = array[begin:end]
    return out


def _save(array: NDArray[Any], path: Path, spans: Sequence[Span]) -> Any:
    """Write a .npy file block by block, and return a map of it."""
    try:
        with replacing(path) as temporary, temporary.open("wb") as file:
            header = npy.header_data_from_array_1_0(np.empty((0,), array.dtype))
            header["shape"] = array.shape
            npy.write_array_header_1_0(file, header)
            for block in _blocks(array, spans):
                file.write(block.data)
    except WritingError as error:
        raise OSError(
            error.errno,
            f"{path}: the result of {array.nbytes} bytes could not be written: "
            f"{error.reason}",
        ) from error
    return np.load(path, mmap_mode="r")


def _blocks(array: NDArray[Any], spans: Sequence[Span]) -> Generator[NDArray[Any]]:
    for begin, end in spans:
        yield np.ascontiguousarray(array[begin:end])
        drop_pages(array[begin:end])
