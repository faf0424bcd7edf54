"""`latentia evaluate` of two sets of images, and with what was kept of one."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

from latentia import evaluation
from latentia.datasets import load_digits
from latentia.evaluation import ImageStatistics
from latentia.evaluation.features import _classifier_network
from latentia.generative import GAN


@pytest.fixture(scope="module")
def digits():
    found = load_digits()
    return found.images[:140], found.labels[:140] % 2


@pytest.fixture
def here(tmp_path, monkeypatch, digits):
    """real.npy, real.npz with classes, made.npy and made.npz in this folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_classifier_network, "_MOST_EPOCHS", 1)
    images, labels = digits
    for name, rows in (("real", slice(0, 100)), ("made", slice(100, None))):
        np.save(f"{name}.npy", images[rows])
        np.savez(f"{name}.npz", X=images[rows], y=labels[rows])
    return tmp_path


def scores(run, *arguments):
    """Return the scores, and what was printed."""
    code, out, err = run("evaluate", *arguments, "-o", "scores.json", "--force")
    assert (code, err) == (0, ""), err
    return json.loads(Path("scores.json").read_text()), out


def of_library(*arguments, **options):
    options = {"random_state": 0, "features": "random"} | options
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return evaluation.evaluate(*arguments, **options)


def write_pictures(folder, images, labels=None, *, size=None, mode="L"):
    for i, image in enumerate(images):
        place = folder if labels is None else folder / str(labels[i])
        place.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(image).convert(mode)
        picture.resize(size or picture.size, 0).save(place / f"{i:03}.png")


@pytest.mark.usefixtures("here")
def test_scores_are_those_of_the_library(run, digits):
    found, text = scores(run, "--samples", "made.npy", "--data", "real.npy")
    truth = of_library(digits[0][100:], digits[0][:100])
    assert found == truth.as_dict()
    assert str(truth) in text
    assert text.startswith("made.npy, compared with real.npy at 8×8 pixels, grey\n")


def test_classes_of_both(run, here, digits):
    """Those of a folder are text, those of an array numbers."""
    images, labels = digits
    rows = np.argsort(labels[100:], kind="stable") + 100
    truth = of_library(
        images[rows], images[:100], labels=labels[:100], generated_labels=labels[rows]
    )
    write_pictures(here / "samples", images[100:], labels[100:])
    for samples in ("samples", "made.npz"):
        found, _ = scores(run, "--samples", samples, "--data", "real.npz")
        assert found["scores"].keys() == truth.scores.keys()
        assert "conditional_accuracy" in found["scores"]
        assert found["scores"]["coverage"]["reference"] == truth.coverage.reference
        assert not any("left out" in note for note in found["notes"])
    found, _ = scores(run, "--samples", "samples", "--data", "real.npy")
    assert "conditional_accuracy" not in found["scores"]
    assert found["classes"] == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "8×8 pixels, grey"),
        (["--size", "16x12"], "16×12 pixels, grey"),
        (["--mode", "RGB"], "8×8 pixels, RGB"),
    ],
)
def test_samples_get_the_size_and_mode_of_the_data(run, here, digits, options, said):
    write_pictures(here / "samples", digits[0][100:], size=(16, 16), mode="RGB")
    wide = np.repeat(np.repeat(digits[0][100:], 2, axis=1), 2, axis=2)
    np.save("wide.npy", np.repeat(wide[..., None], 3, axis=3))
    for samples in ("samples", "wide.npy"):
        found, text = scores(run, "--samples", samples, "--data", "real.npy", *options)
        assert said in text.splitlines()[0]
        assert found["n"] == 40
        assert found["verdict"]["grade"] != "failed"


@pytest.mark.usefixtures("here")
def test_so_many_samples(run):
    found, _ = scores(run, "--samples", "made.npz", "--data", "real.npz", "-n", 21)
    assert (found["n_generated"], found["n"]) == (21, 21)
    shares = np.array([float(word) for word in found["classes"].split()[-5::3]])
    assert shares.sum() == pytest.approx(100, abs=0.2)


@pytest.mark.usefixtures("here")
def test_a_test_set_is_held_out(run, tmp_path, digits):
    (tmp_path / "idx").mkdir()
    for name, images in {"train": digits[0][:60], "t10k": digits[0][60:100]}.items():
        header = b"\0\0\x08\x03" + np.array(images.shape, ">u4").tobytes()
        path = tmp_path / "idx" / f"{name}-images-idx3-ubyte"
        path.write_bytes(header + images.tobytes())
    found, _ = scores(run, "--samples", "made.npy", "--data", "idx")
    assert (found["n_real"], found["n_held_out"], found["n"]) == (60, 40, 40)
    assert (
        run("evaluate", "--data", "idx", "--save-statistics", "k.safetensors")[0] == 0
    )
    kept, _ = scores(run, "--samples", "made.npy", "--data", "k.safetensors")
    assert kept == found


