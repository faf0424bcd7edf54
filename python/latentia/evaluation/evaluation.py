"""The result of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from latentia.evaluation import verdict as grading
from latentia.evaluation.memorisation import Memorisation
from latentia.evaluation.verdict import Grade, Verdict


@dataclass(frozen=True, eq=False)
class Score:
    """A score of generated images, and the same score of real images.

    Attributes
    ----------
    value : float
        Of the generated images.
    floor : float or None
        Of held-out real images against the training images: the best that can be
        expected. None where their labels are missing.
    standard_error : float or None
        Of the value, where it is known.
    """

    value: float
    floor: float | None
    standard_error: float | None = None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Scores of generated images in one feature space.

    ``print`` it for a table. Scores depend on the space and on n: there is nothing here
    that compares evaluations, and those of other spaces cannot be.

    Attributes
    ----------
    features : str
        Name of the space.
    n_features : int
        Its dimension.
    n : int
        Images that are compared, of each side.
    n_generated, n_real, n_held_out : int
        Images that were given; 0 held out if real ones took their place.
    frechet_distance, kernel_distance : Score
        Lower is better.
    density, coverage : Score
        Higher is better, but density only up to its floor: it is above it where images
        are all alike and lie where real ones are dense, and then coverage is low.
    memorised : Score
        Share of all generated images that are suspiciously near to one trained on; its
        floor is what chance gives.
    conditional_accuracy : Score or None
        Share that a classifier takes for what was asked for. None without labels of
        both sides, or without PyTorch.
    train_on_generated : Score or None
        Accuracy on real images of a classifier that is trained on generated ones.
    memorisation : Memorisation
        Which images are suspicious, and their neighbours, as rows of ``generated`` and
        ``real``.
    notes : tuple of str
        What makes scores doubtful, and which are left out.
    classes : str
        How the classes of the generated images were drawn, with their shares; empty
        without labels.
    total_variance : float
        Of the real features: about the Fréchet distance that one average image gets.
    """

    features: str
    n_features: int
    n: int
    n_generated: int
    n_real: int
    n_held_out: int
    frechet_distance: Score
    kernel_distance: Score
    density: Score
    coverage: Score
    memorised: Score
    conditional_accuracy: Score | None
    train_on_generated: Score | None
    memorisation: Memorisation
    notes: tuple[str, ...] = ()
    classes: str = ""
    total_variance: float = 0.0

    @property
    def scores(self) -> dict[str, Score]:
        """The scores that there are, by name."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: s for name, s in found.items() if isinstance(s, Score)}

    @property
    def verdict(self) -> Verdict:
        """Whether the images are good, weak or failed, and why."""
        distance, n = self.frechet_distance, self.n
        floor = distance.floor or 0.0
        alike = grading.of_distance(distance.value, floor, self.total_variance)
        found: list[tuple[Grade, str]] = [(alike, self._distance_in_words(alike))]
        pairs = (self.coverage.value, self.coverage.floor or 0.0)
        dense = (self.density.value, self.density.floor or 0.0)
        found += filter(
            None,
            [
                grading.of_coverage(*pairs, *dense),
                grading.of_copies(self.memorised.value, self.memorised.floor or 0.0, n),
                *(
                    grading.of_classes(score.value, score.floor)
                    for score in [self.conditional_accuracy]
                    if score is not None
                ),
            ],
        )
        return grading.worst(*found)

    def _distance_in_words(self, grade: Grade) -> str:
        value, floor = self.frechet_distance.value, self.frechet_distance.floor or 0.0
        said = {
            "failed": "the generated images are about as far from real images as the "
            "average image is",
            "weak": "the generated images are farther from real images than other real "
            "images are",
            "good": "the generated images are nearly as close to real images as other "
            "real images are",
        }[grade]
        average = f", average image {self.total_variance:.3g}"
        return (
            f"{said} (Fréchet distance {value:.3g}, real images {floor:.3g}{average})"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return numbers, strings, lists and dictionaries, as JSON takes them."""
        return {
            "features": self.features,
            "n_features": self.n_features,
            "n": self.n,
            "n_generated": self.n_generated,
            "n_real": self.n_real,
            "n_held_out": self.n_held_out,
            "scores": {name: vars(score).copy() for name, score in self.scores.items()},
            "suspicious": {
                "generated": self.memorisation.indices.tolist(),
                "real": self.memorisation.neighbours.tolist(),
            },
            "notes": list(self.notes),
            "classes": self.classes,
            "total_variance": self.total_variance,
            "verdict": {
                "grade": self.verdict.grade,
                "reasons": list(self.verdict.reasons),
            },
        }

    def __str__(self) -> str:
        beside = "held-out images" if self.n_held_out else "other real images"
        title = (
            f"{self.n} generated images against {self.n} real ones, in the feature "
            f"space\n{self.features} ({self.n_features} dimensions)"
        )
        if self.classes:
            title += f"\n{self.classes}"
        rows = [("", "generated", beside, "")]
        rows += [
            (_TITLES[name][0], _number(score), _floor(score), _TITLES[name][1])
            for name, score in self.scores.items()
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        table = [
            f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d}".rstrip()
            for a, b, c, d in rows
        ]
        below = [f"\n{note}" for note in (str(self.verdict), *self.notes)]
        return "\n".join([title, "", *table, *below])


_TITLES = {
    "frechet_distance": ("Fréchet distance", "lower is better"),
    "kernel_distance": ("kernel distance", "lower is better"),
    "density": ("density", "close to real images is best"),
    "coverage": ("coverage", "higher is better"),
    "memorised": ("suspected copies", "lower is better"),
    "conditional_accuracy": ("conditional accuracy", "higher is better"),
    "train_on_generated": ("trained on generated", "higher is better"),
}


def _number(score: Score) -> str:
    error = score.standard_error
    return f"{score.value:.4g}" + ("" if error is None else f" ± {error:.1g}")


def _floor(score: Score) -> str:
    return "-" if score.floor is None else f"{score.floor:.4g}"
