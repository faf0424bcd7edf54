"""Image files as uint8 arrays: allowed formats, modes and orientation."""

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

from latentia._extras import install_hint
from latentia.reading.damage import decoding, reading

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

Mode = Literal["L", "RGB", "RGBA"]

#: An image with more pixels than this is refused by its header, before it is decoded: a
#: few kilobytes of PNG can unpack to many gigabytes. Set it higher for larger images;
#: above 89 million pixels, ``PIL.Image.MAX_IMAGE_PIXELS`` is a limit too.
MAX_PIXELS = 2**26

#: Endings of image files.
IMAGE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg"}
    | {".pbm", ".pgm", ".png", ".ppm", ".tga", ".tif", ".tiff", ".webp"}
)

# Pillow chooses decoders by content, and some start other programs (EPS runs
# Ghostscript), so only these are allowed.
_FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")

_EXIF_ORIENTATION = 0x0112
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257

#: Colour of transparent pixels where transparency is removed: white.
BACKGROUND = (255, 255, 255, 255)


def read_image(path: str | PathLike[str]) -> NDArray[np.uint8]:
    """Read an image file.

    Grey images (1, 8 or 16 bits) have two dimensions, all others three: palettes, CMYK
    and similar modes become RGB, images with transparency RGBA. 16-bit grey is rounded
    to 8 bits. EXIF orientation is applied. Of an animation the first frame is read.

    Parameters
    ----------
    path : path-like
        An AVIF (Pillow 11.3 or later), BMP, GIF, JPEG, JPEG 2000, PNG, PBM/PGM/PPM,
        TIFF or WebP file, recognised by its content, or a TGA file, by its ending.

    Returns
    -------
    pixels : ndarray of uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        0 is black, 255 is white; in the alpha channel 255 is opaque.

    Raises
    ------
    ValueError
        The file is not an image, is damaged, or has more than ``MAX_PIXELS`` pixels or
        pixels of 32 bits.
    OSError
        The file cannot be opened.
    ImportError
        Pillow is missing.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> from latentia.datasets import read_image
    >>> with TemporaryDirectory() as folder:
    ...     Image.new("RGB", (40, 30)).save(Path(folder) / "black.png")
    ...     pixels = read_image(Path(folder) / "black.png")
    >>> pixels.shape
    (30, 40, 3)
    """
    with open_picture(path) as picture:
        return to_array(picture, own_mode(picture))


def require_pillow() -> None:
    """Raise an ImportError that says how to install Pillow, where it is missing."""
    if find_spec("PIL") is None:
        raise ImportError(f"pictures need Pillow: {install_hint('plot')}")


@contextmanager
def open_picture(
    path: str | PathLike[str], content: bytes | None = None
) -> Iterator[Image]:
    """Open an image of at most ``MAX_PIXELS``; its pixels are not decoded yet.

    With ``content``, the bytes of a file that is not on disk, the path is only a name.
    Errors inside the ``with`` block become a ValueError that names the file, too.
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
            # Without a name Pillow does not memory-map the file. Version 12 and later
            # maps it with the size after rotation, which mixes up pixels.
            picture.filename = ""
        yield picture


def _identified(
    source: str | PathLike[str] | BytesIO, formats: tuple[str, ...]
) -> ImageFile:
    """Open an image; the message of Pillow would name the file twice."""
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(source, formats=formats)
    except UnidentifiedImageError:
        raise ValueError("it is of no known kind, or its header is damaged") from None


def _known_formats(path: str | PathLike[str]) -> tuple[str, ...]:
    """Return the formats that a file may have and this Pillow supports."""
    from PIL import Image

    Image.init()
    # TGA has no signature: its decoder accepts nearly any file.
    wanted = ("TGA",) if Path(path).suffix.lower() == ".tga" else _FORMATS
    return tuple(name for name in wanted if name in Image.OPEN)


def own_mode(picture: Image) -> Mode:
    """Return the mode of an image: grey, colour, or colour with transparency."""
    if picture.mode == "F" or (picture.mode == "I" and picture.format == "TIFF"):
        raise ValueError("it has 32-bit pixels, for which white is not defined")
    if "transparency" in picture.info or picture.mode.endswith(("A", "a")):
        return "RGBA"
    if picture.mode in ("1", "L") or picture.mode.startswith("I"):
        return "L"
    return "RGB"


def upright_size(picture: Image) -> tuple[int, int]:
    """Return (height, width) after EXIF orientation, of an image not yet decoded."""
    width, height = picture.size
    if picture.format == "TIFF":
        # Pillow 12 and later rotates `size` already, earlier versions when decoding;
        # only the tags are the same for all.
        tags = picture.tag_v2  # type: ignore[attr-defined]
        width, height = int(tags[_TIFF_WIDTH]), int(tags[_TIFF_HEIGHT])
    if picture.getexif().get(_EXIF_ORIENTATION, 1) in (5, 6, 7, 8):
        return width, height
    return height, width


def to_array(
    picture: Image, mode: Mode, size: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """Decode an image, upright, in the given mode.

    `size` is (height, width): the image is scaled with its proportions to cover it, and
    cropped at its centre. If `mode` has no transparency, transparent pixels become
    `BACKGROUND`, because their stored colours are often meaningless.
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
