"""The sets that come with the dependencies, and Fashion-MNIST's files."""

import gzip
import sys

import numpy as np
import pytest

from latentia.datasets import (
    load_digits,
    load_fashion_mnist,
    load_photo,
    small_sets,
)


def test_digits():
    digits = load_digits()
    assert digits.images.shape == (1797, 8, 8)
    assert digits.images.dtype == np.uint8
    shades = np.rint(np.arange(17) * 255 / 16)
    np.testing.assert_array_equal(np.unique(digits.images), shades)
    assert digits.classes == tuple("0123456789")
    assert digits.labels.dtype == np.int64
    assert list(digits.labels[:4]) == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["china", "flower"])
def test_photos(name):
    photo = load_photo(name)
    assert photo.shape == (427, 640, 3)
    assert photo.dtype == np.uint8
    assert photo.flags.writeable
    assert photo.std() > 30


def test_the_photos_differ():
    assert (load_photo("china") != load_photo("flower")).any()


def test_unknown_photo():
    with pytest.raises(ValueError, match="one of china, flower, got 'lena'"):
        load_photo("lena")


def test_photo_without_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"pip install matplotlib pillow"):
        load_photo("china")


def write_fashion(folder, prefix="train", n=3, label=9, compressed=False):
    folder.mkdir(parents=True, exist_ok=True)
    images = bytes([0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, 28, 0, 0, 0, 28])
    images += bytes(range(n)) * 784
    labels = bytes([0, 0, 8, 1, 0, 0, 0, n]) + bytes([label]) * n
    for kind, content in [("images-idx3", images), ("labels-idx1", labels)]:
        path = folder / f"{prefix}-{kind}-ubyte{'.gz' if compressed else ''}"
        path.write_bytes(gzip.compress(content) if compressed else content)


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """No Fashion-MNIST in any of the usual places."""
    monkeypatch.delenv("LATENTIA_DATA", raising=False)
    system = tmp_path / "system"
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(small_sets, "_SYSTEM_FOLDER", system)
    return {"system": system, "home": home / ".cache" / "latentia" / "fashion-mnist"}


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(("split", "prefix"), [("train", "train"), ("test", "t10k")])
def test_fashion_mnist_in_a_folder(tmp_path, split, prefix, compressed):
    write_fashion(tmp_path, prefix, n=4, compressed=compressed)
    fashion = load_fashion_mnist(tmp_path, split)
    assert fashion.images.shape == (4, 28, 28)
    assert fashion.images.dtype == np.uint8
    assert fashion.labels.dtype == np.int64
    assert list(fashion.labels) == [9] * 4
    assert len(fashion.classes) == 10
    assert fashion.classes[9] == "Ankle boot"


def test_order_of_places(tmp_path, monkeypatch, nowhere):
    def found():
        return len(load_fashion_mnist().images)

    write_fashion(nowhere["home"], n=1)
    assert found() == 1
    write_fashion(nowhere["system"], n=2)
    assert found() == 2
    monkeypatch.setenv("LATENTIA_DATA", str(tmp_path / "data"))
    assert found() == 2
    write_fashion(tmp_path / "data" / "fashion-mnist", n=3)
    assert found() == 3
    write_fashion(tmp_path / "data", n=4)
    assert found() == 4
    # Half a set is passed over.
    (tmp_path / "data" / "train-labels-idx1-ubyte").unlink()
    assert found() == 3


def test_missing_fashion_mnist_says_where_it_looked(tmp_path, monkeypatch, nowhere):
    monkeypatch.setenv("LATENTIA_DATA", str(tmp_path / "data"))
    with pytest.raises(FileNotFoundError) as caught:
        load_fashion_mnist(split="test")
    message = str(caught.value)
    for place in [tmp_path / "data", *nowhere.values()]:
        assert str(place) in message
    assert "t10k-images-idx3-ubyte" in message
    assert "dataset-fashion-mnist" in message


def test_a_given_folder_is_the_only_place(tmp_path, nowhere):
    write_fashion(nowhere["system"])
    with pytest.raises(FileNotFoundError, match="given") as caught:
        load_fashion_mnist(tmp_path / "given")
    assert str(nowhere["system"]) not in str(caught.value)


def test_files_that_do_not_belong_together(tmp_path):
    write_fashion(tmp_path, n=3, label=10)
    with pytest.raises(ValueError, match="labels-idx1-ubyte must hold uint8 images"):
        load_fashion_mnist(tmp_path)
    write_fashion(tmp_path, n=3)
    images = (tmp_path / "train-images-idx3-ubyte").read_bytes()
    write_fashion(tmp_path, n=5)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(images)
    with pytest.raises(ValueError, match=r"\(3, 28, 28\).*\(5,\)"):
        load_fashion_mnist(tmp_path)


def test_bad_split():
    with pytest.raises(ValueError, match="one of train, test, got 'valid'"):
        load_fashion_mnist(split="valid")
