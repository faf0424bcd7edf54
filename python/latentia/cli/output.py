"""Files that commands write: never half, and never over another without being told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from latentia._files import replacing


def check_output(path: Path, suffixes: tuple[str, ...], *, force: bool) -> None:
    """Raise before any work is done if the result could not be written.

    Parameters
    ----------
    path : Path
    suffixes : tuple of str
        The endings that the command can write, with their dots.
    force : bool
        Whether an existing file may be replaced.

    Raises
    ------
    ValueError
        If the name has another ending.
    OSError
        If the folder is missing or may not be written to, a folder has that name, or
        the file exists and ``force`` is not given.
    """
    if path.suffix not in suffixes:
        raise ValueError(
            f"the output file must end in {' or '.join(suffixes)}, got {path}"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} for {path.name}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise PermissionError(f"{path.parent} may not be written to")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder")
    if path.exists() and not force:
        raise FileExistsError(f"{path} exists; --force overwrites it")


def write_npz(path: Path, arrays: dict[str, Any]) -> None:
    """Write the arrays, all or nothing."""
    # Given a name instead of a file, NumPy would add .npz to it.
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
