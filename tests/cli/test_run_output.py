"""`latentia train`: only files of a run are replaced, and by one at a time."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

from latentia import _run_manifest as manifest
from latentia._folder_lock import locked
from latentia.datasets import load_digits
from latentia.generative import GAN, VAE, load
from latentia.generative.training.trainer import Training

QUICK = ["--preset", "tiny", "--batch-size", "32", "--epochs", "1", "--network", "mlp"]


@pytest.fixture(scope="module")
def digits():
    found = load_digits()
    return found.images[:64], found.labels[:64]


@pytest.fixture
def file(tmp_path, digits):
    path = tmp_path / "digits.npz"
    np.savez(path, X=digits[0], y=digits[1])
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory, digits):
    path = tmp_path_factory.mktemp("runs") / "run"
    model = GAN(preset="tiny", network="mlp", batch_size=32, random_state=5)
    model.fit(*digits, epochs=1, run=path)
    return path


@pytest.fixture
def old(tmp_path, trained):
    """A run that may be replaced."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


def contents(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file()
    }


def test_force_replaces_the_files_of_the_run_and_no_others(run, file, old):
    mine = {"notes.txt": b"mine", "samples/wedding.png": b"precious", "a/b.png": b"x"}
    for name, content in mine.items():
        (old / name).parent.mkdir(exist_ok=True)
        (old / name).write_bytes(content)
    (old / "samples" / "0999999.png").write_bytes(b"of this name, but not of the run")
    code, _, err = run("train", "gan", file, "-o", old, *QUICK)
    assert code == 2
    assert "--resume" in err
    assert "--force" in err
    before = contents(old)
    code, _, err = run("train", "gan", file, "-o", old, *QUICK, "--force")
    # A grid of the new run could take its place.
    assert code == 2
    assert "samples/0999999.png" in err
    assert contents(old) == before
    (old / "samples" / "0999999.png").unlink()
    assert run("train", "gan", file, "-o", old, *QUICK, "--force")[0] == 0
    after = contents(old)
    assert {name: after[name] for name in mine} == mine
    assert after["last.safetensors"] != before["last.safetensors"]
    assert load(old).n_steps_ == 2


@pytest.mark.parametrize("name", ["metrics.jsonl", "samples/1.png", "best.safetensors"])
def test_force_refuses_a_folder_that_holds_no_run(run, tmp_path, file, name):
    out = tmp_path / "out"
    (out / name).parent.mkdir(parents=True)
    (out / name).write_bytes(b"precious")
    code, _, err = run("train", "gan", file, "-o", out, *QUICK, "--force")
    assert code == 2
    assert "holds no run that train wrote (no run.json)" in err
    assert contents(out) == {name: b"precious"}


