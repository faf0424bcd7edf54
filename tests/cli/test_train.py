"""`latentia train`: a run that can be used and resumed, one-line errors."""

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

from latentia._run_manifest import LAST
from latentia.cli import image_data
from latentia.cli.train import MODELS
from latentia.cli.train_model import summary
from latentia.datasets import load_digits
from latentia.generative import VAE, ConditionalGAN, load
from latentia.generative.training.trainer import Training

RUN_FILES = {
    *("last.safetensors", "best.safetensors", "metrics.jsonl", "run.json", "samples")
}
QUICK = ["--preset", "tiny", "--batch-size", "32", "--epochs", "1"]


@pytest.fixture(scope="module")
def digits():
    found = load_digits()
    return found.images[:64], found.labels[:64]


@pytest.fixture
def file(tmp_path, digits):
    path = tmp_path / "digits.npz"
    np.savez(path, X=digits[0], y=digits[1])
    return path


@pytest.mark.parametrize("model", ["gan", "cgan", "vae", "rae"])
def test_every_model_leaves_a_run_that_can_be_loaded(run, tmp_path, file, model):
    out = tmp_path / "run"
    code, text, err = run("train", model, file, "-o", out, *QUICK)
    assert code == 0, err
    first, *rest = err.splitlines()  # what is trained on, and that it was short
    two_stages = model in ("vae", "rae")
    assert ["stage" in line and "left out" in line for line in rest] == [
        True
    ] * two_stages
    assert "58 images of 8×8, grey" in first
    trained = load(out)
    assert type(trained).__name__ == MODELS[model]
    assert trained.sample(3, seed=0).shape == (3, 8, 8)
    assert ["preset", "tiny"] in [line.split() for line in text.splitlines()]
    assert f"latentia sample {out}" in text
    last = text.splitlines()[-1]
    assert last.startswith("2 steps: samples are noise, ")
    assert last.endswith("; train longer")
    assert {p.name for p in out.iterdir()} == RUN_FILES
    rows = [*map(json.loads, (out / "metrics.jsonl").read_text().splitlines())]
    assert any("score" in row for row in rows)
    assert len([*(out / "samples").glob("*.png")]) >= 1


