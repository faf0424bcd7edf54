"""Zip files of pictures: read as the folders that they would unpack to."""

import io
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentia.datasets import images, load_image_folder

RANDOM = np.random.default_rng(0)


def png(height=8, width=9, n_channels=3):
    """Return a picture's bytes; no two are the same."""
    pixels = RANDOM.integers(0, 256, (height, width, n_channels), np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(content, "PNG")
    return content.getvalue()


def zipped(path, members, method=zipfile.ZIP_DEFLATED):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that come twice
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
    return path


def unzipped(path, folder):
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


def assert_as_on_disk(path, folder, **form):
    """The same pictures, classes, names and notes."""
    found = []
    for root in (path, folder):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            loaded = load_image_folder(root, **form)
        told = [str(w.message).replace(str(root), "ROOT") for w in caught]
        names = [str(p.relative_to(root)) for p in loaded.paths]
        left_out = [(str(p.relative_to(root)), why) for p, why in loaded.skipped]
        found.append((loaded.classes, names, left_out, told))
        assert all(isinstance(p, Path) for p in loaded.paths)
        labels = [] if loaded.labels is None else loaded.labels
        found[-1] += (loaded.images.shape, list(labels), loaded.images.tobytes())
    assert found[0] == found[1]
    return loaded


@pytest.mark.parametrize(
    "members",
    [
        {"b.png": png(), "a.png": png()},
        {"cat/1.png": png(), "dog/1.png": png(), "cat/deep/er/2.png": png()},
        {"all/": b"", "all/cat/1.png": png(), "all/dog/2.png": png()},
        {"one/a.png": png(), "one/b.heic": b"", "loose.png": png(), "notes.txt": b"x"},
        {"a.png": png(), "b.png": b"no picture", ".hidden.png": png()},
        {"a.png": png(20, 20), "b.png": png(20, 20), "c.png": png(9, 9)},
        {"a.png": png(20, 20), "b.png": png(20, 20), "c.png": png(12, 12)},
        {"a.png": png(n_channels=1), "b.png": png(n_channels=4)},
    ],
)
@pytest.mark.parametrize("form", [{}, {"size": (10, 8), "mode": "L"}])
def test_it_is_the_folder_that_it_unpacks_to(tmp_path, members, form):
    path = zipped(tmp_path / "photos.zip", members)
    before = set(tmp_path.iterdir())
    load_image_folder(zipped(tmp_path / "photos.zip", {"a.png": png()}))
    zipped(path, members)
    assert set(tmp_path.iterdir()) == before  # nothing is unpacked
    assert_as_on_disk(path, unzipped(path, tmp_path / "photos"), **form)


@pytest.mark.parametrize("names", [("train/1.png", "test/2.png"), (), ("a.txt",)])
def test_the_same_errors(tmp_path, names):
    path = zipped(tmp_path / "photos.zip", dict.fromkeys(names, png()))
    (tmp_path / "photos").mkdir()
    said = []
    for root in (path, unzipped(path, tmp_path / "photos")):
        with pytest.raises(ValueError, match=r"must contain|has parts") as caught:
            load_image_folder(root)
        said.append(str(caught.value).replace(str(root), "ROOT"))
    assert said[0] == said[1]


def test_what_macos_adds_is_passed_over(tmp_path):
    members = {
        "cat/1.png": png(),
        "cat/.DS_Store": b"",
        "__MACOSX/cat/._1.png": b"\0\5\x16\7",
        "__MACOSX/1.png": png(),
        "dog/1.png": png(),
        "dog/__MACOSX/1.png": png(),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = load_image_folder(zipped(tmp_path / "a.ZIP", members))
    assert found.classes == ("cat", "dog")
    assert [p.name for p in found.paths] == ["1.png", "1.png"]


def test_hostile_names_are_only_names(tmp_path):
    outside = tmp_path / "outside.png"
    members = {
        "../outside.png": png(),
        "cat/../../outside.png": png(),
        "/abs/1.png": png(),
        "C:\\dog\\2.png": png(),
        "cat//3.png": png(),
        "cat/\x1b[31m.png": png(),
    }
    found = load_image_folder(zipped(tmp_path / "a.zip", members))
    assert not outside.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]
    assert found.classes == ("C:", "abs", "cat")
    assert len(found.images) == 4


def test_folders_in_folders(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a/" * 99 + "1.png": png()})
    assert len(load_image_folder(path).images) == 1
    path = zipped(tmp_path / "a.zip", {"1.png": png(), "a/" * 30_000 + "1.png": png()})
    with pytest.raises(ValueError, match=r"a\.zip: .* at most 100 nested .* 30001"):
        load_image_folder(path)


def test_names_of_other_programs(tmp_path):
    """UTF-8 without the flag, as macOS writes it; backslashes, as .NET does."""
    path = zipped(tmp_path / "a.zip", {"ab/1.png": png(), "x\\1.png": png()})
    raw = path.read_bytes()
    assert raw.count(b"ab/1.png") == 2
    path.write_bytes(raw.replace(b"ab/1.png", "é/1.png".encode()))
    assert load_image_folder(path).classes == ("x", "é")


def flagged(path, flag):
    """Set a bit in the flags of the first member, wherever they are."""
    raw = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        raw[raw.index(signature) + offset] |= flag
    path.write_bytes(raw)


def test_an_encrypted_member_is_named(tmp_path):
    path = zipped(tmp_path / "a.zip", {"cat/1.png": png(), "cat/2.png": png()})
    flagged(path, 1)
    with pytest.raises(ValueError, match=r"a\.zip/cat/1\.png: it is encrypted"):
        load_image_folder(path)


def test_a_damaged_member_is_named(tmp_path):
    """A picture that was damaged before it was packed is left out instead."""
    content = png(30, 30)
    path = zipped(tmp_path / "a.zip", {"1.png": png(30, 30), "2.png": content}, 0)
    raw = path.read_bytes()
    place = raw.index(content) + len(content) // 2
    path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
    with pytest.raises(ValueError, match=r"a\.zip/2\.png: not a readable member .*CRC"):
        load_image_folder(path)


@pytest.mark.parametrize("cut", [10, 200])
def test_a_file_that_was_cut_off(tmp_path, cut):
    path = zipped(tmp_path / "a.zip", {"1.png": png(), "2.png": png()})
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(ValueError, match=r"a\.zip: not a readable zip file"):
        load_image_folder(path)


def test_no_zip_file(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"not at all")
    with pytest.raises(ValueError, match=r"a\.zip: not a readable zip file"):
        load_image_folder(tmp_path / "a.zip")
    with pytest.raises(FileNotFoundError, match=r"b\.zip"):
        load_image_folder(tmp_path / "b.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_to_any_size(tmp_path, method):
    path = zipped(tmp_path / "a.zip", {"1.png": png()}, method)
    with pytest.raises(ValueError, match=r"1\.png: compression method \d+ is not read"):
        load_image_folder(path)


def test_a_bomb(tmp_path, monkeypatch):
    """What unpacks to more than any picture, and pictures that do so themselves."""
    monkeypatch.setattr(images, "MAX_PIXELS", 1000)
    path = zipped(tmp_path / "a.zip", {"ok.png": png(), "1.png": bytes(8001)})
    with pytest.raises(ValueError, match=r"1\.png: it unpacks to 8,001 bytes, more"):
        load_image_folder(path)
    blank = io.BytesIO()
    Image.new("L", (101, 10)).save(blank, "PNG")
    path = zipped(tmp_path / "a.zip", {"ok.png": png(), "1.png": blank.getvalue()})
    with pytest.warns(UserWarning, match="101×10 pixels are more than MAX_PIXELS"):
        assert len(load_image_folder(path).images) == 1


def test_a_size_that_is_a_lie(tmp_path):
    """No more is unpacked than the file says that there is."""
    path = zipped(tmp_path / "a.zip", {"1.png": bytes(10**7)})
    raw = path.read_bytes()
    path.write_bytes(raw.replace(struct.pack("<I", 10**7), struct.pack("<I", 100)))
    with pytest.raises(ValueError, match=r"1\.png: not a readable member .*CRC"):
        load_image_folder(path)
