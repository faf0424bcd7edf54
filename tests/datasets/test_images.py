"""Single pictures: every mode, orientation, and what is refused."""

import struct
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from latentia.datasets import images, read_image

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (5, 7), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)
COLOUR_ALPHA = RNG.integers(0, 256, (5, 7, 4), dtype=np.uint8)


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its data do not have."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(100))
    signature = b"\x89PNG\r\n\x1a\n"
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return signature + chunks


@pytest.mark.parametrize(
    ("ending", "pixels"),
    [("bmp", GREY), ("pgm", GREY), ("png", GREY), ("tif", GREY)]
    + [(ending, COLOUR) for ending in ("bmp", "png", "ppm", "tif", "webp")]
    + [(ending, COLOUR_ALPHA) for ending in ("png", "tif", "webp")],
)
def test_lossless_formats_come_back(tmp_path, ending, pixels):
    Image.fromarray(pixels).save(tmp_path / f"a.{ending}", lossless=True, exact=True)
    read = read_image(tmp_path / f"a.{ending}")
    assert read.dtype == np.uint8
    assert read.flags.writeable
    np.testing.assert_array_equal(read, pixels)


def test_one_bit(tmp_path):
    Image.fromarray(GREY > 127).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), (GREY > 127) * 255)


@pytest.mark.parametrize("ending", ["png", "pgm", "tif"])
def test_sixteen_bits_are_rounded(tmp_path, ending):
    deep = np.array([[0, 128, 129, 257, 32767, 65406, 65407, 65535]], np.uint16)
    Image.fromarray(deep).save(tmp_path / f"a.{ending}")
    read = read_image(tmp_path / f"a.{ending}")
    np.testing.assert_array_equal(read, np.rint(deep / 257))


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_32_bits_are_refused(tmp_path, dtype):
    Image.fromarray(GREY.astype(dtype)).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=r"a\.tif.*32-bit"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("transparent", [False, True])
def test_palette(tmp_path, transparent):
    picture = Image.fromarray(GREY % 4, mode=None).convert("P")
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    options = {"transparency": b"\xff\xff\x00\x80"} if transparent else {}
    picture.save(tmp_path / "a.png", **options)
    read = read_image(tmp_path / "a.png")
    colours = np.array([[0, 0, 0, 255], [255, 0, 0, 255], [0, 255, 0, 0]])
    colours = np.vstack([colours, [0, 0, 255, 128]])
    expected = colours[GREY % 4]
    np.testing.assert_array_equal(read, expected if transparent else expected[..., :3])


def test_grey_with_transparency(tmp_path):
    Image.fromarray(COLOUR_ALPHA[..., 2:], mode=None).save(tmp_path / "a.png")
    expected = COLOUR_ALPHA[..., [2, 2, 2, 3]]
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), expected)


def test_cmyk(tmp_path):
    picture = Image.new("CMYK", (7, 5), (0, 255, 255, 0))  # cyan is left out: red
    picture.save(tmp_path / "a.jpg", quality=100)
    read = read_image(tmp_path / "a.jpg")
    assert read.shape == (5, 7, 3)
    assert np.abs(read.astype(int) - [255, 0, 0]).max() <= 4


@pytest.mark.parametrize(
    ("orientation", "seen"),
    [
        (1, COLOUR),
        (2, COLOUR[:, ::-1]),
        (3, COLOUR[::-1, ::-1]),
        (4, COLOUR[::-1]),
        (5, COLOUR.swapaxes(0, 1)),
        (6, COLOUR[::-1].swapaxes(0, 1)),
        (7, COLOUR[::-1, ::-1].swapaxes(0, 1)),
        (8, COLOUR[:, ::-1].swapaxes(0, 1)),
    ],
)
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_exif_orientation(tmp_path, orientation, seen, ending):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(COLOUR).save(tmp_path / f"a.{ending}", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / f"a.{ending}"), seen)


def test_first_frame_of_an_animation(tmp_path):
    frames = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    read = read_image(tmp_path / "a.gif")
    assert read.shape[:2] == GREY.shape
    np.testing.assert_array_equal(read if read.ndim == 2 else read[..., 0], GREY)


@pytest.mark.parametrize("side", [8193, 12_000, 2**16, 2**30])
def test_decompression_bombs_are_refused(tmp_path, side):
    (tmp_path / "bomb.png").write_bytes(png_of_size(side, side))
    with pytest.raises(ValueError, match=r"bomb\.png.*(MAX_PIXELS|exceeds limit)"):
        read_image(tmp_path / "bomb.png")


def test_the_limit_is_inclusive(tmp_path, monkeypatch):
    Image.fromarray(GREY).save(tmp_path / "a.png")
    monkeypatch.setattr(images, "MAX_PIXELS", 35)
    assert read_image(tmp_path / "a.png").shape == (5, 7)
    monkeypatch.setattr(images, "MAX_PIXELS", 34)
    with pytest.raises(ValueError, match="MAX_PIXELS = 34"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp", "gif", "tif", "ppm", "webp"])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.6])
def test_truncated_files_are_named(tmp_path, ending, share):
    path = tmp_path / f"a.{ending}"
    noise = RNG.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=rf"a\.{ending}"):
        read_image(path)


def test_only_picture_formats_are_asked(tmp_path):
    # Pillow would read it, and hand EPS to Ghostscript, whatever the file is called.
    Image.fromarray(GREY).save(tmp_path / "a.png", format="PCX")
    with pytest.raises(ValueError, match=r"a\.png: not a readable picture"):
        read_image(tmp_path / "a.png")


def test_errors_of_the_system_pass_through(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_image(tmp_path / "missing.png")
    with pytest.raises(IsADirectoryError):
        read_image(tmp_path)


def test_without_pillow(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"pip install matplotlib pillow"):
        read_image(tmp_path / "a.png")
