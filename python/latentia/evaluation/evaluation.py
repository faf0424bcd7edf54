"""The result of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from latentia._html import html_table
from latentia.evaluation import verdict as grading
from latentia.evaluation.memorisation import Memorisation
from latentia.evaluation.verdict import Grade, Verdict


@dataclass(frozen=True, eq=False)
class Score:
    """A score of generated images, and the same score of real images.

    Attributes
    ----------
    value : float
        Score of the generated images.
    reference : float or None
        Score of real images that were not trained on: the best value that generated
        images can be expected to reach. None if their labels are missing.
    standard_error : float or None
        Standard error of the value, if it is known.

    Examples
    --------
    >>> from latentia.evaluation import Score
    >>> coverage = Score(value=0.82, reference=0.93)
    >>> coverage.value / coverage.reference > 0.8
    True
    """

    value: float
    reference: float | None
    standard_error: float | None = None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Scores of generated images in one feature space.

    ``print`` shows a table. Scores depend on the feature space and on n: compare only
    evaluations with the same space and the same n.

    Attributes
    ----------
    features : str
        Name of the feature space.
    n_features : int
        Dimension of the feature space.
    n : int
        Number of images that are compared, of each set.
    n_generated, n_real, n_held_out : int
        Number of images that were given; n_held_out is 0 if the real images were split.
    frechet_distance, kernel_distance : Score
        Smaller is better.
    density, coverage : Score
        Larger is better, but density only up to its reference: images that are all
        alike can have a larger density, and then a small coverage.
    suspected_copies : Score
        Share of generated images that are nearer to a training image than real images
        usually are. The reference is the share that is expected by chance.
    conditional_accuracy : Score or None
        Share of generated images in which a classifier finds the requested class. None
        if generated or real images have no labels, or without PyTorch.
    train_on_generated : Score or None
        Accuracy on real images of a classifier that is trained on generated ones.
    memorisation : Memorisation
        The suspected copies and the training images nearest to them, as rows of
        ``generated`` and ``real``.
    notes : tuple of str
        Reasons to doubt some scores, and scores that are left out.
    classes : str
        Classes of the generated images and their shares; empty without labels.
    total_variance : float
        Total variance of the real features. If all generated images were the average
        image, the Fréchet distance would be about this.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.evaluation import evaluate
    >>> digits = load_digits().images
    >>> found = evaluate(digits[1200:], digits[:1200], random_state=0)
    >>> found.n_generated, found.n_real
    (597, 1200)
    >>> found.verdict.grade
    'good'
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
    suspected_copies: Score
    conditional_accuracy: Score | None
    train_on_generated: Score | None
    memorisation: Memorisation
    notes: tuple[str, ...] = ()
    classes: str = ""
    total_variance: float = 0.0

    @property
    def scores(self) -> dict[str, Score]:
        """All scores that are not None, by name."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: s for name, s in found.items() if isinstance(s, Score)}

    @property
    def verdict(self) -> Verdict:
        """Whether the images are good, weak or failed, and the reasons."""
        distance, n = self.frechet_distance, self.n
        reference = distance.reference or 0.0
        grade = grading.of_distance(distance.value, reference, self.total_variance)
        found: list[tuple[Grade, str]] = [(grade, self._distance_in_words(grade))]
        coverage = (self.coverage.value, self.coverage.reference or 0.0)
        density = (self.density.value, self.density.reference or 0.0)
        copies = (self.suspected_copies.value, self.suspected_copies.reference or 0.0)
        found += filter(
            None,
            [
                grading.of_coverage(*coverage, *density),
                grading.of_copies(*copies, n),
                *(
                    grading.of_classes(score.value, score.reference)
                    for score in [self.conditional_accuracy]
                    if score is not None
                ),
            ],
        )
        return grading.worst(*found)

    def _distance_in_words(self, grade: Grade) -> str:
        score = self.frechet_distance
        text = {
            "failed": "the generated images are about as far from real images as the "
            "average image is",
            "weak": "the generated images are farther from real images than other real "
            "images are",
            "good": "the generated images are nearly as close to real images as other "
            "real images are",
        }[grade]
        return (
            f"{text} (Fréchet distance {score.value:.3g}; real images "
            f"{score.reference or 0.0:.3g}, average image "
            f"{self.total_variance:.3g})"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can store."""
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

    def _title(self) -> str:
        title = (
            f"{self.n} generated images, compared with {self.n} real ones in the "
            f"feature space\n{self.features} ({self.n_features} dimensions)"
        )
        return f"{title}\n{self.classes}" if self.classes else title

    def _rows(self) -> list[tuple[str, str, str, str]]:
        """Return the cells of the table, the head first."""
        compared = "held-out images" if self.n_held_out else "other real images"
        rows = [("", "generated", compared, "")]
        return rows + [
            (_TITLES[name][0], _number(score), _reference(score), _TITLES[name][1])
            for name, score in self.scores.items()
        ]

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        head, *rows = self._rows()
        notes = (NO_PROOF, str(self.verdict), *self.notes)
        return html_table(self._title(), head, rows, notes=notes)

    def __str__(self) -> str:
        rows = self._rows()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        table = [
            f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d}".rstrip()
            for a, b, c, d in rows
        ]
        below = [f"\n{note}" for note in (str(self.verdict), *self.notes)]
        return "\n".join([self._title(), "", *table, "", NO_PROOF, *below])


NO_PROOF = (
    "Few suspected copies do not prove privacy (Yao et al., “The DCR delusion”,\n"
    "2025); latentia audit attacks the model."
)

_TITLES = {
    "frechet_distance": ("Fréchet distance", "smaller is better"),
    "kernel_distance": ("kernel distance", "smaller is better; 0: no difference"),
    "density": ("density", "good: as of real images or more"),
    "coverage": ("coverage", "larger is better; at most 1"),
    "suspected_copies": ("suspected copies", "good: about as of real images"),
    "conditional_accuracy": ("conditional accuracy", "larger is better; at most 1"),
    "train_on_generated": ("trained on generated", "larger is better; at most 1"),
}


def _number(score: Score) -> str:
    error = score.standard_error
    return f"{score.value:.4g}" + ("" if error is None else f" ± {error:.1g}")


def _reference(score: Score) -> str:
    return "-" if score.reference is None else f"{score.reference:.4g}"
