"""One image, changed along a direction."""

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia.generative import RAE, latent_directions


@pytest.fixture(scope="module")
def directions(gan):
    return latent_directions(gan, n_directions=2)


@pytest.mark.parametrize("model", ["gan", "cgan", "vae", "rae"])
def test_the_middle_is_the_image_itself(model, request):
    fitted = request.getfixturevalue(model)
    directions = latent_directions(fitted, n_directions=2)
    for steps in (3, 9):
        images = directions.walk(7, 1, steps=steps)
        assert images.shape == (steps, 8, 8)
        assert images.dtype == np.uint8
        middle = images[steps // 2]
        np.testing.assert_array_equal(middle, fitted.sample(1, seed=7)[0])


def test_steps_are_in_sigma(gan, directions):
    images = directions.walk(7, 1, steps=4, span=1.5)
    along = np.outer([-1.5, -0.5, 0.5, 1.5], directions.directions[1])
    z = gan.sample_codes(1, seed=7) + along
    expected = directions._space.images(z.astype(np.float32), None)
    np.testing.assert_array_equal(images, expected)


def test_defaults_are_three_sigma_along_the_first(directions):
    expected = directions.walk(7, 0, steps=9, span=3.0)
    np.testing.assert_array_equal(directions.walk(7), expected)
    assert (directions.walk(8) != expected).any()


def test_an_rae_walks_in_units_of_its_prior(rae):
    directions = latent_directions(rae, n_directions=1)
    start = rae.prior_.sample(7, 1)
    z = start + np.outer([-2.0, 2.0], directions.directions[0])
    images = directions.walk(7, steps=2, span=2)
    np.testing.assert_array_equal(images, rae.decode(z.astype(np.float32)))


def test_a_class_stays_on_its_way(cgan):
    directions = latent_directions(cgan, n_directions=2)
    for label in cgan.classes_:
        images = directions.walk(7, steps=5, y=label)
        itself = cgan.sample(1, label, seed=7)[0]
        np.testing.assert_array_equal(images[2], itself)
    first = directions.walk(7, steps=5, y=cgan.classes_[0])
    np.testing.assert_array_equal(directions.walk(7, steps=5), first)


@pytest.mark.parametrize("method", ["sefa", "ganspace"])
def test_every_network(convolutional, method):
    directions = latent_directions(convolutional, method, n_directions=2)
    images = directions.walk(0, 1, steps=3)
    np.testing.assert_array_equal(images[1], convolutional.sample(1, seed=0)[0])
    assert (images[0] != images[2]).any()


def test_convolutions_of_an_rae(train):
    rae = train(RAE, n=32, network="auto")
    for method in ("sefa", "ganspace"):
        images = latent_directions(rae, method, n_directions=2).walk(0, 1, steps=3)
        np.testing.assert_array_equal(images[1], rae.sample(1, seed=0)[0])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"direction": 2}, ValueError, "direction must be below 2.*got 2"),
        ({"direction": -1}, ValueError, "direction must be at least 0, got -1"),
        ({"direction": 0.5}, TypeError, "direction must be an integer, got 0.5"),
        ({"steps": 1}, ValueError, "steps must be at least 2, got 1"),
        ({"steps": "9"}, TypeError, "steps must be an integer, got '9'"),
        ({"span": 0}, ValueError, "span must be a number above 0, got 0"),
        ({"span": -3}, ValueError, "span must be a number above 0, got -3"),
        ({"span": np.inf}, ValueError, "span must be a number above 0, got inf"),
        ({"span": np.nan}, ValueError, "span must be a number above 0, got nan"),
        ({"span": "far"}, TypeError, "span must be a number above 0, got 'far'"),
        ({"seed": -1}, ValueError, "seed must be at least 0, got -1"),
        ({"seed": 1.5}, TypeError, "seed must be an integer, got 1.5"),
        ({"y": 3}, ValueError, "this GAN has none"),
    ],
)
def test_bad_arguments(directions, arguments, error, message):
    with pytest.raises(error, match=message):
        directions.walk(**{"seed": 0, **arguments})


def test_unknown_classes(cgan):
    directions = latent_directions(cgan, n_directions=1)
    with pytest.raises(ValueError, match="y = 'hat': unknown class"):
        directions.walk(0, y="hat")
