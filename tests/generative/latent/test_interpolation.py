"""From one image to another on an arc."""

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia.generative import interpolate, latent_walk
from latentia.generative.latent.interpolation import _arc
from latentia.generative.latent.space import LatentSpace


@pytest.mark.parametrize("model", ["gan", "cgan", "vae", "rae"])
def test_ends_are_the_images_of_the_seeds(model, request):
    fitted = request.getfixturevalue(model)
    images = interpolate(fitted, 3, 8)
    assert images.shape == (12, 8, 8)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images[0], fitted.sample(1, seed=3)[0])
    np.testing.assert_array_equal(images[-1], fitted.sample(1, seed=8)[0])
    both = interpolate(fitted, 3, 8, 2)
    np.testing.assert_array_equal(both, images[[0, -1]])


@pytest.mark.parametrize("model", ["gan", "rae"])
def test_images_between_are_of_the_arc(model, request):
    space = LatentSpace.of(request.getfixturevalue(model))
    a, b = (space.whiten(space.codes(seed, 1))[0] for seed in (3, 8))
    expected = space.images(space.colour(_arc(a, b, np.linspace(0, 1, 5))), None)
    images = interpolate(request.getfixturevalue(model), 3, 8, 5)
    np.testing.assert_array_equal(images[1:-1], expected[1:-1])


def test_directions_turn_evenly_and_lengths_grow_evenly():
    a, b = np.array([3.0, 0, 0]), np.array([0, 0, 5.0])
    angles = np.pi / 2 * np.linspace(0, 1, 5)
    lengths = np.linspace(3, 5, 5)
    expected = np.stack(
        [lengths * np.cos(angles), np.zeros(5), lengths * np.sin(angles)], axis=1
    )
    np.testing.assert_allclose(_arc(a, b, np.linspace(0, 1, 5)), expected, atol=1e-12)


def test_lengths_lie_between_those_of_the_ends():
    random = np.random.default_rng(0)
    for _ in range(20):
        a, b = random.normal(size=(2, 7))
        t = np.linspace(0, 1, 9)
        lengths = np.linalg.norm(_arc(a, b, t), axis=1)
        expected = (1 - t) * np.linalg.norm(a) + t * np.linalg.norm(b)
        np.testing.assert_allclose(lengths, expected)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([1.0, 2.0], [2.0, 4.0]),
        ([1.0, 2.0], [-2.0, -4.0]),
        ([0.0, 0.0], [1.0, 2.0]),
        ([0.0, 0.0], [0.0, 0.0]),
        ([0.1, 0.3], [0.1, 0.3]),
    ],
)
def test_without_a_plane_the_way_is_straight(a, b):
    t = np.linspace(0, 1, 4)
    expected = np.outer(1 - t, a) + np.outer(t, b)
    np.testing.assert_allclose(_arc(np.array(a), np.array(b), t), expected)


@pytest.mark.parametrize("model", ["gan", "rae"])
def test_from_an_image_to_itself(model, request):
    fitted = request.getfixturevalue(model)
    images = interpolate(fitted, 3, 3, 4)
    itself = fitted.sample(1, seed=3)[0].astype(int)
    # Whitened and coloured again, codes are rounded.
    assert np.abs(images - itself).max() <= 1


def test_backwards_is_the_same_way(gan):
    there, back = interpolate(gan, 3, 8, 7), interpolate(gan, 8, 3, 7)
    assert np.abs(there.astype(int) - back[::-1]).max() <= 1


def test_classes(cgan, names):
    bag, *_, last = cgan.classes_
    images = interpolate(cgan, 3, 8, 4, y=last)
    np.testing.assert_array_equal(images[0], cgan.sample(1, last, seed=3)[0])
    np.testing.assert_array_equal(images[-1], cgan.sample(1, last, seed=8)[0])
    of_first = interpolate(cgan, 3, 8, 4, y=bag)
    np.testing.assert_array_equal(interpolate(cgan, 3, 8, 4), of_first)
    mixed = interpolate(cgan, 3, 8, 4, y=[bag, bag, last, last])
    np.testing.assert_array_equal(mixed, [*of_first[:2], *images[2:]])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"steps": 1}, ValueError, "steps must be at least 2, got 1"),
        ({"steps": 2.5}, TypeError, "steps must be an integer, got 2.5"),
        ({"seed_a": -1}, ValueError, "seed_a must be at least 0, got -1"),
        ({"seed_b": "b"}, TypeError, "seed_b must be an integer, got 'b'"),
        ({"y": 3}, ValueError, "this GAN has none"),
    ],
)
def test_bad_arguments(gan, arguments, error, message):
    with pytest.raises(error, match=message):
        interpolate(gan, **{"seed_a": 0, "seed_b": 1, **arguments})


