"""The regularised autoencoder and its prior."""

from copy import copy

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from latentia.generative.latent.prior import MixturePrior
from latentia.generative.latent.prior_fitting import fit_prior
from latentia.generative.models.rae import RAE

SETTINGS = {"preset": "tiny", "latent_dim": 3, "batch_size": 16, "random_state": 0}


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)


@pytest.fixture(scope="module")
def fitted(X):
    return RAE(n_components=2, **SETTINGS).fit(X, epochs=2)


def two_clusters(n=4000, seed=0):
    random = np.random.default_rng(seed)
    first = random.normal([5, 0, 2], [1, 0.1, 3], (n // 4, 3))
    second = random.multivariate_normal(
        [-5, 1, 0], [[1, 0.9, 0], [0.9, 1, 0], [0, 0, 4]], n - n // 4
    )
    return np.concatenate([first, second])


@pytest.mark.parametrize("network", ["auto", "conv", "mlp"])
@pytest.mark.parametrize("shape", [(8, 8), (9, 13, 4)])
def test_images_of_any_shape(shape, network):
    random = np.random.default_rng(1)
    X = random.integers(0, 256, (16, *shape), dtype=np.uint8)
    rae = RAE(network=network, **SETTINGS).fit(X, epochs=1)
    assert rae.sample(2, seed=0).shape == (2, *shape)
    assert rae.encode(X).shape == (16, 3)
    assert rae.reconstruct(X).shape == X.shape


def test_training_lowers_the_error(X):
    settings = SETTINGS | {"learning_rate": 5e-3}
    short, long = (RAE(**settings).fit(X, epochs=n) for n in (1, 20))
    assert long.score(X) > short.score(X) + 1


def test_score_is_minus_the_squared_error(X, fitted):
    difference = fitted.reconstruct(X) / 255.0 - X / 255.0
    # Reconstructions are rounded to 255ths, the score's are not.
    error = (difference**2).sum((1, 2)).mean()
    assert fitted.score(X) == pytest.approx(-error, rel=1e-2)


def test_the_same_seed_gives_the_same_bits(X, fitted):
    again = RAE(n_components=2, **SETTINGS).fit(X, epochs=2)
    np.testing.assert_array_equal(again.sample(5, seed=1), fitted.sample(5, seed=1))


def test_an_image_of_a_seed_is_the_same_for_every_number(fitted):
    many = fitted.sample(70, seed=3)
    for n in (1, 7, 64, 65):
        np.testing.assert_array_equal(fitted.sample(n, seed=3), many[:n])
    assert (fitted.sample(70, seed=4) != many).any()


def test_saved_and_loaded(tmp_path, fitted):
    fitted.save(tmp_path)
    loaded = RAE.load(tmp_path)
    np.testing.assert_array_equal(loaded.sample(9, seed=0), fitted.sample(9, seed=0))


def test_labels_are_not_needed_and_do_no_harm(X, fitted):
    labelled = RAE(n_components=2, **SETTINGS).fit(X, np.arange(40) % 3, epochs=2)
    np.testing.assert_array_equal(labelled.sample(5, seed=1), fitted.sample(5, seed=1))


def test_more_components_than_images(X):
    with pytest.warns(
        UserWarning, match="n_components=100 is reduced to 20, the number of images"
    ):
        rae = RAE(n_components=100, **SETTINGS).fit(X[:20], epochs=1)
    assert len(rae.prior_.weights) == 20
    assert rae.sample(3, seed=0).shape == (3, 8, 8)


def test_two_images_are_enough(X):
    rae = RAE(**SETTINGS).fit(X[:2], epochs=1)
    assert rae.sample(3, seed=0).shape == (3, 8, 8)


def test_prior_draws_what_it_was_fitted_to():
    codes = two_clusters()
    prior = fit_prior(codes, 2, "full", 0).prior
    drawn = prior.sample(0, 20_000)
    left, right = drawn[drawn[:, 0] < 0], drawn[drawn[:, 0] > 0]
    assert len(right) / len(drawn) == pytest.approx(0.25, abs=0.02)
    np.testing.assert_allclose(right.mean(0), [5, 0, 2], atol=0.2)
    np.testing.assert_allclose(left.mean(0), [-5, 1, 0], atol=0.1)
    truth = np.cov(codes[codes[:, 0] < 0].T)
    np.testing.assert_allclose(np.cov(left.T), truth, atol=0.2)


def test_prior_does_not_depend_on_the_scale_of_codes():
    codes = two_clusters()
    scale = np.array([1e-3, 1.0, 1e3])
    drawn = fit_prior(codes, 2, "full", 0).prior.sample(0, 50)
    scaled = fit_prior(codes * scale, 2, "full", 0).prior.sample(0, 50)
    np.testing.assert_allclose(scaled / scale, drawn, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("n_components", ["auto", 3])
def test_collapsed_dimensions_stay_where_they_are(n_components):
    codes = two_clusters()
    codes[:, 1] = 0.7
    drawn = fit_prior(codes, n_components, "full", 0).prior.sample(0, 100)
    np.testing.assert_allclose(drawn[:, 1], 0.7, rtol=1e-6)
    assert drawn[:, 0].std() > 1


@pytest.mark.parametrize("n_components", ["auto", 1, 3])
def test_codes_that_are_all_the_same(n_components):
    codes = np.full((8, 3), 0.7)
    drawn = fit_prior(codes, n_components, "full", 0).prior.sample(0, 5)
    np.testing.assert_allclose(drawn, 0.7, rtol=1e-6)


def test_a_prior_that_does_not_fit_together_is_refused():
    tensors = fit_prior(two_clusters(), 2, "full", 0).prior.tensors()
    with pytest.raises(ValueError, match="do not match"):
        MixturePrior.of_tensors(tensors | {"weights": torch.ones(3)})


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"latent_dim": 0}, ValueError),
        ({"n_components": 0}, ValueError),
        ({"n_components": 2.5}, TypeError),
        ({"n_components": "many"}, ValueError),
        ({"beta": -1}, ValueError),
        ({"beta": float("nan")}, ValueError),
        ({"network": "resnet"}, ValueError),
    ],
)
def test_bad_settings_are_named(X, settings, error):
    ((name, value),) = settings.items()
    with pytest.raises(error, match=name) as raised:
        RAE(**settings).fit(X)
    assert str(value) in str(raised.value)


def test_parameters_set_after_a_fit_wait_for_the_next(X, fitted):
    before = fitted.encode(X), fitted.sample(3, seed=0)
    changed = copy(fitted).set_params(latent_dim=7, size=(9, 9))
    assert changed.latent_dim_ == before[0].shape[1]
    np.testing.assert_array_equal(changed.encode(X), before[0])
    np.testing.assert_array_equal(changed.sample(3, seed=0), before[1])
    assert changed.decode(before[0]).shape == X.shape
