"""How good what the model makes is, in numbers, beside what real images get."""

from __future__ import annotations

from latentia.evaluation import Evaluation, Score
from latentia.plots import Section, Table, percent
from latentia.report.subject import Subject
from latentia.report.verdicts import in_bold

_TITLES = {
    "frechet_distance": ("Fréchet distance", "lower"),
    "kernel_distance": ("Kernel distance", "lower"),
    "density": ("Density", "like real ones"),
    "coverage": ("Coverage", "higher"),
    "suspected_copies": ("Suspected copies", "lower"),
    "conditional_accuracy": ("Show the class asked for", "higher"),
    "train_on_generated": ("Accuracy when trained on them", "higher"),
}

_SHARES = ("suspected_copies", "conditional_accuracy", "train_on_generated")


def section_quality(subject: Subject) -> Section:
    """Compare drawn images with real ones, and real ones with each other."""
    found = subject.evaluation
    others = "Unseen real" if found.n_held_out else "Other real"
    rows = [
        [_TITLES[name][0], *_numbers(name, score), _TITLES[name][1]]
        for name, score in found.scores.items()
    ]
    classes = f"; {found.classes}" if found.classes else ""
    return Section(
        "How near it comes to what is real",
        verdict=in_bold(found.verdict),
        prose=[
            "The Fréchet and the kernel distance say how far the cloud of drawn images "
            "is from that of real ones. Density says how often drawn images lie among "
            "real ones, coverage how many of the real ones have drawn ones near them. "
            "A density above that of real images is no gain: images that are all alike "
            "have it where real ones are dense, and then coverage is low. Suspected "
            "copies are nearer to an image of the training than one in a hundred real "
            "images is.",
            _beside(found),
            *(f"Note: {note}." for note in found.notes),
        ],
        tables=[
            Table(
                f"{found.n:,} drawn images against as many real ones, by "
                f"{found.features}{classes}",
                ["Score", "Drawn", others, "Better"],
                rows,
                emphasised="Drawn",
            )
        ],
    )


def _beside(found: Evaluation) -> str:
    """Say what the numbers beside the scores are, and which is of use as a scale."""
    return (
        "Beside each number stands what real images get in the place of the drawn "
        "ones: what a model can reach without copies. One average image would get a "
        f"Fréchet distance of about {_short(found.total_variance)}."
    )


def _numbers(name: str, score: Score) -> tuple[str, str]:
    """Return a score and its reference."""
    shown = percent if name in _SHARES else _short
    return shown(score.value), "–" if score.reference is None else shown(
        score.reference
    )


def _short(number: float) -> str:
    return f"{number:.3g}".replace("-", "−")
