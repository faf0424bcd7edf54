"""What commands print: names as they are, and clean errors where nothing can be."""

import io
import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from latentia import NMF, GaussianMixture
from latentia.cli.console import say, visible, working
from latentia.compression import load

STRANGE = ["a[red]b", "a[bold", "[link=x]y", "a:smile:b", "a\\[b]", "a b ‖×é"]
FULL = Path("/dev/full")

needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "matrix.npy"
    np.save(path, np.random.default_rng(0).uniform(1, 2, (40, 6)))
    return path


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture.npy"
    np.save(path, np.add.outer(3 * np.arange(30), np.arange(41)).astype(np.uint8))
    return path


def one_line(err):
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    return err


# Names.


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize(
    ("command", "ending"),
    [
        (["svd", "-k", "2"], "npz"),
        (["gmm", "-k", "2"], "safetensors"),
        (["gmm", "-k", "2"], "npz"),
        (["nmf", "-k", "2"], "npz"),
    ],
)
def test_names_are_printed_as_they_are(run, tmp_path, file, command, ending, name):
    given, out = file.rename(tmp_path / f"{name}.npy"), tmp_path / f"{name}.{ending}"
    code, text, err = run(*command, given, "-o", out)
    assert (code, err.strip()) == (0, "")
    assert text.rstrip().endswith(f"in {out}")
    assert out.exists()
    code, _, err = run(*command, given, "-o", out)
    assert code == 2
    assert f"{out} exists; --force overwrites it" in one_line(err)


@pytest.mark.parametrize("name", STRANGE)
def test_names_of_pictures(run, tmp_path, picture, name):
    given, out = picture.rename(tmp_path / f"{name}.npy"), tmp_path / f"{name}.lat"
    code, text, err = run("compress", given)
    assert (code, err.strip()) == (0, "")
    assert text.rstrip().endswith(f"in {out}")
    code, text, _ = run("decompress", out, "-o", tmp_path / f"{name}-2.npy")
    assert code == 0
    assert text.rstrip().endswith(f"in {tmp_path / name}-2.npy")
    for command in (["decompress", given], ["svd", "-k", "1", out]):
        code, _, err = run(*command, "-o", tmp_path / "x.npz")
        assert code == 2
        one_line(err)


def test_no_orders_to_the_terminal(capsys):
    assert visible("a\x1b[31mb\x07\x9b\r\tc\nd") == "a\\x1b[31mb\\x07\\x9b\\r\tc\nd"
    say("file \x1b]0;title\x07.npy")
    assert capsys.readouterr().out == "file \\x1b]0;title\\x07.npy\n"


def test_what_is_being_done(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(sys, "stderr", screen)
    with working("reading a[/red]b:smile:\x1b[31m"):
        pass
    assert "reading a[/red]b:smile:\\x1b[31m" in screen.getvalue()


# Standard output.


@pytest.fixture
def run_full(monkeypatch, run):
    """Run a command whose standard output is on a disk without room."""

    def run_full(*arguments):
        with FULL.open("w", encoding="utf-8") as stream, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", stream)
            return run(*arguments)

    return run_full


COMMANDS = [
    (["svd", "matrix.npy", "-k", "2"], "out.npz", np.load),
    (["gmm", "matrix.npy", "-k", "2"], "out.safetensors", GaussianMixture.load),
    (["gmm", "matrix.npy", "-k", "2"], "out.npz", np.load),
    (["nmf", "matrix.npy", "-k", "2"], "out.safetensors", NMF.load),
    (["nmf", "matrix.npy", "-k", "2"], "out.npz", np.load),
    (["compress", "picture.npy"], "out.lat", load),
]


@needs_full
@pytest.mark.parametrize(("command", "name", "read"), COMMANDS)
@pytest.mark.usefixtures("file", "picture")
def test_files_are_written_where_nothing_can_be_printed(
    run_full, tmp_path, monkeypatch, command, name, read
):
    monkeypatch.chdir(tmp_path)
    code, _, err = run_full(*command, "-o", name)
    assert code == 2
    assert one_line(err) == (
        "latentia: standard output could not be written: No space left on device\n"
    )
    read(tmp_path / name)
    assert not list(tmp_path.glob(".*"))


@needs_full
def test_info_that_cannot_be_printed(run_full):
    code, _, err = run_full("info")
    assert code == 2
    assert "standard output could not be written" in one_line(err)


def latentia(*arguments, **options):
    command = [sys.executable, "-m", "latentia", *map(str, arguments)]
    return subprocess.run(command, check=False, **options)


@needs_full
@pytest.mark.parametrize("unbuffered", ["", pytest.param("1", marks=pytest.mark.slow)])
def test_a_process_whose_output_is_full(tmp_path, file, unbuffered):
    """Python would tell of it again, by a traceback, when it ends."""
    with FULL.open("w") as stream:
        done = latentia(
            *("svd", file, "-k", 2, "-o", tmp_path / "out.npz"),
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            stdout=stream,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert "standard output could not be written: No space" in one_line(done.stderr)
    assert np.load(tmp_path / "out.npz")["s"].shape == (2,)


@pytest.mark.slow
@needs_full
def test_a_process_whose_errors_cannot_be_printed(tmp_path, file):
    """Warnings and progress are not worth a result; the exit code is as ever."""
    arguments = ["nmf", file, "-k", 3, "--max-iter", 1, "--tol", 0]
    with FULL.open("w") as stream:
        done = latentia(*arguments, "-o", tmp_path / "out.npz", stderr=stream)
        assert done.returncode == 0
        done = latentia(*arguments, "-o", tmp_path / "out.npz", stderr=stream)
        assert done.returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "ascii:strict", "latin-1"])