@pytest.mark.parametrize("output", ["data", "data/out", "link"])
def test_an_output_in_the_input_is_refused(run, tmp_path, monkeypatch, digits, output):
    monkeypatch.chdir(tmp_path)
    for i, image in enumerate(digits[0][:8]):
        for name in ("cats", "samples"):
            (tmp_path / "data" / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(tmp_path / "data" / name / f"{i:07}.png")
    (tmp_path / "link").symlink_to("data")
    before = contents(tmp_path / "data")
    for flags in ([], ["--force"]):
        code, _, err = run("train", "gan", "data", "-o", output, *QUICK, *flags)
        assert code == 2
        assert "the input data: choose a folder outside it" in err
    assert contents(tmp_path / "data") == before


def test_the_grid_of_a_run_can_not_replace_themselves(run, old):
    before = contents(old)
    arguments = ["train", "gan", old / "samples", "-o", old, *QUICK, "--force"]
    code, _, err = run(*arguments)
    assert code == 2
    assert "which is the input" in err
    assert contents(old) == before


def test_a_manifest_can_not_name_other_files(tmp_path):
    run, other = tmp_path / "run", tmp_path / "other.png"
    run.mkdir()
    other.write_bytes(b"precious")
    for name in ("../other.png", str(other), "samples/../../other.png", 3):
        text = json.dumps({"format": "latentia run", "version": 1, "files": [name]})
        (run / "run.json").write_text(text)
        assert manifest.listed(run) is None
        manifest.remove(run)
    assert other.exists()


def test_a_training_that_fails_puts_back_the_run_that_it_replaces(
    run, tmp_path, digits, old
):
    before = contents(old)
    np.save(tmp_path / "one.npy", digits[0][:1])
    arguments = ["train", "gan", tmp_path / "one.npy", "-o", old, *QUICK, "--force"]
    assert run(*arguments)[0] == 2
    assert contents(old) == before


def test_a_start_without_memory_leaves_no_run(
    run, tmp_path, digits, file, old, monkeypatch
):
    def step(self, order, progress):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(Training, "_step", step)
    before = contents(old)
    assert run("train", "gan", file, "-o", old, *QUICK, "--force")[0] == 2
    assert contents(old) == before
    new = tmp_path / "a" / "b"
    with pytest.raises(MemoryError):
        GAN(preset="tiny", network="mlp").fit(digits[0], epochs=1, run=new)
    assert not (tmp_path / "a").exists()
    # A run that was to be continued stays.
    with pytest.raises(MemoryError):
        GAN(preset="tiny", network="mlp", batch_size=32, random_state=5).fit(
            *digits, epochs=2, resume=old
        )
    assert load(old).n_steps_ == 2


# Each command in a child, which has what was imported and nothing of another child.
BEGIN = """
import json, os, signal, sys
from latentia.cli import main, train  # once for all children
from latentia.generative import GAN

for name, arguments in json.loads(sys.argv.pop()).items():
    if os.fork() == 0:
        if name != "SIGKILL":  # a parent such as nohup may have had it ignored
            signal.signal(getattr(signal, name), signal.SIG_DFL)

        def fit(self, *arguments, **options):
            os.kill(os.getpid(), getattr(signal, name))

        GAN.fit = fit
        sys.argv = ["latentia", *arguments]
        main()
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
def test_signals_while_a_training_begins(run, file, old, tmp_path):
    before = contents(old)
    folders = {n: tmp_path / n for n in ("SIGTERM", "SIGHUP", "SIGKILL")}
    commands = {}
    for name, folder in folders.items():
        shutil.copytree(old, folder)
        command = ["train", "gan", file, "-o", folder, *QUICK, "--force"]
        commands[name] = [*map(str, command)]
    command = [sys.executable, "-c", BEGIN, json.dumps(commands)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["143", "129", "-9"], done.stderr
    killed = folders["SIGKILL"]
    with pytest.raises(FileNotFoundError, match=r"which the next training .* restores"):
        load(killed)
    # Even a command that is refused.
    code, _, err = run("train", "gan", file, "-o", killed, *QUICK)
    assert code == 2
    assert "has its run again" in err
    for folder in folders.values():
        assert contents(folder) == before, folder


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGHUP")
def test_a_hang_up_while_training_saves(run, tmp_path, file, monkeypatch):
    step = Training._step

    def hung_up(self, order, progress):
        step(self, order, progress)
        signal.raise_signal(signal.SIGHUP)

    monkeypatch.setattr(Training, "_step", hung_up)
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        code, _, err = run("train", "gan", file, "-o", tmp_path / "new", *QUICK)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert code == 129
    assert "--resume" in err
    assert load(tmp_path / "new").n_steps_ == 1


def test_a_run_of_another_kind_is_replaced_with_a_word(run, file, old):
    code, _, err = run("train", "vae", file, "-o", old, *QUICK, "--force")
    assert code == 0
    said = f"latentia: --force: {old} holds a run of GAN, which a VAE will replace"
    assert said in err.splitlines()
    assert isinstance(load(old), VAE)


HOLD = """
import sys
from pathlib import Path
from latentia._folder_lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_second_training_in_a_folder_is_refused(run, digits, file, old):
    before = contents(old)
    command = [sys.executable, "-c", HOLD, str(old)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as holder:
        assert holder.stdout.readline() == "held\n"
        for flags in ([], ["--resume"], ["--force"]):
            code, _, err = run("train", "gan", file, "-o", old, *QUICK, *flags)
            assert code == 2
            assert "another training writes to" in err
        model = GAN(preset="tiny", network="mlp", batch_size=32, random_state=5)
        with pytest.raises(BlockingIOError, match="another training writes to"):
            model.fit(*digits, epochs=2, resume=old)
        holder.communicate("\n")
    assert contents(old) == before
    model.fit(*digits, epochs=2, resume=old)


def test_a_lock_that_a_killed_process_left_keeps_nobody_out(tmp_path):
    (tmp_path / ".lock").touch()
    with locked(tmp_path), locked(Path(os.path.relpath(tmp_path))):
        assert (tmp_path / ".lock").exists()
    assert not (tmp_path / ".lock").exists()


def test_what_a_lock_made_is_removed_if_it_is_empty(tmp_path):
    with locked(tmp_path / "a" / "b"):
        pass
    assert not any(tmp_path.iterdir())
    with locked(tmp_path / "a" / "b"):
        (tmp_path / "a" / "b" / "kept").touch()
    assert (tmp_path / "a" / "b" / "kept").exists()


def test_a_damaged_best_model_does_not_keep_a_run_from_going_on(run, file, old):
    content = (old / "best.safetensors").read_bytes()
    (old / "best.safetensors").write_bytes(content[: len(content) // 2])
    arguments = ["train", "gan", file, "-o", old, "--epochs", "2", "--resume"]
    code, _, err = run(*arguments, "--validation", "0")
    assert code == 0, err
    assert load(old).n_steps_ == 4
