"""`latentia project`: codes of pictures, which sample and walk take."""

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia.datasets import read_image
from latentia.datasets.image_grid import image_grid, write_png
from latentia.generative import GAN, ConditionalGAN, load, project

SETTINGS = {"preset": "tiny", "network": "mlp", "device": "cpu", "random_state": 0}
X = np.random.default_rng(0).integers(0, 256, (24, 8, 9), dtype=np.uint8)


@pytest.fixture(scope="module")
def gan(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "gan"
    GAN(latent_dim=4, **SETTINGS).fit(X, epochs=1).save(path)
    return path


@pytest.fixture(scope="module")
def cgan(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "cgan"
    y = np.resize(["bag", "boot"], len(X))
    ConditionalGAN(latent_dim=4, **SETTINGS).fit(X, y, epochs=1).save(path)
    return path


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for i in range(3):
        write_png(tmp_path / "in" / f"{i}.png", X[i])
    return [f"in/{i}.png" for i in range(3)]


def test_codes_errors_and_a_grid(run, gan, pictures, tmp_path):
    options = ["-o", "z.npz", "--steps", 9, "--seed", 2]
    code, out, err = run("project", gan, *pictures, *options)
    assert code == 0, err
    assert not err
    assert "3 codes in z.npz" in out
    expected = project(load(gan), X[:3], steps=9, seed=2)
    for name, error in zip(pictures, expected.pixel_errors, strict=True):
        line = next(line for line in out.splitlines() if name in line)
        assert f"{error:.1f}" in line
    with np.load("z.npz") as arrays:
        assert {*arrays.files} == {"codes", "pixel_errors", "feature_errors"}
        np.testing.assert_array_equal(arrays["codes"], expected.codes)
        np.testing.assert_array_equal(arrays["pixel_errors"], expected.pixel_errors)
    pairs = np.stack([expected.images, expected.reconstructions], axis=1)
    page = image_grid(pairs.reshape(6, 8, 9), 2)
    np.testing.assert_array_equal(read_image("z.png"), page)
    assert {path.name for path in tmp_path.iterdir()} == {"in", "z.npz", "z.png"}


def test_a_folder_is_as_its_pictures(run, gan, pictures):
    assert run("project", gan, *pictures, "-o", "a.npz", "--steps", 3)[0] == 0
    assert run("project", gan, "in", "-o", "b.npz", "--steps", 3)[0] == 0
    np.save("X.npy", X[:3])
    assert run("project", gan, "X.npy", "-o", "c.npz", "--steps", 3)[0] == 0
    found = [np.load(f"{name}.npz")["codes"] for name in "abc"]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_classes_and_what_takes_the_codes(run, cgan, pictures):
    y = ["boot", "bag", "boot"]
    classes = [option for label in y for option in ("-y", label)]
    code, out, err = run(
        "project", cgan, *pictures, "-o", "z.npz", "--steps", 3, *classes
    )
    assert code == 0, err
    assert out.count("boot") == 2
    with np.load("z.npz", allow_pickle=False) as arrays:
        assert arrays["y"].tolist() == y
        codes = arrays["codes"]
    assert run("sample", cgan, "--codes", "z.npz", "-o", "made")[0] == 0
    made = load(cgan).decode(codes, y)
    np.testing.assert_array_equal(read_image("made/boot/00002.png"), made[2])
    assert run("walk", cgan, "--codes", "z.npz", "--loop", "-o", "w.gif")[0] == 0
    one = ["-o", "z.npz", "--steps", 3, "-y", "bag", "--force"]
    assert run("project", cgan, *pictures, *one)[0] == 0
    assert np.load("z.npz")["y"].tolist() == ["bag"] * 3


def test_earlier_files_are_kept_without_force(run, gan, pictures, tmp_path):
    for name in ("z.npz", "z.png"):
        (tmp_path / name).write_bytes(b"precious")
        refused(run, "project", gan, *pictures, "-o", "z.npz", says="--force")
        assert (tmp_path / name).read_bytes() == b"precious"
        (tmp_path / name).unlink()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["in/0.png", "-o", "z.npy"], "must end in .npz, got z.npy"),
        (["in/0.png", "-o", "in/0.npz"], "in/0.png"),
        (["no.png", "-o", "z.npz"], "there is no file no.png"),
        (["in/0.png", "in", "-o", "z.npz"], "picture files or one folder, got in"),
        (["in/0.txt", "-o", "z.npz"], "picture files or one folder, got in/0.txt"),
        (["in/0.png", "-o", "z.npz", "--steps", "0"], "--steps must be at least 1"),
        (["in/0.png", "-o", "z.npz", "--seed", "-1"], "--seed must be at least 0"),
        (["in/0.png", "-o", "z.npz", "-y", "bag"], "-y is for models with classes"),
        (["bad.png", "-o", "z.npz"], "bad.png"),
    ],
)
def test_bad_arguments(run, gan, pictures, tmp_path, arguments, says):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    refused(run, "project", gan, *arguments, says=says)
    assert {path.name for path in tmp_path.iterdir()} == {"in", "bad.png"}


def refused(run, *arguments, says):
    code, out, err = run(*arguments)
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err + out
