"""New images from neural networks: an autoencoder with a mixture, and a rivalry."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.demo.data import Collection, DemoData
from latentia.plots import (
    Fact,
    Picture,
    Section,
    Table,
    class_sheet,
    loss_curves,
    rate,
    seconds,
    side_by_side,
)

MINUTES = {"RAE": 0.25, "ConditionalGAN": 0.6}
"""Of training on the largest collection."""

SMALL = 1 / 4
"""Share of these minutes that smaller collections get."""

N_SAMPLED = 1000
N_SHOWN = 36
N_A_CLASS = 12
SMALLEST_SIDE = 8

_TITLE = "Images that were learned"

Images = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Painter:
    """A trained model, and images that it made.

    Attributes
    ----------
    collection : Collection
        What it was trained on.
    model : RAE or ConditionalGAN
    fit_time, sample_time : float
        Seconds.
    images : ndarray of shape (N_SAMPLED, H, W), uint8
    """

    collection: Collection
    model: Any
    fit_time: float
    sample_time: float
    images: Images

    @classmethod
    def train(cls, model: Any, collection: Collection, share: float) -> Painter:
        """Train a model for a share of its minutes, and let it make images."""
        minutes = share * MINUTES[type(model).__name__]
        start = time.perf_counter()
        model.fit(collection.images, collection.labels, minutes=minutes)
        trained = time.perf_counter()
        images = model.sample(N_SAMPLED, seed=0)
        sampled = time.perf_counter()
        return cls(collection, model, trained - start, sampled - trained, images)


def section_generation(data: DemoData) -> Section:
    """Train two generators on each collection and show what they make."""
    try:
        from latentia.generative import RAE, ConditionalGAN
    except ImportError as error:
        return Section(_TITLE, prose=[f"This part of the report is left out: {error}."])

    large = [min(c.images.shape[1:]) >= SMALLEST_SIDE for c in data.collections]
    collections = list(compress(data.collections, large))
    shares = [SMALL] * (len(collections) - 1) + [1.0]

    def train(new_model: Callable[[], Any]) -> list[Painter]:
        return [
            Painter.train(new_model(), collection, share)
            for collection, share in zip(collections, shares, strict=True)
        ]

    autoencoders = train(lambda: RAE(random_state=0))
    # In so short a time small networks get further.
    rivals = train(lambda: ConditionalGAN(preset="tiny", random_state=0))
    largest = rivals[-1]
    return Section(
        _TITLE,
        prose=[
            "A neural network can bend what a mixture cannot. The first one here is an "
            "autoencoder: it squeezes an image into a few numbers and learns to draw "
            "it from them. A mixture of Gaussians, the same as above, then learns "
            "which numbers occur, and whatever it draws at random the network turns "
            "into an image.",
            "The second is a pair of rivals. One network draws images of the kind that "
            "it is asked for, the other looks for what gives them away, and both get "
            "better by it. Nothing is ever compared pixel by pixel, so nothing is "
            "rewarded for being blurred.",
            "Both began with nothing when this report was begun, and none had a whole "
            "minute on what this machine has. Ten minutes make far sharper images.",
        ],
        facts=[
            Fact(
                seconds(largest.fit_time),
                f"from {len(largest.collection.images):,} {largest.collection.name} "
                "to a network that draws the kind it is asked for",
            ),
            Fact(rate(N_SAMPLED / largest.sample_time), "new images a second"),
        ],
        tables=[_table(autoencoders + rivals)],
        pictures=[
            *map(_beside_real, autoencoders),
            *map(_by_class, rivals),
            _curves(max(rivals, key=lambda painter: len(painter.model.history_))),
        ],
    )


def _beside_real(painter: Painter) -> Picture:
    collection = painter.collection
    n = min(N_SHOWN, len(collection.images))
    real = np.random.default_rng(0).choice(collection.images, n, replace=False)
    return Picture(
        f"decoded-{collection.name}",
        side_by_side({"Real": real, "Decoded from a mixture": painter.images[:n]}),
        caption=f"On the left {n} of the {len(collection.images):,} {collection.name}, "
        f"on the right the first {n} that the autoencoder drew from numbers that the "
        "mixture made up; none picked by hand.",
        alt=f"Two sheets of {n} {collection.name} each: real ones, and ones from an "
        "autoencoder with outlines as varied, and softer inside.",
    )


def _by_class(painter: Painter) -> Picture:
    collection = painter.collection
    classes = painter.model.classes_
    names = collection.classes or [str(label) for label in classes]
    # Without being asked for one, the model draws the classes in turn.
    labels = np.resize(np.arange(len(classes)), N_SAMPLED)
    return Picture(
        f"asked-for-{collection.name}",
        class_sheet(painter.images, labels, names=names, columns=N_A_CLASS),
        caption=f"The first {N_A_CLASS} {collection.name} of every kind that the "
        "network drew when it was asked for the kind.",
        alt=f"{len(names)} rows of drawn {collection.name}, one for each kind: "
        f"{', '.join(names)}.",
    )


def _curves(painter: Painter) -> Picture:
    history = painter.model.history_
    scores = [row["score"] for row in history if "score" in row]
    return Picture(
        f"rivals-{painter.collection.name}",
        loss_curves(history),
        caption=f"What the rivals logged while they learned {painter.collection.name}. "
        "Neither loss says how good the images are, as each depends on how good the "
        "other is; the score does, and the model with the lowest is kept.",
        alt=f"Curves over the number of images seen, one for each loss; the score goes "
        f"from {scores[0]:.3g} to {min(scores):.3g}.",
    )


def _table(painters: list[Painter]) -> Table:
    return Table(
        "What each generator has seen, and what it costs",
        ["Network", "Trained on", "Training", "Images seen", "New a second"],
        [
            [
                type(p.model).__name__,
                f"{len(p.collection.images):,} {p.collection.name}",
                seconds(p.fit_time),
                f"{p.model.n_images_seen_:,}",
                rate(N_SAMPLED / p.sample_time),
            ]
            for p in painters
        ],
        emphasised="Training",
    )
