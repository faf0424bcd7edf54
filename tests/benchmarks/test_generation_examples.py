"""The classic examples, a few steps each; and points in the plane."""

import math
from itertools import count

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.benchmarks.generative import examples, toys  # noqa: E402
from latentia.benchmarks.generative.toys import (  # noqa: E402
    GRID,
    RING,
    Toy,
    train_and_sample,
)
from latentia.benchmarks.results import Target  # noqa: E402
from latentia.datasets import load_digits  # noqa: E402
from latentia.generative.networks.dcgan import (  # noqa: E402
    DCDiscriminator,
    DCGenerator,
)

DIGITS = load_digits()
IMAGES, LABELS = DIGITS.images[:200], DIGITS.labels[:200]


@pytest.fixture(params=[8, 28])
def pictures(request):
    wide = (request.param - 8) // 2
    return np.pad(IMAGES, ((0, 0), (wide, wide), (wide, wide))), LABELS


@pytest.fixture
def a_second_a_step(monkeypatch):
    """The clock goes on by one whenever it is looked at: once after each step."""
    monkeypatch.setattr(examples.time, "perf_counter", count().__next__)


def test_dcgan_samples_images_of_the_size_it_was_shown(pictures):
    images, labels = pictures
    model = examples.train_dcgan(images, labels, 0, seed=0)
    assert model.trained.n_images == 128
    wanted = np.arange(30) % 10
    samples, again, other_seed, other_classes = (
        examples.sample_dcgan(model, classes, seed=seed)
        for classes, seed in zip(
            (wanted, wanted, wanted, (wanted + 1) % 10), (1, 1, 2, 1), strict=True
        )
    )
    assert samples.shape == (30, *images.shape[1:])
    assert samples.dtype == np.uint8
    assert samples.min() < samples.max()
    assert (samples == again).all()
    assert (samples != other_seed).any()
    assert (samples != other_classes).any()


def test_the_step_teaches_both_networks_of_the_dcgan():
    torch.manual_seed(0)
    networks = examples.Generator(10), examples.Discriminator(10)
    weights = [one for network in networks for one in network.parameters()]
    before = [one.clone() for one in weights]
    step = examples.training_step(*networks)
    step(torch.rand(10, 1, 28, 28), torch.arange(10))
    for one, earlier in zip(weights, before, strict=True):
        assert (one != earlier).any()


def test_ours_has_the_layers_of_the_example():
    for pair in (
        (examples.Generator(10), DCGenerator((1, 28, 28), 100, 10, 32)),
        (examples.Discriminator(10), DCDiscriminator((1, 28, 28), 10, 32)),
    ):
        example, ours = (
            sorted(tuple(weights.shape) for weights in network.parameters())
            for network in pair
        )
        assert example == ours


@pytest.mark.usefixtures("a_second_a_step")
def test_vae_learns_and_samples(pictures):
    images, labels = pictures
    first, model = (
        examples.train_vae(images, labels, seconds, seed=0) for seconds in (0, 20)
    )
    untrained, elbo = (
        examples.mean_elbo(one, images, seed=0) for one in (first, model)
    )
    assert untrained + 1 < elbo < 0
    samples = examples.sample_vae(model, 30, seed=1)
    assert samples.shape == (30, *images.shape[1:])
    assert samples.dtype == np.uint8
    assert (samples == examples.sample_vae(model, 30, seed=1)).all()


def test_the_elbo_is_a_sum_over_pixels_and_a_mean_over_images():
    model = examples.train_vae(IMAGES, LABELS, 0, seed=0)
    with torch.no_grad():
        for weights in model.network.parameters():
            weights.zero_()
    # Then q is the prior, and every pixel is ink with a probability of one half.
    expected = -IMAGES[0].size * math.log(2)
    elbo = examples.mean_elbo(model, IMAGES, seed=0)
    assert elbo == pytest.approx(expected, rel=1e-5)


@pytest.mark.usefixtures("a_second_a_step")
@pytest.mark.parametrize(("n", "seconds", "batch"), [(200, 7, 128), (20, 0, 20)])
def test_training_stops_with_the_time_and_counts_what_was_seen(n, seconds, batch):
    seen = []
    trained = examples.train_for(
        lambda images, labels: seen.append((images, labels)),
        IMAGES[:n],
        LABELS[:n],
        seconds,
        torch.device("cpu"),
    )
    assert trained.seconds >= seconds
    assert len(seen) == max(seconds, 1)
    assert trained.n_images == sum(len(images) for images, _ in seen)
    images, labels = seen[0]
    assert images.shape == (batch, 1, 8, 8)
    assert labels.shape == (batch,)
    assert 0 <= images.min() < images.max() <= 1


def test_a_mode_needs_twenty_samples_within_three_deviations():
    toy = Toy("two", np.array([[0, 0], [1, 0]], dtype="f4"), 0.1)
    near = np.zeros((20, 2), dtype="f4")
    near[:, 1] = 0.29
    on_second = np.tile(np.array([1, 0], dtype="f4"), (19, 1))
    far = np.full((11, 2), 0.31, dtype="f4")
    n_modes, share = toy.reached(np.concatenate([near, on_second, far]))
    assert n_modes == 1
    assert share == pytest.approx(39 / 50)
    more = np.concatenate([near, on_second, on_second[:1]])
    assert toy.reached(more) == (2, 1.0)


@pytest.mark.parametrize(("toy", "n"), [(GRID, 25), (RING, 8)])
def test_real_points_reach_all_modes_which_are_apart(toy, n):
    assert toy.means.shape == (n, 2)
    gaps = np.linalg.norm(toy.means[:, None] - toy.means, axis=2)
    assert gaps[gaps > 0].min() >= 20 * toy.deviation
    points = toy.sample(2500, torch.Generator().manual_seed(0)).numpy()
    reached = toy.reached(points)
    assert reached.n_modes == n
    # 1 − exp(−9/2) of a Gaussian in the plane
    assert reached.near == pytest.approx(0.989, abs=0.01)


def test_a_training_on_a_toy_is_seeded():
    points, again, other = (
        train_and_sample(RING, seed, n_steps=2) for seed in (0, 0, 1)
    )
    assert points.shape == (2500, 2)
    assert points.dtype == np.float32
    assert (points == again).all()
    assert (points != other).any()


def test_limits_tell_the_fewest_modes_of_all_seeds(monkeypatch):
    def made(toy, seed):
        kept = toy.means[: -1 if seed == 3 else None]
        return np.repeat(kept, 100, axis=0)

    monkeypatch.setattr(toys, "train_and_sample", made)
    found = toys.mode_limits("full")
    fewest = found["grid of 25 Gaussians, seeds 0–4: fewest modes covered"]
    assert fewest.value == 24
    assert fewest.target == Target("≥", 25)
    assert not fewest.met
    assert found["ring of 8 Gaussians, seeds 0–4: samples near a mode"].value == 100


@pytest.mark.slow
@pytest.mark.parametrize("toy", [GRID, RING])
def test_the_relativistic_game_with_r1_and_r2_covers_all_modes(toy):
    assert toy.reached(train_and_sample(toy, 0)).n_modes == len(toy.means)