def test_options_reach_the_model(run, tmp_path, file, monkeypatch):
    seen = {}

    def fit(self, X, y, **options):
        seen.update(self.get_params(), X=X, y=y, **options)
        raise ValueError("seen")

    monkeypatch.setattr(ConditionalGAN, "fit", fit)
    options = {
        "minutes": 0.5,
        "size": "12x10",
        "mode": "RGB",
        "preset": "small",
        "network": "dcgan",
        "loss": "hinge",
        "latent-dim": 5,
        "batch-size": 16,
        "learning-rate": 0.01,
        "device": "cpu",
        "precision": "float32",
        "validation": 0,
        "seed": 4,
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    arguments = [*words, "--augment", "--balance-classes", "-o", tmp_path / "run"]
    assert run("train", "cgan", file, *arguments)[0] == 2
    assert seen["X"].shape == (64, 8, 8)
    expected = {
        "minutes": 0.5,
        "size": (12, 10),
        "mode": "RGB",
        "preset": "small",
        "network": "dcgan",
        "loss": "hinge",
        "latent_dim": 5,
        "batch_size": 16,
        "learning_rate": 0.01,
        "device": "cpu",
        "precision": "float32",
        "validation": None,
        "random_state": 4,
        "augment": True,
        "balance_classes": True,
        "run": tmp_path / "run",
        "resume": None,
        "start": None,
        "verbose": 1,
    }
    assert {name: seen[name] for name in expected} == expected
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("model", ["vae", "rae"])
def test_beta(run, tmp_path, file, model):
    out = tmp_path / "run"
    assert run("train", model, file, "-o", out, *QUICK, "--beta", 2.5)[0] == 0
    assert load(out).beta == 2.5


def test_from_a_trained_model(run, tmp_path, file):
    """With the options of its run, but for those that are given; then it is resumed."""
    first, second = tmp_path / "first", tmp_path / "second"
    assert run("train", "vae", file, "-o", first, *QUICK, "--latent-dim", 5)[0] == 0
    command = ["train", "vae", file, "-o", second, "--from", first, "--seed", 3]
    code, text, err = run(*command, "--epochs", 1)
    assert code == 0, err
    assert "started from" in text
    trained = load(second)
    assert (trained.latent_dim, trained.batch_size, trained.random_state) == (5, 32, 3)
    assert trained.started_from_["model"] == str(first)
    code, _, err = run(*command, "--epochs", 2, "--resume")
    assert code == 0, err
    resumed = load(second)
    assert resumed.started_from_ == trained.started_from_
    assert resumed.n_steps_ == 2 * trained.n_steps_


def test_from_what_cannot_be_started_from(run, tmp_path, file):
    first = tmp_path / "first"
    assert run("train", "vae", file, "-o", first, *QUICK)[0] == 0
    new = ["-o", tmp_path / "new", *QUICK]
    for words, message in [
        (["gan", file, *new, "--from", first], "has a run of VAE, not GAN"),
        (
            ["vae", file, *new, "--from", first, "--latent-dim", 7],
            "was trained with latent_dim=32, not 7",
        ),
        (
            ["vae", file, *new, "--from", first, "--size", 10],
            "generates images of 8×8 with 1 channel, X has images of 10×10",
        ),
        (["vae", file, *new, "--from", tmp_path / "none"], "none"),
        (
            ["vae", file, "-o", first, *QUICK, "--force", "--from", first],
            "is the input",
        ),
        (
            [*("vae", file, "-o", first, "--force"), "--from", first / LAST],
            "--force would replace",
        ),
        (
            ["vae", file, "-o", first, *QUICK, "--resume", "--from", tmp_path / "x"],
            "started from no other model",
        ),
    ]:
        code, _, err = run("train", *words)
        assert code == 2, words
        assert message in err
        assert len(err.splitlines()) == 1 or "trained on" in err
    assert not (tmp_path / "new").exists()
    assert load(first).n_steps_ == 2


@pytest.mark.parametrize("layout", ["folder", "zip", "npy", "idx"])
def test_data_of_every_kind(run, tmp_path, digits, layout):
    images, labels = digits
    data = tmp_path / "data"
    data.mkdir()
    if layout in ("folder", "zip"):
        for i, (image, label) in enumerate(zip(images[:40], labels, strict=False)):
            (data / f"no-{label}").mkdir(exist_ok=True)
            Image.fromarray(image).save(data / f"no-{label}" / f"{i}.png")
        if layout == "zip":
            data = Path(shutil.make_archive(data, "zip", data))
    elif layout == "idx":
        header = b"\0\0\x08\x03" + np.array(images.shape, ">u4").tobytes()
        (data / "train-images-idx3-ubyte").write_bytes(header + images.tobytes())
        header = b"\0\0\x08\x01" + np.array(labels.shape, ">u4").tobytes()
        marks = labels.astype(np.uint8).tobytes()
        (data / "train-labels-idx1-ubyte").write_bytes(header + marks)
    else:
        data = data / "images.npy"
        np.save(data, images / 255)
    model = "gan" if layout == "npy" else "cgan"
    code, _, err = run("train", model, data, "-o", tmp_path / "run", *QUICK)
    assert code == 0, err
    if layout in ("folder", "zip"):
        assert load(tmp_path / "run").classes_[0] == "no-0"
    if layout == "idx":
        assert load(tmp_path / "run").classes_.tolist() == list(range(10))


def test_resume_ends_as_if_never_stopped(run, tmp_path, file, monkeypatch):
    once, twice = tmp_path / "once", tmp_path / "twice"
    arguments = ["train", "gan", file, *QUICK[:-1], "4"]
    assert run(*arguments, "-o", once)[0] == 0

    step = Training._step

    def stop_after_the_second(self, order, progress):
        step(self, order, progress)
        if self.state.step == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Training, "_step", stop_after_the_second)
    code, _, err = run(*arguments, "-o", twice)
    assert code == 130
    assert "stopped after step" in err
    assert "--resume" in err
    assert len(err.strip().splitlines()) == 2  # the first is on what it is trained on
    monkeypatch.undo()
    assert load(twice).n_steps_ < load(once).n_steps_
    resumed = ["train", "gan", file, "--epochs", "4", "-o", twice, "--resume"]
    code, _, err = run(*resumed)
    assert code == 0, err
    np.testing.assert_array_equal(
        load(twice).sample(5, seed=0), load(once).sample(5, seed=0)
    )


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGTERM")
def test_sigterm_has_its_exit_code(run, tmp_path, file, monkeypatch):
    step = Training._step

    def terminated(self, order, progress):
        step(self, order, progress)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Training, "_step", terminated)
    code, _, err = run("train", "gan", file, "-o", tmp_path / "run", *QUICK)
    assert code == 143
    assert "--resume" in err
    assert load(tmp_path / "run").n_steps_ >= 1


