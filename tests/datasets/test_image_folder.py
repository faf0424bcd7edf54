"""Folders of pictures: classes, sizes, modes, and files that cannot be used."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentia.datasets import images, load_image_folder

GREY = np.arange(5 * 7, dtype=np.uint8).reshape(5, 7)
COLOUR = np.stack([GREY, GREY + 50, GREY + 100], axis=-1)
COLOUR_ALPHA = np.dstack([COLOUR, GREY + 150])
_OPACITY = COLOUR_ALPHA[..., 3:] / 255
OVER_WHITE = np.rint(_OPACITY * COLOUR + (1 - _OPACITY) * 255).astype(np.uint8)


def save(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def test_sub_folders_are_classes(tmp_path):
    for name, shade in [("dog/b", 3), ("cat/z", 2), ("cat/a", 1), ("Emu/x", 4)]:
        save(tmp_path / f"{name}.png", GREY + shade)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "read.txt").write_text("no class")
    (tmp_path / "cat" / "table.csv").write_text("no picture")
    save(tmp_path / ".hidden" / "a.png", GREY)
    (tmp_path / "cat" / ".thumb.png").write_bytes(b"hidden")
    (tmp_path / "cat" / "deeper.png").mkdir()

    folder = load_image_folder(tmp_path)
    assert folder.classes == ("Emu", "cat", "dog")
    assert folder.labels.dtype == np.int64
    np.testing.assert_array_equal(folder.labels, [0, 1, 1, 2])
    assert [path.name for path in folder.paths] == ["x.png", "a.png", "z.png", "b.png"]
    expected = GREY + np.array([4, 1, 2, 3], np.uint8)[:, None, None]
    np.testing.assert_array_equal(folder.images, expected)
    assert folder.images.dtype == np.uint8
    assert folder.skipped == ()


def test_a_flat_folder_has_no_labels(tmp_path):
    save(tmp_path / "b.PNG", GREY)
    save(tmp_path / "a.bmp", GREY)
    (tmp_path / "empty").mkdir()
    folder = load_image_folder(str(tmp_path))
    assert folder.labels is None
    assert folder.classes == ()
    assert folder.images.shape == (2, 5, 7)
    assert [path.name for path in folder.paths] == ["a.bmp", "b.PNG"]


def test_pictures_beside_classes_are_reported(tmp_path):
    save(tmp_path / "one" / "a.png", GREY)
    loose = save(tmp_path / "b.png", GREY)
    with pytest.warns(UserWarning, match="skipped 1 of 2"):
        folder = load_image_folder(tmp_path)
    assert folder.skipped == ((loose, "outside the sub-folders that are the classes"),)


def test_damaged_pictures_are_reported_not_fatal(tmp_path, monkeypatch):
    good = save(tmp_path / "one" / "good.png", GREY)
    empty = tmp_path / "one" / "empty.jpg"
    empty.touch()
    text = tmp_path / "two" / "text.png"
    text.parent.mkdir()
    text.write_text("not a picture")
    cut = save(tmp_path / "two" / "cut.bmp", GREY)
    cut.write_bytes(cut.read_bytes()[:-10])
    large = save(tmp_path / "one" / "large.png", np.zeros((100, 100), np.uint8))
    monkeypatch.setattr(images, "MAX_PIXELS", 9999)

    with pytest.warns(UserWarning, match="skipped 4 of 5 pictures") as warned:
        folder = load_image_folder(tmp_path)
    assert len(warned) == 1
    assert warned[0].filename == __file__
    assert folder.paths == (good,)
    assert folder.classes == ("one", "two")
    np.testing.assert_array_equal(folder.labels, [0])
    np.testing.assert_array_equal(folder.images, [GREY])
    reasons = dict(folder.skipped)
    assert list(reasons) == [empty, large, cut, text]
    assert "MAX_PIXELS" in reasons[large]
    assert not any(str(tmp_path) in reason[:20] for reason in reasons.values())


def test_damage_found_late_has_no_say_in_the_form(tmp_path):
    # The header of the cut file is whole: smaller, and in colour.
    save(tmp_path / "a.png", GREY)
    cut = save(tmp_path / "b.bmp", COLOUR[:3, :3])
    cut.write_bytes(cut.read_bytes()[:-5])
    save(tmp_path / "c.png", GREY + 1)
    with pytest.warns(UserWarning, match=r"b\.bmp"):
        folder = load_image_folder(tmp_path)
    np.testing.assert_array_equal(folder.images, [GREY, GREY + 1])
    assert [path for path, _ in folder.skipped] == [cut]


def test_nothing_readable(tmp_path):
    with pytest.raises(ValueError, match=r"must contain images.*\.png"):
        load_image_folder(tmp_path)
    (tmp_path / "a.png").write_bytes(b"junk")
    cut = save(tmp_path / "b.bmp", GREY)
    cut.write_bytes(cut.read_bytes()[:-10])
    with pytest.raises(ValueError, match=r"skipped 2 of 2 pictures, first .*a\.png"):
        load_image_folder(tmp_path)


def test_mixed_sizes_take_the_median_height_and_width(tmp_path):
    for name, size in {"a": (40, 10), "b": (20, 60), "c": (30, 12)}.items():
        save(tmp_path / f"{name}.png", np.full(size, 10, np.uint8))
    with pytest.warns(UserWarning, match=r"enlarged 2 of 3 pictures to 30×12") as told:
        folder = load_image_folder(tmp_path)
    assert folder.images.shape == (3, 30, 12)
    assert len(told) == 1
    assert told[0].filename == __file__
    assert (folder.images == 10).all()


@pytest.mark.parametrize("odd", [(9, 12), (8, 300), (300, 8), (31, 64), (64, 31)])
def test_small_pictures_are_left_out_by_the_bulk(tmp_path, odd):
    for number in range(5):
        save(tmp_path / f"{number}.png", np.full((64, 64), number, np.uint8))
    small = save(tmp_path / "small.png", np.zeros((*odd, 3), np.uint8))
    with pytest.warns(UserWarning, match=r"skipped 1 of 6.*too small.*64×64.*size=\("):
        folder = load_image_folder(tmp_path)
    assert folder.images.shape == (5, 64, 64)
    assert [path for path, _ in folder.skipped] == [small]
    assert "×".join(map(str, odd)) in folder.skipped[0][1]
    # A wanted size takes all.
    assert load_image_folder(tmp_path, size=(64, 64)).images.shape == (6, 64, 64, 3)


@pytest.mark.parametrize("odd", [(32, 32), (48, 64), (64, 63)])
def test_somewhat_smaller_pictures_are_enlarged(tmp_path, odd):
    for number in range(5):
        save(tmp_path / f"{number}.png", np.full((64, 64), number, np.uint8))
    save(tmp_path / "small.png", np.full(odd, 99, np.uint8))
    with pytest.warns(UserWarning, match=r"enlarged 1 of 6.*size=\(height, width\)"):
        folder = load_image_folder(tmp_path)
    assert folder.images.shape == (6, 64, 64)
    assert folder.skipped == ()
    assert (folder.images[-1] == 99).all()


def test_a_damaged_picture_is_no_part_of_the_bulk(tmp_path):
    for number in range(3):
        cut = save(tmp_path / f"{number}.bmp", np.zeros((90, 90), np.uint8))
        cut.write_bytes(cut.read_bytes()[:-10])
    good = [save(tmp_path / f"{name}.png", GREY) for name in "ab"]
    with pytest.warns(UserWarning, match="skipped 3 of 5"):
        folder = load_image_folder(tmp_path)
    assert list(folder.paths) == good
    np.testing.assert_array_equal(folder.images, [GREY, GREY])


def test_cover_then_crop_about_the_centre(tmp_path):
    stripes = np.repeat(np.array([[0, 100, 200]], np.uint8), 10, axis=1)
    save(tmp_path / "a.png", np.repeat(stripes, 10, axis=0))
    # Height fits, width sticks out: only the middle stripe is left.
    square = load_image_folder(tmp_path, size=(10, 10)).images
    assert square.shape == (1, 10, 10)
    assert np.abs(square[0, :, 3:-3].astype(int) - 100).max() <= 2
    doubled = load_image_folder(tmp_path, size=(20, 60)).images
    assert doubled.shape == (1, 20, 60)
    assert list(doubled[0, 10, [5, 30, 55]]) == [0, 100, 200]


def test_orientation_counts_for_the_common_size(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(GREY).save(tmp_path / "a.png", exif=exif)
    save(tmp_path / "b.png", np.ascontiguousarray(GREY.T))
    assert load_image_folder(tmp_path).images.shape == (2, 7, 5)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
@pytest.mark.parametrize("pixels", [GREY, COLOUR])
def test_a_turned_tiff_is_turned_once(tmp_path, orientation, compression, pixels):
    # Some versions of Pillow turn TIFFs by themselves, in their size or when decoding.
    exif = Image.Exif()
    exif[0x0112] = orientation
    for ending in ("tif", "png"):
        options = {"compression": compression} if ending == "tif" else {}
        Image.fromarray(pixels).save(tmp_path / f"a.{ending}", exif=exif, **options)
    expected, turned = load_image_folder(tmp_path).images
    np.testing.assert_array_equal(turned, expected)
    assert turned.shape[:2] == ((5, 7) if orientation < 5 else (7, 5))


@pytest.mark.parametrize(
    ("kinds", "channels"),
    [
        ([GREY], 1),
        ([GREY, COLOUR], 3),
        ([GREY, COLOUR_ALPHA], 3),
        ([COLOUR_ALPHA, COLOUR_ALPHA], 4),
        ([COLOUR, COLOUR_ALPHA], 3),
    ],
)
def test_common_mode(tmp_path, kinds, channels):
    for number, pixels in enumerate(kinds):
        save(tmp_path / f"{number}.png", pixels)
    shape = load_image_folder(tmp_path).images.shape
    assert shape == (len(kinds), 5, 7, channels)[: 4 if channels > 1 else 3]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("L", np.array(Image.fromarray(OVER_WHITE).convert("L"))),
        ("RGB", OVER_WHITE),
        ("RGBA", COLOUR_ALPHA),
    ],
)
def test_given_mode(tmp_path, mode, expected):
    save(tmp_path / "a.png", COLOUR_ALPHA)
    read = load_image_folder(tmp_path, mode=mode).images
    difference = np.abs(read[0].astype(int) - expected)
    assert difference.max() <= (0 if mode == "RGBA" else 1)  # of rounding


@pytest.mark.parametrize("hidden", [0, 77, 255])
@pytest.mark.parametrize("source", ["RGBA", "LA", "P"])
def test_colours_under_no_opacity_are_not_seen(tmp_path, hidden, source):
    clear = Image.new("RGBA", (7, 5), (hidden, hidden, hidden, 0)).convert(source)
    options = {"transparency": bytes(256)} if source == "P" else {}
    clear.save(tmp_path / "a.png", **options)
    save(tmp_path / "b.png", COLOUR)
    read = load_image_folder(tmp_path).images
    np.testing.assert_array_equal(read, [np.full_like(COLOUR, 255), COLOUR])


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("source", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_any_mode_becomes_the_given_one(tmp_path, source, mode):
    # Transparency as bytes makes Pillow warn where it is dropped carelessly.
    options = {"transparency": bytes(256)} if source == "P" else {}
    ending = "tif" if source == "CMYK" else "png"
    picture = Image.new("L", (7, 5), 255).convert(source)
    picture.save(tmp_path / f"a.{ending}", **options)
    read = load_image_folder(tmp_path, mode=mode).images
    assert read.shape == (1, 5, 7, len(mode))[: 4 if len(mode) > 1 else 3]
    assert (read[..., :3] == 255).all()


@pytest.mark.parametrize("size", [0, 32, (0, 5), (5,), (5, 5, 3), (5.0, 5.0), "ab"])
def test_bad_size(tmp_path, size):
    with pytest.raises(ValueError, match=r"size must be \(height, width\)"):
        load_image_folder(tmp_path, size=size)


def test_bad_mode(tmp_path):
    with pytest.raises(ValueError, match=r"mode must be .*RGBA or None, got 'CMYK'"):
        load_image_folder(tmp_path, mode="CMYK")


def test_not_a_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_image_folder(tmp_path / "missing")
    with pytest.raises(NotADirectoryError):
        load_image_folder(save(tmp_path / "a.png", GREY))


def test_without_pillow(tmp_path, monkeypatch):
    save(tmp_path / "a.png", GREY)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match="latentia"):
        load_image_folder(tmp_path)
