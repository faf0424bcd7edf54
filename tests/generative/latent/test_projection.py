"""Codes of images, of generators that have no encoder."""

from copy import deepcopy
from functools import partial

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from scipy.stats import chi2

from latentia.datasets import load_image_folder
from latentia.datasets.image_grid import write_png
from latentia.evaluation.features import RandomConvFeatures
from latentia.evaluation.features.random_conv import random_network
from latentia.generative import GAN, RAE, VAE, ConditionalGAN, project
from latentia.generative.latent import search
from latentia.generative.latent.space import LatentSpace

STEPS = 160
N_OWN, N_STRANGE = 3, 2
random = np.random.default_rng(0)


def small_network(patch):
    """48 features instead of 256, whose convolutions take most of the time."""
    few = partial(random_network, widths=(8, 8, 16))
    patch.setattr(search, "random_network", few)


@pytest.fixture(autouse=True)
def few_random_features(monkeypatch):
    small_network(monkeypatch)


@pytest.fixture(scope="module")
def gan(train):
    """As those of the other tests, but trained until codes make a difference."""
    return train(GAN, epochs=40, learning_rate=3e-3)


@pytest.fixture(scope="module")
def cgan(train, names):
    return train(ConditionalGAN, names, epochs=40, learning_rate=3e-3)


@pytest.fixture(scope="module")
def vae(train):
    return train(VAE, epochs=25)


@pytest.fixture(scope="module")
def rae(train):
    return train(RAE, epochs=25, n_components=2)


def nearest_of(model, images, y=None, n=search.N_RANDOM):
    """Return by brute force the least error of random codes, in levels of 255."""
    made = model.decode(model.sample_codes(n, seed=0), *(() if y is None else (y,)))
    return np.sqrt(np.square(images[:, None] - made.astype(float)).mean((2, 3)).min(1))


@pytest.fixture(scope="module", params=["gan", "cgan", "vae", "rae"])
def search_of_all(request, X):
    """A model, and codes of its own images, of noise and of images of the training."""
    model = request.getfixturevalue(request.param)
    own = model.sample(N_OWN, seed=12)
    strange = random.integers(0, 256, (N_STRANGE, 8, 8), dtype=np.uint8)
    images = np.concatenate([own, strange, X[:3]])
    with pytest.MonkeyPatch.context() as patch:
        small_network(patch)
        return model, images, project(model, images, steps=STEPS)


def test_images_of_the_model_are_found_again(search_of_all):
    model, images, found = search_of_all
    assert found.codes.shape == (8, 6)
    assert found.codes.dtype == np.float32
    labels = () if found.y is None else (found.y,)
    np.testing.assert_array_equal(found.images, images)
    np.testing.assert_array_equal(
        found.reconstructions, model.decode(found.codes, *labels)
    )
    own = slice(N_OWN)
    assert found.pixel_errors[own].max() < 1
    for kind in ("pixel", "feature"):
        errors = getattr(found, f"{kind}_errors")[own]
        assert (errors < 0.1 * getattr(found, f"random_{kind}_errors")[own]).all()


def test_what_the_model_does_not_make_has_no_code(search_of_all):
    own, strange = np.split(search_of_all[2].pixel_errors[: N_OWN + N_STRANGE], [N_OWN])
    assert strange.min() > 30 * own.max()


def test_codes_are_not_longer_than_those_of_the_prior(search_of_all):
    """Not longer than 999 of 1000 of them, but for what is much better so."""
    model, _, found = search_of_all
    w = LatentSpace.of(model).whiten(found.codes)
    assert np.square(w).sum(axis=1).max() < 1.3 * chi2.ppf(0.999, 6)


def test_errors_are_those_of_the_reconstructions(gan, X, monkeypatch):
    monkeypatch.setattr(search, "random_network", random_network)  # as it is
    found = project(gan, X[:3], steps=5)
    difference = found.reconstructions.astype(float) - X[:3]
    expected = np.sqrt(np.square(difference).mean(axis=(1, 2)))
    np.testing.assert_allclose(found.pixel_errors, expected, rtol=1e-5)
    features = RandomConvFeatures(device="cpu")
    made, wanted = (features(x).astype(float) for x in (found.reconstructions, X[:3]))
    expected = np.linalg.norm(made - wanted, axis=1) / np.linalg.norm(wanted, axis=1)
    np.testing.assert_allclose(found.feature_errors, expected, rtol=1e-4)
    # The nearest in pixels and features together is hardly nearer in pixels alone.
    assert (found.random_pixel_errors >= nearest_of(gan, X[:3]) - 1e-4).all()


@pytest.mark.parametrize("name", ["gan", "cgan", "vae", "rae"])
def test_a_search_never_ends_worse_than_it_began(name, request, X):
    model = request.getfixturevalue(name)
    first, last = (project(model, X[:6], steps=steps) for steps in (1, 40))

    def error(found):
        return (found.pixel_errors / 255) ** 2 + found.feature_errors**2

    def nearest(found):
        return (found.random_pixel_errors / 255) ** 2 + found.random_feature_errors**2

    # Errors are of rounded images.
    assert (error(first) <= nearest(first) * 1.02).all()
    assert (error(last) <= error(first) * 1.02).all()
    assert error(last).mean() < 0.95 * nearest(last).mean()