def test_statistics_in_the_place_of_the_images(run, here):
    keep = ["evaluate", "--data", "real.npz", "--save-statistics", "k.safetensors"]
    code, text, err = run(*keep)
    assert (code, err) == (0, "")
    assert "100 of 100 real images of 8×8 pixels, grey" in text
    assert len(ImageStatistics.load("k.safetensors").labels) == 100
    truth, _ = scores(run, "--samples", "made.npz", "--data", "real.npz")
    found, _ = scores(run, "--samples", "made.npz", "--data", "k.safetensors")
    by_class = {"conditional_accuracy", "train_on_generated"}
    assert truth["scores"].keys() - found["scores"].keys() == by_class
    assert found["scores"].items() <= truth["scores"].items()
    assert found["verdict"]["grade"] == truth["verdict"]["grade"]
    refused(run, *keep, says="--force")
    assert run(*keep, "--force")[0] == 0


@pytest.mark.usefixtures("here")
def test_statistics_and_a_model(run, digits):
    options = {"preset": "tiny", "batch_size": 40, "random_state": 0}
    GAN(**options).fit(digits[0][:100], epochs=1).save("gan")
    arguments = ["--data", "real.npy", "--save-statistics", "k.safetensors"]
    truth, text = scores(run, "gan", *arguments)
    assert "k.safetensors holds the features of 100 of 100 real images" in text
    assert scores(run, "gan", "--data", "k.safetensors")[0] == truth
    assert truth["n"] == 50
    wide = ["evaluate", "--data", "real.npy", "--save-statistics", "wide.safetensors"]
    assert run(*wide, "--size", "16")[0] == 0
    says = "wide.safetensors have shape (16, 16), those of the model (8, 8)"
    refused(run, "evaluate", "gan", "--data", "wide.safetensors", says=says)


def test_pictures_that_were_left_out_are_a_line(run, here, digits):
    write_pictures(here / "photos", digits[0])
    (here / "photos" / "broken.png").write_bytes(b"no picture")
    keep = ["--data", "photos", "--save-statistics", "k.safetensors"]
    code, _, err = run("evaluate", *keep)
    assert code == 0
    assert err.startswith("latentia: photos: skipped 1 of 141 pictures")
    assert len(err.splitlines()) == 1


DATA = ["--data", "real.npy"]
KEPT = ["--data", "k.safetensors"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (DATA, "or --samples must be given, got neither"),
        (
            ["gan", "--samples", "made.npy", *DATA],
            "must be given, got gan and made.npy",
        ),
        (["--samples", "made.npy", "--data", "bad.safetensors"], "bad.safetensors"),
        (["--samples", "missing", *DATA], "no file missing"),
        (["--samples", "few.npy", *DATA], "few.npy has 3 image(s), 4 are needed"),
        (["--samples", "made.npy", "--data", "few.npy"], "few.npy has 3 image(s), 8"),
        (["--samples", "made.npy", *DATA, "--size", "x"], "--size must look like 64"),
        (["--samples", "made.npy", *DATA, "--size", "4"], "of at least 8 each"),
        (["--samples", "made.npy", *DATA, "--mode", "CMYK"], "'CMYK'"),
        (["gan", *DATA, "--size", "16"], "--size is decided by the model, got 16"),
        (["gan", *DATA, "--mode", "L"], "--mode is decided by the model, got L"),
        (
            ["--samples", "made.npy", "--data", "k.safetensors", "--size", "16"],
            "--size is decided by the statistics, got 16",
        ),
        (
            [
                "--samples",
                "made.npy",
                "--data",
                "k.safetensors",
                "--features",
                "pixels",
            ],
            "got 'pixels': this space is fitted",
        ),
        ([*DATA, "--save-statistics", "k.stats"], "must end in .safetensors"),
        ([*DATA, "--save-statistics", "a.safetensors", "-o", "a.json"], "-o must only"),
        (
            ["--data", "k.safetensors", "--save-statistics", "a.safetensors"],
            "got the statistics k.safetensors",
        ),
        (
            [*DATA, "--save-statistics", "a.safetensors", "--features", "classifier"],
            "got 'classifier': this space is fitted",
        ),
    ],
)
def test_bad_input(run, here, arguments, says):
    np.save("few.npy", np.load("real.npy")[:3])
    (here / "bad.safetensors").write_bytes(b"nothing")
    keep = ["--data", "real.npy", "--save-statistics", "k.safetensors"]
    assert run("evaluate", *keep)[0] == 0
    refused(run, "evaluate", *arguments, says=says)
    assert not (here / "a.safetensors").exists()


def refused(run, *arguments, says):
    code, out, err = run(*arguments)
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err + out
