"""What can be opened, what is refused, and the memory that a pass takes."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse

from latentia.rows import gram
from latentia.rows.chunked import open
from latentia.rows.chunked.budget import as_bytes, block_bounds

A = np.random.default_rng(0).standard_normal((103, 7))


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [
        (1, 1),
        (np.int64(12), 12),
        ("7", 7),
        ("512MB", 512 * 10**6),
        ("1.5 GB", 1_500_000_000),
        (" .5kb", 500),
        ("2GiB", 2 * 2**30),
        ("3B", 3),
        ("1TiB", 2**40),
    ],
)
def test_memory(text, n_bytes):
    assert as_bytes(text) == n_bytes


@pytest.mark.parametrize("text", [0, -5, "0GB", "", "GB", "1 PB", "1,5GB", "-1GB", "x"])
def test_memory_that_is_no_size(text):
    with pytest.raises(ValueError, match="memory must be"):
        open(A, memory=text)


@pytest.mark.parametrize("memory", [None, True, 1.5])
def test_memory_of_another_type(memory):
    with pytest.raises(TypeError, match="memory must be a number of bytes or"):
        open(A, memory=memory)


@pytest.mark.parametrize(
    ("memory", "chunk_rows", "first"),
    [(16 * 50, 1, 5), (16 * 50, 2, 4), (16 * 50, 6, 5), (16 * 59, 1, 5), (1, 1, 1)],
)
def test_blocks_are_a_sixteenth_of_memory(memory, chunk_rows, first):
    bounds = block_bounds(23, row_bytes=10, chunk_rows=chunk_rows, memory=memory)
    assert bounds.tolist() == [*range(0, 23, first), 23]


def test_parts_follow_each_other_as_people_count(tmp_path):
    for number in (10, 9, 1, 2):
        np.save(tmp_path / f"part{number}.npy", np.full((2, 3), number))
    (tmp_path / ".hidden").write_text("")
    rows = open(tmp_path, memory="1kB")
    taken = rows.take(np.arange(0, 8, 2))
    np.testing.assert_array_equal(taken[:, 0], [1, 2, 9, 10])


def test_one_of_several_datasets(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "A.h5"
    with h5py.File(path, "w") as file:
        file["one"], file["two"] = A, 2 * A
    np.testing.assert_array_equal(gram(open(f"{path}::two")), gram(open(2 * A)))
    with pytest.raises(ValueError, match=r'2 matrices \(one, two\).*"A.h5::NAME"'):
        open(path)
    with pytest.raises(ValueError, match="has no dataset 'three'"):
        open(f"{path}::three")


def test_a_group_of_arrays(tmp_path):
    zarr = pytest.importorskip("zarr")
    group = zarr.create_group(str(tmp_path / "all.zarr"))
    group.create_array("deep", data=A)
    with pytest.raises(ValueError, match=r"is a group.*\(deep\)"):
        open(tmp_path / "all.zarr")
    assert open(tmp_path / "all.zarr" / "deep").shape == A.shape


def wide(path):
    np.save(path / "1.npy", A)
    np.save(path / "2.npy", A[:, 1:])


def both_kinds(path):
    np.save(path / "1.npy", A)
    scipy.sparse.save_npz(path / "2.npz", scipy.sparse.csr_array(A))


def cut(path):
    np.save(path / "1.npy", A)
    whole = (path / "1.npy").read_bytes()
    (path / "2.npy").write_bytes(whole[:-8])


def cut_archive(path):
    np.savez(path / "2.npz", A)
    whole = (path / "2.npz").read_bytes()
    (path / "2.npz").write_bytes(whole[:-80])


def stranger(path):
    np.save(path / "1.npy", A)
    (path / "notes.txt").write_text("")


def without_rows(path):
    np.save(path / "1.npy", A[:0])


FOLDERS = {
    wide: r"2.npy is dense with 6 columns, but .*1.npy is dense with 7",
    both_kinds: r"2.npz is sparse with 7 columns, but .*1.npy is dense with 7",
    cut: "2.npy: not a readable .npy file",
    cut_archive: "2.npz: not a readable .npz archive",
    stranger: "notes.txt: is not a part of a matrix",
    without_rows: "there are no rows",
    lambda path: None: "the folder holds no parts",
    lambda path: (path / "deeper.npy").mkdir(): "deeper.npy: is not a part",
}


@pytest.mark.parametrize(("fill", "message"), FOLDERS.items())
def test_folders_that_are_no_matrix(fill, message, tmp_path):
    fill(tmp_path)
    with pytest.raises(ValueError, match=message):
        open(tmp_path)


REFUSED = {
    "complex": (A.astype(complex), TypeError, "A must hold real numbers"),
    "objects": (A.astype(object), TypeError, "real numbers.* object"),
    "words": (np.array([["a"]]), TypeError, "real numbers"),
    "dates": (np.zeros((2, 2), "M8[s]"), TypeError, "real numbers"),
    "one axis": (A[0], ValueError, r"A must be a matrix .* \(7,\)"),
    "three axes": (A[None], ValueError, "must be a matrix"),
    "no rows": (A[:0], ValueError, "at least one row"),
    "no columns": (A[:, :0], ValueError, "one row and one column"),
    "sparse": (scipy.sparse.csr_array(A), TypeError, "A must be a path, an array"),
    "list": (A.tolist(), TypeError, "got list"),
    "blocks of lists": (lambda: [A.tolist()], TypeError, "A: block 0 .* got list"),
    "complex blocks": (lambda: [A, A * 1j], TypeError, "A: block 1 .* real numbers"),
    "flat blocks": (lambda: [A[0]], ValueError, "A: block 0 .* one column"),
    "blocks that differ": (
        lambda: [A, A[:, 1:]],
        ValueError,
        "block 1 of the iterator is dense with 6 columns, but A: block 0",
    ),
    "no blocks": (lambda: iter([]), ValueError, "A: there are no rows"),
    "no iterator": (lambda: 3, TypeError, "A must return an iterator.* got int"),
}


@pytest.mark.parametrize(
    ("source", "error", "message"), REFUSED.values(), ids=REFUSED.keys()
)
def test_no_matrix(source, error, message):
    with pytest.raises(error, match=message):
        open(source, name="A")


def test_paths_that_name_nothing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.npy"):
        open(tmp_path / "nothing.npy")
    (tmp_path / "A.xls").write_text("1,2")
    with pytest.raises(ValueError, match=r"unknown ending '.xls', known: .npy, .h5"):
        open(tmp_path / "A.xls")
    np.save(tmp_path / "c.npy", A * 1j)
    with pytest.raises(ValueError, match=r"c\.npy must hold a matrix of real numbers"):
        open(tmp_path / "c.npy")


def test_out(tmp_path):
    for out, error, message in [
        (tmp_path / "no" / "U.npy", FileNotFoundError, "its folder does not exist"),
        (tmp_path / "U.txt", ValueError, "out must be a file that ends in .npy"),
        (np.ones((5, 2)), ValueError, r"out must have 103 rows, .* \(5, 2\)"),
        (np.broadcast_to(1.0, (103, 2)), ValueError, "can be written to"),
        (3, TypeError, "out must be the name of a .npy file or an array, got int"),
    ]:
        with pytest.raises(error, match=message):
            open(A, out=out)
    (tmp_path / "U.npy").mkdir()
    with pytest.raises(IsADirectoryError):
        open(A, out=str(tmp_path / "U.npy"))


def test_pickled_rows_open_their_file_anew(tmp_path):
    np.save(tmp_path / "A.npy", A)
    rows = open(tmp_path / "A.npy", memory="1kB")
    rows.empty_state(3)
    sent = pickle.dumps(rows)
    assert len(sent) < 2000
    np.testing.assert_array_equal(gram(pickle.loads(sent)), gram(rows))


CHILD = """
import resource, sys
import numpy as np
from latentia.rows.chunked import open
from latentia.rows import gram, product
print({"h5py", "zarr", "dask"} & set(sys.modules))
rows = open(sys.argv[1], memory="32MB")
small = open(np.ones((1000, 80), np.float32), memory="1MB")
gram(small), product(small, np.ones((80, 1)))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
U = product(rows, np.ones((rows.shape[1], 40)))
gram(rows)
gram(U)
rows.take(np.arange(0, len(U.result()), 97))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What a process of its own prints, which goes over 128 MB."""
    path = tmp_path_factory.mktemp("large") / "A.npy"
    np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(400_000, 80))
    command = [sys.executable, "-c", CHILD, str(path)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    path.unlink()
    return done.stdout.splitlines()


def test_packages_are_not_imported_before_they_are_needed(printed):
    assert printed[0] == "set()"


def test_a_pass_stays_within_its_budget(printed):
    # U is 64 MB and does not fit into half of the 32 MB.
    assert int(printed[1]) < 24_000