def test_a_terminal_without_our_characters(tmp_path, file, encoding):
    given = file.rename(tmp_path / "größe-‖×.npy")
    done = latentia(
        *("svd", given, "-k", 2, "-o", tmp_path / "größe.npz"),
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    expected = "größe".encode(encoding.partition(":")[0], errors="replace")
    assert expected + b".npz" in done.stdout


def test_characters_that_a_terminal_lacks(run, tmp_path, monkeypatch, file):
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", screen)
    code, _, err = run("svd", file, "-k", 1, "-o", tmp_path / "größe.npz")
    assert (code, err) == (0, "")
    assert b"gr??e.npz" in screen.buffer.getvalue()


@pytest.mark.skipif(sys.platform != "linux", reason="needs names that are bytes")
def test_names_that_are_no_text(run, tmp_path, file):
    out = tmp_path / os.fsdecode(b"a\xff.npz")
    code, _, err = run("svd", file, "-k", 1, "-o", out)
    assert (code, err) == (0, "")
    assert out.exists()


@contextmanager
def closed_output():
    """As ``>&-`` leaves it to a process."""
    before, sys.stdout = sys.stdout, None
    try:
        yield
    finally:
        sys.stdout.close()
        sys.stdout = before


def test_an_output_that_was_closed(run, tmp_path, file):
    with closed_output():
        code, _, err = run("svd", file, "-k", 1, "-o", tmp_path / "a.npz")
    assert (code, err) == (0, "")


# Where files cannot be.


@pytest.mark.parametrize(("command", "name", "read"), COMMANDS)
@pytest.mark.parametrize("before", [None, b"precious"])
@pytest.mark.usefixtures("file", "picture")
def test_a_full_disk(run, tmp_path, monkeypatch, command, name, read, before):
    monkeypatch.chdir(tmp_path)
    if before:
        Path(name).write_bytes(before)
    there = sorted(tmp_path.iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30, hard))
    try:
        code, _, err = run(*command, "-o", name, "--force")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert code == 2
    *notes, error = err.splitlines()
    assert error == f"latentia: {name} could not be written: File too large"
    # A model that would take the place of another kind of file says so first.
    assert len(notes) == (before is not None and name.endswith(".safetensors"))
    assert sorted(tmp_path.iterdir()) == there
    if before:
        assert Path(name).read_bytes() == before


