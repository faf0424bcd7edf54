"""Input of `svd`, `nmf` and `gmm`: a matrix in a file or folder."""

from __future__ import annotations

import csv
from pathlib import Path

from latentia._extras import install_hint
from latentia._files import WritingError
from latentia.cli.console import STANDARD_OUTPUT, visible
from latentia.datasets import load_matrix
from latentia.datasets.images import IMAGE_SUFFIXES
from latentia.reading.tables import (
    Table,
    TableOptions,
    is_table,
    listed,
    open_table,
)
from latentia.rows import RowSource, as_rows, memory_rows
from latentia.rows import open as open_rows
from latentia.rows.chunked.budget import as_bytes
from latentia.rows.chunked.opening import DEFAULT_MEMORY
from latentia.rows.chunked.paths import HDF5_ENDINGS, split_path
from latentia.rows.chunked.zarr_codecs import zarr_metadata

_PARTS = {".npy", ".npz"}


def table_options(
    header: bool | None,
    index_column: str | None,
    columns: str | None,
    delimiter: str | None,
) -> TableOptions:
    """Return the table options of the command line.

    Raises
    ------
    TypeError, ValueError
        If an option has another form.
    """
    return TableOptions(
        header=header,
        index_column=False if index_column == "none" else index_column,
        # Names that contain commas are quoted, as in a table.
        columns=None if columns is None else next(csv.reader([columns]), None),
        delimiter="\t" if delimiter == "\\t" else delimiter,
    )


def read_matrix(
    file: Path,
    memory: str | None,
    table: TableOptions,
    *,
    whole: bool = False,
    missing: bool = False,
) -> RowSource:
    """Return the rows of a matrix in a file or folder, and print what was read.

    Parameters
    ----------
    file : Path
        A file or folder of a type in ``MATRICES``.
    memory : str or None
        Memory for rows that are read by blocks. If it is given, a file that can only be
        read as a whole is an error.
    table : TableOptions
    whole : bool, default=False
        Whether the file must be read as a whole.
    missing : bool, default=False
        Whether values of a table can be missing.

    Raises
    ------
    ValueError, TypeError, OSError, ImportError
        As ``latentia.rows.open`` and ``latentia.datasets.load_matrix``. ValueError
        also if a value of a table is missing and ``missing`` is false.
    """
    if is_table(file) and not file.is_dir():
        opened = open_table(file, table)
        if opened.first_missing is not None and not missing:
            row, name = opened.first_missing
            raise ValueError(
                f"{file} must have no missing values, got one in row {row}, column "
                f"{name!r}"
            )
        rows = _table_rows(opened, memory, whole=whole)
        _say(file, rows, opened)
        return rows
    if table.given:
        option = table.given[0].replace("_", "-")
        raise ValueError(
            f"--{option} must only be given with a table (.csv, .tsv, .parquet, "
            f".feather), got {file}"
        )
    rows = _other_rows(file, memory, whole=whole)
    _say(file, rows)
    return rows


def _table_rows(table: Table, memory: str | None, *, whole: bool) -> RowSource:
    """Return a table in memory if it fits into half of the default budget."""
    n_bytes = table.shape[0] * table.shape[1] * table.dtype.itemsize
    small = n_bytes <= as_bytes(DEFAULT_MEMORY) // 2
    if memory is None and (whole or small):
        return memory_rows(table.read(), name=str(table.path))
    return open_rows(table) if memory is None else open_rows(table, memory=memory)


def _other_rows(file: Path, memory: str | None, *, whole: bool) -> RowSource:
    if _is_stored(file) or (memory is not None and file.suffix.lower() == ".npy"):
        return open_rows(file) if memory is None else open_rows(file, memory=memory)
    if memory is not None and file.exists():
        raise ValueError(
            "--memory must only be given with a file that is read by blocks (.npy, "
            "tables, .h5, .h5ad, .zarr, folders of .npy and .npz parts), got "
            f"{file}, which is read as a whole"
        )
    rows = memory_rows if whole else as_rows
    return rows(load_matrix(file), name=str(file))


def placed(rows: RowSource, device: str | None) -> RowSource:
    """Return the rows on a device, if one is given.

    Raises
    ------
    ValueError, ImportError
        If PyTorch, or the device, is not there.
    """
    if device is None:
        return rows
    try:
        from latentia.rows.torch import on_device
    except ImportError as error:
        raise ImportError(
            f"--device {device} needs PyTorch: {install_hint('generative')}"
        ) from error
    return on_device(rows, device)


def _say(file: Path, rows: RowSource, table: Table | None = None) -> None:
    """Print the shape of the matrix, and of a table the columns used and left out."""
    n_rows, n_features = rows.shape
    kind = f"{rows.dtype}, sparse" if rows.sparse else f"{rows.dtype}"
    lines = [f"{file}: {n_rows} rows × {n_features} features ({kind})"]
    if table is not None:
        lines += _choices(table)
    try:
        # Not flushed: if printing fails, the files should be written first.
        print(*map(visible, lines), sep="\n")
    except OSError as error:
        raise WritingError(STANDARD_OUTPUT, error) from error


def _choices(table: Table) -> list[str]:
    """Return lines about the columns of a table that are used and left out."""
    named = "" if table.named else " (no header: they are numbered)"
    lines = [f"  columns: {listed(table.columns)}{named}"]
    if table.left_out:
        lines.append(f"  left out: {listed(table.left_out)}")
    return [*lines, *(f"  {remark}" for remark in table.remarks)]


def _is_stored(file: Path) -> bool:
    """Whether it is an HDF5 file, a Zarr array or a folder of parts, not of images."""
    path, _ = split_path(str(file))
    if path.suffix.lower() in (*HDF5_ENDINGS, ".zarr"):
        return True
    if not file.is_dir():
        return False
    if zarr_metadata(file) is not None:
        return True
    endings = {path.suffix.lower() for path in file.rglob("*")}
    return not endings.isdisjoint(_PARTS) and endings.isdisjoint(IMAGE_SUFFIXES)
