"""Files are written atomically."""

import os

import pytest

from latentia._files import replacing


@pytest.fixture
def path(tmp_path):
    return tmp_path / "numbers.txt"


def left_in(folder):
    return sorted(p.name for p in folder.iterdir())


def test_a_new_file(path):
    with replacing(path) as temporary:
        temporary.write_text("all of it")
        assert not path.exists()
        assert temporary.parent == path.parent
    assert path.read_text() == "all of it"
    assert left_in(path.parent) == ["numbers.txt"]


def test_it_takes_the_place_of_another(path):
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert left_in(path.parent) == ["numbers.txt"]


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("before", [None, "old"])
def test_failures_leave_nothing_behind(path, error, before):
    if before:
        path.write_text(before)

    def write():
        with replacing(path) as temporary:
            temporary.write_text("half of")
            raise error

    with pytest.raises(error):
        write()
    assert left_in(path.parent) == (["numbers.txt"] if before else [])
    if before:
        assert path.read_text() == before


def test_a_temporary_file_that_was_removed(path):
    def write():
        with replacing(path) as temporary:
            temporary.unlink()

    with pytest.raises(OSError, match=r"numbers\.txt"):
        write()
    assert left_in(path.parent) == []


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX modes")
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_the_mode_of_an_ordinary_file(path, mask, mode):
    before = os.umask(mask)
    try:
        with replacing(path) as temporary:
            temporary.write_text("x")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == mode


def test_no_such_folder(tmp_path):
    path = tmp_path / "missing" / "numbers.txt"
    with pytest.raises(FileNotFoundError, match="missing"), replacing(path):
        pytest.fail("there is nowhere to write to")
    assert left_in(tmp_path) == []


def test_a_folder_is_in_the_way(path):
    path.mkdir()

    def write():
        with replacing(path) as temporary:
            temporary.write_text("x")

    with pytest.raises(OSError, match=r"numbers\.txt"):
        write()
    assert left_in(path.parent) == ["numbers.txt"]
    assert path.is_dir()


def test_two_at_once(path):
    with replacing(path) as one, replacing(path) as other:
        assert one != other
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"
    assert left_in(path.parent) == ["numbers.txt"]


def test_the_longest_name_that_there_can_be(tmp_path):
    path = tmp_path / ("x" * 251 + ".txt")
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"
