"""`latentia train private`: a run that sample and evaluate read, and what it spent."""

import json

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("dp_accounting")

from latentia.datasets import load_digits
from latentia.privacy import PrivateImages

OPTIONS = ["--epsilon", "5", "--delta", "1e-5"]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "digits.npz"
    found = load_digits()
    np.savez(path, X=found.images, y=found.labels)
    return path


@pytest.fixture
def trained(run, tmp_path, file):
    code, text, err = run("train", "private", file, "-o", tmp_path / "run", *OPTIONS)
    assert code == 0, err
    return tmp_path / "run", text


def test_a_run_says_and_keeps_what_was_spent(trained):
    out, text = trained
    model = PrivateImages.load(out / "best.safetensors")
    assert 4.9 < model.privacy_.epsilon <= 5
    assert not model.privacy_.seeded
    assert "δ = 1e-05 for one image added or removed" in text
    assert f"latentia sample {out}" in text
    assert {p.name for p in out.iterdir()} == {
        *("best.safetensors", "last.safetensors", "run.json", "samples")
    }


def test_sample_reads_it(run, tmp_path, trained):
    out, _ = trained
    made = tmp_path / "images"
    code, _, err = run("sample", out, "-n", 20, "-y", 3, "-y", 4, "-o", made)
    assert code == 0, err
    assert sorted(p.name for p in made.iterdir()) == ["3", "4"]
    with Image.open(next((made / "3").iterdir())) as image:
        assert image.size == (8, 8)
    other = tmp_path / "other"
    code, _, err = run("sample", out, "-n", 2, "--truncation", 0.5, "-o", other)
    assert code == 2
    assert "--truncation is not an option of PrivateImages" in err


def test_evaluate_draws_its_classes(file, trained):
    pytest.importorskip("torch")
    from latentia.cli.compared import read_compared
    from latentia.generative.models.judging import draw

    out, _ = trained
    compared = read_compared(file, out, None, size=None, mode=None)
    assert compared.form == "8×8 pixels, grey"
    images, labels = draw(compared.model, 50, compared.real[1], 0)
    assert images.shape == (50, 8, 8)
    assert set(labels) == set(range(10))


@pytest.mark.slow
def test_evaluate_reads_it(run, tmp_path, file, trained):
    pytest.importorskip("torch")
    out, _ = trained
    scores = tmp_path / "scores.json"
    code, _, err = run(
        *("evaluate", out, "--data", file, "-n", 100, "--features", "pixels"),
        *("-o", scores),
    )
    assert code == 0, err
    assert json.loads(scores.read_text())


def test_a_second_run_adds_up(run, file, trained):
    out, _ = trained
    code, _, err = run("train", "private", file, "-o", out, *OPTIONS)
    assert code == 2
    assert "is not empty" in err
    code, text, err = run("train", "private", file, "-o", out, *OPTIONS, "--force")
    assert code == 0, err
    assert "both together cost epsilon = 7." in text.replace("\n", " ")


def test_a_folder_of_images(run, tmp_path):
    data = load_digits()
    for c in (0, 1):
        (tmp_path / "photos" / f"class {c}").mkdir(parents=True)
        for i, image in enumerate(data.images[data.labels == c]):
            picture = Image.fromarray((image * 255).astype(np.uint8))
            picture.save(tmp_path / "photos" / f"class {c}" / f"{i}.png")
    code, _, err = run(
        *("train", "private", tmp_path / "photos", "-o", tmp_path / "run", *OPTIONS),
        *("--size", "8"),
    )
    assert code == 0, err
    model = PrivateImages.load(tmp_path / "run" / "best.safetensors")
    assert model.classes_.tolist() == ["class 0", "class 1"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--epsilon must be given"),
        (["--epsilon", "-1"], "epsilon must be"),
        ([*OPTIONS, "--epochs", "3"], "--epochs is not an option of PrivateImages"),
        ([*OPTIONS, "--preset", "tiny"], "--preset is not an option"),
        ([*OPTIONS, "--resume"], "--resume is not an option"),
    ],
)
def test_wrong_options(run, tmp_path, file, options, message):
    code, _, err = run("train", "private", file, "-o", tmp_path / "run", *options)
    assert code == 2
    assert message in err
    assert not (tmp_path / "run" / "best.safetensors").exists()


def test_a_seed_is_said(run, tmp_path, file):
    out = tmp_path / "run"
    code, text, err = run("train", "private", file, "-o", out, *OPTIONS, "--seed", 1)
    assert code == 0
    assert "the result is not private" in err.replace("\n", " ")
    assert "seed" in text


def test_other_models_have_no_epsilon(run, tmp_path, file):
    code, _, err = run("train", "vae", file, "-o", tmp_path / "run", *OPTIONS)
    assert code == 2
    assert "latentia train private" in err
