"""Quality scores of the generated images, next to those of real images."""

from __future__ import annotations

from latentia._number_format import percent
from latentia.evaluation import Evaluation, Score
from latentia.pages import Section, Table
from latentia.report.reported_model import ReportedModel
from latentia.report.verdict_sentence import verdict_sentence

_TITLES = {
    "frechet_distance": ("Fréchet distance", "lower"),
    "kernel_distance": ("Kernel distance", "lower"),
    "density": ("Density", "close to real images"),
    "coverage": ("Coverage", "higher"),
    "suspected_copies": ("Suspected copies", "lower"),
    "conditional_accuracy": ("Conditional accuracy", "higher"),
    "train_on_generated": ("Accuracy of a classifier trained on them", "higher"),
}

_DEFINITIONS = (
    "The Fréchet distance and the kernel distance measure how far the distribution of "
    "the generated images is from that of the real images. Density is high where "
    "generated images lie close to real ones; coverage is the share of the real images "
    "that have a generated image among their neighbours. A density above that of real "
    "images is no advantage: images that vary too little can have it, and then "
    "coverage is low. Suspected copies are closer to a training image than 99 % "
    "of the other real images are. That there are few of them does not prove privacy: "
    "a model can tell who was trained on although no image resembles a training image "
    "(Yao et al., “The DCR delusion”, 2025). “latentia audit” attacks the model."
)

_CLASS_DEFINITIONS = (
    "Conditional accuracy is the share of generated images that a classifier, trained "
    "on real images, assigns to the requested class. The last score is the accuracy on "
    "real images of a classifier that was trained on generated images only."
)

_SHARES = ("suspected_copies", "conditional_accuracy", "train_on_generated")


def section_quality(reported: ReportedModel) -> Section:
    """Compare generated images with real ones, and real images with each other."""
    found = reported.evaluation
    classes = f"; {found.classes}" if found.classes else ""
    has_classes = found.conditional_accuracy or found.train_on_generated
    return Section(
        "Quality of the generated images",
        verdict=verdict_sentence(found.verdict),
        prose=[
            _DEFINITIONS,
            *([_CLASS_DEFINITIONS] if has_classes else []),
            _reference(found),
            *(f"Note: {note}." for note in found.notes),
        ],
        tables=[
            Table(
                f"{found.n:,} generated images against {found.n:,} real images, in the "
                f"feature space {found.features}{classes}",
                ["Score", "Generated", _reference_title(found), "Better"],
                [
                    [_TITLES[name][0], *_numbers(name, score), _TITLES[name][1]]
                    for name, score in found.scores.items()
                ],
                emphasised="Generated",
            )
        ],
    )


def _reference_title(found: Evaluation) -> str:
    return "Held-out real images" if found.n_held_out else "Other real images"


def _reference(found: Evaluation) -> str:
    """Say what the scores of real images are compared of, and give the scale."""
    compared = (
        "held-out real images against training images"
        if found.n_held_out
        else "one part of the real images against another part"
    )
    return (
        f"The column “{_reference_title(found)}” has the same scores of {compared}. "
        "No model that does not copy can be expected to do better. A model that always "
        "generates the average image would have a Fréchet distance of about "
        f"{three_digits(found.total_variance)}."
    )


def _numbers(name: str, score: Score) -> tuple[str, str]:
    """Return the score of the generated images and that of real images."""
    shown = percent if name in _SHARES else three_digits
    return shown(score.value), "–" if score.reference is None else shown(
        score.reference
    )


def three_digits(number: float) -> str:
    """Return a number with three significant digits and a typographic minus."""
    return f"{number:.3g}".replace("-", "−")
