"""`latentia evaluate`: the scores of `latentia.evaluation`, one-line errors."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

from latentia import evaluation
from latentia.datasets import load_digits
from latentia.generative import GAN, ConditionalGAN


@pytest.fixture(scope="module")
def digits():
    found = load_digits()
    return found.images[:80], found.labels[:80] % 2


@pytest.fixture(scope="module")
def models(digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    options = {"preset": "tiny", "batch_size": 40, "random_state": 0}
    trained = {
        "gan": GAN(**options).fit(digits[0], epochs=1),
        "cgan": ConditionalGAN(**options).fit(*digits, epochs=1),
    }
    for name, model in trained.items():
        model.save(folder / name)
    return {name: (folder / name, model) for name, model in trained.items()}


@pytest.fixture
def file(tmp_path, digits):
    path = tmp_path / "digits.npz"
    np.savez(path, images=digits[0], labels=digits[1])
    return path


@pytest.mark.parametrize("features", ["pixels", "random"])
def test_scores_are_those_of_the_library(run, tmp_path, file, digits, models, features):
    path, model = models["gan"]
    out = tmp_path / "scores.json"
    arguments = ["--data", file, "-n", 30, "--features", features, "--seed", 3]
    code, text, err = run("evaluate", path, *arguments, "-o", out)
    assert (code, err) == (0, "")
    with pytest.warns(UserWarning, match="30 images of each set"):
        truth = evaluation.evaluate(
            model.sample(30, seed=3),
            digits[0],
            labels=digits[1],
            features=features,
            random_state=3,
        )
    assert json.loads(out.read_text()) == truth.as_dict()
    assert str(truth) in text


def test_a_zip_file_scores_as_its_folder(run, tmp_path, digits, models, monkeypatch):
    from latentia.evaluation.features import _classifier_network

    monkeypatch.setattr(_classifier_network, "_MOST_EPOCHS", 2)
    for i, (image, label) in enumerate(zip(*digits, strict=True)):
        (tmp_path / "photos" / f"{label}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "photos" / f"{label}" / f"{i}.png")
    archive = shutil.make_archive(tmp_path / "photos", "zip", tmp_path / "photos")
    path = models["cgan"][0]
    found = [run("evaluate", path, "--data", d) for d in (tmp_path / "photos", archive)]
    assert found[0] == found[1]
    assert found[0][0] == 0


def test_classes_are_drawn_by_their_shares(run, tmp_path, digits, models, monkeypatch):
    seen = {}

    def scores(images, real, **options):
        seen.update(options, real=real, images=images)
        raise ValueError("seen")

    monkeypatch.setattr(evaluation, "evaluate", scores)
    path, model = models["cgan"]
    even, odd = (np.flatnonzero(digits[1] == label) for label in (0, 1))
    rows = np.concatenate([even[:36], odd[:8]])
    images, labels = digits[0][rows], digits[1][rows]
    file = tmp_path / "unbalanced.npz"
    np.savez(file, X=images, y=labels)
    assert run("evaluate", path, "--data", file)[0] == 2
    np.testing.assert_array_equal(seen["real"], images)
    np.testing.assert_array_equal(seen["labels"], labels)
    # As many as there are real ones on each side, half as many of each class.
    asked_for = seen["generated_labels"]
    assert np.bincount(asked_for).tolist() == [18, 4]
    np.testing.assert_array_equal(seen["images"], model.sample(22, asked_for, seed=0))
    assert (seen["features"], seen["random_state"]) == ("auto", 0)


@pytest.mark.parametrize("n_odd", [1, 2])
def test_a_class_of_few_images(run, tmp_path, digits, models, monkeypatch, n_odd):
    from latentia.evaluation.features import _classifier_network

    monkeypatch.setattr(_classifier_network, "_MOST_EPOCHS", 2)
    rows = np.argsort(digits[1], kind="stable")[: (digits[1] == 0).sum() + n_odd]
    file = tmp_path / "rare.npz"
    np.savez(file, X=digits[0][rows], y=digits[1][rows])
    code, text, err = run("evaluate", models["cgan"][0], "--data", file)
    assert code == 0, err
    assert "classes in the shares of the real images: 0 " in text
    assert ("trained on generated is left out" in text) == (n_odd == 1)
    assert "conditional accuracy" in text


def test_a_test_set_is_what_real_images_are_compared_with(
    run, tmp_path, digits, models
):
    for name, images in {"train": digits[0][:60], "t10k": digits[0][60:]}.items():
        header = b"\0\0\x08\x03" + np.array(images.shape, ">u4").tobytes()
        path = tmp_path / f"{name}-images-idx3-ubyte"
        path.write_bytes(header + images.tobytes())
    arguments = ["--data", tmp_path, "--features", "pixels"]
    code, text, err = run("evaluate", models["gan"][0], *arguments)
    assert code == 0, err
    assert text.startswith("20 generated images, compared with 20 real ones")
    assert "held-out images" in text


def test_earlier_scores_are_kept_without_force(run, tmp_path, file, models):
    out = tmp_path / "scores.json"
    out.write_text("precious")
    arguments = ["evaluate", models["gan"][0], "--data", file, "--features", "pixels"]
    refused(run, *arguments, "-o", out, says="--force")
    assert out.read_text() == "precious"
    assert run(*arguments, "-o", out, "--force")[0] == 0
    assert json.loads(out.read_text())["n"] == 40


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--data", "missing.npy"], "no file missing.npy"),
        (["--data", "few.npy"], "few.npy has 5 image"),
        (["--data", "wide.npy"], "have shape (8, 9), those of the model (8, 8)"),
        (["--data", "digits.npz", "-n", "3"], "-n must be at least 4, got 3"),
        (["--data", "digits.npz", "--features", "taste"], "auto, pixels, random"),
        (["--data", "digits.npz", "--features", "a.safetensors"], "a.safetensors"),
        (["--data", "digits.npz", "-o", "a.txt"], "must end in .json, got a.txt"),
        (["--data", "wide.npy", "--features", "classifier"], "wide.npy have"),
    ],
)
@pytest.mark.usefixtures("file")
def test_bad_input(run, tmp_path, monkeypatch, models, arguments, says):
    monkeypatch.chdir(tmp_path)
    np.save("few.npy", np.zeros((5, 8, 8), np.uint8))
    np.save("wide.npy", np.zeros((20, 8, 9), np.uint8))
    refused(run, "evaluate", models["gan"][0], *arguments, says=says)


def test_no_model(run, tmp_path, file):
    refused(run, "evaluate", tmp_path / "no", "--data", file, says="no")


def refused(run, *arguments, says):
    code, out, err = run(*arguments)
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err + out