@pytest.mark.parametrize("name", ["gan", "cgan"])
def test_an_image_is_found_alike_among_others(name, request, X):
    model = request.getfixturevalue(name)
    whole = project(model, X[:19], steps=8, seed=5)  # two blocks, and a part
    again = project(model, X[:19], steps=8, seed=5)
    np.testing.assert_array_equal(whole.codes, again.codes)
    for i in (0, 7, 18):
        alone = project(model, X[i : i + 1], steps=8, seed=5)
        np.testing.assert_allclose(alone.codes[0], whole.codes[i], rtol=0, atol=1e-3)
        if whole.y is not None:
            assert alone.y[0] == whole.y[i]
    other = project(model, X[:19], steps=8, seed=6)
    assert (np.abs(other.codes - whole.codes).max(axis=1) > 0.01).all()


def test_classes(cgan):
    first, _, last = cgan.classes_
    y = np.array([last, first, last])
    images = cgan.sample(3, y, seed=12)
    np.testing.assert_array_equal(project(cgan, images, steps=60).y, y)
    found = project(cgan, images, first, steps=20)
    np.testing.assert_array_equal(found.y, [first] * 3)
    given = project(cgan, images, y, steps=STEPS)
    np.testing.assert_array_equal(given.y, y)
    assert given.pixel_errors.max() < 1
    with pytest.raises(ValueError, match="y = 'hat': unknown class"):
        project(cgan, images, "hat")
    with pytest.raises(ValueError, match="y has 2 labels for 3 images"):
        project(cgan, images, y[:2])


def test_an_autoencoder_begins_at_its_encoder_too(vae, X, monkeypatch):
    monkeypatch.setattr(search, "random_network", random_network)  # as it is
    found = project(vae, X[:4], steps=1)
    encoded = vae.reconstruct(X[:4])
    of_encoder = np.square(encoded - X[:4].astype(float)).mean(axis=(1, 2))
    # The codes of the encoder are near, so near that one step is hardly better.
    assert (found.pixel_errors < 1.1 * np.sqrt(of_encoder)).all()


def test_the_model_is_not_changed(gan, X):
    before = deepcopy(gan.networks_.state_dict())
    with torch.inference_mode():
        found = project(gan, X[:2], steps=3)
    with torch.no_grad():
        np.testing.assert_array_equal(project(gan, X[:2], steps=3).codes, found.codes)
    np.testing.assert_array_equal(project(gan, X[:2], steps=3).codes, found.codes)
    for name, tensor in gan.networks_.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    for parameter in gan.networks_.parameters():
        assert parameter.grad is None
        assert not parameter.requires_grad
    assert not gan.networks_.training


def test_it_needs_no_number_of_torchs_generator(gan, X):
    state = torch.random.get_rng_state()
    project(gan, X[:1], steps=2)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize(
    ("network", "channels"), [("conv", 3), ("dcgan", 4), ("resnet", 3)]
)
def test_colours_and_every_network(network, channels):
    X = random.integers(0, 256, (16, 9, 11, channels), dtype=np.uint8)
    settings = {"preset": "tiny", "device": "cpu", "random_state": 0}
    gan = GAN(network=network, latent_dim=4, **settings).fit(X, epochs=1)
    found = project(gan, gan.sample(2, seed=3), steps=40)
    assert found.reconstructions.shape == (2, 9, 11, channels)
    assert (found.pixel_errors < np.maximum(0.5 * found.random_pixel_errors, 1)).all()


def test_pictures_are_brought_to_the_size_of_the_model(gan, X, tmp_path):
    for i, factor in enumerate((2, 5)):
        wide = X[i].repeat(factor, axis=0).repeat(factor, axis=1)
        write_png(tmp_path / f"{i}.png", np.stack([wide] * 3, axis=2))
    expected = load_image_folder(tmp_path, size=(8, 8), mode="L").images
    for given in (sorted(tmp_path.iterdir()), tmp_path):
        found = project(gan, given, steps=2)
        assert np.abs(found.images.astype(int) - X[:2]).max() <= 40
        np.testing.assert_array_equal(found.images, expected)


def test_a_bar_is_shown(gan, X, capsys):
    project(gan, X[:1], steps=10, verbose=1)
    assert "projecting" in capsys.readouterr().err
    project(gan, X[:1], steps=10)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": GAN()}, ValueError, "not fitted"),
        (
            {"model": "gan"},
            TypeError,
            "model must be a GAN, ConditionalGAN, VAE or RAE",
        ),
        ({"steps": 0}, ValueError, "steps must be at least 1, got 0"),
        ({"seed": -1}, ValueError, "seed must be at least 0, got -1"),
        ({"y": 3}, ValueError, "this GAN has none"),
        ({"X": np.zeros((1, 9, 9), np.uint8)}, ValueError, r"X holds images of shape"),
        ({"X": np.full((1, 8, 8), np.nan)}, ValueError, "NaN or infinity"),
    ],
)
def test_bad_arguments(gan, X, arguments, error, message):
    with pytest.raises(error, match=message):
        project(**{"model": gan, "X": X[:1], **arguments})
