"""IDX files: every type, raw and compressed, and every way to be damaged."""

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from latentia.datasets import read_idx

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx_bytes(array: np.ndarray) -> bytes:
    header = bytes([0, 0, CODES[array.dtype.str[1:]], array.ndim])
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return header + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write(path: Path, content: bytes, compressed: bool = False) -> Path:
    path.write_bytes(gzip.compress(content) if compressed else content)
    return path


IMAGES = np.arange(2 * 3 * 5, dtype=np.uint8).reshape(2, 3, 5)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(1,), (7,), (3, 5), (2, 3, 5), (0, 4), (2, 1, 3, 2)])
def test_reads_what_was_written(tmp_path, dtype, shape, compressed):
    expected = (np.arange(np.prod(shape)) * 3 - 4).astype(dtype).reshape(shape)
    # The name says nothing about the compression.
    read = read_idx(write(tmp_path / "file", idx_bytes(expected), compressed))
    assert read.dtype == expected.dtype
    assert read.dtype.isnative
    assert read.flags.writeable
    np.testing.assert_array_equal(read, expected)


def test_longer_than_a_chunk(tmp_path):
    expected = np.random.default_rng(0).integers(0, 256, 3_000_001).astype(np.uint8)
    for compressed in (False, True):
        read = read_idx(write(tmp_path / "file", idx_bytes(expected), compressed))
        np.testing.assert_array_equal(read, expected)


WHOLE = idx_bytes(IMAGES)
DAMAGED = {
    "empty": (b"", "first bytes"),
    "short magic": (WHOLE[:3], "first bytes"),
    "wrong magic": (b"\x89PNG" + WHOLE[4:], "PNG"),
    "unknown type": (b"\0\0\x0a\x03" + WHOLE[4:], "first bytes"),
    "no dimensions": (b"\0\0\x08\0" + WHOLE[4:], "got 0"),
    "too many dimensions": (b"\0\0\x08\xff" + bytes(1020), "got 255"),
    "short header": (WHOLE[:11], "ends inside its header"),
    "no values": (WHOLE[:16], "it holds 0"),
    "one byte short": (WHOLE[:-1], "it holds 29"),
    "one byte over": (WHOLE + b"\0", "it holds more"),
}


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(("content", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_content_is_named(tmp_path, content, reason, compressed):
    path = write(tmp_path / "damaged-idx", content, compressed)
    with pytest.raises(ValueError, match="damaged-idx") as caught:
        read_idx(path)
    assert reason in str(caught.value)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "garbage after"])
def test_damaged_compression_is_named(tmp_path, damage):
    packed = gzip.compress(idx_bytes(np.arange(999, dtype=np.int32)))
    content = {
        "truncated": packed[:-9],
        "flipped": packed[:50] + bytes([packed[50] ^ 0xFF]) + packed[51:],
        "garbage after": packed + b"garbage",
    }[damage]
    with pytest.raises(ValueError, match="damaged-idx"):
        read_idx(write(tmp_path / "damaged-idx", content))


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    "shape", [(2**18, 28, 28), (2**32 - 1,) * 4, (2**32 - 1, 2**32 - 1, 2**32 - 1, 0)]
)
def test_a_large_claim_gets_no_memory(tmp_path, shape, compressed):
    header = bytes([0, 0, 0x0E, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    path = write(tmp_path / "claims-much", header + bytes(1000), compressed)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="claims-much"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_stream_is_not_unpacked_past_its_claim(tmp_path):
    path = write(tmp_path / "bomb", WHOLE + bytes(64 << 20), compressed=True)
    assert path.stat().st_size < 1 << 20
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="it holds more"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_errors_of_the_system_pass_through(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        read_idx(tmp_path / "missing")
    with pytest.raises(IsADirectoryError):
        read_idx(tmp_path)
