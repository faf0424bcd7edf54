"""The classic examples, a few steps each."""

import math
from itertools import count

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.benchmarks.generative import examples  # noqa: E402
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
