"""Files of compressed images: whole or refused, whatever their bytes are."""

import hashlib
import lzma
import struct

import numpy as np
import pytest

from latentia.compression import compress, load
from latentia.compression.file_format import from_bytes
from latentia.compression.streams import differences, pack, sums, unpack
from latentia.datasets import images as pictures

HEADER = 5  # where it begins, after magic and version
RANK = HEADER + 6 + 4 * 6


@pytest.fixture(scope="module")
def found():
    rows, columns = np.mgrid[:30, :41]
    return compress((3 * rows + 2 * columns).astype(np.uint8), 0.05, random_state=0)


@pytest.fixture
def path(tmp_path, found):
    found.save(tmp_path / "image.lat")
    return tmp_path / "image.lat"


def sealed(data):
    """Give bytes a checksum that agrees."""
    return data[:-32] + hashlib.sha256(data[:-32]).digest()


def changed(data, place, format, *values):
    data = bytearray(data)
    struct.pack_into(format, data, place, *values)
    return sealed(bytes(data))


def test_what_was_saved_comes_back(path, found):
    loaded = load(path)
    assert path.stat().st_size == found.nbytes == loaded.nbytes
    np.testing.assert_array_equal(loaded.to_images(), found.to_images())
    np.testing.assert_array_equal(loaded.components, found.components)
    assert repr(loaded) == repr(found)
    assert loaded.error == found.error


def test_every_single_byte_counts(path):
    data = path.read_bytes()
    for i in range(len(data)):
        broken = bytearray(data)
        broken[i] ^= 0x41
        with pytest.raises(ValueError, match=r"begin|version|damaged"):
            from_bytes(bytes(broken))


def test_every_end_is_too_early(path):
    data = path.read_bytes()
    for n in range(len(data)):
        with pytest.raises(ValueError, match=r"begin|version|cut off"):
            from_bytes(data[:n])


@pytest.mark.parametrize(
    ("place", "format", "values", "says"),
    [
        (4, "<B", [3], "version is 3; this latentia reads 2"),
        (4, "<B", [1], "version is 1; this latentia reads 2"),
        (HEADER, "<B", [7], "contradicts"),
        (HEADER + 1, "<B", [2], "contradicts"),
        (HEADER + 4, "<B", [0], "contradicts"),
        (HEADER + 5, "<B", [9], "contradicts"),
        (HEADER + 6, "<I", [2], "contradicts"),
        (HEADER + 6, "<4I", [1, 2**16, 2**16, 1], "4294967296 pixels .* MAX_PIXELS"),
        (HEADER + 6, "<4I", [1, 0, 41, 1], "is not valid"),
        (HEADER + 18, "<I", [5], "is not valid"),
        (HEADER + 22, "<2I", [31, 4], "contradicts"),
        (RANK, "<I", [2**31], "contradicts"),
        (RANK + 4, "<d", [float("nan")], "contradicts"),
        (RANK + 4, "<d", [float("inf")], "contradicts"),
        (RANK + 4, "<d", [0.0], "contradicts"),
        (RANK + 12, "<d", [1.5], "contradicts"),
        (RANK + 28, "<I", [2**32 - 1], "contradicts"),
    ],
)
def test_a_header_that_lies(path, place, format, values, says):
    path.write_bytes(changed(path.read_bytes(), place, format, *values))
    with pytest.raises(ValueError, match=says) as error:
        load(path)
    assert str(path) in str(error.value)


def test_streams_that_unpack_to_more_or_less_than_the_header_says(path):
    # Other images, of as many bytes: their blocks are more or fewer.
    for height, width in ((30, 80), (12, 41)):
        data = changed(path.read_bytes(), HEADER + 10, "<2I", height, width)
        with pytest.raises(ValueError, match=r"it must have|unpacked"):
            from_bytes(data)


def test_a_bomb_is_not_unpacked():
    filters = [
        {"id": lzma.FILTER_LZMA1, "preset": 6, "lc": 0, "lp": 0, "pb": 0},
    ]
    bomb = lzma.compress(bytes(10**7), lzma.FORMAT_RAW, filters=filters)
    with pytest.raises(ValueError, match="it must have 6 bytes"):
        unpack(bomb, (2, 3), 1)


@pytest.mark.parametrize("data", [b"", b"\x89", b"\x89PNG\r\n\x1a\n", b"\x89LAT"])
def test_files_of_another_kind(tmp_path, data):
    path = tmp_path / "other.lat"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"other\.lat must hold compressed images"):
        load(path)


def test_a_limit_that_is_lower_than_when_it_was_written(path, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PIXELS", 1000)
    with pytest.raises(ValueError, match="1230 pixels"):
        load(path)


def test_an_existing_file_is_kept_unless_told_otherwise(found, path):
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError, match="exists; overwrite=True replaces it"):
        found.save(path)
    assert path.read_bytes() == b"precious"
    found.save(path, overwrite=True)
    assert load(path).error == found.error


def test_a_pipe_is_not_waited_for(found, tmp_path, make_pipe):
    path = make_pipe(tmp_path / "image.lat")
    with pytest.raises(OSError, match=r"image\.lat is a pipe or a device"):
        load(path)
    with pytest.raises(OSError, match=r"image\.lat is a pipe or a device"):
        found.save(path, overwrite=True)


def test_names_and_places(found, tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.lat"):
        found.save(tmp_path / "image.png")
    with pytest.raises(FileNotFoundError):
        found.save(tmp_path / "missing" / "image.lat")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing.lat")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("largest", [0, 1, 127, 128, 2**15, 2**23, 2**30])
@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (1, 1), (3, 7), (1, 33)])
def test_streams_keep_numbers(largest, shape):
    rng = np.random.default_rng(0)
    numbers = rng.integers(-largest, largest, shape, endpoint=True)
    stream, n_bytes = pack(numbers)
    np.testing.assert_array_equal(unpack(stream, shape, n_bytes), numbers)
    np.testing.assert_array_equal(sums(differences(numbers)), numbers)
