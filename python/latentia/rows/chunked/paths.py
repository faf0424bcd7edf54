"""From the name of a file or folder to the storage of its rows."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from latentia._files import check_input
from latentia._warnings import warn_caller
from latentia.reading.tables import (
    TABLE_ENDINGS,
    TableOptions,
    is_table,
    open_table,
)
from latentia.rows.chunked.hdf5 import hdf5_opener
from latentia.rows.chunked.part_folder import folder_of_parts
from latentia.rows.chunked.row_storage import Storage
from latentia.rows.chunked.sliced_array import (
    Opener,
    SameFile,
    npy_opener,
    stored_array,
)
from latentia.rows.chunked.sparse_group import Members, sparse_group
from latentia.rows.chunked.table_batches import table_storage
from latentia.rows.chunked.zarr_codecs import zarr_metadata
from latentia.rows.chunked.zarr_folder import zarr_opener

HDF5_ENDINGS = (".h5", ".hdf5", ".h5ad")


def storage_of_path(
    source: str, name: str, options: TableOptions, *, allow_external: bool
) -> Storage:
    """Return the storage of a file or folder; "::" precedes a name within it.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    TypeError, ValueError
        If it holds no matrix of real numbers, or an option is for other files.
    ImportError
        If a package is missing.
    """
    path, within = split_path(source)
    if not path.is_dir():
        check_input(path)
    if not path.is_dir() and is_table(path):
        table = open_table(path, options)
        for remark in table.remarks:
            warn_caller(f"{path}: {remark}", UserWarning)
        return table_storage(table)
    if options.given:
        raise ValueError(
            f"{path}: {options.given[0]} is for tables ({', '.join(TABLE_ENDINGS)})"
        )
    ending = path.suffix.lower()
    if path.is_dir():
        if zarr_metadata(path) is None and ending != ".zarr":
            return folder_of_parts(path)
        with _naming(path):
            return _array_or_group(zarr_opener(path, within), name)
    if ending in HDF5_ENDINGS:
        with _naming(path):
            opener = hdf5_opener(path, within, allow_external=allow_external)
            return _array_or_group(SameFile(path, opener), name)
    if ending == ".npy":
        return stored_array(SameFile(path, npy_opener(path)), name)
    known = (".npy", *HDF5_ENDINGS, *TABLE_ENDINGS)
    raise ValueError(
        f"{path}: unknown ending {path.suffix!r}, known: {', '.join(known)}, or a "
        "folder (Zarr, or .npy and .npz parts)"
    )


def split_path(source: str) -> tuple[Path, str | None]:
    """Return the file or folder, and the name within it after "::", if any."""
    file, _, within = source.partition("::")
    if Path(file).suffix.lower() in (*HDF5_ENDINGS, ".zarr"):
        return Path(file), within or None
    return Path(source), None


def _array_or_group(opener: Opener, name: str) -> Storage:
    with opener() as found:
        group = isinstance(found, Members)
    return sparse_group(opener, name) if group else stored_array(opener, name)


@contextmanager
def _naming(path: Path) -> Generator[None]:
    """Let errors of HDF5 and Zarr name the file; they raise these over damaged ones."""
    try:
        yield
    except (OSError, KeyError, RuntimeError) as error:
        raise OSError(f"{path}: {error}") from error
