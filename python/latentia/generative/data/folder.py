"""A folder or zip file of pictures to train on."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from latentia.datasets import load_image_folder
from latentia.datasets.images import Mode

from .arrays import read_array


def read_folder(
    path: str | PathLike[str],
    size: tuple[int, int] | None = None,
    mode: Mode | None = None,
) -> tuple[torch.Tensor, NDArray[Any] | None, tuple[tuple[Path, str], ...]]:
    """Return the pictures of a folder or zip file; `load_image_folder` has the rules.

    Returns
    -------
    images : Tensor of uint8, shape (n, C, H, W)
    names : ndarray of str, shape (n,), or None
        The sub-folder that each picture is in.
    skipped : tuple of (Path, str)
        Pictures that were left out, and why.
    """
    folder = load_image_folder(fspath(path), size=size, mode=mode)
    names = None if folder.labels is None else np.array(folder.classes)[folder.labels]
    return read_array(folder.images), names, folder.skipped