@pytest.mark.parametrize("name", ["x.npz", "loop.npz", "pipe.npz"])
@pytest.mark.parametrize("options", [[], ["--force"]])
def test_outputs_that_are_no_files(
    run, tmp_path, monkeypatch, file, make_pipe, name, options
):
    monkeypatch.chdir(tmp_path)
    Path("x.npz").symlink_to("missing.npz")
    Path("loop.npz").symlink_to("loop.npz")
    make_pipe(tmp_path / "pipe.npz")
    there = sorted(tmp_path.iterdir())
    code, _, err = run("svd", file, "-k", 1, "-o", name, *options)
    assert code == 2
    reason = (
        "a pipe or a device, not a file"
        if name == "pipe.npz"
        else "a broken symbolic link"
    )
    assert f"{name} is {reason}" in one_line(err)
    assert sorted(tmp_path.iterdir()) == there


@pytest.mark.parametrize(
    "arguments",
    [
        ["decompress", "picture.lat"],
        ["demo"],
        ["report", "run", "--data", "picture.npy"],
        ["train", "gan", "picture.npy"],
        ["sample", "run", "-n", "3"],
    ],
)
@pytest.mark.usefixtures("picture")
def test_folders_that_are_links_in_a_circle(run, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    code, _, err = run(*arguments, "-o", "loop")
    assert code == 2
    assert "loop is a broken symbolic link" in one_line(err)


@pytest.mark.parametrize(
    "arguments",
    [
        ["svd", "pipe.npy", "-k", "1", "-o", "out.npz"],
        ["svd", "pipe.npy", "--memory", "1GB", "-k", "1", "-o", "out.npz"],
        ["svd", "pipe.npz", "-k", "1", "-o", "out.npz"],
        ["svd", "pipe.mtx", "-k", "1", "-o", "out.npz"],
        ["svd", "pipe.csv", "-k", "1", "-o", "out.npz"],
        ["svd", "pipe.h5", "-k", "1", "-o", "out.npz"],
        ["svd", "pipe.png", "-k", "1", "-o", "out.npz"],
        ["svd", "parts", "-k", "1", "-o", "out.npz"],
        ["compress", "pipe.png"],
        ["compress", "pipe.npy"],
        ["decompress", "pipe.lat", "-o", "out.png"],
        ["sample", "pipe.safetensors", "-n", "1", "-o", "out"],
        ["evaluate", "pipe.safetensors", "--data", "pipe.npz"],
        ["report", "pipe.safetensors", "--data", "pipe.npy", "-o", "out"],
        ["train", "gan", "pipe.npz", "-o", "out"],
    ],
)
def test_inputs_that_are_pipes(run, tmp_path, monkeypatch, make_pipe, arguments):
    """To open one would wait until somebody writes to it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parts").mkdir()
    for ending in ("npy", "npz", "mtx", "csv", "h5", "png", "lat", "safetensors"):
        make_pipe(tmp_path / f"pipe.{ending}")
    make_pipe(tmp_path / "parts" / "1.npy")
    code, _, err = run(*arguments)
    assert code == 2
    assert "1.npy" in err or "is a pipe or a device, not a file" in one_line(err)
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["svd", "x.npy", "-k", "1", "-o", "out.npz"],
        ["gmm", "x.npy", "-k", "1", "-o", "out.npz"],
        ["nmf", "x.npy", "-k", "1", "-o", "out.npz"],
        ["compress", "x.npy"],
        ["train", "gan", "x.npy", "-o", "out"],
        ["sample", "run", "-n", "1", "-o", "out"],
        ["evaluate", "run", "--data", "x.npy"],
        ["walk", "run"],
        ["directions", "run"],
        ["report", "run", "--data", "x.npy", "-o", "out"],
    ],
)
@pytest.mark.parametrize("seed", [-1, -(2**70)])
def test_negative_seeds(run, tmp_path, monkeypatch, arguments, seed):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(*arguments, "--seed", seed)
    assert code == 2
    assert f"--seed must be at least 0, got {seed}" in one_line(err)


def test_a_traceback_is_shown_to_who_asks_for_it(run, file, monkeypatch):
    command = ("svd", file, "-k", 2, "-o", file.with_suffix(".npz"), "--seed", -1)
    assert "Traceback" not in run(*command)[2]
    monkeypatch.setenv("LATENTIA_DEBUG", "1")
    code, _, err = run(*command)
    assert code == 2
    assert "Traceback" in err
    assert "check_seed" in err
    assert err.splitlines()[-1].startswith("latentia: --seed must be")
