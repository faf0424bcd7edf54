"""IDX files, the format of MNIST and similar data sets.

A file is big endian throughout: two zero bytes, a byte for the type, a byte for the
number of dimensions, one uint32 per dimension, then the values in C order
(Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits").
"""

from __future__ import annotations

import gzip
import math
import struct
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from latentia.reading.damage import reading

_DTYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype("u1"),
    0x09: np.dtype("i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 20


def read_idx(path: str | PathLike[str]) -> NDArray[Any]:
    """Read an IDX file, raw or gzip-compressed.

    Compression is recognised by the first bytes of the file, not by its name. A header
    that claims more data than the file has is an error, and no memory is allocated for
    it. A gzip stream is unpacked at most one byte past the claimed end.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    values : ndarray
        Shape and type as in the file, native byte order, writable.

    Raises
    ------
    ValueError
        The file is not an IDX file, is truncated, or has bytes after its last value.
    OSError
        The file cannot be opened.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from latentia.datasets import read_idx
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "bytes.idx"  # of type 8, uint8; one axis of length 2
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))
    ...     values = read_idx(path)
    >>> values
    array([7, 9], dtype=uint8)
    """
    with reading(path, "IDX file"), Path(path).open("rb") as file:
        compressed = file.read(2) == _GZIP_MAGIC
        file.seek(0)
        if not compressed:
            return _read_stream(file)
        with gzip.open(file) as unpacked:
            return _read_stream(cast(BinaryIO, unpacked))


def _read_stream(stream: BinaryIO) -> NDArray[Any]:
    magic = _read_at_most(stream, 4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _DTYPES:
        raise ValueError(f"its first bytes are {bytes(magic)!r}")
    dtype, n_dims = _DTYPES[magic[2]], magic[3]
    if not 1 <= n_dims <= 64:  # 64 is NumPy's limit
        raise ValueError(f"dimensions must be 1 to 64, got {n_dims}")

    header = _read_at_most(stream, 4 * n_dims)
    if len(header) < 4 * n_dims:
        raise ValueError("it ends inside its header")
    shape = struct.unpack(f">{n_dims}I", header)

    n_bytes = math.prod(shape) * dtype.itemsize
    values = _read_at_most(stream, n_bytes + 1)
    if len(values) != n_bytes:
        found = "more" if len(values) > n_bytes else str(len(values))
        raise ValueError(
            f"its header claims {n_bytes} bytes of values (shape {shape}, {dtype.name})"
            f", it holds {found}"
        )
    stored = np.frombuffer(values, dtype).reshape(shape)
    return stored.astype(dtype.newbyteorder("="), copy=False)


def _read_at_most(stream: BinaryIO, n_bytes: int) -> bytearray:
    # read(n) allocates n bytes before it reads, so a claimed size is read in chunks.
    content = bytearray()
    while chunk := stream.read(min(_CHUNK_BYTES, n_bytes - len(content))):
        content += chunk
    return content