def test_bad_classes(cgan):
    with pytest.raises(ValueError, match="y = 'hat': unknown class"):
        interpolate(cgan, 0, 1, y="hat")
    with pytest.raises(ValueError, match="y has 2 labels for 12 images"):
        interpolate(cgan, 0, 1, y=list(cgan.classes_[:2]))


@pytest.mark.parametrize("name", ["gan", "cgan", "vae", "rae"])
def test_a_walk_over_stops_is_that_from_each_to_the_next(name, request):
    model = request.getfixturevalue(name)
    legs = [interpolate(model, a, b, 4) for a, b in ((3, 8), (8, 1), (1, 3))]
    open_ = latent_walk(model, [3, 8, 1], 4)
    np.testing.assert_array_equal(open_, [*legs[0], *legs[1][1:]])
    closed = latent_walk(model, [3, 8, 1], 4, closed=True)
    expected = [image for leg in legs for image in leg[:-1]]
    np.testing.assert_array_equal(closed, expected)
    assert latent_walk(model, np.array([3, 8])).shape == (12, 8, 8)


@pytest.mark.parametrize("name", ["gan", "rae"])
def test_a_walk_over_codes(name, request):
    model = request.getfixturevalue(name)
    codes = np.concatenate([model.sample_codes(1, seed=seed) for seed in (3, 8, 1)])
    expected = latent_walk(model, [3, 8, 1], 5)
    np.testing.assert_array_equal(latent_walk(model, codes, 5), expected)
    np.testing.assert_array_equal(expected[::4], model.decode(codes))


def test_classes_of_a_walk_change_half_way(cgan):
    a, b, c = cgan.classes_
    images = latent_walk(cgan, [3, 8, 1], 4, closed=True, y=[b, c, a])
    of = {y: latent_walk(cgan, [3, 8, 1], 4, closed=True, y=y) for y in (a, b, c)}
    order = [b, b, c, c, c, a, a, a, b]
    np.testing.assert_array_equal(images, [of[y][i] for i, y in enumerate(order)])
    two = latent_walk(cgan, [3, 8], 3, y=[b, c])
    middle = interpolate(cgan, 3, 8, 3, y=c)[1]  # as near to either
    np.testing.assert_array_equal(two[1], middle)
    np.testing.assert_array_equal(latent_walk(cgan, [3, 8, 1], 4, closed=True), of[a])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"stops": [3]}, ValueError, "stops must be at least two, got 1"),
        ({"stops": []}, ValueError, "stops must be at least two, got 0"),
        ({"stops": np.zeros((1, 6))}, ValueError, "stops must be at least two, got 1"),
        ({"stops": [3, 1.5]}, TypeError, r"stops\[0\] must be an integer, got 3.0"),
        ({"stops": [3, -1]}, ValueError, r"stops\[1\] must be at least 0, got -1"),
        ({"stops": np.zeros((2, 5))}, ValueError, r"stops must have shape \(n, 6\)"),
        ({"stops": 3}, ValueError, r"stops must have shape \(n, 6\)"),
        ({"steps": 1}, ValueError, "steps must be at least 2, got 1"),
        ({"y": 3}, ValueError, "this GAN has none"),
    ],
)
def test_bad_walks(gan, arguments, error, message):
    with pytest.raises(error, match=message):
        latent_walk(gan, **{"stops": [0, 1], **arguments})


def test_bad_classes_of_a_walk(cgan):
    with pytest.raises(ValueError, match="y = 'hat': unknown class"):
        latent_walk(cgan, [0, 1], y="hat")
    with pytest.raises(ValueError, match="y has 3 labels for 2 images"):
        latent_walk(cgan, [0, 1], y=list(cgan.classes_))
