"""The search for the smallest file."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import check_choice, draw_seed
from latentia.compression.accept import axes_of, check_error, check_images
from latentia.compression.blocks import Blocks
from latentia.compression.compressed import CompressedImages, kilobytes, unpack
from latentia.compression.factors import Factors
from latentia.compression.file_format import Contents, to_bytes
from latentia.compression.loss import squares
from latentia.compression.nmf import nmf_factors
from latentia.compression.svd import svd_factors

Array = NDArray[Any]
Method = Literal["svd", "nmf"]
METHODS: tuple[str, ...] = get_args(Method)

_SIDES = (4, 6, 8)
_SIDE_OF_PARTS = 8


def compress(
    images: Any,
    error: float = 0.02,
    *,
    method: Method = "svd",
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
) -> CompressedImages:
    """Compress an image or a stack of images to a relative error.

    The matrix whose rows are the pixels of blocks is factorised. Both factors are
    rounded to integers, as coarsely as the error allows, and packed. With method="svd"
    several block sizes are tried, for a stack also whole images, and the smallest file
    is kept.

    Parameters
    ----------
    images : array-like
        One image (H, W) or (H, W, C), or a stack (n, H, W) or (n, H, W, C), C from 1 to
        4. An array of three axes is one image if its last axis has at most 4 entries.
        uint8, or float from 0 to 1. All channels are treated equally, also opacity.
    error : float, default=0.02
        Largest relative error ‖images − result‖ / ‖images‖ (Frobenius), above 0 and
        below 1. It is measured after rounding and clipping, with the images that the
        file gives.
    method : {"svd", "nmf"}, default="svd"
        "nmf" gives components and weights that are not negative, so that components are
        parts of images. It uses the smallest rank it finds, for whole images of a
        stack, else for blocks of 8×8 pixels. It is slower, and files are larger.
    random_state : int, RandomState, Generator or None
        Seed of random starts. The same seed gives the same file for every number of
        threads.

    Returns
    -------
    CompressedImages

    Raises
    ------
    TypeError, ValueError
        If an argument is of another type or out of its range; if the file would not be
        smaller than the raw pixels; if no rank of NMF reaches the error.

    Notes
    -----
    The SVD of a photo with its rows of pixels as rows of the matrix does not compress
    at small errors. The photo of China in scikit-learn (427×640×3, 820 kB) needs rank
    273 for an error of 2 %, which is 641,000 numbers, and rank 167 for 5 %, packed into
    146 kB. Blocks of a photo are more similar than its rows: with 4×4 pixels the sizes
    are 112 kB and 50 kB. JPEG needs 161 kB (quality 93 has an error of 1.7 %, quality
    92 more than 2 %) and 59 kB. For errors of 10 % and more JPEG is smaller.

    Colour photos take about 6 s a megapixel on one core.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.compression import compress
    >>> ramp = np.add.outer(np.arange(64), np.arange(96)).astype(np.uint8)
    >>> small = compress(ramp, error=0.02, random_state=0)
    >>> small.error <= 0.02, small.ratio > 5, small.to_images().shape
    (True, True, (64, 96))
    """
    error = check_error(error)
    check_choice(method, "method", METHODS)
    array = check_images(images)
    seed = draw_seed(random_state)
    is_stack, has_channels = axes_of(array)
    pixels = array if is_stack else array[np.newaxis]
    pixels = pixels if has_channels else pixels[..., np.newaxis]
    original = _Original(pixels, is_stack, has_channels)

    files = [
        file
        for size in _sizes(pixels.shape, method)
        if (file := original.compressed(size, error, method, seed)) is not None
    ]
    if not files:
        raise ValueError(
            f"error must be larger, got {error:g}: the factors would have more digits "
            "than the pixels"
        )
    smallest = min(files, key=len)
    if len(smallest) >= original.raw_nbytes:
        raise ValueError(
            f"error must be larger, got {error:g}: the file would have "
            f"{kilobytes(len(smallest))}, not less than the "
            f"{kilobytes(original.raw_nbytes)} of the raw pixels; use a larger error "
            "or PNG"
        )
    return CompressedImages.from_bytes(smallest)


@dataclass(frozen=True, eq=False)
class _Original:
    """Images (n, H, W, C), and which of their axes the caller gave them."""

    pixels: Array
    is_stack: bool
    has_channels: bool

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the images that come out."""
        return np.dtype(np.uint8 if self.pixels.dtype == np.uint8 else np.float32)

    @property
    def raw_nbytes(self) -> int:
        """Bytes of the images that come out."""
        return self.pixels.size * self.dtype.itemsize

    def compressed(
        self, size: tuple[int, int], error: float, method: str, seed: int
    ) -> bytes | None:
        """Return the file for a block size; None if it cannot be the smallest."""
        blocks = Blocks(self.pixels.shape, size)
        norm = math.sqrt(squares(self.pixels))
        factors = self._factors(blocks, norm, error, method, seed)
        if factors is None:
            return None
        loss = self._loss(factors, blocks)
        peak = 255 if self.dtype == np.uint8 else 1
        # PSNR = 10 log₁₀(peak² / mean squared error).
        ratio = peak**2 * self.pixels.size / loss if loss else math.inf
        contents = Contents(
            factors,
            blocks,
            self.is_stack,
            self.has_channels,
            self.dtype,
            error=math.sqrt(loss) / norm if norm else 0.0,
            psnr=10 * math.log10(ratio),
        )
        return to_bytes(contents)

    def _factors(
        self, blocks: Blocks, norm: float, error: float, method: str, seed: int
    ) -> Factors | None:
        if norm == 0:
            return Factors.of_nothing(blocks.n_rows, blocks.n_features)
        rows = blocks.to_rows(self.pixels).astype(np.float32)
        if self.dtype == np.float32:
            rows *= 255

        def measure(factors: Factors) -> float:
            return math.sqrt(self._loss(factors, blocks)) / norm

        return _FACTORS[method](rows, error, seed, measure)

    def _loss(self, factors: Factors, blocks: Blocks) -> float:
        return squares(self.pixels, unpack(factors, blocks, self.dtype))


_FACTORS: dict[str, Callable[..., Factors | None]] = {
    "svd": svd_factors,
    "nmf": nmf_factors,
}


def _sizes(shape: tuple[int, ...], method: str) -> list[tuple[int, int]]:
    """Return the sizes of blocks to try."""
    n, height, width, _ = shape
    if method == "nmf":
        side = _SIDE_OF_PARTS
        return [(height, width) if n > 1 else (min(side, height), min(side, width))]
    sizes = {(min(side, height), min(side, width)) for side in _SIDES}
    if n > 1:
        sizes.add((height, width))
    return sorted(sizes)
