r"""Compressed images as bytes: a header, two streams of integers, a checksum.

::

    magic, version    b"\x89LAT", 1 byte
    header            `_HEADER`, see `_Header`
    exponents         rank signed bytes
    coordinates       LZMA
    components        LZMA
    SHA-256           32 bytes, of everything before

Numbers are little-endian. The header is checked before large arrays are allocated.
"""

from __future__ import annotations

import hashlib
import math
import struct
from typing import Any, NamedTuple

import numpy as np

from latentia.compression.blocks import Blocks
from latentia.compression.factors import Factors
from latentia.compression.streams import differences, pack, sums, unpack
from latentia.datasets import images as pictures

MAGIC = b"\x89LAT"
VERSION = 2  # 1 ended with a CRC-32
DTYPES = ("uint8", "float32")

_HEADER = struct.Struct("<6B4I2II3d2I")
_CHECKSUM_BYTES = hashlib.sha256().digest_size
_START = len(MAGIC) + 1


class _Header(NamedTuple):
    dtype: int  # index into DTYPES
    is_stack: int  # 1 if the array of images has an axis of images
    has_channels: int  # 1 if it has an axis of channels
    by_row: int  # 1 if the coordinates are stored row by row
    coordinate_bytes: int  # of a number, 1 to 4
    component_bytes: int
    n: int
    height: int
    width: int
    channels: int
    block_height: int
    block_width: int
    rank: int
    step: float
    error: float  # relative Frobenius error
    psnr: float  # dB
    coordinates: int  # bytes of the stream
    components: int


class Contents(NamedTuple):
    """Content of a file.

    Attributes
    ----------
    factors : Factors
    blocks : Blocks
    is_stack, has_channels : bool
        Whether the array has an axis of images and an axis of channels.
    dtype : numpy.dtype
    error, psnr : float
    """

    factors: Factors
    blocks: Blocks
    is_stack: bool
    has_channels: bool
    dtype: np.dtype[Any]
    error: float
    psnr: float


def to_bytes(contents: Contents) -> bytes:
    """Return the bytes, with the coordinates in the order that makes them fewer."""
    factors, blocks = contents.factors, contents.blocks
    Y = factors.coordinates
    streams = [pack(differences(Y.T)), pack(Y)]
    by_row = int(len(streams[1][0]) < len(streams[0][0]))
    coordinates, coordinate_bytes = streams[by_row]
    components, component_bytes = pack(factors.components)
    header = _Header(
        DTYPES.index(contents.dtype.name),
        contents.is_stack,
        contents.has_channels,
        by_row,
        coordinate_bytes,
        component_bytes,
        *blocks.shape,
        *blocks.size,
        len(factors.exponents),
        factors.step,
        contents.error,
        contents.psnr,
        len(coordinates),
        len(components),
    )
    exponents = factors.exponents.astype(np.int8).tobytes()
    data = MAGIC + bytes([VERSION]) + _HEADER.pack(*header)
    data += exponents + coordinates + components
    return data + _checksum(data)


def from_bytes(data: bytes) -> Contents:
    """Return the contents, or raise a ValueError that gives the reason."""
    if not data.startswith(MAGIC):
        raise ValueError("it does not begin as compressed images do")
    if data[len(MAGIC) : _START] != bytes([VERSION]):
        version = data[len(MAGIC)] if len(data) > len(MAGIC) else "missing"
        raise ValueError(f"its version is {version}; this latentia reads {VERSION}")
    end = len(data) - _CHECKSUM_BYTES
    if end < _START + _HEADER.size:
        raise ValueError("it is cut off")
    if data[end:] != _checksum(data[:end]):
        raise ValueError("it is damaged or cut off: its checksum does not agree")
    header = _Header(*_HEADER.unpack_from(data, _START))
    blocks = _checked(header, end - _START - _HEADER.size)

    first = _START + _HEADER.size + header.rank
    middle = first + header.coordinates
    exponents = np.frombuffer(data[first - header.rank : first], np.int8)
    m, n, k = blocks.n_rows, blocks.n_features, header.rank
    stored = (m, k) if header.by_row else (k, m)
    Y = unpack(data[first:middle], stored, header.coordinate_bytes)
    factors = Factors(
        Y if header.by_row else sums(Y).T,
        unpack(data[middle:end], (k, n), header.component_bytes),
        exponents.astype(np.int64),
        header.step,
    )
    return Contents(
        factors,
        blocks,
        bool(header.is_stack),
        bool(header.has_channels),
        np.dtype(DTYPES[header.dtype]),
        header.error,
        header.psnr,
    )


def _checksum(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _checked(header: _Header, n_bytes: int) -> Blocks:
    """Return the blocks, or raise if the header is not valid."""
    shape = header.n, header.height, header.width, header.channels
    size = header.block_height, header.block_width
    if min(*shape, *size) < 1 or header.channels > 4:
        raise ValueError(f"its shape {shape} or block size {size} is not valid")
    if math.prod(shape[:3]) > pictures.MAX_PIXELS:
        raise ValueError(
            f"its {math.prod(shape[:3])} pixels are more than MAX_PIXELS = "
            f"{pictures.MAX_PIXELS}"
        )
    blocks = Blocks(shape, size)
    numbers = header.step, header.error, header.psnr
    sound = (
        size[0] <= shape[1]
        and size[1] <= shape[2]
        and header.dtype < len(DTYPES)
        and max(header.is_stack, header.has_channels, header.by_row) <= 1
        and (header.is_stack or header.n == 1)
        and (header.has_channels or header.channels == 1)
        and header.rank <= min(blocks.n_rows, blocks.n_features)
        and min(header.coordinate_bytes, header.component_bytes) >= 1
        and max(header.coordinate_bytes, header.component_bytes) <= 4
        and header.rank + header.coordinates + header.components == n_bytes
        and not any(math.isnan(number) for number in numbers)
        and 0 < header.step <= 2.0**16
        and 0 <= header.error < 1
    )
    if not sound:
        raise ValueError("its header contradicts itself")
    return blocks
