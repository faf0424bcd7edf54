"""A folder of pictures as one array, its sub-folders as classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from statistics import median_low
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from latentia._room import check_room
from latentia._warnings import warn_caller
from latentia.datasets._folder_files import Place, list_pictures
from latentia.datasets._folder_files import Skipped as _Skipped
from latentia.datasets._zip_folder import ZipPath, opened
from latentia.datasets.images import (
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
    path: Place
    label: int
    form: _Form


MAX_ENLARGEMENT = 2.0
"""What is enlarged more has too little detail to learn from."""


def load_image_folder(
    path: str | PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    mode: Mode | None = None,
) -> ImageFolder:
    """Load the pictures of a folder, or of a zip file.

    Each sub-folder with pictures, at any depth below it, is a class; without one, the
    pictures of the folder itself are taken, unlabelled. Where a folder holds nothing
    but one folder of folders, the classes are looked for in that one. Hidden files and
    files that do not end like a picture are passed over. Pictures that cannot be read,
    or are of a kind that is not, are left out and reported, in `ImageFolder.skipped`
    and in one warning.

    Parameters
    ----------
    path : path-like
        The folder; or a file that ends in .zip, whose folders are taken as those on
        disk are. It is read where it is: nothing is unpacked to disk. What macOS adds
        to it (``__MACOSX``) is passed over.
    size : (height, width) or None
        Size that every picture is converted to. None takes the median height and the
        median width of the pictures, which changes nothing where all agree: a few of
        another size have no say. A picture of another size is scaled so that it covers
        the wanted one, keeping its proportions, and then cut to it about its centre.
        With None, a picture that would be enlarged more than `MAX_ENLARGEMENT` = 2
        times is left out instead, and the number of those enlarged less is warned of.
    mode : {"L", "RGB", "RGBA"} or None
        Grey, colour, colour with transparency. None keeps the mode that all pictures
        have in common; where they differ it is "RGB". Where the mode has no
        transparency, transparent pictures are laid over white.

    Returns
    -------
    folder : ImageFolder
        Sorted by class, then by file name.

    Warns
    -----
    UserWarning
        Pictures were left out, or enlarged without a `size` that asks for it.

    Raises
    ------
    ValueError
        `size` or `mode` is invalid, there is not one readable picture, or the folder
        holds the parts of a data set (train, test, …): one of them must be given. Or
        a zip file, or a picture in it, is encrypted, damaged or unpacks to more than a
        picture of `MAX_PIXELS` can have.
    OSError
        The folder cannot be listed.
    ImportError
        Pillow is missing.
    MemoryError
        They would not fit into memory; it tells a size that would.
    """
    return read_folder(path, size, mode)


def read_folder(
    path: str | PathLike[str],
    size: tuple[int, int] | None = None,
    mode: Mode | None = None,
    *,
    channels_first: bool = False,
    copies: int = 1,
) -> ImageFolder:
    """Do what `load_image_folder` does, for those who train on the pictures.

    With ``channels_first`` the images lie in memory so, as a view of the usual shape;
    that there is room for so many ``copies`` is checked before any is decoded.
    """
    _check_form(size, mode)
    require_pillow()
    with opened(Path(path)) as folder:
        return _load(folder, size, mode, channels_first, copies)


def _load(
    folder: Place,
    size: tuple[int, int] | None,
    mode: Mode | None,
    channels_first: bool,
    copies: int,
) -> ImageFolder:
    files, classes, skipped = list_pictures(folder)
    n_files = len(files) + len(skipped)
    pictures = _survey(files, skipped)
    small: _Skipped = []
    images: NDArray[np.uint8] | None = None
    form: _Form | None = None
    used: list[_Picture] = []
    # Some damage shows only in decoding. What is left may then have another form in
    # common, and is decoded again: a damaged picture has no say in the others' size.
    while pictures:
        fitting, small = _without_outliers(pictures, size)
        if (common := _common_form(pictures, fitting, size, mode)) == form:
            break
        form = common
        check_room((len(fitting), len(form.mode), *form.size), copies)
        images, used = _decode(fitting, form, skipped, channels_first)
        damaged = {picture.path for picture in fitting}
        damaged -= {picture.path for picture in used}
        pictures = [p for p in pictures if p.path not in damaged]
    skipped += small

    report = f"{folder}: skipped {len(skipped)} of {n_files} pictures"
    if skipped:
        report += f", first {skipped[0][0]} ({skipped[0][1]})"
    if images is None or form is None or not used:
        raise ValueError(report)
    warned = [report] if skipped else []
    enlarged = [p for p in used if size is None and _factor(p, form.size) > 1]
    if enlarged:
        warned.append(
            f"{folder}: enlarged {len(enlarged)} of {len(used)} pictures to "
            f"{_text(form.size)}, the median height × width, first {enlarged[0].path} "
            f"({_text(enlarged[0].form.size)})"
        )
    if warned:
        if small or enlarged:
            warned.append("size=(height, width) decides the size of all")
        warn_caller("; ".join(warned), UserWarning)
    labels = np.array([picture.label for picture in used], dtype=np.int64)
    return ImageFolder(
        images=images,
        labels=labels if classes else None,
        classes=classes,
        paths=tuple(Path(str(picture.path)) for picture in used),
        skipped=tuple(sorted((Path(str(path)), why) for path, why in skipped)),
    )


def _check_form(size: tuple[int, int] | None, mode: Mode | None) -> None:
    wanted = np.asarray((1, 1) if size is None else size)
    if wanted.shape != (2,) or wanted.dtype.kind not in "iu" or wanted.min() < 1:
        raise ValueError(f"size = {size!r}: (height, width) from 1 up is allowed")
    if mode is not None and mode not in get_args(Mode):
        raise ValueError(f"mode = {mode!r}: one of {get_args(Mode)} or None is allowed")


def _survey(files: Sequence[tuple[Place, int]], skipped: _Skipped) -> list[_Picture]:
    """Read every file's header, so that a form is agreed on before any is decoded."""
    pictures = []
    for path, label in files:
        content = _content(path)
        try:
            with open_picture(str(path), content) as picture:
                form = _Form(own_mode(picture), upright_size(picture))
        except (OSError, ValueError) as error:
            skipped.append((path, _reason(path, error)))
        else:
            pictures.append(_Picture(path, label, form))
    return pictures