def test_what_a_training_warns_of_is_a_line_each(run, tmp_path, file, monkeypatch):
    import warnings

    fit = VAE.fit

    def warns(self, *arguments, **options):
        warnings.warn("beware", RuntimeWarning, stacklevel=1)
        return fit(self, *arguments, **options)

    monkeypatch.setattr(VAE, "fit", warns)
    code, _, err = run("train", "vae", file, "-o", tmp_path / "run", *QUICK)
    assert code == 0
    assert err.startswith("latentia: beware\nVAE: ")
    assert err.count("\n") == 3  # and that there was no second stage


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["diffusion", "x.npz"],
            "MODEL must be one of gan, cgan, vae, rae, private, got",
        ),
        (["gan", "missing.npz"], "no file missing.npz"),
        (["gan", "x.txt"], "folder, .zip, .npy or .npz file, got x.txt"),
        (["gan", "corrupt.npz"], "corrupt.npz"),
        (["gan", "corrupt.npy"], "corrupt.npy"),
        (["gan", "other.npz"], "named X or images, it holds Z"),
        (["gan", "empty"], "empty"),
        (["gan", "file/x.npz"], "no file file/x.npz"),
        (["gan", "x.npz", "--epochs", "1", "--minutes", "1"], "--epochs or --minutes"),
        (["gan", "x.npz", "--epochs", "0"], "--epochs must be at least 1, got 0"),
        (["gan", "x.npz", "--minutes", "0"], "--minutes must be more than 0, got 0"),
        (["gan", "x.npz", "--minutes", "nan"], "--minutes must be more than 0"),
        (["gan", "x.npz", "--size", "big"], "64 or 64x48, got 'big'"),
        (["gan", "x.npz", "--size", "4x9"], "4"),
        (["gan", "x.npz", "--validation", "1"], "--validation must be at least 0"),
        (["gan", "x.npz", "--loss", "l1"], "loss must be one of"),
        (["gan", "x.npz", "--network", "vgg"], "network must be one of"),
        (["gan", "x.npz", "--preset", "huge"], "preset must be one of"),
        (["gan", "x.npz", "--device", "abacus"], "device must be"),
        (["gan", "x.npz", "--device", "cuda:99"], "CUDA devices"),
        (["vae", "x.npz", "--loss", "hinge"], "--loss is not an option of VAE"),
        (["rae", "x.npz", "--augment"], "--augment is not an option of RAE"),
        (["gan", "x.npz", "--beta", 2], "--beta is not an option of GAN"),
        (["gan", "x.npz", "--sharpen", 0], "--sharpen is not an option of GAN"),
        (["gan", "x.npz", "--error-limit", 2], "--error-limit is not an option of GAN"),
        (["rae", "x.npz", "--error-limit", 0.5], "error_limit must be"),
        (["rae", "x.npz", "--sharpen", 1], "sharpen must be a number of at least 0"),
        (["gan", "x.npz", "--balance-classes"], "is not an option of GAN"),
        (["vae", "x.npz", "--beta", -1], "beta must be a number of at least 0, got -1"),
        (["cgan", "x.npy"], "X has no labels"),
        (["gan", "x.npz", "--resume"], "no run to resume in run"),
        (["gan", "x.npz", "--resume", "--force"], "--resume or --force"),
    ],
)
def test_bad_input(run, tmp_path, monkeypatch, digits, arguments, says):
    monkeypatch.chdir(tmp_path)
    np.savez("x.npz", images=digits[0], labels=digits[1])
    np.save("x.npy", digits[0])
    np.savez("other.npz", Z=digits[0])
    for name in ("x.txt", "corrupt.npz", "corrupt.npy"):
        (tmp_path / name).write_bytes(b"PK\x03\x04 nothing")
    (tmp_path / "empty").mkdir()
    refused(run, "train", *arguments, "-o", "run", says=says)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("output", "says"),
    [("no/such", "no folder no for such"), ("file", "file is a file, not a folder")],
)
def test_bad_folders_are_refused_before_the_data_is_read(
    run, tmp_path, monkeypatch, output, says
):
    def read(path):
        pytest.fail("the data was read")

    monkeypatch.setattr(image_data, "read_images", read)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    refused(run, "train", "gan", "x.npz", "-o", output, says=says)


