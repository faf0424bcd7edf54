"""`latentia directions` and `latentia walk`: the numbers of the one steer the other."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

from latentia.datasets import read_image
from latentia.datasets.image_grid import image_grid
from latentia.generative import (
    GAN,
    ConditionalGAN,
    interpolate,
    latent_directions,
    latent_walk,
    load,
)

X = np.random.default_rng(0).integers(0, 256, (24, 8, 9), dtype=np.uint8)
SETTINGS = {"preset": "tiny", "network": "mlp", "device": "cpu", "random_state": 0}


@pytest.fixture(scope="module")
def gan(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "gan"
    GAN(latent_dim=8, **SETTINGS).fit(X, epochs=1).save(path)
    return path


@pytest.fixture(scope="module")
def cgan(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "cgan"
    y = np.resize([7, 3, 5], len(X))
    model = ConditionalGAN(latent_dim=4, **SETTINGS)
    model.fit(X.repeat(4).reshape(*X.shape, 4), y, epochs=1).save(path)
    return path


def test_directions_prints_the_table(run, gan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run("directions", gan)
    assert code == 0, err
    assert out == f"{latent_directions(load(gan))}\n"
    assert not any(tmp_path.iterdir())
    _, out, _ = run("directions", gan, "--method", "ganspace", "-n", 3)
    assert out == f"{latent_directions(load(gan), 'ganspace', n_directions=3)}\n"


def test_directions_draws_a_walk_in_each_row(run, gan, tmp_path):
    path = tmp_path / "d.png"
    code, out, err = run("directions", gan, "-n", 3, "--seed", 5, "-o", path)
    assert code == 0, err
    assert f"of the image of seed 5, is in {path}" in out
    found = latent_directions(load(gan), n_directions=3)
    walks = np.concatenate([found.walk(5, i) for i in range(3)])
    np.testing.assert_array_equal(read_image(path), image_grid(walks, 9))


def test_short_codes_have_fewer_directions(run, cgan):
    code, out, err = run("directions", cgan)
    assert code == 0, err
    assert out == f"{latent_directions(load(cgan), n_directions=4)}\n"


def test_walk_goes_along_a_direction(run, gan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run("walk", gan)
    assert code == 0, err
    assert out == "9 steps of the image of seed 0 along direction 0 are in walk.png\n"
    expected = image_grid(latent_directions(load(gan)).walk(0), 9)
    np.testing.assert_array_equal(read_image(tmp_path / "walk.png"), expected)


def test_every_option_of_a_walk(run, cgan, tmp_path):
    path = tmp_path / "w.png"
    options = ["--seed", 3, "--steps", 4, "--span", 1.5, "--method", "ganspace"]
    code, _, err = run(
        "walk", cgan, "--direction", 2, *options, "-n", 3, "-y", 5, "-o", path
    )
    assert code == 0, err
    found = latent_directions(load(cgan), "ganspace", n_directions=3)
    expected = image_grid(found.walk(3, 2, steps=4, span=1.5, y=5), 4)
    np.testing.assert_array_equal(read_image(path), expected)


def test_walk_to_another_image(run, cgan, tmp_path):
    path = tmp_path / "w.png"
    arguments = ["--seed", 3, "--to", 8, "--steps", 5, "-y", "7", "-o", path]
    code, out, err = run("walk", cgan, *arguments)
    assert code == 0, err
    assert "5 steps from the image of seed 3 to that of seed 8" in out
    expected = image_grid(interpolate(load(cgan), 3, 8, 5, y=7), 5)
    np.testing.assert_array_equal(read_image(path), expected)


def test_walk_over_several_images(run, cgan, tmp_path):
    path = tmp_path / "w.png"
    arguments = ["--seed", 3, "--to", 8, "--to", 1, "--steps", 5, "--loop", "-o", path]
    code, out, err = run("walk", cgan, *arguments)
    assert code == 0, err
    assert "12 steps over the images of seeds 3, 8, 1 and back are in" in out
    expected = image_grid(latent_walk(load(cgan), [3, 8, 1], 5, closed=True), 4)
    np.testing.assert_array_equal(read_image(path), expected)


def test_walk_over_codes_with_classes(run, cgan, tmp_path):
    path, codes, model = tmp_path / "w.png", tmp_path / "z.npz", load(cgan)
    z, y = model.sample_codes(3, seed=4), [5, 7, 3]
    np.savez(codes, codes=z, y=y)
    code, out, err = run("walk", cgan, "--codes", codes, "--steps", 3, "-o", path)
    assert code == 0, err
    assert f"5 steps over the 3 images of {codes} are in" in out
    expected = image_grid(latent_walk(model, z, 3, y=y), 2)
    np.testing.assert_array_equal(read_image(path), expected)
    run("walk", cgan, "--codes", codes, "--steps", 3, "-y", 7, "-o", path, "--force")
    expected = image_grid(latent_walk(model, z, 3, y=7), 2)
    np.testing.assert_array_equal(read_image(path), expected)
    np.save(tmp_path / "short.npy", z[:, 1:])
    refused(run, "walk", cgan, "--codes", tmp_path / "short.npy", says="short.npy must")


def frames_of(path):
    with Image.open(path) as file:
        for i in range(file.n_frames):
            file.seek(i)
            yield np.asarray(file.convert("L"))[::28, ::28], file.info["duration"]


def test_an_animation(run, gan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run("walk", gan, "--to", 8, "-o", "w.gif")
    assert code == 0, err
    assert "24 steps from the image of seed 0 to that of seed 8 are in w.gif" in out
    found, times = zip(*frames_of("w.gif"), strict=True)
    expected = list(interpolate(load(gan), 0, 8, 24))
    differ = [True, *(bool((a != b).any()) for a, b in pairwise(expected))]
    kept = [image for image, new in zip(expected, differ, strict=True) if new]
    np.testing.assert_array_equal(found, kept)
    assert sum(times) == 2000


def test_a_direction_there_and_back(run, gan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["--steps", 4, "--span", 90, "--loop", "--fps", 5, "-o", "w.webp"]
    code, out, err = run("walk", gan, *arguments)
    assert code == 0, err
    assert "6 steps of the image of seed 0 along direction 0 and back are in" in out
    found, times = zip(*frames_of("w.webp"), strict=True)
    there = latent_directions(load(gan)).walk(0, steps=4, span=90)
    np.testing.assert_array_equal(found, there[[0, 1, 2, 3, 2, 1]])
    assert {*times} == {200}


@pytest.mark.parametrize("command", ["walk", "directions"])
def test_an_earlier_picture_is_kept_without_force(run, gan, tmp_path, command):
    path = tmp_path / "w.png"
    path.write_bytes(b"precious")
    refused(run, command, gan, "-o", path, says="--force overwrites it")
    assert path.read_bytes() == b"precious"
    assert run(command, gan, "-o", path, "--force")[0] == 0
    assert path.read_bytes() != b"precious"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["walk", "--direction", "8"], "direction must be below 8"),
        (["walk", "--direction", "-1"], "direction must be at least 0, got -1"),
        (["walk", "--steps", "1"], "steps must be at least 2, got 1"),
        (["walk", "--span", "0"], "span must be a number above 0, got 0"),
        (["walk", "--method", "pca"], "method must be one of sefa, ganspace"),
        (["walk", "--seed", "-1"], "seed must be at least 0, got -1"),
        (["walk", "--to", "-1"], "--to must be at least 0, got -1"),
        (["walk", "-n", "0"], "-n must be at least 1, got 0"),
        (["walk", "-y", "3"], "-y is for models with classes"),
        (["walk", "--to", "2", "-y", "3"], "-y is for models with classes"),
        (["walk", "--to", "2", "--direction", "0"], "leave out --direction"),
        (["walk", "--to", "2", "--span", "1"], "leave out --direction, --span"),
        (["walk", "-o", "walk.jpg"], "must end in .png or .gif or"),
        (["walk", "--fps", "9"], "--fps is of animations, got -o walk.png"),
        (["walk", "--fps", "0", "-o", "a.gif"], "at least 0.1 and at most 50, got 0"),
        (["walk", "--to", "2", "--to", "-1"], "--to must be at least 0, got -1"),
        (["walk", "--codes", "z.npy", "--to", "1"], "leave out --to, --seed"),
        (["walk", "--codes", "z.npy", "--seed", "1"], "leave out --to, --seed"),
        (["walk", "--codes", "z.npy", "-n", "1"], "--codes walks from image to image"),
        (["walk", "--codes", "z.npy"], "there is no file z.npy"),
        (["walk", "-o", "no/walk.png"], "there is no folder no for walk.png"),
        (["directions", "-n", "0"], "-n must be at least 1, got 0"),
        (["directions", "--method", "pca"], "method must be one of sefa, ganspace"),
        (["directions", "-o", "d"], "must end in .png, got d"),
        (["directions", "-o", "d.png", "--seed", "-1"], "seed must be at least 0"),
    ],
)
def test_bad_arguments(run, tmp_path, monkeypatch, gan, arguments, says):
    monkeypatch.chdir(tmp_path)
    command, *options = arguments
    refused(run, command, gan, *options, says=says)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("options", [["-y", "4"], ["-y", "4", "--to", "2"]])
def test_an_unknown_class(run, tmp_path, monkeypatch, cgan, options):
    monkeypatch.chdir(tmp_path)
    refused(run, "walk", cgan, *options, says="y = '4': unknown class, known: 3, 5, 7")


@pytest.mark.parametrize("command", ["walk", "directions"])
def test_no_model(run, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    refused(run, command, tmp_path / "run", says="there is no")
    (tmp_path / "run.safetensors").write_bytes(b"\x80\x04pickle")
    says = "not a whole safetensors file"
    refused(run, command, "run.safetensors", says=says)
    assert [path.name for path in tmp_path.iterdir()] == ["run.safetensors"]


def refused(run, *arguments, says):
    code, out, err = run(*arguments)
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err + out
