"""A folder or zip file of pictures to train on."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from latentia.datasets.image_folder import read_folder as read_pictures
from latentia.datasets.images import Mode
from latentia.generative.data.arrays import read_array


def read_folder(
    path: str | PathLike[str],
    size: tuple[int, int] | None = None,
    mode: Mode | None = None,
    copies: int = 1,
) -> tuple[torch.Tensor, NDArray[Any] | None, tuple[tuple[Path, str], ...]]:
    """Return the pictures of a folder or zip file; `load_image_folder` has the rules.

    Room for so many ``copies`` is looked for before any is decoded.

    Returns
    -------
    images : Tensor of uint8, shape (n, C, H, W)
    names : ndarray of str, shape (n,), or None
        The sub-folder that each picture is in.
    skipped : tuple of (Path, str)
        Pictures that were left out, and why.
    """
    folder = read_pictures(fspath(path), size, mode, channels_first=True, copies=copies)
    names = None if folder.labels is None else np.array(folder.classes)[folder.labels]
    return read_array(folder.images), names, folder.skipped
