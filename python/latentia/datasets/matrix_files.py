"""A matrix from a file of any supported type."""

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

from latentia._arguments import did_you_mean
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
    columns: str | Sequence[str] | None = None,
    delimiter: str | None = None,
) -> NDArray[Any] | CSR:
    """Load a matrix from a file; its ending decides how it is read.

    ============  ======================================================================
    ``.npy``      array, memory-mapped; images (n, H, W) or (n, H, W, C) become n rows
    ``.npz``      SciPy sparse matrix, or archive with one array or one named X or arr_0
    ``.mtx``      Matrix Market, dense or sparse
    ``.csv``      table of numbers, with or without a header line; ``.tsv`` has tabs;
                  both also as ``.gz``; empty cells and NA become NaN
    ``.parquet``  table of numbers; ``.feather`` too
    images        (H, W) if grey, else (H, W * C); float32, 0 is black and 1 is white
    a folder      of images of one size, one row each; float32, 0..1
    ============  ======================================================================

    Parameters
    ----------
    path : path-like
        File or folder.
    header : bool, optional
        Text tables: whether the first line has the names of the columns. By default the
        line is compared with the rows below it; where the result is not obvious, a
        UserWarning tells it.
    index_column : str or False, optional
        Tables: the column that names the rows and is left out, "" for one without name.
        By default the first column if it has no name or counts the rows, with a
        UserWarning. False keeps all columns.
    columns : str or sequence of str, optional
        Tables: the columns to read; ``"a:c"`` is all columns from a to c.
    delimiter : str, optional
        Text tables: the character between two cells.

    Returns
    -------
    A : ndarray, csr_matrix or csr_array, shape (n_rows, n_features)
        Except for images, numbers keep their type. A ``.npy`` file is memory-mapped
        read-only.

    Raises
    ------
    ValueError
        The ending is unknown, the file is damaged, or its content is not a matrix of
        real numbers; for tables the error names the row, counted from 0, and the
        column. The first line of a table could be names or data, or an option for
        tables is given with another file.
    OSError
        The file does not exist (FileNotFoundError) or cannot be opened.
    ImportError
        Pillow (for images) or pyarrow (for tables) is missing.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from scipy.io import mmwrite
    >>> from scipy.sparse import csr_array
    >>> from latentia.datasets import load_matrix
    >>> with TemporaryDirectory() as folder:
    ...     mmwrite(Path(folder) / "counts.mtx", csr_array([[0, 2, 0], [1, 0, 0]]))
    ...     A = load_matrix(Path(folder) / "counts.mtx")
    >>> A.toarray()
    array([[0, 2, 0],
           [1, 0, 0]])
    """
    path = Path(path)
    options = TableOptions(header, index_column, columns, delimiter)
    if is_table(path) and not path.is_dir():
        table = open_table(path, options)
        for remark in table.remarks:
            warn_caller(f"{path}: {remark}", UserWarning)
        return table.read()
    if options.given:
        raise ValueError(
            f"{options.given[0]} must only be given with a table ({_TABLES}), "
            f"got {path}"
        )
    if path.is_dir():
        return _as_rows(load_image_folder(path).images)
    check_input(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        endings = sorted({*_READERS, *TABLE_ENDINGS})
        raise ValueError(
            f"the name of the file must end in one of {', '.join(endings)}, or be a "
            f"folder of images, got {path}{did_you_mean(path.suffix, endings)}"
        )
    return check_matrix(reader(path), path)


def _read_mtx(path: Path) -> NDArray[Any] | CSR:
    with reading(path, "Matrix Market file"):
        # SciPy's parser searches the end of each line without a bound: it crashes at a
        # zero byte and at a last line without line end.
        text = path.read_bytes()
        if b"\0" in text:
            raise ValueError("it is not text: it has a zero byte")
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
