"""A folder of pictures as one array, its sub-folders as classes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from .images import (
    IMAGE_SUFFIXES,
    Mode,
    open_picture,
    own_mode,
    require_pillow,
    to_array,
    upright_size,
)


@dataclass(frozen=True, eq=False)
class ImageFolder:
    """Pictures of one size, and where they came from.

    Attributes
    ----------
    images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        Two dimensions a picture if grey, else 3 (RGB) or 4 (RGBA) channels.
    labels : ndarray of int64, shape (n,), or None
        Index into `classes`; None if the folder has no classes.
    classes : tuple of str
        Names of the sub-folders, sorted; empty if there are none.
    paths : tuple of Path
        The file of every picture.
    skipped : tuple of (Path, str)
        Files that could not be used, and why.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64] | None
    classes: tuple[str, ...]
    paths: tuple[Path, ...]
    skipped: tuple[tuple[Path, str], ...]


class _Form(NamedTuple):
    mode: Mode
    size: tuple[int, int]


class _Picture(NamedTuple):
    path: Path
    label: int
    form: _Form


_Skipped = list[tuple[Path, str]]


def load_image_folder(
    path: str | PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    mode: Mode | None = None,
) -> ImageFolder:
    """Load the pictures of a folder.

    Each sub-folder that holds pictures is a class; without one, the pictures of the
    folder itself are taken, unlabelled. Deeper folders, hidden files and files that do
    not end like a picture are passed over. Pictures that cannot be read are left out
    and reported, in `ImageFolder.skipped` and in one warning.

    Parameters
    ----------
    path : path-like
        The folder.
    size : (height, width) or None
        Size that every picture is brought to. None takes the smallest height and the
        smallest width among the pictures, which changes nothing where all agree. A
        picture of another size is scaled so that it covers the wanted one, keeping its
        proportions, and then cut to it about its centre.
    mode : {"L", "RGB", "RGBA"} or None
        Grey, colour, colour with transparency. None keeps the mode that all pictures
        have in common; where they differ it is "RGB". Transparency that the mode has no
        room for is dropped.

    Returns
    -------
    folder : ImageFolder
        Sorted by class, then by file name.

    Warns
    -----
    UserWarning
        Pictures were left out.

    Raises
    ------
    ValueError
        `size` or `mode` is invalid, or there is not one readable picture.
    OSError
        The folder cannot be listed.
    ImportError
        Pillow is missing.
    """
    _check_form(size, mode)
    require_pillow()
    folder = Path(path)
    files, classes, skipped = _list_files(folder)
    n_files = len(files) + len(skipped)
    if not n_files:
        known = ", ".join(sorted(IMAGE_SUFFIXES))
        raise ValueError(f"{folder}: holds no pictures (known endings: {known})")

    pictures = _survey(files, skipped)
    images: NDArray[np.uint8] | None = None
    form: _Form | None = None
    # Some damage shows only in decoding. What is left may then have another form in
    # common, and is decoded again: a damaged picture has no say in the others' size.
    while pictures and (common := _common_form(pictures, size, mode)) != form:
        form = common
        images, pictures = _decode(pictures, form, skipped)

    report = f"{folder}: skipped {len(skipped)} of {n_files} pictures"
    if skipped:
        report += f", first {skipped[0][0]} ({skipped[0][1]})"
    if images is None or not pictures:
        raise ValueError(report)
    if skipped:
        warnings.warn(report, stacklevel=2)
    labels = np.array([picture.label for picture in pictures], dtype=np.int64)
    return ImageFolder(
        images=images,
        labels=labels if classes else None,
        classes=classes,
        paths=tuple(picture.path for picture in pictures),
        skipped=tuple(sorted(skipped)),
    )


def _check_form(size: tuple[int, int] | None, mode: Mode | None) -> None:
    wanted = np.asarray((1, 1) if size is None else size)
    if wanted.shape != (2,) or wanted.dtype.kind not in "iu" or wanted.min() < 1:
        raise ValueError(f"size = {size!r}: (height, width) from 1 up is allowed")
    if mode is not None and mode not in get_args(Mode):
        raise ValueError(f"mode = {mode!r}: one of {get_args(Mode)} or None is allowed")


def _list_files(
    folder: Path,
) -> tuple[list[tuple[Path, int]], tuple[str, ...], _Skipped]:
    """List (file, label) of every picture, the classes, and pictures beside them."""
    entries = sorted(folder.iterdir())
    by_class = {
        entry.name: _picture_files(entry.iterdir())
        for entry in entries
        if entry.is_dir() and not entry.name.startswith(".")
    }
    by_class = {name: files for name, files in by_class.items() if files}
    loose = _picture_files(entries)
    if not by_class:
        return [(file, 0) for file in loose], (), []
    labelled = [
        (file, label) for label, files in enumerate(by_class.values()) for file in files
    ]
    outside = [(file, "outside the sub-folders that are the classes") for file in loose]
    return labelled, tuple(by_class), outside


def _picture_files(entries: Iterable[Path]) -> list[Path]:
    return sorted(
        entry
        for entry in entries
        if entry.suffix.lower() in IMAGE_SUFFIXES
        and not entry.name.startswith(".")
        and entry.is_file()
    )


def _survey(files: Sequence[tuple[Path, int]], skipped: _Skipped) -> list[_Picture]:
    """Read every file's header, so that a form is agreed on before any is decoded."""
    pictures = []
    for path, label in files:
        try:
            with open_picture(path) as picture:
                form = _Form(own_mode(picture), upright_size(picture))
        except (OSError, ValueError) as error:
            skipped.append((path, _reason(path, error)))
        else:
            pictures.append(_Picture(path, label, form))
    return pictures


def _common_form(
    pictures: Sequence[_Picture], size: tuple[int, int] | None, mode: Mode | None
) -> _Form:
    modes = {picture.form.mode for picture in pictures}
    heights, widths = zip(*(picture.form.size for picture in pictures), strict=True)
    return _Form(
        mode or (modes.pop() if len(modes) == 1 else "RGB"),
        size or (min(heights), min(widths)),
    )


def _decode(
    pictures: Sequence[_Picture], form: _Form, skipped: _Skipped
) -> tuple[NDArray[np.uint8], list[_Picture]]:
    n_channels = len(form.mode)
    shape = (*form.size, n_channels) if n_channels > 1 else form.size
    images = np.empty((len(pictures), *shape), dtype=np.uint8)
    decoded: list[_Picture] = []
    for picture in pictures:
        try:
            with open_picture(picture.path) as opened:
                images[len(decoded)] = to_array(opened, *form)
        except (OSError, ValueError) as error:
            skipped.append((picture.path, _reason(picture.path, error)))
        else:
            decoded.append(picture)
    return images[: len(decoded)], decoded


def _reason(path: Path, error: Exception) -> str:
    return str(error).removeprefix(f"{path}: ")
