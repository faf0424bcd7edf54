"""Files that commands write: never half, and never over another without being told."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np


def check_output(path: Path, *, force: bool) -> None:
    """Raise before any work is done if the result could not be written.

    Raises
    ------
    ValueError
        If the name does not end in .npz.
    OSError
        If the folder is missing, or the file exists and ``force`` is not given.
    """
    if path.suffix != ".npz":
        raise ValueError(f"the output file must end in .npz, got {path}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} for {path.name}")
    if path.exists() and not force:
        raise FileExistsError(f"{path} exists; --force overwrites it")


def write_npz(path: Path, arrays: dict[str, Any]) -> None:
    """Write the arrays to a temporary file beside ``path``, then rename it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Return the mask that ordinary files get and temporary ones do not."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
