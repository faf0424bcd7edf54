"""New images from neural networks: an autoencoder with a mixture, and a rivalry."""

from __future__ import annotations

import numpy as np

from latentia.demo.data import DemoData
from latentia.demo.painters import N_SAMPLED, Painter
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

N_SHOWN = 36
N_A_CLASS = 12


def section_generation(data: DemoData) -> Section:
    """Show what two generators make that were trained on each collection."""
    autoencoders, rivals = data.painters.autoencoders, data.painters.rivals
    largest = rivals[-1]
    return Section(
        "Images that were learned",
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
