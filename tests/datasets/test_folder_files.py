"""Which files of a folder are pictures, and of which class."""

import numpy as np
import pytest
from PIL import Image

from latentia.datasets import load_image_folder

PIXELS = np.full((16, 16, 3), 99, np.uint8)
IS_READ = {".jfif": "jpeg", ".jpe": "jpeg", ".JFIF": "jpeg", ".tga": "tga"}


def save(folder, *names):
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PIXELS).save(file)
    return folder


def names_of(folder, root):
    return [str(path.relative_to(root)) for path in folder.paths]


@pytest.mark.parametrize("ending", [*IS_READ, ".jp2", ".j2k", ".avif"])
def test_endings_that_are_read(tmp_path, ending):
    format_ = IS_READ.get(ending, {".avif": "AVIF"}.get(ending, "JPEG2000"))
    Image.init()
    if format_.upper() not in Image.SAVE:
        pytest.skip(f"this Pillow has no {format_}")
    Image.fromarray(PIXELS).save(tmp_path / f"a{ending}", format=format_)
    folder = load_image_folder(tmp_path)
    assert folder.images.shape == (1, 16, 16, 3)
    assert np.abs(folder.images.astype(int) - 99).max() <= 2


def test_a_damaged_picture_is_not_taken_for_a_tga(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.png", format="TGA")
    with pytest.raises(ValueError, match=r"skipped 1 of 1 pictures, first .*a\.png"):
        load_image_folder(tmp_path)


@pytest.mark.parametrize("ending", [".heic", ".SVG", ".nef"])
def test_pictures_of_other_kinds_are_named(tmp_path, ending):
    save(tmp_path, "one/a.png", "two/a.png")
    (tmp_path / "two" / "deep").mkdir()
    (tmp_path / "two" / "deep" / f"b{ending}").touch()
    (tmp_path / "two" / "notes.txt").touch()
    with pytest.warns(UserWarning, match=f"skipped 1 of 3.*{ending} files are not"):
        folder = load_image_folder(tmp_path)
    assert [path.name for path, _ in folder.skipped] == [f"b{ending}"]


def test_only_other_kinds(tmp_path):
    (tmp_path / "a.heic").touch()
    with pytest.raises(ValueError, match=r"skipped 1 of 1 .*heic files are not read"):
        load_image_folder(tmp_path)


def test_deeper_folders_belong_to_the_class(tmp_path):
    save(tmp_path, "cats/a.png", "cats/2020/may/b.png", "dogs/2021/c.png")
    (tmp_path / "dogs" / "2021" / "empty").mkdir()
    save(tmp_path, "dogs/.hidden/d.png")
    folder = load_image_folder(tmp_path)
    assert folder.classes == ("cats", "dogs")
    assert folder.labels.tolist() == [0, 0, 1]
    expected = ["cats/a.png", "cats/2020/may/b.png", "dogs/2021/c.png"]
    assert names_of(folder, tmp_path) == expected
    assert folder.skipped == ()


@pytest.mark.parametrize("above", ["train", "data/train"])
def test_classes_further_down_are_found(tmp_path, above):
    save(tmp_path, f"{above}/cats/a.png", f"{above}/dogs/b.png")
    assert load_image_folder(tmp_path).classes == ("cats", "dogs")


def test_one_class_further_down(tmp_path):
    save(tmp_path, "train/cats/a.png")
    assert load_image_folder(tmp_path).classes == ("cats",)


@pytest.mark.parametrize("deeper", ["", "cats/"])
def test_parts_of_a_data_set_are_no_classes(tmp_path, deeper):
    save(tmp_path, f"train/{deeper}a.png", f"Test/{deeper}b.png")
    with pytest.raises(ValueError, match=r"give one of .*Test and .*train"):
        load_image_folder(tmp_path)
    assert len(load_image_folder(tmp_path / "train").images) == 1


def test_links_in_circles(tmp_path):
    save(tmp_path, "cats/a.png", "dogs/b.png")
    (tmp_path / "cats" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "cats" / "self").symlink_to(tmp_path / "cats")
    folder = load_image_folder(tmp_path)
    assert folder.classes == ("cats", "dogs")
    assert folder.labels.tolist().count(0) == 2  # its own, and by the link the dogs'