def _without_outliers(
    pictures: Sequence[_Picture], size: tuple[int, int] | None
) -> tuple[Sequence[_Picture], _Skipped]:
    """Leave out pictures much smaller than the median, unless a size is wanted."""
    if size is not None:
        return pictures, []
    median = _median_size(pictures)
    fitting = [p for p in pictures if _factor(p, median) <= MAX_ENLARGEMENT]
    reason = f"too small for the median of {_text(median)}: "
    small = [
        (p.path, reason + _text(p.form.size))
        for p in pictures
        if _factor(p, median) > MAX_ENLARGEMENT
    ]
    return fitting, small


def _median_size(pictures: Sequence[_Picture]) -> tuple[int, int]:
    """Return the (lower) median height and width; some picture covers both."""
    heights, widths = zip(*(picture.form.size for picture in pictures), strict=True)
    return median_low(heights), median_low(widths)


def _factor(picture: _Picture, size: tuple[int, int]) -> float:
    """Return how many times larger a picture must be made to cover a size."""
    height, width = picture.form.size
    return max(size[0] / height, size[1] / width)


def _text(size: tuple[int, int]) -> str:
    return f"{size[0]}×{size[1]}"


def _common_form(
    pictures: Sequence[_Picture],
    fitting: Sequence[_Picture],
    size: tuple[int, int] | None,
    mode: Mode | None,
) -> _Form:
    """Return the size of the bulk, and the mode of those that are kept."""
    modes = {picture.form.mode for picture in fitting}
    return _Form(
        mode or (modes.pop() if len(modes) == 1 else "RGB"),
        size or _median_size(pictures),
    )


def _decode(
    pictures: Sequence[_Picture],
    form: _Form,
    skipped: _Skipped,
    channels_first: bool,
) -> tuple[NDArray[np.uint8], list[_Picture]]:
    n_channels = len(form.mode)
    n = len(pictures)
    images: NDArray[np.uint8]
    if n_channels == 1:
        images = np.empty((n, *form.size), dtype=np.uint8)
    elif channels_first:
        planes = np.empty((n, n_channels, *form.size), dtype=np.uint8)
        images = planes.transpose(0, 2, 3, 1)
    else:
        images = np.empty((n, *form.size, n_channels), dtype=np.uint8)
    decoded: list[_Picture] = []
    for picture in pictures:
        content = _content(picture.path)
        try:
            with open_picture(str(picture.path), content) as found:
                images[len(decoded)] = to_array(found, *form)
        except (OSError, ValueError) as error:
            skipped.append((picture.path, _reason(picture.path, error)))
        else:
            decoded.append(picture)
    return images[: len(decoded)], decoded


def _content(path: Place) -> bytes | None:
    """Return the bytes of a file that is not on disk; what is wrong with them raises.

    A picture that is damaged is left out, but a zip file is not read in part.
    """
    return path.read_bytes() if isinstance(path, ZipPath) else None


def _reason(path: Place, error: Exception) -> str:
    return str(error).removeprefix(f"{path}: ")
