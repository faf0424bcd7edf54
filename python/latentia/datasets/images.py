"""One picture file as a uint8 array: which files are let in, and in what form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from latentia.reading.damage import decoding, reading

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

Mode = Literal["L", "RGB", "RGBA"]

#: A picture with more pixels than this is refused by its header, before a decoder runs:
#: a few kilobytes of PNG can unpack to many gigabytes. Set it higher for larger
#: pictures; above 89 million, ``PIL.Image.MAX_IMAGE_PIXELS`` has a say too.
MAX_PIXELS = 2**26

#: Endings of file names that are taken for pictures.
IMAGE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg"}
    | {".pbm", ".pgm", ".png", ".ppm", ".tga", ".tif", ".tiff", ".webp"}
)

# Decoders are chosen by content, and some of Pillow's start other programs (EPS runs
# Ghostscript): only these are ever asked.
_FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")

_EXIF_ORIENTATION = 0x0112
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257

#: What shows through where transparency is dropped: white, as on a page.
BACKGROUND = (255, 255, 255, 255)


def read_image(path: str | PathLike[str]) -> NDArray[np.uint8]:
    """Read a picture file.

    Grey pictures (1, 8 or 16 bits) give two dimensions, all others three: palettes,
    CMYK and the like become RGB, whatever has transparency becomes RGBA. 16-bit grey
    is rounded to 8 bits. EXIF orientation is applied. Of an animation, the first frame
    is read.

    Parameters
    ----------
    path : path-like
        An AVIF (from Pillow 11.3 on), BMP, GIF, JPEG, JPEG 2000, PNG, PBM/PGM/PPM, TIFF
        or WebP file, recognised by content, or a TGA file, by its ending.

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
def open_picture(
    path: str | PathLike[str], content: bytes | None = None
) -> Iterator[Image]:
    """Open a picture of bearable size; its pixels are not decoded yet.

    With ``content``, that of a file which is not on disk, the path is only a name.

    What goes wrong inside the ``with`` block is the file's fault too, and ends as a
    ValueError that names the file.
    """
    require_pillow()

    formats = _known_formats(path)
    source = path if content is None else BytesIO(content)
    guard = reading if content is None else decoding
    with guard(path, "picture"), _identified(source, formats) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError(
                f"its {picture.width}×{picture.height} pixels are more than "
                f"MAX_PIXELS = {MAX_PIXELS}"
            )
        if picture.format == "TIFF":
            # Without a name Pillow does not map the file into memory: it does so by the
            # size that it has already turned (12 and later), which scrambles pixels.
            picture.filename = ""
        yield picture


def _identified(
    source: str | PathLike[str] | BytesIO, formats: tuple[str, ...]
) -> ImageFile:
    """Open a picture; of what is none Pillow's message would name the source again."""
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(source, formats=formats)
    except UnidentifiedImageError:
        raise ValueError("it is of no known kind, or its header is damaged") from None


def _known_formats(path: str | PathLike[str]) -> tuple[str, ...]:
    """Return the formats that a file may have, of those that this Pillow knows."""
    from PIL import Image

    Image.init()
    # TGA has no signature: its decoder would take nearly any file for its own.
    wanted = ("TGA",) if Path(path).suffix.lower() == ".tga" else _FORMATS
    return tuple(name for name in wanted if name in Image.OPEN)


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
    """Give (height, width) as they will be once EXIF orientation is applied.

    Of a picture that is not decoded yet.
    """
    width, height = picture.size
    if picture.format == "TIFF":
        # Pillow 12 and later turn `size` already, earlier ones when they decode: only
        # the tags are the same for all.
        tags = picture.tag_v2  # type: ignore[attr-defined]
        width, height = int(tags[_TIFF_WIDTH]), int(tags[_TIFF_HEIGHT])
    if picture.getexif().get(_EXIF_ORIENTATION, 1) in (5, 6, 7, 8):
        return width, height
    return height, width


def to_array(
    picture: Image, mode: Mode, size: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """Decode a picture, upright, in the given mode.

    `size` is (height, width): the picture is scaled so that it covers it, keeping its
    proportions, and what sticks out on two sides is cut off evenly. Where `mode` has
    no transparency, the picture is laid over `BACKGROUND`: what a file keeps of the
    colours of transparent pixels is never seen, and often rubbish.
    """
    from PIL import Image, ImageOps

    base = own_mode(picture)
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):
        # 65535 is white, and 65535 = 255 * 257; + 128 rounds.
        wide = np.asarray(upright).astype(np.uint32)
        upright = Image.fromarray(((wide + 128) // 257).astype(np.uint8))
    upright = upright.convert(base)
    if base == "RGBA" != mode:
        page = Image.new("RGBA", upright.size, BACKGROUND)
        upright = Image.alpha_composite(page, upright)
    upright = upright.convert(mode)
    if size is not None and size != (upright.height, upright.width):
        upright = ImageOps.fit(upright, size[::-1], Image.Resampling.LANCZOS)
    return np.array(upright)
