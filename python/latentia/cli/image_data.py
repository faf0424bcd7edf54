"""The images that commands are given: a folder or a file, with or without classes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentia._files import check_input
from latentia.datasets import read_idx
from latentia.reading.damage import reading

Split = Literal["train", "test"]
Images = tuple["Path | NDArray[Any]", "NDArray[Any] | None"]
"""What a model's ``fit`` takes: X, which may be a folder, and y."""

_IDX_PREFIX: dict[Split, str] = {"train": "train", "test": "t10k"}


def read_images(path: Path, split: Split = "train") -> Images:
    """Return the images of a file or folder, and their classes if it has any.

    A folder or zip file of image files is returned as it is: a model knows how to read
    it.

    Parameters
    ----------
    path : Path
    split : {"train", "test"}, default="train"
        Which of the two files of images that a folder of IDX files has.

    Raises
    ------
    ValueError
        If a file is damaged or holds something else.
    OSError
        If there is nothing of that name.
    """
    if path.is_dir():
        idx = _idx_file(path, f"{_IDX_PREFIX[split]}-images-idx3-ubyte")
        return (path, None) if idx is None else _read_idx_pair(path, split, idx)
    check_input(path)
    if path.suffix.lower() == ".zip":
        return path, None
    if path.suffix not in (".npy", ".npz"):
        raise ValueError(
            f"images must be in a folder, .zip, .npy or .npz file, got {path}"
        )
    with reading(path, f"{path.suffix} file"):
        if path.suffix == ".npy":
            return np.lib.format.open_memmap(path, mode="r"), None
        return _read_npz(path)


def has_test_images(path: Path) -> bool:
    """Tell whether it is a folder of IDX files, images to test with among them."""
    name = f"{_IDX_PREFIX['test']}-images-idx3-ubyte"
    return path.is_dir() and _idx_file(path, name) is not None


def height_and_width(size: str) -> tuple[int, int]:
    """Return what ``--size`` says, or raise."""
    match = re.fullmatch(r"(\d+)(?:[xX×](\d+))?", size)
    if match is None:
        raise ValueError(f"--size must look like 64 or 64x48, got {size!r}")
    height, width = (int(number) for number in (match[1], match[2] or match[1]))
    return height, width


def _read_npz(path: Path) -> Images:
    # NumPy does not close a file that it opened itself and found damaged.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        names = arrays.files
        images = next((name for name in ("X", "images") if name in names), None)
        labels = next((name for name in ("y", "labels") if name in names), None)
        if images is None:
            found = ", ".join(names) or "nothing"
            raise ValueError(f"images must be named X or images, it holds {found}")
        return arrays[images], None if labels is None else arrays[labels]


def _read_idx_pair(folder: Path, split: Split, images: Path) -> Images:
    labels = _idx_file(folder, f"{_IDX_PREFIX[split]}-labels-idx1-ubyte")
    return read_idx(images), None if labels is None else read_idx(labels)


def _idx_file(folder: Path, name: str) -> Path | None:
    candidates = folder / name, folder / f"{name}.gz"
    return next((file for file in candidates if file.is_file()), None)
