"""A photo compressed by keeping only its first singular triplets."""

from __future__ import annotations

from math import isfinite

import numpy as np
from numpy.typing import NDArray

from latentia import randomized_svd
from latentia.compression import compress
from latentia.compression.png_jpeg import Encoded, as_jpeg, as_png
from latentia.demo.data import DemoData
from latentia.plots import (
    Approximation,
    Picture,
    Section,
    Table,
    compression_sheet,
    percent,
    times,
)

RANKS = (5, 20, 80)
ERROR = 0.05
"""Relative error of the compressed files."""


def section_photo(data: DemoData) -> Section:
    """Rebuild the photo at a few ranks and say what each costs and loses."""
    photo: NDArray[np.float32] = np.divide(data.photo, 255, dtype=np.float32)
    height, width, channels = photo.shape
    approximations = _approximate(photo)
    return Section(
        "A photo in a few strokes",
        prose=[
            f"A photo is a matrix too: here {height} rows of pixels, with the red, "
            f"green and blue values of a row side by side, {height} × "
            f"{width * channels} in all. Its singular value decomposition writes it as "
            "a sum of strokes, each one column times one row, the strongest first. "
            "A rank is how many are kept.",
            "The compression ratio counts numbers: pixels and channels of the photo, "
            f"against k · ({height} + {width * channels} + 1) for rank k.",
            "Numbers are not yet a file. For one, the same is done with small blocks "
            "of the photo, which are much more alike than its rows are, and both "
            "factors are rounded, no finer than the error asks for, and packed. That "
            "file is measured as it lies on the disk, beside those that everyone "
            "knows.",
        ],
        tables=[_table(approximations), *_files(data.photo)],
        pictures=[
            Picture(
                "photo",
                compression_sheet(data.photo, approximations),
                caption="The photo and its best approximations of three ranks. "
                "Straight lines along the edges of the picture come first, leaves and "
                "ornaments last. Photo: danielbuechele, CC BY 2.0.",
                alt="A temple by the water in four versions: the original, and "
                "reconstructions that go from blurred stripes to almost the original.",
            )
        ],
    )


def _approximate(photo: NDArray[np.float32]) -> list[Approximation]:
    matrix = _channels_side_by_side(photo)
    ranks = sorted({min(rank, *matrix.shape) for rank in RANKS})
    U, s, Vt = randomized_svd(matrix, ranks[-1], random_state=0)
    approximations = []
    for k in ranks:
        rebuilt = _as_photo(U[:, :k] * s[:k] @ Vt[:k], photo.shape)
        approximations.append(
            Approximation.of(
                photo,
                np.clip(rebuilt, 0, 1),
                rank=k,
                numbers_kept=k * (sum(matrix.shape) + 1),
            )
        )
    return approximations


def _channels_side_by_side(photo: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (H, W, C) as (H, C · W): all of red, then all of green, then blue."""
    return photo.transpose(0, 2, 1).reshape(len(photo), -1)


def _as_photo(
    matrix: NDArray[np.float32], shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Undo :func:`_channels_side_by_side`."""
    height, width, channels = shape
    return matrix.reshape(height, channels, width).transpose(0, 2, 1)


def _table(approximations: list[Approximation]) -> Table:
    return Table(
        "What each rank costs and loses",
        ["Rank", "Smaller", "Relative error", "PSNR"],
        [
            [
                str(a.rank),
                times(a.compression_ratio),
                percent(a.relative_error),
                f"{a.psnr:.1f} dB",
            ]
            for a in approximations
        ],
        emphasised="Smaller",
    )


def _files(photo: NDArray[np.uint8]) -> list[Table]:
    """Compare the photo's compressed file with others; none if it is not smaller."""
    try:
        ours = compress(photo, ERROR, random_state=0)
    except ValueError:  # a photo of a few pixels, or of noise
        return []
    photos = photo[np.newaxis]
    files = {
        "latentia": Encoded(ours.nbytes, ours.error, ours.psnr, ""),
        "JPEG": as_jpeg(photos, ERROR),
        "PNG": as_png(photos),
    }
    return [
        Table(
            f"Files of the photo, at a relative error of at most {percent(ERROR)}",
            ["File", "Size", "Smaller", "Relative error", "PSNR"],
            [
                [
                    name,
                    f"{file.nbytes / 1000:,.0f}\N{NO-BREAK SPACE}kB",
                    times(photo.nbytes / file.nbytes),
                    percent(file.error),
                    f"{file.psnr:.1f} dB" if isfinite(file.psnr) else "–",
                ]
                for name, file in files.items()
                if file is not None
            ],
            emphasised="Size",
        )
    ]
