"""A matrix from a file of any known kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.io import mmread

from latentia._files import check_input
from latentia._warnings import warn_caller
from latentia.datasets.image_folder import load_image_folder
from latentia.datasets.images import IMAGE_SUFFIXES, read_image
from latentia.reading.arrays import ARRAY_READERS, check_matrix
from latentia.reading.damage import reading
from latentia.reading.npz import CSR
from latentia.reading.tables import TABLE_ENDINGS, TableOptions, is_table, open_table

_TABLES = ", ".join(TABLE_ENDINGS)


def load_matrix(
    path: str | PathLike[str],
    *,
    header: bool | None = None,
    index_column: str | bool | None = None,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
) -> NDArray[Any] | CSR:
    """Load a matrix; the ending of the file's name says what it is.

    ============  ======================================================================
    ``.npy``      array, memory-mapped; images (n, H, W) or (n, H, W, C) become n rows
    ``.npz``      SciPy sparse matrix, or archive with one array or one named X or arr_0
    ``.mtx``      Matrix Market, dense or sparse
    ``.csv``      table of numbers, with or without a header line; ``.tsv`` with tabs;
                  both also as ``.gz``; empty cells and NA become NaN
    ``.parquet``  table of numbers; ``.feather`` too
    pictures      (H, W) if grey, else (H, W * C); float32, 0 is black and 1 is white
    a folder      of pictures of one size: one row each; float32, 0..1
    ============  ======================================================================

    Parameters
    ----------
    path : path-like
        File or folder.
    header : bool, optional
        Of a text table: whether its first line has the names of the columns. By default
        it is looked at; a UserWarning tells what is not obvious.
    index_column : str or False, optional
        Of a table: the column that names rows and is left out, "" for one without name.
        By default it is a first column without name or one that counts the rows, with a
        UserWarning. False: there is none.
    columns : sequence of str, optional
        Of a table: the columns to take; ``"a:c"`` is all from a to c.
    delimiter : str, optional
        Of a text table: what stands between two cells.

    Returns
    -------
    A : ndarray, csr_matrix or csr_array, shape (n_rows, n_features)
        Numbers that are not of pictures keep their type. A ``.npy`` file is opened
        read-only and not read yet.

    Raises
    ------
    ValueError
        The ending is unknown, the file is damaged, or what it holds is not a matrix of
        real numbers (of a table row, counted from 0, and column are named). The first
        line of a table can be names or data, or an option is for tables alone.
    OSError
        The file does not exist (FileNotFoundError) or cannot be opened.
    ImportError
        Pillow is missing, which pictures need, or pyarrow, which tables need.
    """
    path = Path(path)
    options = TableOptions(header, index_column, columns, delimiter)
    if is_table(path) and not path.is_dir():
        table = open_table(path, options)
        for remark in table.remarks:
            warn_caller(f"{path}: {remark}", UserWarning)
        return table.read()
    if options.given:
        raise ValueError(f"{path}: {options.given[0]} is for tables ({_TABLES})")
    if path.is_dir():
        return _as_rows(load_image_folder(path).images)
    check_input(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(
            f"{path}: unknown ending {path.suffix!r}, known: "
            f"{', '.join(sorted({*_READERS, *TABLE_ENDINGS}))}, or a folder of "
            "pictures"
        )
    return check_matrix(reader(path), path)


def _read_mtx(path: Path) -> NDArray[Any] | CSR:
    with reading(path, "Matrix Market file"):
        # SciPy's parser looks for the end of each line without a bound: it crashes at a
        # zero byte, and at a last line that has no end.
        text = path.read_bytes()
        if b"\0" in text:
            raise ValueError("it is not text, but has a zero byte")
        matrix = mmread(BytesIO(text if text.endswith(b"\n") else text + b"\n"))
        return matrix.tocsr() if sparse.issparse(matrix) else np.asarray(matrix)


def _read_picture(path: Path) -> NDArray[np.float32]:
    return _as_rows(read_image(path))


def _as_rows(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.divide(images.reshape(len(images), -1), 255, dtype=np.float32)


_READERS: dict[str, Callable[[Path], NDArray[Any] | CSR]] = {
    **ARRAY_READERS,
    ".mtx": _read_mtx,
    **dict.fromkeys(IMAGE_SUFFIXES, _read_picture),
}
