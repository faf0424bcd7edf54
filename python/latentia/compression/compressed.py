"""Compressed images and their files."""

from __future__ import annotations

import math
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._files import check_input, check_target, replacing
from latentia.compression import file_format
from latentia.compression.blocks import Blocks
from latentia.compression.factors import Factors
from latentia.compression.file_format import Contents

Array = NDArray[Any]

SUFFIX = ".lat"

_BLOCK_OF_NUMBERS = 2**22  # that many are unpacked at a time


class CompressedImages:
    """Compressed images, as ``latentia.compress`` and `load` return them.

    They have no public constructor; `from_bytes` reads the bytes of a file.

    Examples
    --------
    >>> from latentia import compress
    >>> from latentia.datasets import load_digits
    >>> small = compress(load_digits().images, error=0.1, random_state=0)
    >>> small.shape, small.dtype
    ((1797, 8, 8), dtype('uint8'))
    >>> small.error <= 0.1, small.ratio > 2
    (True, True)
    >>> small.to_images().shape
    (1797, 8, 8)
    """

    def __init__(self, data: bytes, contents: Contents) -> None:
        self._data = data
        self._contents = contents

    @classmethod
    def from_bytes(cls, data: bytes) -> CompressedImages:
        """Return the images in the bytes of a file.

        Raises
        ------
        ValueError
            If the bytes are not a whole file of this version.
        """
        return cls(data, file_format.from_bytes(data))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the images."""
        n, *size, channels = self._contents.blocks.shape
        first = (n,) if self._contents.is_stack else ()
        last = (channels,) if self._contents.has_channels else ()
        return (*first, *size, *last)

    @property
    def is_stack(self) -> bool:
        """Whether the first axis counts images."""
        return self._contents.is_stack

    @property
    def stack_shape(self) -> tuple[int, int, int, int]:
        """Shape (n, H, W, C), with 1 for axes that the images do not have."""
        return self._contents.blocks.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the images: uint8, or float32 from 0 to 1."""
        return self._contents.dtype

    @property
    def rank(self) -> int:
        """Number of components."""
        return len(self._contents.factors.exponents)

    @property
    def components(self) -> Array:
        """Components of which blocks are linear combinations, the largest first.

        float64 of shape (rank, height, width) or (rank, height, width, C), where height
        and width are those of a block, or of a whole image. A component has a norm of
        about 1.
        """
        contents = self._contents
        last = contents.blocks.shape[3:] if contents.has_channels else ()
        shape = (self.rank, *contents.blocks.size, *last)
        return contents.factors.unit_components().reshape(shape)

    @property
    def error(self) -> float:
        """Relative error ‖images − to_images()‖ / ‖images‖ (Frobenius); 0 is exact."""
        return self._contents.error

    @property
    def psnr(self) -> float:
        """Peak signal-to-noise ratio in dB; larger is better, infinite is exact."""
        return self._contents.psnr

    @property
    def nbytes(self) -> int:
        """Size of the file in bytes."""
        return len(self._data)

    @property
    def raw_nbytes(self) -> int:
        """Size of the uncompressed images in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def ratio(self) -> float:
        """Compression ratio raw_nbytes / nbytes; larger is better."""
        return self.raw_nbytes / self.nbytes

    def to_images(self) -> Array:
        """Return the images, with the shape and type of the original ones."""
        contents = self._contents
        images = unpack(contents.factors, contents.blocks, contents.dtype)
        return images.reshape(self.shape)

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write a file, atomically.

        Raises
        ------
        ValueError
            If the name does not end in .lat.
        FileExistsError
            If the file exists and ``overwrite`` is false.
        OSError
            If the file cannot be written; an existing file stays unchanged.
        """
        path = Path(path)
        if path.suffix != SUFFIX:
            raise ValueError(f"the file's name must end in {SUFFIX}, got {path}")
        check_target(path, replace=overwrite, remedy="overwrite=True replaces it")
        with replacing(path) as temporary:
            temporary.write_bytes(self._data)

    def __repr__(self) -> str:
        return (
            f"{'×'.join(map(str, self.shape))} at rank {self.rank}: "
            f"{kilobytes(self.nbytes)} of {kilobytes(self.raw_nbytes)} "
            f"({self.ratio:.1f}× smaller), error {100 * self.error:.2g} %, "
            f"{self.psnr:.1f} dB"
        )


def load(path: str | PathLike[str]) -> CompressedImages:
    """Read a file of compressed images.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    CompressedImages

    Raises
    ------
    ValueError
        If the file is damaged, cut off, of another kind or of a newer version, or has
        more pixels than ``latentia.datasets.images.MAX_PIXELS``.
    OSError
        If it cannot be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from latentia import compress, compression
    >>> from latentia.datasets import load_digits
    >>> small = compress(load_digits().images, error=0.1, random_state=0)
    >>> with TemporaryDirectory() as folder:
    ...     small.save(Path(folder) / "digits.lat")
    ...     again = compression.load(Path(folder) / "digits.lat")
    >>> again.shape
    (1797, 8, 8)
    """
    path = Path(path)
    check_input(path)
    with path.open("rb") as file:
        # A large file of another kind is not read completely.
        data = file.read(len(file_format.MAGIC))
        if data == file_format.MAGIC:
            data += file.read()
    try:
        return CompressedImages.from_bytes(data)
    except ValueError as error:
        raise ValueError(f"{path} must hold compressed images: {error}") from None


def unpack(factors: Factors, blocks: Blocks, dtype: np.dtype[Any]) -> Array:
    """Return images (n, H, W, C), rounded and clipped."""
    rows = np.empty((blocks.n_rows, blocks.n_features), dtype)
    at_once = max(1, _BLOCK_OF_NUMBERS // blocks.n_features)
    for i in range(0, blocks.n_rows, at_once):
        levels = np.clip(factors.rows(slice(i, i + at_once)), 0, 255)
        # Rows are in 0..255 for both types.
        rows[i : i + at_once] = np.rint(levels) if dtype == np.uint8 else levels / 255
    return blocks.to_images(rows)


def kilobytes(n: int) -> str:
    """Return a number of bytes with a unit."""
    for size, unit in ((10**6, "MB"), (10**3, "kB")):
        if n >= size:
            return f"{n / size:.{0 if n >= 100 * size else 1}f} {unit}"
    return f"{n} byte{'s' if n != 1 else ''}"
