"""The classic examples: a few steps each, and what they sample."""

import math
from itertools import count

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.benchmarks.generative import examples  # noqa: E402
from latentia.datasets import load_digits  # noqa: E402
from latentia.generative.networks.dcgan import DCDiscriminator, DCGenerator  # noqa: E402

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
    samples = examples.sample_dcgan(model, wanted, seed=1)
    assert samples.shape == (30, *images.shape[1:])
    assert samples.dtype == np.uint8
    assert samples.min() < samples.max()
    assert (samples == examples.sample_dcgan(model, wanted, seed=1)).all()
    assert (samples != examples.sample_dcgan(model, wanted, seed=2)).any()
    others = examples.sample_dcgan(model, (wanted + 1) % 10, seed=1)
    assert (samples != others).any()


def test_the_step_teaches_both_networks_of_the_dcgan():
    torch.manual_seed(0)
    networks = examples.Generator(10), examples.Discriminator(10)
    before = [
        [weights.clone() for weights in network.parameters()] for network in networks
    ]
    step = examples.training_step(*networks)
    step(torch.rand(10, 1, 28, 28), torch.arange(10))
    for network, old in zip(networks, before, strict=True):
        for weights, earlier in zip(network.parameters(), old, strict=True):
            assert (weights != earlier).any()


def test_ours_has_the_layers_of_the_example():
    pairs = (
        (examples.Generator(10), DCGenerator((1, 28, 28), 100, 10, 32)),
        (examples.Discriminator(10), DCDiscriminator((1, 28, 28), 10, 32)),
    )
    for example, ours in pairs:
        shapes, our_shapes = (
            sorted(tuple(weights.shape) for weights in network.parameters())
            for network in (example, ours)
        )
        assert shapes == our_shapes


@pytest.mark.usefixtures("a_second_a_step")
def test_vae_learns_and_samples(pictures):
    images, labels = pictures
    untrained = examples.mean_elbo(
        examples.train_vae(images, labels, 0, 0), images, seed=0
    )
    model = examples.train_vae(images, labels, 20, seed=0)
    elbo = examples.mean_elbo(model, images, seed=0)
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
def test_training_stops_with_the_time_and_counts_what_was_seen():
    seen = []
    trained = examples.train_for(
        lambda images, labels: seen.append((images, labels)),
        IMAGES,
        LABELS,
        7,
        torch.device("cpu"),
    )
    assert trained.seconds >= 7
    assert len(seen) == 7
    assert trained.n_images == sum(len(images) for images, _ in seen)
    images, labels = seen[0]
    assert images.shape == (128, 1, 8, 8)
    assert labels.shape == (128,)
    assert 0 <= images.min() < images.max() <= 1


def test_fewer_images_than_a_batch_are_a_batch():
    sizes = []
    examples.train_for(
        lambda images, _: sizes.append(len(images)),
        IMAGES[:20],
        LABELS[:20],
        0,
        torch.device("cpu"),
    )
    assert sizes == [20]
