"""Images one after another: GIF, WebP, animated PNG, and video."""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._files import check_target, replacing
from latentia.datasets.images import BACKGROUND, require_pillow
from latentia.datasets.sheets import as_picture, with_channels

FORMATS = {".gif": "GIF", ".webp": "WEBP", ".apng": "PNG"}
VIDEOS = {
    ".mp4": ("libx264", {"crf": "18"}),
    ".webm": ("libvpx-vp9", {"crf": "24", "b": "0"}),
}
"""Codecs, and a quality at which small images are not smeared."""

SUFFIXES = (*FORMATS, *VIDEOS)

FPS = 12.0
FPS_RANGE = 0.1, 50
"""A GIF counts hundredths of a second in 16 bits, and none is shown for less than 2."""

_SIDE = 256
"""Smaller images are magnified by the largest whole factor that keeps to this size."""


def save_animation(
    images: NDArray[np.uint8],
    path: str | PathLike[str],
    *,
    fps: float = FPS,
    overwrite: bool = False,
) -> None:
    """Write images one after another into a file that shows them again and again.

    Images smaller than 256 pixels are magnified by a whole factor.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        C is 1 or 2 (grey), 3 or 4 (colour); the last of 2 and of 4 is opacity.
    path : path
        Ends in .gif (256 colours an image), .webp or .apng (both exact); or in .mp4
        (H.264) or .webm (VP9), which need PyAV: ``pip install "latentia[video]"``. In
        videos images are laid over white, and players decide whether to begin again.
    fps : float, default=12
        Images a second, in 0.1..50.
    overwrite : bool, default=False
        Replace a file of this name.

    Raises
    ------
    ValueError
        If an argument is wrong.
    FileExistsError
        If there is such a file, and ``overwrite`` is false.
    OSError
        If it cannot be written; an earlier file stays.
    ImportError
        If Pillow, or PyAV for a video, is not installed.
    """
    path = Path(path)
    check_animation(path, fps)
    pixels = with_channels(images)
    check_target(path, replace=overwrite, remedy="overwrite=True replaces it")
    factor = max(1, _SIDE // max(pixels.shape[1:3]))
    frames = (as_picture(frame.repeat(factor, 0).repeat(factor, 1)) for frame in pixels)
    with replacing(path) as temporary:
        write = _write_video if path.suffix in VIDEOS else _write_pictures
        write(temporary, frames, float(fps), path.suffix)


def check_animation(path: Path, fps: object = FPS) -> None:
    """Raise if no animation of this name can be written here.

    Raises
    ------
    ValueError
        If the name has another ending, or ``fps`` is out of range.
    ImportError
        If what writes it is not installed.
    """
    if path.suffix not in SUFFIXES:
        raise ValueError(
            f"an animation must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}, "
            f"got {path}"
        )
    real = isinstance(fps, numbers.Real) and not isinstance(fps, bool)
    least, most = FPS_RANGE
    if not real or not least <= float(fps) <= most:  # type: ignore[arg-type]
        raise ValueError(f"fps must lie in {least}..{most}, got {fps!r}")
    require_pillow()
    if path.suffix in VIDEOS and find_spec("av") is None:
        raise ImportError(
            f'{path.suffix} needs PyAV: pip install "latentia[video]"; .gif, .webp and '
            ".apng need no more than Pillow"
        )


def _write_pictures(path: Path, frames: Iterator[Any], fps: float, suffix: str) -> None:
    first, *others = frames
    # Of frames i/fps after the first, in hundredths of a second: rounding errors do
    # not add up.
    begins = np.rint(np.arange(len(others) + 2) * 100 / fps)
    options: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {}
    if suffix == ".gif":
        options["disposal"] = 2  # else what is transparent shows the frame before
    first.save(
        path,
        format=FORMATS[suffix],
        save_all=True,
        append_images=others,
        duration=[int(ms) for ms in 10 * np.diff(begins)],
        loop=0,
        **options,
    )


def _write_video(path: Path, frames: Iterator[Any], fps: float, suffix: str) -> None:
    import av

    codec, options = VIDEOS[suffix]
    rate = Fraction(fps).limit_denominator(1000)
    with av.open(str(path), "w", format=suffix[1:]) as container:
        stream: Any = None
        for frame in frames:
            pixels = _even(_over_white(frame))
            if stream is None:
                stream = container.add_stream(codec, rate=rate, options=options)
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "yuv420p"  # what every player shows
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def _over_white(frame: Any) -> NDArray[np.uint8]:
    from PIL import Image

    if "A" in frame.getbands():
        page = Image.new("RGBA", frame.size, BACKGROUND)
        frame = Image.alpha_composite(page, frame.convert("RGBA"))
    return np.asarray(frame.convert("RGB"))


def _even(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Continue the border where a side is odd: colours are stored for 2 × 2 pixels."""
    height, width, _ = pixels.shape
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
