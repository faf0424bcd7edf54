"""The variational autoencoder from images to samples."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from latentia.datasets import load_digits
from latentia.generative.models.rae import RAE
from latentia.generative.models.vae import VAE

SETTINGS = {"preset": "tiny", "latent_dim": 3, "batch_size": 16, "random_state": 0}


def images(*shape, seed=0):
    """Return discs of different places: something to learn."""
    random = np.random.default_rng(seed)
    n, height, width = shape[:3]
    y, x = np.ogrid[:height, :width]
    centre = random.uniform(2, 6, (2, n, 1, 1))
    discs = 255.0 * ((y - centre[0]) ** 2 + (x - centre[1]) ** 2 < 6)
    if len(shape) == 4:
        discs = discs[..., np.newaxis] * np.linspace(0.5, 1, shape[3])
    return discs.astype(np.uint8)


@pytest.fixture(scope="module")
def X():
    return images(48, 8, 8)


@pytest.fixture(scope="module")
def fitted(X):
    return VAE(**SETTINGS).fit(X, epochs=4)


@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
@pytest.mark.parametrize("network", ["auto", "mlp"])
@pytest.mark.parametrize("shape", [(8, 8), (9, 13, 3)])
def test_images_of_any_shape(shape, network, likelihood):
    X = images(16, *shape)
    vae = VAE(likelihood=likelihood, network=network, **SETTINGS).fit(X, epochs=1)
    assert vae.sample(2, seed=0).shape == (2, *shape)
    assert vae.encode(X).shape == (16, 3)
    assert vae.encode(X).dtype == np.float32
    assert vae.decode(np.zeros((5, 3))).dtype == np.uint8
    assert vae.reconstruct(X).shape == X.shape
    assert np.isfinite(vae.score(X))


def test_training_raises_the_bound(X):
    settings = SETTINGS | {"learning_rate": 5e-3}
    short = VAE(**settings).fit(X, epochs=1)
    long = VAE(**settings).fit(X, epochs=20)
    assert long.score(X) > short.score(X) + 10


def test_few_images_are_not_learnt_by_heart():
    # Without the variance of an average image in σ², minus the bound of other images
    # is hundreds of nats here, beyond that of one average image.
    digits = load_digits().images
    settings = {"network": "mlp", "batch_size": 100, "learning_rate": 5e-3}
    vae = VAE(random_state=0, **settings).fit(digits[:100], epochs=300)
    images = torch.from_numpy(digits[500:])[:, None]
    skill = vae.networks_["likelihood"].skill(-vae.score(digits[500:]), images)
    assert skill > 0.2
    # Codes of images are where the prior draws.
    assert 0.3 < vae.encode(digits[500:]).std() < 1.2


def test_the_same_seed_gives_the_same_bits(X, fitted):
    again = VAE(**SETTINGS).fit(X, epochs=4)
    np.testing.assert_array_equal(again.sample(5, seed=1), fitted.sample(5, seed=1))
    assert again.score(X) == fitted.score(X)


def test_an_image_of_a_seed_is_the_same_for_every_number(fitted):
    many = fitted.sample(70, seed=3)
    for n in (1, 7, 64, 65):
        np.testing.assert_array_equal(fitted.sample(n, seed=3), many[:n])
    assert (fitted.sample(70, seed=4) != many).any()


def test_score_of_an_image_does_not_depend_on_the_others(X, fitted):
    halves = fitted.score(X[:1]), fitted.score(X[:2])
    assert halves[0] != halves[1]
    assert fitted.importance_weighted_bound(X[:1], 1) != halves[0]
    assert fitted.score(X) == fitted.score(X.astype(float) / 255)


def test_more_samples_tighten_the_bound(X, fitted):
    bounds = [fitted.importance_weighted_bound(X, k) for k in (1, 5, 40)]
    assert bounds == sorted(bounds)
    # One sample estimates the ELBO, the divergence not in closed form.
    assert bounds[-1] > fitted.score(X)


def test_active_units_are_those_that_vary(X, fitted):
    with torch.no_grad():
        last = fitted.networks_["encoder"].finish
        kept = last.weight.clone(), last.bias.clone()
        last.weight.zero_()
        last.weight[1] = 100 * kept[0][1]
        assert fitted.active_units(X) == 1
        last.weight.copy_(kept[0])
    assert 0 <= fitted.active_units(X) <= 3


def test_saved_and_loaded(tmp_path, X, fitted):
    fitted.save(tmp_path)
    loaded = VAE.load(tmp_path)
    assert loaded.get_params() == fitted.get_params()
    assert loaded.score(X) == fitted.score(X)
    np.testing.assert_array_equal(loaded.sample(3, seed=0), fitted.sample(3, seed=0))


def test_resumed_training_ends_with_the_same_bits(tmp_path, X):
    whole = VAE(**SETTINGS).fit(X, epochs=3, run=tmp_path)
    again = VAE(**SETTINGS).fit(X, epochs=3, resume=tmp_path)
    for name, tensor in whole.networks_.state_dict().items():
        assert torch.equal(tensor, again.networks_.state_dict()[name]), name


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"latent_dim": 0}, ValueError),
        ({"latent_dim": 2.5}, TypeError),
        ({"likelihood": "poisson"}, ValueError),
        ({"prior": "gaussian"}, ValueError),
        ({"n_components": "ten"}, ValueError),
        ({"network": "resnet"}, ValueError),
        ({"warmup": -0.1}, ValueError),
        ({"warmup": 1.5}, ValueError),
        ({"warmup": "long"}, TypeError),
    ],
)
def test_bad_settings_are_named(X, settings, error):
    ((name, value),) = settings.items()
    with pytest.raises(error, match=name) as raised:
        VAE(**settings).fit(X)
    assert repr(value) in str(raised.value)


def test_bad_input_is_named(X, fitted):
    with pytest.raises(ValueError, match=r"X holds images of shape \(1, 9, 9\)"):
        fitted.encode(np.zeros((2, 9, 9), np.uint8))
    with pytest.raises(ValueError, match=r"z must have shape \(n, 3\)"):
        fitted.decode(np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"got z\[0, 1\] = nan"):
        fitted.decode([[0.0, np.nan, 0.0]])
    with pytest.raises(ValueError, match="n_samples must be at least 1"):
        fitted.importance_weighted_bound(X, 0)


def test_unfitted_models_say_so(X):
    from sklearn.exceptions import NotFittedError

    for use in (VAE().encode, VAE().score, VAE().decode, VAE().active_units):
        with pytest.raises(NotFittedError):
            use(X)


def test_the_mixture_is_that_of_codes_drawn_for_the_images(X, fitted):
    """Its covariance is that of the means plus the mean of the variances σ²."""
    with torch.no_grad():
        pixels = torch.from_numpy(X)[:, None].float() / 255
        encoded = fitted.networks_["encoder"](pixels)
    mean, log_variance = encoded.chunk(2, dim=1)
    expected = mean.var(0) + log_variance.exp().mean(0)
    _, covariance = fitted.prior_.moments()
    np.testing.assert_allclose(np.diag(covariance), expected, rtol=0.3)


def test_the_normal_prior_is_an_option(X):
    vae = VAE(**SETTINGS, prior="normal").fit(X, epochs=1)
    codes = vae.sample_codes(20_000, seed=0)
    np.testing.assert_allclose(codes.mean(0), 0, atol=0.05)
    np.testing.assert_allclose(np.cov(codes.T), np.eye(codes.shape[1]), atol=0.05)


def test_a_checkpoint_of_a_training_that_did_not_end_draws_from_the_normal(X, tmp_path):
    VAE(**SETTINGS).fit(X, epochs=1, run=tmp_path)
    vae = VAE.load(tmp_path / "last.safetensors")
    assert len(vae.prior_.weights) == 1
    assert vae.sample(2, seed=0).shape[0] == 2
    assert vae.codes_description == "standard normal"


@pytest.mark.parametrize(
    ("model", "described"),
    [
        (VAE(**SETTINGS), "codes of images"),
        (RAE(**SETTINGS), "codes of images"),
        (VAE(**SETTINGS, prior="normal"), "standard normal"),
    ],
)
def test_exported_files_say_how_codes_are_distributed(X, model, described):
    assert model.fit(X, epochs=1).codes_description.startswith(described)
