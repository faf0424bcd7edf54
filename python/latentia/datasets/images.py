"""One picture file as a uint8 array: which files are let in, and in what form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from os import PathLike
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from latentia.reading.damage import reading

if TYPE_CHECKING:
    from PIL.Image import Image

Mode = Literal["L", "RGB", "RGBA"]

#: A picture with more pixels than this is refused by its header, before a decoder runs:
#: a few kilobytes of PNG can unpack to many gigabytes. Set it higher for larger
#: pictures; above 89 million, ``PIL.Image.MAX_IMAGE_PIXELS`` has a say too.
MAX_PIXELS = 2**26

#: Endings of file names that are taken for pictures.
IMAGE_SUFFIXES = frozenset(
    {".bmp", ".gif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm"}
    | {".tif", ".tiff", ".webp"}
)

# Decoders are chosen by content, and some of Pillow's start other programs (EPS runs
# Ghostscript): only these are ever asked.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")

_EXIF_ORIENTATION = 0x0112


def read_image(path: str | PathLike[str]) -> NDArray[np.uint8]:
    """Read a picture file.

    Grey pictures (1, 8 or 16 bits) give two dimensions, all others three: palettes,
    CMYK and the like become RGB, whatever has transparency becomes RGBA. 16-bit grey
    is rounded to 8 bits. EXIF orientation is applied. Of an animation, the first frame
    is read.

    Parameters
    ----------
    path : path-like
        A BMP, GIF, JPEG, PNG, PBM/PGM/PPM, TIFF or WebP file, recognised by content.

    Returns
    -------
    pixels : ndarray of uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        0 is black and 255 white; in the alpha channel 255 is opaque.

    Raises
    ------
    ValueError
        The file is no picture, is damaged, has more than `MAX_PIXELS` pixels, or has
        32-bit pixels.
    OSError
        The file cannot be opened.
    ImportError
        Pillow is missing.
    """
    with open_picture(path) as picture:
        return to_array(picture, own_mode(picture))


def require_pillow() -> None:
    """Raise an ImportError that says how to install Pillow, where it is missing."""
    if find_spec("PIL") is None:
        raise ImportError('pictures need Pillow: pip install "latentia[plot]"')


@contextmanager
def open_picture(path: str | PathLike[str]) -> Iterator[Image]:
    """Open a picture of bearable size; its pixels are not decoded yet.

    What goes wrong inside the ``with`` block is the file's fault too, and ends as a
    ValueError that names the file.
    """
    require_pillow()
    from PIL import Image

    with reading(path, "picture"), Image.open(path, formats=_FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError(
                f"its {picture.width}×{picture.height} pixels are more than "
                f"MAX_PIXELS = {MAX_PIXELS}"
            )
        yield picture


def own_mode(picture: Image) -> Mode:
    """Give the mode that keeps what the picture has: grey, colour, transparency."""
    if picture.mode == "F" or (picture.mode == "I" and picture.format == "TIFF"):
        raise ValueError("it has 32-bit pixels, of which it does not say what is white")
    if "transparency" in picture.info or picture.mode.endswith(("A", "a")):
        return "RGBA"
    if picture.mode in ("1", "L") or picture.mode.startswith("I"):
        return "L"
    return "RGB"


def upright_size(picture: Image) -> tuple[int, int]:
    """Give (height, width) as they are once EXIF orientation is applied."""
    if picture.getexif().get(_EXIF_ORIENTATION, 1) in (5, 6, 7, 8):
        return picture.width, picture.height
    return picture.height, picture.width


def to_array(
    picture: Image, mode: Mode, size: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """Decode a picture, upright, in the given mode.

    `size` is (height, width): the picture is scaled so that it covers it, keeping its
    proportions, and what sticks out on two sides is cut off evenly.
    """
    from PIL import Image, ImageOps

    base = own_mode(picture)
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):
        # 65535 is white, and 65535 = 255 * 257; + 128 rounds.
        wide = np.asarray(upright).astype(np.uint32)
        upright = Image.fromarray(((wide + 128) // 257).astype(np.uint8))
    upright = upright.convert(base).convert(mode)
    if size is not None and size != (upright.height, upright.width):
        upright = ImageOps.fit(upright, size[::-1], Image.Resampling.LANCZOS)
    return np.array(upright)
