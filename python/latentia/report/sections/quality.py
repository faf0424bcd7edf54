"""How good what the model makes is, in numbers, beside what real images get."""

from __future__ import annotations

import warnings

from latentia.evaluation import Score, evaluate
from latentia.plots import Section, Table, percent
from latentia.report.subject import Subject

N_TRAINED_ON = 10_000
"""Real images among which copies are looked for."""

_TITLES = {
    "frechet_distance": ("Fréchet distance", "lower"),
    "kernel_distance": ("Kernel distance", "lower"),
    "density": ("Density", "higher"),
    "coverage": ("Coverage", "higher"),
    "memorised": ("Suspected copies", "lower"),
}


def section_quality(subject: Subject) -> Section:
    """Compare drawn images with real ones, and real ones with each other."""
    real = subject.images[subject.choose(N_TRAINED_ON)]
    with warnings.catch_warnings():
        # What evaluations warn of is in their notes, too.
        warnings.simplefilter("ignore", UserWarning)
        found = evaluate(
            subject.drawn[: subject.n_compared],
            real,
            features=subject.space,
            held_out=subject.unseen,
            random_state=subject.seed,
        )
    others = "Unseen real" if found.n_held_out else "Other real"
    rows = [
        [title, *_numbers(name, found.scores[name]), better]
        for name, (title, better) in _TITLES.items()
    ]
    return Section(
        "How good it is",
        prose=[
            "Images are compared as clouds of points: what a network makes of an image "
            f"is one point, here {found.n_features} numbers an image of "
            f"{found.features}. Scores of another network, or of another number of "
            "images, cannot be held against these.",
            "The Fréchet and the kernel distance say how far the cloud of drawn images "
            "is from that of real ones. Density says how often drawn images lie among "
            "real ones, coverage how many of the real ones have drawn ones near them. "
            "Suspected copies are nearer to an image of the training than one in a "
            "hundred real images is.",
            "Beside each number stands what real images get in the place of the drawn "
            "ones. Nothing that is not a copy does better than that.",
            *(f"Note: {note}." for note in found.notes),
        ],
        tables=[
            Table(
                f"{found.n:,} drawn images against as many real ones, by "
                f"{found.features}",
                ["Score", "Drawn", others, "Better"],
                rows,
                emphasised="Drawn",
            )
        ],
    )


def _numbers(name: str, score: Score) -> tuple[str, str]:
    """Return a score and its floor."""
    floor = 0.0 if score.floor is None else score.floor
    if name == "memorised":
        return percent(score.value), percent(floor)
    return _short(score.value), _short(floor)


def _short(number: float) -> str:
    return f"{number:.3g}".replace("-", "−")
