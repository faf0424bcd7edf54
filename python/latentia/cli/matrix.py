"""What `svd`, `nmf` and `gmm` begin with: a matrix, from wherever its rows are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from latentia.datasets import load_matrix
from latentia.datasets.images import IMAGE_SUFFIXES
from latentia.rows import RowSource, as_rows, memory_rows
from latentia.rows import open as open_rows

KINDS_OF_FILE = (
    ".npy, .npz, .mtx, .csv, .h5 (or FILE.h5::DATASET), .zarr, an image, or a folder "
    "of images or of .npy and .npz parts"
)
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="How much to hold at once, like 1GB (the default), of a matrix that is "
        "read by blocks: .npy, .h5, .zarr or a folder of parts.",
    ),
]
_STORED = (".h5", ".hdf5", ".zarr")
_PARTS = {".npy", ".npz"}


def read_matrix(file: Path, memory: str | None, *, whole: bool = False) -> RowSource:
    """Return the rows of a matrix in a file or folder.

    Parameters
    ----------
    file : Path
        As ``KINDS_OF_FILE`` says.
    memory : str or None
        What a fit may hold at once of what is read by blocks. Given, what can only be
        read as a whole is refused.
    whole : bool, default=False
        Whether a .npy file must not be read by blocks.

    Raises
    ------
    ValueError, TypeError, OSError, ImportError
        As ``latentia.rows.open`` and ``latentia.datasets.load_matrix`` do.
    """
    if _is_stored(file) or (memory is not None and file.suffix.lower() == ".npy"):
        return open_rows(file) if memory is None else open_rows(file, memory=memory)
    if memory is not None and file.exists():
        raise ValueError(
            "--memory is for what is read by blocks (.npy, .h5, .hdf5, .zarr, folders "
            f"of .npy and .npz parts), but {file} can only be read as a whole"
        )
    rows = memory_rows if whole else as_rows
    return rows(load_matrix(file), name=str(file))


def _is_stored(file: Path) -> bool:
    """Whether it is an HDF5 file, a Zarr array or a folder of parts, not pictures."""
    if Path(str(file).partition("::")[0]).suffix.lower() in _STORED:
        return True
    if not file.is_dir():
        return False
    if any((file / name).exists() for name in ("zarr.json", ".zarray")):
        return True
    endings = {path.suffix.lower() for path in file.rglob("*")}
    return not endings.isdisjoint(_PARTS) and endings.isdisjoint(IMAGE_SUFFIXES)
