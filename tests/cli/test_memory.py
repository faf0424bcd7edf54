"""--memory: files that are read by blocks give what they give as a whole."""

import re
import resource
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse

from latentia.cli.output import write_npz

SVD = ("svd", "-k", 4)
NMF = ("nmf", "-k", 3, "--tol", 1)
GMM = ("gmm", "-k", 2, "--covariance-type", "diag")
COMMANDS = pytest.mark.parametrize(
    "command", [SVD, NMF, GMM], ids=["svd", "nmf", "gmm"]
)


@pytest.fixture(scope="module")
def matrix():
    """Two clouds of positive numbers, of 2.3 MB."""
    rng = np.random.default_rng(0)
    centre = np.where(np.arange(12_007) % 3 == 0, 9.0, 4.0)[:, np.newaxis]
    spread = np.geomspace(1.5, 0.2, 24)
    return np.abs(centre + spread * rng.standard_normal((12_007, 24)))


@pytest.fixture
def file(tmp_path, matrix):
    path = tmp_path / "matrix.npy"
    np.save(path, matrix)
    return path


def arrays(path):
    with np.load(path) as found:
        return dict(found)


def same(found, expected, rtol=1e-6):
    assert found.keys() == expected.keys()
    for name in expected.keys() - {"error_bound"}:
        if expected[name].dtype.kind == "f":
            largest = np.abs(expected[name]).max(initial=0)
            np.testing.assert_allclose(
                found[name], expected[name], rtol=rtol, atol=rtol * largest
            )
        else:
            np.testing.assert_array_equal(found[name], expected[name])


@COMMANDS
def test_a_file_larger_than_the_budget_gives_the_same(run, tmp_path, file, command):
    whole, chunked = tmp_path / "whole.npz", tmp_path / "chunked.npz"
    assert run(*command, file, "-o", whole)[0] == 0
    code, text, err = run(*command, file, "--memory", "500kB", "-o", chunked)
    assert code == 0, err
    assert "chunked.npz" in text
    same(arrays(chunked), arrays(whole))
    assert {path.name for path in tmp_path.iterdir()} == {
        "matrix.npy",
        "whole.npz",
        "chunked.npz",
    }


def test_a_mixture_is_selected_by_blocks(run, tmp_path, file):
    model = tmp_path / "mix.safetensors"
    code, text, err = run(*GMM, "--select", file, "--memory", "1MB", "-o", model)
    assert code == 0, err
    assert "BIC" in text
    assert model.exists()


def stored(kind, folder, matrix):
    """Write the matrix and return the argument that names it."""
    if kind == "h5":
        h5py = pytest.importorskip("h5py")
        with h5py.File(folder / "matrix.h5", "w") as file:
            file["data"] = matrix
        return folder / "matrix.h5"
    if kind == "h5::":
        h5py = pytest.importorskip("h5py")
        with h5py.File(folder / "matrix.hdf5", "w") as file:
            file["group/data"], file["other"] = matrix, matrix[:5]
        return f"{folder / 'matrix.hdf5'}::group/data"
    if kind == "zarr":
        zarr = pytest.importorskip("zarr")
        path = folder / "matrix.zarr"
        zarr.create_array(path, data=matrix, chunks=(1000, 24))
        return path
    parts = folder / "parts"
    parts.mkdir()
    for number, rows in enumerate(np.array_split(matrix, 11)):
        if kind == "npy":
            np.save(parts / f"part-{number}.npy", rows)
        else:
            scipy.sparse.save_npz(
                parts / f"part-{number}.npz", scipy.sparse.csr_array(rows)
            )
    return parts


@pytest.mark.parametrize(
    ("kind", "memory"),
    [
        ("h5", ()),
        ("npy", ()),
        ("h5", ("--memory", "1MB")),
        ("h5::", ("--memory", "1MB")),
        ("zarr", ("--memory", "1MB")),
        ("npy", ("--memory", "1MB")),
        ("npz", ("--memory", "1MB")),
    ],
)
def test_stored_matrices(run, tmp_path, matrix, kind, memory):
    out = tmp_path / "out.npz"
    source = stored(kind, tmp_path, matrix)
    code, _, err = run("svd", source, "-k", 4, *memory, "-o", out)
    assert code == 0, err
    found = arrays(out)
    U, s, Vt = found["U"], found["s"], found["Vt"]
    np.testing.assert_allclose(matrix @ Vt.T, U * s, atol=1e-8 * s[0])
    assert s[0] == pytest.approx(np.linalg.norm(matrix, 2), rel=1e-9)


@pytest.mark.parametrize("command", [NMF, GMM], ids=["nmf", "gmm"])
def test_parts_go_to_the_other_commands_too(run, tmp_path, matrix, file, command):
    parts = stored("npy", tmp_path, matrix)
    assert run(*command, parts, "-o", tmp_path / "parts.npz")[0] == 0
    assert run(*command, file, "-o", tmp_path / "whole.npz")[0] == 0
    same(arrays(tmp_path / "parts.npz"), arrays(tmp_path / "whole.npz"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("matrix.npy --memory much", "memory must be a number and a unit"),
        ("matrix.npy --memory 0", "memory must be at least one byte, got '0'"),
        ("matrix.npy --memory -1GB", "memory must be a number and a unit"),
        ("matrix.mtx --memory 1GB", "matrix.mtx, which is read as a whole"),
        ("matrix.npz --memory 1GB", "matrix.npz, which is read as a whole"),
        ("photo.png --memory 1GB", "photo.png, which is read as a whole"),
        ("photos --memory 1GB", "photos, which is read as a whole"),
        ("missing.npy --memory 1GB", "missing.npy"),
        ("missing.csv --memory 1GB", "there is no file missing.csv"),
        ("missing.h5", "missing.h5"),
        ("missing.zarr", "missing.zarr"),
        ("mixed", "notes.txt: is not a part of a matrix"),
        ("line.npy --memory 1MB", "must hold a matrix of real numbers"),
    ],
)
def test_errors_are_one_line_and_exit_code_2(
    run, tmp_path, monkeypatch, arguments, says
):
    monkeypatch.chdir(tmp_path)
    np.save("matrix.npy", np.ones((9, 4)))
    np.save("line.npy", np.ones(9))
    for name in ("matrix.mtx", "matrix.npz", "photo.png"):
        (tmp_path / name).write_text("1,2\n3,4\n")
    for folder, names in {
        "photos": ["labels.npy", "one.png"],
        "mixed": ["part-0.npy", "notes.txt"],
    }.items():
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).touch()
    before = set(tmp_path.rglob("*"))
    code, out, err = run(*SVD, *arguments.split(), "-o", "out.npz")
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err + out
    assert set(tmp_path.rglob("*")) == before


