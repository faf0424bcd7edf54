"""What goes wrong while blocks are read or results written, and what is left behind."""

import errno
import os
import re
import threading

import numpy as np
import pytest

from latentia.rows import as_rows, gram, product, summarise
from latentia.rows.chunked import open
from latentia.rows.chunked.read_ahead import read_ahead

A = np.random.default_rng(0).standard_normal((103, 7)).astype(np.float32)
FIVE_ROWS = 16 * 5 * 28
BLOCK_17 = r"block 17 \(rows 85 to 89\) "


@pytest.fixture(autouse=True)
def threads_end():
    before = threading.active_count()
    yield
    assert threading.active_count() == before


class Failing:
    """An array of which some rows cannot be read."""

    shape, dtype = A.shape, A.dtype

    def __init__(self, kind=OSError):
        self.kind = kind

    def __getitem__(self, rows):
        if rows.stop > 85:
            raise self.kind("bad sector")
        return A[rows]


@pytest.mark.parametrize("read", [gram, lambda rows: rows.take(np.array([3, 87]))])
@pytest.mark.parametrize("kind", [OSError, ValueError, TypeError])
def test_a_block_that_cannot_be_read(kind, read):
    rows = open(Failing(kind), memory=FIVE_ROWS, name="counts")
    message = f"^counts: {BLOCK_17}could not be read: bad sector$"
    with pytest.raises(kind, match=message) as raised:
        read(rows)
    assert isinstance(raised.value.__cause__, kind)


@pytest.mark.parametrize("read", [gram, lambda rows: rows.take(np.array([3, 87]))])
@pytest.mark.parametrize("kind", [AttributeError, RuntimeError, KeyError])
def test_a_mistake_in_a_source_stays_what_it_is(kind, read):
    rows = open(Failing(kind), memory=FIVE_ROWS, name="counts")
    with pytest.raises(kind, match="bad sector") as raised:
        read(rows)
    assert type(raised.value) is kind
    (note,) = raised.value.__notes__
    assert re.fullmatch(f"counts: {BLOCK_17}was read", note)


def test_a_kernel_that_raises():
    rows = open(Failing(), memory=FIVE_ROWS)
    seen = []
    before = threading.active_count()

    def kernel(block, n_threads):
        seen.append(len(block))
        if len(seen) == 3:
            raise KeyboardInterrupt
        return 0

    with pytest.raises(KeyboardInterrupt):
        rows.reduce(kernel)
    assert seen == [5, 5, 5]
    assert threading.active_count() == before


def test_one_item_ahead_and_no_more():
    made = []

    def items():
        for item in range(5):
            made.append(item)
            yield item

    ahead = read_ahead(items())
    assert next(ahead) == 0
    next(ahead)
    assert len(made) <= 3
    ahead.close()
    assert len(made) <= 3
    assert list(read_ahead(items())) == [0, 1, 2, 3, 4]


def test_a_file_that_is_cut_after_it_was_opened(tmp_path):
    path = tmp_path / "A.npy"
    np.save(path, A)
    mapped = np.load(path, mmap_mode="r")
    os.truncate(path, 128 + 87 * 28)
    for source in (mapped, mapped[:, 1:], mapped[10:][::-1]):
        with pytest.raises(OSError, match="file was cut to 2564 bytes"):
            gram(open(source, memory=FIVE_ROWS))
    with pytest.raises(OSError, match=f"^X: {BLOCK_17}could not be read: the file was"):
        gram(open(mapped, memory=FIVE_ROWS))
    with pytest.raises(OSError, match="file was cut"):
        open(mapped, memory=FIVE_ROWS).take(np.array([3]))


def test_a_file_that_changes_between_passes(tmp_path):
    path = tmp_path / "A.npy"
    np.save(path, A)
    rows = open(path, memory=FIVE_ROWS)
    gram(rows)
    os.truncate(path, 1000)
    with pytest.raises(OSError, match=r"A.npy: block 0 .rows 0 to 4. could not be"):
        gram(rows)
    np.save(path, A + 1)
    with pytest.raises(
        OSError, match=r"A.npy was changed or replaced after it was opened"
    ):
        gram(rows)


class Shrinking:
    """Gives fewer blocks at every call but the first, or more."""

    def __init__(self, later):
        self.counts = iter([20, later])

    def __call__(self):
        for _ in range(next(self.counts)):
            yield np.ones((5, 7))


@pytest.mark.parametrize(
    ("later", "message"),
    [
        (18, r"block 18 .* ended after 18 blocks, when it was opened it gave 20"),
        (21, r"block 19 .* gives more than the 20 blocks"),
    ],
)
def test_an_iterator_of_another_length(later, message):
    rows = open(Shrinking(later), memory=16 * 5 * 56)
    with pytest.raises(ValueError, match=message):
        gram(rows)


def test_an_iterator_that_is_not_new():
    same = iter([A, A])
    rows = open(lambda: same, memory=FIVE_ROWS)
    with pytest.raises(ValueError, match=r"after 0 blocks.* must be a new one"):
        gram(rows)