def test_resume_of_another_model_is_refused(run, tmp_path, file):
    out = tmp_path / "run"
    assert run("train", "gan", file, "-o", out, *QUICK)[0] == 0
    arguments = ["-o", out, "--resume", "--epochs", "2"]
    refused(run, "train", "vae", file, *arguments, says="a run of GAN, not VAE")


def test_only_the_first_process_looks_at_the_folder_and_speaks(
    run, tmp_path, file, monkeypatch
):
    monkeypatch.setenv("RANK", "1")
    out = tmp_path / "run"
    out.mkdir()
    (out / "notes.txt").write_text("the first process has begun")
    code, text, err = run("train", "gan", file, "-o", out, *QUICK)
    assert (code, text, err) == (0, "", "")


WITHOUT_TORCH = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            raise ModuleNotFoundError(name=name)

sys.meta_path.insert(0, Hidden())
from latentia.cli import main

for arguments in (["--help"], ["gan", "x.npy", "-o", "run"]):
    sys.argv = ["latentia", "train", *arguments]
    try:
        main()
    except SystemExit as stop:
        print("exit code", stop.code or 0)
"""


def test_help_needs_no_torch_and_training_says_what_is_missing(tmp_path):
    command = [sys.executable, "-c", WITHOUT_TORCH]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert "MODEL" in done.stdout.upper()
    codes = [line for line in done.stdout.splitlines() if line.startswith("exit code")]
    assert codes == ["exit code 0", "exit code 2"]
    assert done.stderr.count("\n") == 1
    assert "pip install torch " in done.stderr


def refused(run, *arguments, says):
    code, out, err = run(*arguments)
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err + out


@pytest.mark.parametrize(
    ("best", "said"), [(8, "12 before sharpening, 15 after"), (4, "")]
)
def test_the_error_that_sharpening_gave_up_is_shown(file, tmp_path, run, best, said):
    """Of the best model, if it is one of the second stage."""
    assert run("train", "rae", file, "-o", tmp_path / "run", *QUICK)[0] == 0
    model = load(tmp_path / "run")
    state = replace(model.record_.state, stage_step=4, best_step=best)
    model.record_ = replace(model.record_, state=state)
    errors = {4: 12.0, 6: 18.0, 8: 15.0}
    model.history_ = [
        {"step": step, "seconds": 1.0, "score": 1.0, "held_out_error": error}
        for step, error in errors.items()
    ]
    cells = [str(cell) for column in summary(model).columns for cell in column.cells]
    assert ([cell for cell in cells if "sharpening" in cell] or [""]) == [said]
