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

from latentia._arguments import check_choice
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
    """Images of one size and their files.

    Attributes
    ----------
    images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        Two dimensions a picture if grey, else 3 (RGB) or 4 (RGBA) channels.
    labels : ndarray of int64, shape (n,), or None
        Index into ``classes``; None if the folder has no classes.
    classes : tuple of str
        Names of the sub-folders, sorted; empty if there are none.
    paths : tuple of Path
        The file of every picture.
    skipped : tuple of (Path, str)
        Files that could not be used, and why.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> from latentia.datasets import load_image_folder
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("cats", "dogs"):
    ...         (Path(folder) / name).mkdir()
    ...         Image.new("L", (6, 4)).save(Path(folder) / name / "1.png")
    ...     found = load_image_folder(folder)
    >>> found.images.shape, found.labels.tolist(), found.classes
    ((2, 4, 6), [0, 1], ('cats', 'dogs'))
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
"""Images that would be enlarged more have too little detail for training."""


def load_image_folder(
    path: str | PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    mode: Mode | None = None,
) -> ImageFolder:
    """Load the images of a folder or of a zip file.

    Each sub-folder is a class, with all images below it. Without sub-folders the images
    of the folder itself are loaded without labels. If a folder contains only one
    folder, and that one only folders, the classes are searched there. Hidden files and
    files without the ending of an image are ignored. Images that cannot be read are
    left out, listed in ``ImageFolder.skipped`` and reported in one warning.

    Parameters
    ----------
    path : path-like
        The folder, or a file that ends in .zip, which is read like the folder that it
        contains. Nothing is unpacked to disk. ``__MACOSX`` folders are ignored.
    size : (height, width) or None
        Size to which every image is converted. None is the median height and the median
        width of the images, so a few images of other sizes do not matter. An image of
        another size is scaled with its proportions to cover this size, and then cropped
        at its centre. With None, an image that would be enlarged more than twice is
        left out, and a warning has the number of images that are enlarged less.
    mode : {"L", "RGB", "RGBA"} or None
        Grey, colour, or colour with transparency. None keeps the mode if all images
        have the same one, else it is "RGB". If the mode has no transparency,
        transparent pixels become white.

    Returns
    -------
    folder : ImageFolder
        Sorted by class, then by file name.

    Raises
    ------
    ValueError
        If ``size`` or ``mode`` is invalid, no image can be read, or the folder has the
        parts of a data set (train, test, …), of which one must be given. Or a zip file
        or one of its members is encrypted, damaged, or larger than an image of
        ``MAX_PIXELS``.
    OSError
        The folder cannot be listed.
    ImportError
        Pillow is missing.
    MemoryError
        The images do not fit into memory; the message has a size that fits.

    Warns
    -----
    UserWarning
        Images were left out, or enlarged although ``size`` is None.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> from latentia.datasets import load_image_folder
    >>> with TemporaryDirectory() as folder:
    ...     for number in range(3):
    ...         Image.new("RGB", (40, 30)).save(Path(folder) / f"{number}.png")
    ...     found = load_image_folder(folder, size=(8, 8), mode="L")
    >>> found.images.shape, [path.name for path in found.paths]
    ((3, 8, 8), ['0.png', '1.png', '2.png'])
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
    """Load a folder as `load_image_folder` does, for training.

    With ``channels_first`` the memory layout has the channels first; the shape stays
    the same. Before an image is decoded, memory for ``copies`` of all is checked.
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
    # Some damage is found only in decoding. The other images can then have another
    # common size, and are decoded again: damaged images must not decide it.
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
            warned.append("size=(height, width) sets the size of all")
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
        raise ValueError(f"size must be (height, width) of at least 1, got {size!r}")
    if mode is not None:
        check_choice(mode, "mode", get_args(Mode), alternative="None")


def _survey(files: Sequence[tuple[Place, int]], skipped: _Skipped) -> list[_Picture]:
    """Read the headers of all files, which decide the common size and mode."""
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
    """Leave out images much smaller than the median, unless a size is given."""
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
    """Return the (lower) median height and width."""
    heights, widths = zip(*(picture.form.size for picture in pictures), strict=True)
    return median_low(heights), median_low(widths)


def _factor(picture: _Picture, size: tuple[int, int]) -> float:
    """Return the factor by which an image must be scaled to cover a size."""
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
    """Return the median size of all images, and the mode of those that are kept."""
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
    """Return the bytes of a file in a zip file, or raise if it is damaged.

    Damaged images in a folder are left out, but a damaged zip file is an error.
    """
    return path.read_bytes() if isinstance(path, ZipPath) else None


def _reason(path: Place, error: Exception) -> str:
    return str(error).removeprefix(f"{path}: ")
