"""Images that were compressed, and files of them."""

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
    """What :func:`compress` makes of images, and :func:`load` reads."""

    def __init__(self, data: bytes, contents: Contents) -> None:
        self._data = data
        self._contents = contents

    @classmethod
    def from_bytes(cls, data: bytes) -> CompressedImages:
        """Return the images of a file's bytes.

        Raises
        ------
        ValueError
            If the bytes are not those of a whole file of this version.
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
        """Whether the first axis is one of images."""
        return self._contents.is_stack

    @property
    def stack_shape(self) -> tuple[int, int, int, int]:
        """(n, H, W, C) of the images, with 1 for axes that they do not have."""
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
        """What blocks of the images are sums of, the most important first.

        float64 of shape (rank, height, width) or (rank, height, width, C), where height
        and width are those of a block, or of the images if each is one. A component has
        a length of about 1.
        """
        contents = self._contents
        last = contents.blocks.shape[3:] if contents.has_channels else ()
        shape = (self.rank, *contents.blocks.size, *last)
        return contents.factors.unit_components().reshape(shape)

    @property
    def error(self) -> float:
        """Reached ‖images − to_images()‖ / ‖images‖ in the Frobenius norm."""
        return self._contents.error

    @property
    def psnr(self) -> float:
        """Peak signal-to-noise ratio in dB; infinite if nothing was lost."""
        return self._contents.psnr

    @property
    def nbytes(self) -> int:
        """Bytes of the file."""
        return len(self._data)

    @property
    def raw_nbytes(self) -> int:
        """Bytes of the images as they come out."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def ratio(self) -> float:
        """How much smaller the file is: raw_nbytes / nbytes."""
        return self.raw_nbytes / self.nbytes

    def to_images(self) -> Array:
        """Return the images, of the shape and type of those that were compressed."""
        contents = self._contents
        images = unpack(contents.factors, contents.blocks, contents.dtype)
        return images.reshape(self.shape)

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write a file, whole or not at all.

        Raises
        ------
        ValueError
            If its name does not end in .lat.
        FileExistsError
            If there is a file of that name, and ``overwrite`` is false.
        OSError
            If it cannot be written; an earlier file stays.
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
    """
    path = Path(path)
    check_input(path)
    with path.open("rb") as file:
        # A large file of another kind is not read any further.
        data = file.read(len(file_format.MAGIC))
        if data == file_format.MAGIC:
            data += file.read()
    try:
        return CompressedImages.from_bytes(data)
    except ValueError as error:
        raise ValueError(f"{path} holds no compressed images: {error}") from None


def unpack(factors: Factors, blocks: Blocks, dtype: np.dtype[Any]) -> Array:
    """Return images (n, H, W, C), rounded and clipped."""
    rows = np.empty((blocks.n_rows, blocks.n_features), dtype)
    at_once = max(1, _BLOCK_OF_NUMBERS // blocks.n_features)
    for i in range(0, blocks.n_rows, at_once):
        levels = np.clip(factors.rows(slice(i, i + at_once)), 0, 255)
        # Rows are in levels of 255, whatever the type.
        rows[i : i + at_once] = np.rint(levels) if dtype == np.uint8 else levels / 255
    return blocks.to_images(rows)


def kilobytes(n: int) -> str:
    """Write a number of bytes as one reads it."""
    for size, unit in ((10**6, "MB"), (10**3, "kB")):
        if n >= size:
            return f"{n / size:.{0 if n >= 100 * size else 1}f} {unit}"
    return f"{n} byte{'s' if n != 1 else ''}"
