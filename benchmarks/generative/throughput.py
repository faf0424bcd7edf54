"""How fast the same networks train in latentia and in a plain loop of PyTorch.

The plain loop is what a user writes: eager float32, a DataLoader, one optimiser's step
after the other. Networks, loss, penalty and batch are the same.
"""

import statistics
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from latentia.benchmarks.generative.examples import (
    BATCH_SIZE,
    LATENT_DIM,
    Discriminator,
    Generator,
    Step,
    default_device,
    train_for,
    training_step,
)
from latentia.benchmarks.generative.trainings import SEED, Pictures, load_pictures
from latentia.benchmarks.results import LATENTIA, Measures, Quantity, Size, Target
from latentia.generative import RAE, ConditionalGAN
from latentia.generative.losses import penalties, relativistic
from latentia.generative.networks.conv import ConvDecoder, ConvEncoder
from latentia.generative.networks.conv_gan import ConvDiscriminator, ConvGenerator

_ROUNDS: dict[Size, int] = {"small": 1, "full": 5}
_SECONDS: dict[Size, float] = {"small": 2, "full": 20}
"""Of a slice, in which one of the two trains."""

_TARGETS = {"cpu": Target("≥", 1.5), "cuda": Target("≥", 2)}

PLAIN = "plain PyTorch"
_N_SCORED = 128
_WIDTH, _DIM, _EVERY = 32, 64, 8  # of the preset "small", and steps between penalties


class Race(NamedTuple):
    """A model of ours, and the step of the plain loop for so many classes."""

    model: Callable[[], Any]
    plain: Callable[[int, torch.device], Step]


def training_rates(
    size: Size,
    race: str = "DCGAN",
    *,
    rounds: int | None = None,
    seconds: float | None = None,
) -> Measures:
    """Train one of ``RACES`` both ways, in slices A B, B A, ….

    ``rounds`` and ``seconds`` of a slice take the place of those of the size. Returned
    are the median images a second of each and their ratio. The small size has no
    target.
    """
    pictures, device = _pictures(size), default_device()
    slice_ = _SECONDS[size] if seconds is None else seconds
    runs: dict[str, Callable[[], float]] = {
        LATENTIA: lambda: _latentia(race, pictures, slice_),
        PLAIN: lambda: _plain(race, pictures, slice_, device),
    }
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(_ROUNDS[size] if rounds is None else rounds):
        for name in list(runs)[:: -1 if turn % 2 else 1]:
            rates[name].append(runs[name]())
    ours, theirs = (statistics.median(of_one) for of_one in rates.values())
    where = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    name = f"{race} training, batch {BATCH_SIZE}, {where}"
    target = _TARGETS[device.type] if size == "full" else None
    return {
        f"{name}: {LATENTIA}": Quantity(ours, "images/s"),
        f"{name}: {PLAIN}": Quantity(theirs, "images/s"),
        f"{name}: × {PLAIN}": Quantity(ours / theirs, "×", target),
    }


def _dcgan() -> ConditionalGAN:
    """Return ours with the networks, loss, rate and batch of the example."""
    return ConditionalGAN(
        network="dcgan",
        latent_dim=LATENT_DIM,
        loss="nonsaturating",
        preset="small",  # with the width and the batch of the example
        learning_rate=2e-4,
        random_state=SEED,
    )


def _plain_dcgan(n_classes: int, device: torch.device) -> Step:
    generator = Generator(n_classes).to(device)
    return training_step(generator, Discriminator(n_classes).to(device))


def _conditional_gan() -> ConditionalGAN:
    return ConditionalGAN(network="conv", preset="small", random_state=SEED)


def _plain_conditional_gan(n_classes: int, device: torch.device) -> Step:
    shape = (1, 28, 28)
    generator = ConvGenerator(shape, _DIM, n_classes, _WIDTH).to(device)
    discriminator = ConvDiscriminator(shape, n_classes, _WIDTH // 2).to(device)
    adams = [
        torch.optim.Adam(network.parameters(), lr=2.5e-3, betas=(0.0, 0.9))
        for network in (discriminator, generator)
    ]
    steps = count()

    def step(images: Tensor, labels: Tensor) -> None:
        def judge(judged: Tensor) -> Tensor:
            logits: Tensor = discriminator(judged, labels)
            return logits

        real = 2 * images - 1
        fake = generator(torch.randn(len(real), _DIM, device=device), labels)
        loss = relativistic.discriminator(judge(real), judge(fake.detach()))
        if next(steps) % _EVERY == 0:
            for of_one in (real, fake.detach()):
                loss = loss + _EVERY / 4 * penalties.squared_gradient(judge, of_one)
        _minimise(loss, adams[0])
        _minimise(relativistic.generator(judge(real), judge(fake)), adams[1])

    return step


def _rae() -> RAE:
    """Return ours in its first stage, in which the encoder is trained."""
    return RAE(latent_dim=_DIM, sharpen=0, preset="small", random_state=SEED)


def _plain_rae(n_classes: int, device: torch.device) -> Step:
    shape = (1, 28, 28)
    encoder = ConvEncoder(shape, _DIM, _WIDTH).to(device)
    decoder = ConvDecoder(shape, _DIM, _WIDTH).to(device)
    both = nn.Sequential(encoder, decoder)
    adam = torch.optim.AdamW(both.parameters(), lr=2e-3)

    def step(images: Tensor, labels: Tensor) -> None:
        codes = encoder(images)
        error = (decoder(codes) - images).square().flatten(1).sum(1).mean()
        _minimise(error + 0.005 * codes.square().sum(1).mean(), adam)

    return step


def _minimise(loss: Tensor, optimiser: torch.optim.Optimizer) -> None:
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


RACES = {
    "DCGAN": Race(_dcgan, _plain_dcgan),
    "conditional GAN": Race(_conditional_gan, _plain_conditional_gan),
    "RAE": Race(_rae, _plain_rae),
}


def _pictures(size: Size) -> Pictures:
    """Load those of the size, digits in a border: both DCGANs are then of 32×32."""
    pictures = load_pictures(size)
    if size == "full":
        return pictures
    images = np.pad(pictures.train.images, ((0, 0), (10, 10), (10, 10)))
    return replace(pictures, train=replace(pictures.train, images=images))


def _latentia(race: str, pictures: Pictures, seconds: float) -> float:
    images, labels = pictures.train.images, pictures.train.labels
    model = RACES[race].model()
    # There are as many scores in these seconds as in ten minutes: of few images.
    few = images[:_N_SCORED], labels[:_N_SCORED]
    model.fit(images, labels, minutes=seconds / 60, validation=few)
    # Between the first look at the clock and the last: neither preparations nor the
    # first steps, which are slower, count.
    rows = [row for row in model.history_ if "images" in row]
    first, last = rows[0], rows[-1]
    if first is last:
        return float(last["images"] / last["seconds"])
    elapsed = last["seconds"] - first["seconds"]
    return float((last["images"] - first["images"]) / elapsed)


def _plain(
    race: str, pictures: Pictures, seconds: float, device: torch.device
) -> float:
    torch.manual_seed(SEED)
    step = RACES[race].plain(pictures.n_classes, device)
    train = pictures.train
    train_for(step, train.images, train.labels, seconds / 10, device)  # warm-up
    trained = train_for(step, train.images, train.labels, seconds, device)
    return trained.n_images / trained.seconds
