"""A full disk: every writer names its file, and leaves what was there."""

import errno
import os
import resource
from contextlib import contextmanager
from functools import partial

import numpy as np
import pytest
from matplotlib.figure import Figure

from latentia import PCA
from latentia import rows as row_sources
from latentia._files import replacing
from latentia.cli.output import new_folder, write_npz
from latentia.compression import compress
from latentia.datasets.image_grid import write_png
from latentia.pages import Document, Picture, Section, write_page

ROWS = np.random.default_rng(0).standard_normal((300, 4))
PICTURE = np.add.outer(3 * np.arange(40), np.arange(56)).astype(np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (60, 60), dtype=np.uint8)


def write_report(folder, figure):
    section = Section("a", pictures=[Picture("p", figure, caption="c", alt="a")])
    write_page(Document("t", lead="l").add(section), folder, force=True)


def write_folder(folder):
    with new_folder(folder) as new:
        write_png(new / "00000.png", NOISE)


def write_rows(path):
    PCA(2, random_state=0).fit_transform(row_sources.open(lambda: [ROWS], out=path))


@pytest.fixture
def writers():
    """What writes, by the name of what it writes."""
    pca, images = PCA(2).fit(ROWS), compress(PICTURE, 0.05, random_state=0)
    figure = Figure((2, 1))
    return {
        "a.safetensors": partial(pca.save, overwrite=True),
        "a.npz": lambda path: write_npz(path, {"a": ROWS}),
        "a.npy": write_rows,
        "a.lat": partial(images.save, overwrite=True),
        "a.png": lambda path: write_png(path, NOISE),
        "report": lambda path: write_report(path, figure),
        "samples": write_folder,
    }


WRITERS = ["a.safetensors", "a.npz", "a.npy", "a.lat", "a.png", "report", "samples"]


@contextmanager
def files_of_at_most(n_bytes):
    """Python ignores the signal, so that writing more is an error as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def content(path):
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return {file: file.read_bytes() for file in files if file.is_file()}


@pytest.mark.parametrize("room", [0, 100, 1000])
@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("name", WRITERS)
def test_the_earlier_file_is_whole(tmp_path, writers, name, earlier, room):
    if name == "a.lat" and room == 1000:
        pytest.skip("it is smaller than that")
    path, write = tmp_path / name, writers[name]
    if earlier:
        write(path)
    before = content(tmp_path)
    message = rf"{name}(: the result of \d+ bytes)? could not be written: File too "
    with files_of_at_most(room), pytest.raises(OSError, match=message) as error:
        write(path)
    assert error.value.errno == errno.EFBIG
    assert content(tmp_path) == before
    write(path)  # there is room again
    assert content(tmp_path)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_other_errors_of_disks(tmp_path, number):
    (tmp_path / "a.txt").write_text("old")

    def write():
        with replacing(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            raise OSError(number, os.strerror(number))

    with pytest.raises(OSError, match=rf"a\.txt could not be .*{os.strerror(number)}"):
        write()
    assert content(tmp_path) == {tmp_path / "a.txt": b"old"}


def test_errors_that_tell_of_another_file_stay(tmp_path):
    def write():
        with replacing(tmp_path / "a.txt"):
            (tmp_path / "missing.txt").read_text()

    with pytest.raises(FileNotFoundError, match=r"No such file.*missing\.txt"):
        write()


def test_a_file_in_a_folder_that_is_not_there_yet(tmp_path):
    """Its temporary name says nothing to a user."""

    def write():
        with (
            replacing(tmp_path / "b.png"),
            new_folder(tmp_path / "a") as folder,
            replacing(folder / "1.png") as temporary,
        ):
            temporary.write_text("half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match=r"/a could not be written: No space left"):
        write()
    assert list(tmp_path.iterdir()) == []
