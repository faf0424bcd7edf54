"""Codes of images in files, with the classes of these if there are any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._files import check_input
from latentia.reading.damage import reading


def read_codes(path: Path) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Return the codes of a file, and their classes if it has any.

    Raises
    ------
    ValueError
        If the file is damaged or holds something else.
    OSError
        If there is nothing of that name.
    """
    check_input(path)
    if path.suffix not in (".npy", ".npz"):
        raise ValueError(f"codes must be in a .npy or .npz file, got {path}")
    with (
        reading(path, f"{path.suffix} file of codes"),
        path.open("rb") as file,
    ):
        if path.suffix == ".npy":
            return np.load(file, allow_pickle=False), None
        with np.load(file, allow_pickle=False) as arrays:
            names = arrays.files
            if "codes" not in names and len(names) != 1:
                found = ", ".join(names) or "nothing"
                raise ValueError(f"codes must be named codes, it holds {found}")
            codes = arrays["codes" if "codes" in names else names[0]]
            return codes, arrays["y"] if "y" in names else None
