"""How fast the same networks train in latentia and in the plain example's loop."""

import statistics
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from latentia.benchmarks.generative.contestants import EXAMPLE
from latentia.benchmarks.generative.examples import (
    BATCH_SIZE,
    LATENT_DIM,
    Discriminator,
    Generator,
    default_device,
    train_for,
    training_step,
)
from latentia.benchmarks.generative.trainings import SEED, Pictures, load_pictures
from latentia.benchmarks.results import LATENTIA, Measures, Quantity, Size, Target
from latentia.generative import ConditionalGAN

_ROUNDS: dict[Size, int] = {"small": 1, "full": 5}
_SECONDS: dict[Size, float] = {"small": 2, "full": 20}
"""Of a slice, in which one of the two trains."""

_TARGETS = {"cpu": Target("≥", 1.3), "cuda": Target("≥", 2)}


def training_rates(
    size: Size, *, rounds: int | None = None, seconds: float | None = None
) -> Measures:
    """Train the conditional DCGAN both ways, in slices A B, B A, ….

    ``rounds`` and ``seconds`` of a slice take the place of those of the size.

    The networks, the loss and the batch are the same, the example's. Returned are the
    median images a second of each and their ratio. The small size has no target.
    """
    pictures, device = _pictures(size), default_device()
    slice_ = _SECONDS[size] if seconds is None else seconds
    runs: dict[str, Callable[[], float]] = {
        LATENTIA: lambda: _latentia(pictures, slice_),
        EXAMPLE: lambda: _example(pictures, slice_, device),
    }
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(_ROUNDS[size] if rounds is None else rounds):
        for name in list(runs)[:: -1 if turn % 2 else 1]:
            rates[name].append(runs[name]())
    ours, theirs = (statistics.median(of_one) for of_one in rates.values())
    where = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    name = f"DCGAN training, batch {BATCH_SIZE}, {where}"
    target = _TARGETS[device.type] if size == "full" else None
    return {
        f"{name}: {LATENTIA}": Quantity(ours, "images/s"),
        f"{name}: {EXAMPLE}": Quantity(theirs, "images/s"),
        f"{name}: × {EXAMPLE}": Quantity(ours / theirs, "×", target),
    }


def model() -> ConditionalGAN:
    """Return ours with the networks, loss, rate and batch of the example."""
    return ConditionalGAN(
        network="dcgan",
        latent_dim=LATENT_DIM,
        loss="nonsaturating",
        preset="small",  # with the width and the batch of the example
        learning_rate=2e-4,
        random_state=SEED,
    )


def _pictures(size: Size) -> Pictures:
    """Load those of the size, digits in a border: both DCGANs are then of 32×32."""
    pictures = load_pictures(size)
    if size == "full":
        return pictures
    images = np.pad(pictures.train.images, ((0, 0), (10, 10), (10, 10)))
    return replace(pictures, train=replace(pictures.train, images=images))


def _latentia(pictures: Pictures, seconds: float) -> float:
    train = pictures.train
    gan = model().fit(train.images, train.labels, minutes=seconds / 60)
    # Between the first look at the clock and the last: neither preparations nor the
    # first steps, which are slower, count.
    rows = [row for row in gan.history_ if "images" in row]
    first, last = rows[0], rows[-1]
    if first is last:
        return float(last["images"] / last["seconds"])
    elapsed = last["seconds"] - first["seconds"]
    return float((last["images"] - first["images"]) / elapsed)


def _example(pictures: Pictures, seconds: float, device: torch.device) -> float:
    torch.manual_seed(SEED)
    n = pictures.n_classes
    step = training_step(Generator(n).to(device), Discriminator(n).to(device))
    train = pictures.train
    train_for(step, train.images, train.labels, seconds / 10, device)  # warm-up
    trained = train_for(step, train.images, train.labels, seconds, device)
    return trained.n_images / trained.seconds
