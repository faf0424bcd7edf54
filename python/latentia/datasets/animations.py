"""Animations of images: GIF, WebP, animated PNG, and video."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import check_real, did_you_mean
from latentia._extras import install_hint
from latentia._files import check_target, replacing
from latentia.datasets.image_grid import as_picture, with_channels
from latentia.datasets.images import BACKGROUND, require_pillow

FORMATS = {".gif": "GIF", ".webp": "WEBP", ".apng": "PNG"}
VIDEOS = {
    ".mp4": ("libx264", {"crf": "18"}),
    ".webm": ("libvpx-vp9", {"crf": "24", "b": "0"}),
}
"""Codecs, and a quality that keeps small images sharp."""

SUFFIXES = (*FORMATS, *VIDEOS)

FPS = 12.0
FPS_RANGE = 0.1, 50
"""GIF stores times as 16-bit hundredths of a second, and players show each image for at
least two of them."""

_SIDE = 256
"""Smaller images are magnified by the largest integer factor within this size."""


def save_animation(
    images: NDArray[np.uint8],
    path: str | PathLike[str],
    *,
    fps: float = FPS,
    overwrite: bool = False,
) -> None:
    """Write images to a file as an animation that repeats.

    Images smaller than 256 pixels are magnified by an integer factor.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        C is 1 (grey), 2 (grey and opacity), 3 (RGB) or 4 (RGBA).
    path : path
        It ends in .gif (256 colours per image), .webp or .apng (both lossless), .mp4
        (H.264) or .webm (VP9). The last two need PyAV (``pip install
        av``). In videos transparent pixels become white, and the player decides whether
        the video repeats.
    fps : float, default=12
        Images per second, from 0.1 to 50.
    overwrite : bool, default=False
        Replace a file of this name.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of its range or of another type.
    FileExistsError
        If the file exists and ``overwrite`` is false.
    OSError
        If the file cannot be written; an existing file stays unchanged.
    ImportError
        If Pillow, or PyAV for a video, is not installed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from latentia.generative import save_animation
    >>> frames = np.zeros((4, 8, 8), dtype=np.uint8)
    >>> frames[1::2] = 255  # black, white, black, white
    >>> with TemporaryDirectory() as folder:
    ...     save_animation(frames, Path(folder) / "blink.gif", fps=4)
    ...     print(sorted(path.name for path in Path(folder).iterdir()))
    ['blink.gif']
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
    """Raise if an animation of this name cannot be written.

    Raises
    ------
    ValueError, TypeError
        If the name has another ending, or ``fps`` is out of its range.
    ImportError
        If the package that writes it is not installed.
    """
    if path.suffix not in SUFFIXES:
        raise ValueError(
            f"the name of an animation must end in {', '.join(SUFFIXES[:-1])} or "
            f"{SUFFIXES[-1]}, got {path}{did_you_mean(path.suffix, SUFFIXES)}"
        )
    check_real(fps, "fps", least=FPS_RANGE[0], most=FPS_RANGE[1])
    require_pillow()
    if path.suffix in VIDEOS and find_spec("av") is None:
        raise ImportError(
            f"{path.suffix} needs PyAV: {install_hint('video')}; .gif, .webp and "
            ".apng need only Pillow"
        )


def _write_pictures(path: Path, frames: Iterator[Any], fps: float, suffix: str) -> None:
    first, *others = frames
    # Start times i/fps in hundredths of a second; rounding errors do not add up.
    begins = np.rint(np.arange(len(others) + 2) * 100 / fps)
    options: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {}
    if suffix == ".gif":
        options["disposal"] = 2  # else transparent pixels show the previous frame
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
                stream.pix_fmt = "yuv420p"  # every player supports it
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
    """Repeat the last row or column where a side is odd: yuv420p needs even sides."""
    height, width, _ = pixels.shape
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
