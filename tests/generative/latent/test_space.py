"""Latent space in coordinates in which the prior is N(0, I)."""

from copy import copy

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

torch = pytest.importorskip("torch")

from latentia.generative import GAN, RAE, interpolate, latent_directions  # noqa: E402
from latentia.generative.latent.prior_fitting import fit_prior  # noqa: E402
from latentia.generative.latent.space import LatentSpace  # noqa: E402


@pytest.mark.parametrize("model", ["gan", "cgan", "normal_vae"])
def test_spaces_of_noise_are_white_as_they_are(model, request):
    space = LatentSpace.of(request.getfixturevalue(model))
    assert space.dim == 6
    codes = space.codes(3, 9)
    np.testing.assert_array_equal(space.whiten(codes), codes)
    np.testing.assert_array_equal(space.colour(codes), codes)


@pytest.mark.parametrize("model", ["vae", "rae"])
def test_the_space_of_an_autoencoder_is_whitened_by_its_prior(model, request):
    space = LatentSpace.of(request.getfixturevalue(model))
    white = space.whiten(space.codes(0, 20_000))
    np.testing.assert_allclose(white.mean(0), 0, atol=0.05)
    np.testing.assert_allclose(np.cov(white.T), np.eye(6), atol=0.05)
    codes = space.codes(0, 20_000)
    np.testing.assert_allclose(space.colour(white), codes, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("model", ["gan", "cgan", "vae", "rae"])
def test_images_are_those_that_the_model_samples(model, request):
    fitted = request.getfixturevalue(model)
    space = LatentSpace.of(fitted)
    images = space.images(space.codes(5, 9), space.labels(9, None))
    np.testing.assert_array_equal(images, fitted.sample(9, seed=5))


def test_dimensions_that_do_not_vary_do_not_move(train):
    rae = train(RAE, n=32)
    codes = rae.encode(np.zeros((1, 8, 8), np.uint8)).astype(np.float64)
    codes = codes + np.random.default_rng(0).normal(size=(50, 6))
    codes[:, [1, 4]] = 0.7
    rae.prior_ = fit_prior(codes, 2, "full", 0).prior
    space = LatentSpace.of(rae)
    white = space.whiten(space.codes(0, 20))
    assert np.isfinite(white).all()
    assert not white[:, [1, 4]].any()
    np.testing.assert_allclose(space.colour(white), space.codes(0, 20), rtol=1e-4)
    for method in ("sefa", "ganspace"):
        found = latent_directions(rae, method, n_directions=4)
        assert not found.directions[:, [1, 4]].any()
        assert (found.effects > 0).all()
    assert interpolate(rae, 1, 2).shape == (12, 8, 8)


def test_codes_that_are_all_the_same_have_no_directions(train):
    rae = train(RAE, n=32)
    rae.prior_ = fit_prior(np.full((8, 6), 0.7), 1, "full", 0).prior
    for ask in (latent_directions, lambda model: interpolate(model, 0, 1)):
        with pytest.raises(ValueError, match="codes of this RAE are all the same"):
            ask(rae)


@pytest.mark.parametrize("model", [None, "run/", GAN, torch.nn.Linear(2, 2)])
def test_other_models_are_named(model):
    for ask in (latent_directions, lambda model: interpolate(model, 0, 1)):
        with pytest.raises(TypeError, match="must be a GAN, ConditionalGAN, VAE"):
            ask(model)


@pytest.mark.parametrize("model", [GAN, RAE])
def test_models_that_are_not_fitted(model):
    for ask in (latent_directions, lambda model: interpolate(model, 0, 1)):
        with pytest.raises(NotFittedError, match=model.__name__):
            ask(model())


def test_a_checkpoint_of_a_training_that_did_not_end(train):
    rae = train(RAE, n=32)
    del rae.prior_
    for ask in (latent_directions, lambda model: interpolate(model, 0, 1)):
        with pytest.raises(NotFittedError, match="training that did not end"):
            ask(rae)


def test_many_dimensions_that_do_not_vary(rae):
    # Of several components the mean of what is constant is rounded.
    random = np.random.default_rng(0)
    for seed in range(20):
        codes = random.normal(size=(60, rae.latent_dim_)) * 3
        codes[:, :3] = [0.7, -1.3, 1 / 3]
        model = copy(rae)
        model.prior_ = fit_prior(codes, 5, "full", seed).prior
        space = LatentSpace.of(model)
        assert not space.factor[:3].any()
        assert not space.factor[:, :3].any()
        assert np.abs(space.whiten(codes)).max() < 100