def test_an_iterator_with_another_block():
    lengths = iter([5, 5, 4])

    def blocks():
        yield np.ones((10, 7))
        yield np.ones((next(lengths), 7))

    rows = open(lambda: blocks(), memory="1kB")
    assert rows.shape == (15, 7)
    gram(rows)
    with pytest.raises(ValueError, match="part 1 is dense and 4 × 7, but when it was"):
        gram(rows)


def no_room(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_no_room_for_a_state(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(os, "posix_fallocate", no_room)
    rows = open(A, memory=FIVE_ROWS)
    with pytest.raises(OSError, match=rf"2884 bytes .* {tmp_path} .*No space left"):
        rows.empty_state(7)
    assert list(tmp_path.iterdir()) == []


def test_states_move_to_the_disk_and_back():
    rows = open(A, memory=4 * 824)
    first, second = rows.empty_state(2), rows.empty_state(2)
    third = product(rows, np.eye(7)[:, :2])
    kept = [state.array for state in (first, second, third)]
    assert [isinstance(array, np.memmap) for array in kept] == [False, False, True]
    np.testing.assert_array_equal(third.result(), A[:, :2])
    third.reduce(lambda block, n_threads: block.fill(3) or 0)
    assert (third.result() == 3).all()
    del first, kept
    assert not isinstance(rows.empty_state(2).array, np.memmap)


def test_a_disk_that_promises_nothing(monkeypatch):
    def unsupported(*_):
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(os, "posix_fallocate", unsupported)
    state = open(A, memory=1).empty_state(3000)
    assert state.result().shape == (103, 3000)
    assert not state.result().any()


def test_results_go_to_a_file(tmp_path):
    path = tmp_path / "U.npy"
    rows = open(A, memory=FIVE_ROWS, out=path)
    result = product(rows, np.eye(7)[:, :2]).result()
    assert isinstance(result, np.memmap)
    np.testing.assert_array_equal(result, A[:, :2])
    labels = rows.empty_state(None, np.int64)
    labels.array[:] = 4
    assert (labels.result() == 4).all()
    np.testing.assert_array_equal(np.load(path), np.full(103, 4))
    np.testing.assert_array_equal(result, A[:, :2])
    assert labels.to_numpy() is labels.array
    assert list(tmp_path.iterdir()) == [path]


def test_results_go_to_an_array():
    out = np.zeros((103, 2), np.float32)
    rows = open(A, memory=FIVE_ROWS, out=out)
    assert product(rows, np.eye(7)[:, :2]).result() is out
    np.testing.assert_array_equal(out, A[:, :2])
    with pytest.raises(ValueError, match=r"out must have shape \(103, 3\) and type"):
        product(rows, np.eye(7)[:, :3]).result()


def test_a_file_stays_whole_if_it_cannot_be_replaced(tmp_path, monkeypatch):
    path = tmp_path / "U.npy"
    np.save(path, A)
    state = open(A, memory=FIVE_ROWS, out=path).empty_state(2)
    calls = iter(range(100))

    def full_later(array):
        return no_room() if next(calls) == 7 else array

    monkeypatch.setattr("latentia.rows.chunked.results.drop_pages", full_later)
    with pytest.raises(OSError, match=r"U.npy: the result of 824 bytes could not be"):
        state.result()
    np.testing.assert_array_equal(np.load(path), A)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("link", [False, True])
def test_rows_are_not_written_over(tmp_path, link):
    path = tmp_path / "A.npy"
    np.save(path, A)
    out = path
    if link:
        out = tmp_path / "link.npy"
        out.symlink_to(path)
    mapped = np.load(path, mmap_mode="r+")
    for source, to in ((path, out), (mapped, out), (mapped, mapped[:, :2])):
        with pytest.raises(ValueError, match="out must not be where the rows are read"):
            open(source, out=to)
    folder = tmp_path / "parts"
    folder.mkdir()
    np.save(folder / "part.npy", A)
    with pytest.raises(ValueError, match="out must not be where the rows are read"):
        open(folder, out=folder / "part.npy")


def test_masks_are_not_lost():
    masked = np.ma.masked_greater(A, 0.5)
    for source in (masked, lambda: iter([masked])):
        with pytest.raises(TypeError):
            open(source)
    with pytest.raises(TypeError, match="masked array, whose mask would be lost"):
        as_rows(masked)


def test_rows_say_in_a_line_what_they_are():
    rows = open(lambda: iter([A]), memory=FIVE_ROWS, name="numbers")
    assert repr(rows) == "<rows of numbers: 103 × 7 float32, 21 blocks>"


def test_a_part_that_is_replaced_between_two_passes(tmp_path):
    for number in (1, 2):
        np.save(tmp_path / f"part-{number}.npy", np.full((9, 2), float(number)))
    source = open(tmp_path)
    assert summarise(source).mean[0] == 1.5
    np.save(tmp_path / "part-1.npy", np.full((9, 2), 100.0))
    os.utime(tmp_path / "part-1.npy", ns=(0, 0))
    with pytest.raises(OSError, match=r"part-1\.npy was changed or replaced"):
        summarise(source)