@COMMANDS
def test_every_command_reads_its_budget(run, tmp_path, file, command):
    code, _, err = run(*command, file, "--memory", "1XB", "-o", tmp_path / "out.npz")
    assert code == 2
    assert "got '1XB'" in err
    assert [path.name for path in tmp_path.iterdir()] == ["matrix.npy"]


@COMMANDS
def test_a_flaw_far_down_is_named_and_nothing_is_left(
    run, tmp_path, matrix, file, command
):
    flawed = matrix.copy()
    flawed[11_000, 7] = np.inf
    np.save(file, flawed)
    code, _, err = run(*command, file, "--memory", "1MB", "-o", tmp_path / "out.npz")
    assert code == 2
    assert re.search(r"row 11000, column 7 \(block \d\d\)", err)
    assert len(err.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["matrix.npy"]


@COMMANDS
def test_a_damaged_chunk_is_named_and_nothing_is_left(run, tmp_path, matrix, command):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "matrix.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=matrix, chunks=(325, 24), fletcher32=True)
    damaged = bytearray(path.read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 8] = b"damaged!"
    path.write_bytes(damaged)
    out = tmp_path / "out.npz"
    code, _, err = run(*command, path, "--memory", "1MB", "-o", out)
    assert code == 2
    assert re.search(r"matrix.h5: block 1\d \(rows \d+ to \d+\) could not be read", err)
    assert len(err.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["matrix.h5"]


def test_ranks_need_the_rows_in_memory(run, tmp_path, file):
    out = tmp_path / "out.npz"
    code, _, err = run("nmf", file, "--ranks", "1:3", "--memory", "1MB", "-o", out)
    assert code == 2
    assert "X must be in memory" in err
    assert not out.exists()


@COMMANDS
def test_a_full_disk_leaves_what_was_there(run, tmp_path, file, command):
    out = tmp_path / "out.npz"
    out.write_bytes(b"precious")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        code, _, err = run(*command, file, "--memory", "10MB", "-o", out, "--force")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert code == 2
    assert f"{out} could not be written: File too large" in err
    assert len(err.strip().splitlines()) == 1
    assert out.read_bytes() == b"precious"
    assert {path.name for path in tmp_path.iterdir()} == {"matrix.npy", "out.npz"}


@pytest.mark.parametrize(
    "array",
    [
        np.array(3.5),
        np.array("diag"),
        np.zeros((0, 3), np.float32),
        np.arange(12.0).reshape(3, 4).T,
        np.arange(3_000_001)[::2],
    ],
    ids=["number", "text", "empty", "turned", "long"],
)
def test_an_archive_holds_what_it_was_given(tmp_path, array):
    write_npz(tmp_path / "out.npz", {"one": array, "two": array})
    found = arrays(tmp_path / "out.npz")
    assert list(found) == ["one", "two"]
    for copy in found.values():
        assert copy.dtype == array.dtype
        np.testing.assert_array_equal(copy, array, strict=True)


PEAK = """
import re, sys
from pathlib import Path
from latentia.cli import main

def peak():
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])

before = peak()
try:
    main()
except SystemExit as stop:
    print(stop.code or 0, peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("command", [("svd", "-k", 30), NMF, GMM])
def test_peak_memory_stays_within_the_budget(tmp_path, command):
    file = tmp_path / "matrix.npy"
    out = np.lib.format.open_memmap(file, "w+", np.float32, (1_000_000, 40))
    out[:] = np.random.default_rng(0).random(out.shape, np.float32)
    out.flush()
    command = [*command, file, "--memory", "60MB", "-o", tmp_path / "out.npz"]
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *map(str, command)],
        capture_output=True,
        text=True,
        check=True,
    )
    code, kilobytes = done.stdout.splitlines()[-1].split()
    assert code == "0", done.stderr
    assert int(kilobytes) * 1024 < 60e6


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_peak_memory_of_a_table(tmp_path):
    """The table is 64 MB as numbers and 170 MB as text; Arrow is loaded in between."""
    arrow_csv = pytest.importorskip("pyarrow.csv")
    pa = pytest.importorskip("pyarrow")
    columns = np.random.default_rng(0).random((40, 200_000))
    table = pa.table({f"x{i}": column for i, column in enumerate(columns)})
    arrow_csv.write_csv(table, tmp_path / "A.csv")
    command = ["svd", "-k", 5, tmp_path / "A.csv", "--memory", "20MB"]
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *map(str, command), "-o", tmp_path / "out.npz"],
        capture_output=True,
        text=True,
        check=True,
    )
    code, kilobytes = done.stdout.splitlines()[-1].split()
    assert code == "0", done.stderr
    assert int(kilobytes) * 1024 < 60e6
