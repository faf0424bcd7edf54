"""What `svd`, `nmf` and `gmm` begin with: a matrix, from wherever its rows are."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer

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

KINDS_OF_FILE = (
    ".npy, .npz, .mtx, a table (.csv, .tsv, .csv.gz, .parquet, .feather), .h5 (or "
    "FILE.h5::DATASET), .h5ad (or FILE.h5ad::layers/NAME), .zarr, an image, or a "
    "folder of images or of .npy and .npz parts"
)
N_COMPONENTS = "-k", "--n-components"
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="How much to hold at once, like 1GB (the default), of a matrix that is "
        "read by blocks: .npy, tables, .h5, .h5ad, .zarr or a folder of parts.",
    ),
]
Header = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first line of a .csv or .tsv table has the names of columns; "
        "by default it is looked at.",
    ),
]
IndexColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The column of a table that names rows and is left out; none: there is "
        "none. By default a first column without name, or that counts the rows.",
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="The columns of a table to take, with commas between; a:c is all from a "
        "to c. Without header their names are 0, 1, ….",
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option(help="What stands between two cells of a text table; \\t is a tab."),
]
_PARTS = {".npy", ".npz"}


def table_options(
    header: bool | None,
    index_column: str | None,
    columns: str | None,
    delimiter: str | None,
) -> TableOptions:
    """Return what the options of the command line say about a table.

    Raises
    ------
    ValueError
        If one is not as it should be.
    """
    return TableOptions(
        header=header,
        index_column=False if index_column == "none" else index_column,
        # Names with commas in them are quoted, as in a table.
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
    """Return the rows of a matrix in a file or folder, and print what was taken.

    Parameters
    ----------
    file : Path
        As ``KINDS_OF_FILE`` says.
    memory : str or None
        What a fit may hold at once of what is read by blocks. Given, what can only be
        read as a whole is refused.
    table : TableOptions
        How a table is to be read.
    whole : bool, default=False
        Whether a file must not be read by blocks.
    missing : bool, default=False
        Whether values of a table may be missing.

    Raises
    ------
    ValueError, TypeError, OSError, ImportError
        As ``latentia.rows.open`` and ``latentia.datasets.load_matrix`` do; ValueError
        also if a value of a table is missing that may not be.
    """
    if is_table(file) and not file.is_dir():
        opened = open_table(file, table)
        if opened.first_missing is not None and not missing:
            row, name = opened.first_missing
            raise ValueError(
                f"{file}: the value in row {row}, column {name!r} is missing"
            )
        rows = _table_rows(opened, memory, whole=whole)
        _say(file, rows, opened)
        return rows
    if table.given:
        option = table.given[0].replace("_", "-")
        raise ValueError(f"--{option} is for tables (.csv, .tsv, .parquet, .feather)")
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
            "--memory is for what is read by blocks (.npy, tables, .h5, .h5ad, .zarr, "
            f"folders of .npy and .npz parts), but {file} can only be read as a whole"
        )
    rows = memory_rows if whole else as_rows
    return rows(load_matrix(file), name=str(file))


def _say(file: Path, rows: RowSource, table: Table | None = None) -> None:
    """Print the shape of what was read, and of a table what was taken and left out."""
    n_rows, n_features = rows.shape
    kind = f"{rows.dtype}, sparse" if rows.sparse else f"{rows.dtype}"
    lines = [f"{file}: {n_rows} rows × {n_features} features ({kind})"]
    if table is not None:
        lines += _choices(table)
    try:
        # Not flushed: where nothing can be printed, the files are written first.
        print(*map(visible, lines), sep="\n")
    except OSError as error:
        raise WritingError(STANDARD_OUTPUT, error) from error


def _choices(table: Table) -> list[str]:
    """Return what was taken of a table and left out, a line each."""
    named = "" if table.named else " (no header: they are numbered)"
    lines = [f"  columns: {listed(table.columns)}{named}"]
    if table.left_out:
        lines.append(f"  left out: {listed(table.left_out)}")
    return [*lines, *(f"  {remark}" for remark in table.remarks)]


def _is_stored(file: Path) -> bool:
    """Whether it is an HDF5 file, a Zarr array or a folder of parts, not pictures."""
    path, _ = split_path(str(file))
    if path.suffix.lower() in (*HDF5_ENDINGS, ".zarr"):
        return True
    if not file.is_dir():
        return False
    if zarr_metadata(file) is not None:
        return True
    endings = {path.suffix.lower() for path in file.rglob("*")}
    return not endings.isdisjoint(_PARTS) and endings.isdisjoint(IMAGE_SUFFIXES)
