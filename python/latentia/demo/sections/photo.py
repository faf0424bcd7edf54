"""A photo compressed by a truncated singular value decomposition."""

from __future__ import annotations

from math import isfinite

import numpy as np
from numpy.typing import NDArray

from latentia import randomized_svd
from latentia._number_format import percent, times
from latentia.compression import compress
from latentia.compression.png_jpeg import Encoded, as_jpeg, as_png
from latentia.demo.data import DemoData
from latentia.pages import Fact, Picture, Section, Table
from latentia.plots import Approximation, compression_grid

RANKS = (5, 20, 80)
ERROR = 0.05
"""Relative error of the compressed files."""


def section_photo(data: DemoData) -> Section:
    """Approximate the photo at a few ranks, and compare sizes with JPEG and PNG."""
    photo: NDArray[np.float32] = np.divide(data.photo, 255, dtype=np.float32)
    height, width, channels = photo.shape
    approximations = _approximate(photo)
    files, smaller = _files(data.photo)
    return Section(
        "Compression of a photo",
        prose=[
            f"The photo is a matrix of {height} rows and {width * channels} columns: "
            "each row has the red, then the green, then the blue values of a row of "
            "pixels. The singular value decomposition (SVD) is a sum of rank-1 "
            "matrices with decreasing singular values; the approximation of rank k "
            "keeps the first k.",
            "The compression ratio is the number of values in the photo divided by the "
            f"k · ({height} + {width * channels} + 1) numbers of the rank-k factors.",
            "For a compressed file, latentia.compress applies the SVD to small blocks "
            "of the photo, which are more similar to each other than whole rows are, "
            "rounds the factors as coarsely as the given error allows, and packs them. "
            "The second table compares the size of this file with JPEG and PNG files.",
        ],
        facts=smaller,
        tables=[_table(approximations), *files],
        pictures=[
            Picture(
                "photo",
                compression_grid(data.photo, approximations),
                caption=f"The photo and its approximations of {len(approximations)} "
                "ranks. Horizontal and vertical structures appear at low ranks, leaves "
                "and ornaments only at high ranks. Photo: danielbuechele, CC BY 2.0.",
                alt="A temple by the water: the original, and approximations from "
                "blurred stripes to almost the original.",
            )
        ],
    )


def _approximate(photo: NDArray[np.float32]) -> list[Approximation]:
    matrix = channels_side_by_side(photo)
    ranks = sorted({min(rank, *matrix.shape) for rank in RANKS})
    U, s, Vt = randomized_svd(matrix, ranks[-1], random_state=0)
    approximations = []
    for k in ranks:
        rebuilt = as_photo(U[:, :k] * s[:k] @ Vt[:k], photo.shape)
        approximations.append(
            Approximation.of(
                photo,
                np.clip(rebuilt, 0, 1),
                rank=k,
                n_stored=k * (sum(matrix.shape) + 1),
            )
        )
    return approximations


def channels_side_by_side(photo: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (H, W, C) as (H, C · W): all of red, then all of green, then blue."""
    return photo.transpose(0, 2, 1).reshape(len(photo), -1)


def as_photo(
    matrix: NDArray[np.float32], shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Undo :func:`channels_side_by_side`."""
    height, width, channels = shape
    return matrix.reshape(height, channels, width).transpose(0, 2, 1)


def _table(approximations: list[Approximation]) -> Table:
    return Table(
        "Size and error of each rank; lower error and higher PSNR are better",
        ["Rank", "Compression ratio", "Relative error", "PSNR"],
        [
            [
                str(a.rank),
                times(a.compression_ratio),
                percent(a.relative_error),
                f"{a.psnr:.1f} dB",
            ]
            for a in approximations
        ],
        emphasised="Compression ratio",
    )


def _files(photo: NDArray[np.uint8]) -> tuple[list[Table], list[Fact]]:
    """Compare the compressed file with JPEG and PNG; no table if it is not smaller."""
    try:
        ours = compress(photo, ERROR, random_state=0)
    except ValueError:  # a photo of a few pixels, or of noise
        return [], []
    photos = photo[np.newaxis]
    files = {
        "latentia": Encoded(ours.nbytes, ours.error, ours.psnr, ""),
        "JPEG": as_jpeg(photos, ERROR),
        "PNG": as_png(photos),
    }
    table = Table(
        f"Files of the photo, at a relative error of at most {percent(ERROR)}",
        ["File", "Size", "Compression ratio", "Relative error", "PSNR"],
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
    jpeg = files["JPEG"]
    peer = "" if jpeg is None else f"; as JPEG {times(photo.nbytes / jpeg.nbytes)}"
    fact = Fact(
        times(photo.nbytes / ours.nbytes),
        f"smaller as a file, at a relative error of {percent(ERROR)}{peer}",
    )
    return [table], [fact]
