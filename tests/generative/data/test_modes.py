"""Images of another mode than the model's, and what a training says of its images."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
Image = pytest.importorskip("PIL.Image")

from latentia.generative import GAN, RAE, VAE, ConditionalGAN, LatentMixture  # noqa: E402
from latentia.generative.models.real_images import real_images  # noqa: E402

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (12, 9, 8, 3), dtype=np.uint8)
SMALL = {"preset": "tiny", "network": "mlp", "device": "cpu", "random_state": 0}


def save(folder: Path, mode: str, images: np.ndarray = COLOUR) -> Path:
    folder.mkdir(parents=True)
    for number, image in enumerate(images):
        Image.fromarray(image).convert(mode).save(folder / f"{number:02}.png")
    return folder


def seen(folder: Path, mode: str) -> np.ndarray:
    files = sorted(folder.iterdir())
    return np.stack([np.asarray(Image.open(file).convert(mode)) for file in files])


@pytest.fixture(scope="module")
def models():
    return {
        mode: VAE(**SMALL, latent_dim=3, mode=mode).fit(COLOUR, epochs=1)
        for mode in ("L", "RGB", "RGBA")
    }


@pytest.mark.parametrize("own", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("other", ["L", "RGB", "RGBA", "P"])
def test_a_folder_of_another_mode(models, tmp_path, own, other):
    folder, model = save(tmp_path / "folder", other), models[own]
    expected = seen(folder, own)
    found, labels = real_images(model, folder)
    np.testing.assert_array_equal(found, expected)
    assert labels is None
    np.testing.assert_array_equal(model.encode(folder), model.encode(expected))
    np.testing.assert_array_equal(model.score(folder), model.score(expected))


@pytest.mark.parametrize("own", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("other", ["L", "RGB", "RGBA"])
def test_arrays_of_another_mode(tmp_path, own, other):
    base = save(tmp_path / "folder", "RGB")
    X, Y = seen(base, own), seen(base, other)
    pictures = [Image.fromarray(image) for image in Y]
    expected = np.stack([np.asarray(picture.convert(own)) for picture in pictures])
    model = VAE(**SMALL, latent_dim=3).fit(X, validation=Y, epochs=1)
    np.testing.assert_array_equal(real_images(model, Y)[0], expected)
    np.testing.assert_array_equal(real_images(model, pictures)[0], expected)
    np.testing.assert_array_equal(model.encode(Y), model.encode(expected))
    assert model.score(Y) == model.score(expected)
    assert model.history_[-1]["score"] == pytest.approx(-model.score(expected))
    mixture = LatentMixture(1, random_state=0).fit(model, Y)
    found = mixture.score_samples(Y)
    np.testing.assert_array_equal(found, mixture.score_samples(expected))


def test_arrays_of_two_channels_have_no_mode(models):
    with pytest.raises(
        ValueError, match="2 channels, which cannot be converted to mode"
    ):
        models["L"].encode(COLOUR[..., :2])


def test_transparency_in_arrays_is_laid_over_white(models):
    clear = np.zeros((2, 9, 8, 4), np.uint8)
    white = np.full((2, 9, 8), 255, np.uint8)
    np.testing.assert_array_equal(models["L"].encode(clear), models["L"].encode(white))


@pytest.mark.parametrize("own", ["L", "RGBA"])
def test_a_wanted_mode_holds_for_arrays_too(models, tmp_path, own):
    expected = seen(save(tmp_path / "folder", "RGB"), own)
    np.testing.assert_array_equal(
        models[own].encode(COLOUR), models[own].encode(expected)
    )
    assert models[own].image_shape_ == expected.shape[1:]


@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_validation_on_a_folder_of_another_mode(tmp_path, mode):
    folder = save(tmp_path / "folder", mode)
    scores = [
        GAN(**SMALL).fit(COLOUR, validation=other, epochs=1).history_[-1]["score"]
        for other in (folder, seen(folder, "RGB"))
    ]
    assert scores[0] == scores[1]


@pytest.mark.parametrize("model", [GAN, RAE, VAE])
def test_a_mode_is_kept_in_the_file(tmp_path, model):
    found = model(**SMALL, mode="L").fit(COLOUR, epochs=1)
    assert found.sample(2).shape == (2, 9, 8)
    found.save(tmp_path / "model")
    assert model.load(tmp_path / "model").get_params()["mode"] == "L"


@pytest.mark.parametrize("model", [GAN, RAE, VAE])
def test_a_mode_that_is_none(model):
    with pytest.raises(ValueError, match=r"mode must be .*RGBA or None, got 'HSV'"):
        model(**SMALL, mode="HSV").fit(COLOUR)


def test_the_opening_line(tmp_path, capsys):
    save(tmp_path / "cats", "RGB", COLOUR[:8])
    save(tmp_path / "do\x1bgs", "RGB", COLOUR[8:])
    (tmp_path / "cats" / "b.png").write_bytes(b"no picture")
    with pytest.warns(UserWarning, match="skipped 1 of 13"):
        ConditionalGAN(**SMALL, verbose=1).fit(tmp_path, validation=0.2, epochs=1)
    line = capsys.readouterr().err.splitlines()[0]
    start = "ConditionalGAN: 10 images of 9×8, RGB, 2 classes (cats: 6, do\\x1bgs: 4)"
    assert line.startswith(f"{start}; 2 more to compute scores on; 1 files left out")
    assert "b.png: not a readable picture" in line
    VAE(**SMALL, verbose=1).fit(COLOUR[..., 0], range(12), epochs=1)
    line = capsys.readouterr().err.splitlines()[0]
    assert line == "VAE: 12 images of 9×8, grey, no classes"
    ConditionalGAN(**SMALL, verbose=1).fit(COLOUR, np.arange(12) % 7, epochs=1)
    line = capsys.readouterr().err.splitlines()[0]
    assert line.endswith("RGB, 7 classes (1 to 2 images each)")
