"""Folders of pictures to train on: classes, sizes, modes, damage."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
Image = pytest.importorskip("PIL.Image")

from latentia.generative.data import as_image_set  # noqa: E402

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (4, 9, 11), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (4, 9, 11, 3), dtype=np.uint8)


def save(folder: Path, **pictures: np.ndarray) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize("as_path", [str, Path])
def test_a_flat_folder(tmp_path, as_path):
    save(tmp_path, a=COLOUR[0], b=COLOUR[1])
    image_set = as_image_set(as_path(tmp_path))
    np.testing.assert_array_equal(image_set.images, np.moveaxis(COLOUR[:2], -1, 1))
    assert image_set.labels is None
    assert image_set.skipped == ()


def test_sub_folders_are_classes(tmp_path):
    save(tmp_path / "dog", a=GREY[0])
    save(tmp_path / "cat", a=GREY[1], b=GREY[2])
    image_set = as_image_set(tmp_path, labelled=True)
    np.testing.assert_array_equal(image_set.images[:, 0], GREY[[1, 2, 0]])
    assert image_set.classes.tolist() == ["cat", "dog"]
    assert image_set.labels.tolist() == [0, 0, 1]


def test_y_takes_the_place_of_sub_folders(tmp_path):
    save(tmp_path / "dog", a=GREY[0], b=GREY[1])
    save(tmp_path / "cat", a=GREY[2])
    image_set = as_image_set(tmp_path, [5, 6, 5])
    assert image_set.classes.tolist() == [5, 6]
    with pytest.raises(ValueError, match="y has 2 labels for 3 images"):
        as_image_set(tmp_path, [5, 6])


def test_mixed_sizes_and_modes(tmp_path):
    save(tmp_path, a=GREY[0], b=np.zeros((20, 8, 3), np.uint8), c=COLOUR[0])
    with pytest.warns(UserWarning, match="enlarged 1 of 3 pictures to 9×11"):
        assert as_image_set(tmp_path).images.shape == (3, 3, 9, 11)
    assert as_image_set(tmp_path, size=(16, 12)).images.shape == (3, 3, 16, 12)


def test_damaged_pictures_are_left_out(tmp_path):
    save(tmp_path / "one", a=GREY[0], b=GREY[1], c=GREY[2])
    save(tmp_path / "two", a=GREY[3])
    (tmp_path / "one" / "d.jpg").write_bytes(b"no picture")
    cut(tmp_path / "one" / "b.png")
    cut(tmp_path / "two" / "a.png")
    with pytest.warns(UserWarning, match=r"skipped 3 of 5 pictures, first .*b\.png"):
        image_set = as_image_set(tmp_path)
    np.testing.assert_array_equal(image_set.images[:, 0], GREY[[0, 2]])
    # A class that no image is left of could not be learnt.
    assert image_set.classes.tolist() == ["one"]
    assert {path.name for path, _ in image_set.skipped} == {"a.png", "b.png", "d.jpg"}


def test_too_few_are_left(tmp_path):
    save(tmp_path, a=GREY[0], b=GREY[1])
    cut(tmp_path / "b.png")
    with (
        pytest.warns(UserWarning, match="skipped 1 of 2"),
        pytest.raises(
            ValueError, match=r"X has 1 image\(s\) \(1 were left out\), 2 are"
        ),
    ):
        as_image_set(tmp_path)


def test_folders_of_no_use(tmp_path):
    with pytest.raises(ValueError, match="must contain images"):
        as_image_set(tmp_path)
    with pytest.raises(FileNotFoundError):
        as_image_set(tmp_path / "missing")
    save(tmp_path, a=GREY[0], b=GREY[1, :7])
    with pytest.raises(NotADirectoryError):
        as_image_set(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"7×11 pixels.*size=\(height, width\)"):
        as_image_set(tmp_path)
    assert as_image_set(tmp_path, size=(8, 8)).image_shape == (1, 8, 8)
    with pytest.raises(ValueError, match=r"X has no labels.*sub-folder for each class"):
        as_image_set(tmp_path, size=(8, 8), labelled=True)
