"""`latentia compress` and `decompress`: there and back, and what stops them."""

import numpy as np
import pytest
from PIL import Image

from latentia.compression import load

ROWS, COLUMNS = np.mgrid[:40, :56]
PICTURE = np.stack([ROWS * 6, COLUMNS * 4, ROWS + COLUMNS], axis=2).astype(np.uint8)


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(PICTURE).save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(5):
        Image.fromarray(np.roll(PICTURE, 3 * i, axis=1)).save(folder / f"{i}.png")
    return folder


def off_by(images, result):
    images = images.astype(float)
    return np.linalg.norm(images - result) / np.linalg.norm(images)


def test_a_photo_there_and_back(run, photo, tmp_path):
    code, out, _ = run("compress", photo, "--error", 0.03)
    assert code == 0
    for word in ("raw pixels", "6,720", "latentia", "PNG", "JPEG", "quality", "rank"):
        assert word in out
    assert (tmp_path / "photo.lat").stat().st_size < 6720
    again = tmp_path / "again.png"
    assert run("decompress", tmp_path / "photo.lat", "-o", again)[0] == 0
    assert 0 < off_by(PICTURE, np.asarray(Image.open(again))) <= 0.03


def test_a_folder_there_and_back(run, folder, tmp_path):
    code, out, _ = run("compress", folder, "--error", 0.1)
    assert code == 0
    assert "all in one image" in out
    assert run("decompress", tmp_path / "photos.lat", "-o", tmp_path / "again")[0] == 0
    names = sorted(path.name for path in (tmp_path / "again").iterdir())
    assert names == [f"{i:05}.png" for i in range(5)]
    last = np.asarray(Image.open(tmp_path / "again" / names[4]))
    assert off_by(np.roll(PICTURE, 12, axis=1), last) < 0.2
    code, _, err = run("decompress", tmp_path / "photos.lat", "-o", tmp_path / "a.png")
    assert code == 2
    assert "5 images" in err


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_arrays_of_floats_and_odd_channels(run, tmp_path, channels):
    images = np.resize(PICTURE / 255, (3, 40, 56, channels))
    np.save(tmp_path / "x.npy", images)
    code, out, _ = run("compress", tmp_path / "x.npy", "--error", 0.2)
    assert code == 0
    assert "8 bits" in out
    assert ("no transparency" in out) == (channels > 1)
    assert run("decompress", tmp_path / "x.lat", "-o", tmp_path / "y.npy")[0] == 0
    result = np.load(tmp_path / "y.npy")
    assert result.dtype == np.float32
    assert off_by(images, result) <= 0.2
    assert run("decompress", tmp_path / "x.lat", "-o", tmp_path / "y")[0] == 0
    assert len(list((tmp_path / "y").iterdir())) == 3


def test_nothing_is_overwritten_without_force(run, photo, tmp_path):
    out = tmp_path / "photo.lat"
    out.write_bytes(b"precious")
    code, _, err = run("compress", photo)
    assert code == 2
    assert "--force" in err
    assert out.read_bytes() == b"precious"
    assert run("compress", photo, "--force", "--method", "nmf", "--error", 0.2)[0] == 0
    for options in ([], ["--force"]):  # it may be all that is left of the original
        code, _, err = run("decompress", out, "-o", photo, *options)
        assert code == 2
        assert "may be the original of" in err


def test_images_of_several_sizes(run, folder):
    Image.fromarray(PICTURE[:30]).save(folder / "small.png")
    code, _, err = run("compress", folder, "--error", 0.1)
    assert code == 2
    assert "must have the same size" in err
    assert "not a readable" not in err


def test_a_much_smaller_image(run, folder):
    Image.fromarray(PICTURE[:9, :9]).save(folder / "small.png")
    code, _, err = run("compress", folder, "--error", 0.1)
    assert code == 2
    assert "small.png: too small" in err


def test_a_folder_of_turned_tiffs(run, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in "ab":
        Image.fromarray(PICTURE).save(photos / f"{name}.tif", exif=exif)
    assert run("compress", photos, "--error", 0.01)[0] == 0
    decoded = load(tmp_path / "photos.lat").to_images()
    assert off_by(np.stack([np.rot90(PICTURE, -1)] * 2), decoded) <= 0.01


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["compress", "missing.png"], "missing.png"),
        (["compress", "missing"], "missing"),
        (["compress", "photo.png", "--error", "0"], "error must be"),
        (["compress", "photo.png", "--error", "nan"], "error must be"),
        (["compress", "photo.png", "--method", "pca"], "method must be"),
        (["compress", "photo.png", "-o", "x.png"], "must end in .lat"),
        (["compress", "photo.png", "-o", "no/x.lat"], "no folder"),
        (["compress", "text.png"], "text.png"),
        (["compress", "text.xyz"], "text.xyz"),
        (["decompress", "missing.lat", "-o", "x.png"], "missing.lat"),
        (["decompress", "text.png", "-o", "x.png"], "must hold compressed images"),
        (["decompress", "text.png", "-o", "x.gif"], ".png or .npy"),
        (["decompress", "text.png", "-o", "photo.png"], "--force"),
    ],
)
def test_errors_are_one_line_and_exit_code_2(
    run, photo, tmp_path, monkeypatch, arguments, says
):
    monkeypatch.chdir(tmp_path)
    for name in ("text.png", "text.xyz"):
        (tmp_path / name).write_text("no picture")
    before = sorted(tmp_path.iterdir())
    code, out, err = run(*arguments)
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err + out
    assert sorted(tmp_path.iterdir()) == before
