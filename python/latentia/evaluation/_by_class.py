"""Scores of an evaluation that need classes."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import draw_seed
from latentia.evaluation._splits import Splits
from latentia.evaluation.classification import conditional_accuracy, train_on_generated
from latentia.evaluation.evaluation import Score
from latentia.evaluation.features import FeatureSpace

Found = dict[str, Score | None]


def classifier_scores(
    space: FeatureSpace, splits: Splits, random: Any
) -> tuple[Found, tuple[str, ...]]:
    """Return scores, and notes about scores that are left out.

    Conditional accuracy needs a real image of each class of the generated images.
    Training on generated images is compared with training on the same number of real
    ones, tested on unseen ones: all three sets need the same classes.
    """
    found: Found = {"conditional_accuracy": None, "train_on_generated": None}
    made, made_labels, _ = splits.generated.compared()
    (real, labels, _), rows = splits.training
    test, test_labels, _ = splits.unseen.given
    if made_labels is None or labels is None or find_spec("torch") is None:
        return found, ()
    if made is None or real is None or test is None:
        left_out = "conditional accuracy and trained on generated are left out: "
        return found, (f"{left_out}they need the real images, not only statistics",)
    if len(np.unique(labels)) < 2:
        return found, ()  # a classifier needs two classes
    from latentia.evaluation.features import ClassifierFeatures

    seed = draw_seed(random)
    judge = space
    if not isinstance(judge, ClassifierFeatures):
        judge = ClassifierFeatures.train(real, labels, random_state=seed)
    notes = []
    missing = _missing(made_labels, judge.classes)
    if missing:
        notes.append(
            f"conditional accuracy is left out: there is no real image of {missing}"
        )
    else:
        accuracy = conditional_accuracy(judge, made, made_labels)
        reference = None
        if test_labels is not None:
            known = np.isin(test_labels, judge.classes)
            if known.any():
                reference = conditional_accuracy(judge, test[known], test_labels[known])
        found["conditional_accuracy"] = Score(accuracy, reference)
    if test_labels is None:
        return found, tuple(notes)

    compared = {
        "generated": made_labels,
        "real": labels[rows],
        "held-out": test_labels,
    }
    every = np.unique(np.concatenate([labels, *compared.values()]))
    lacking = [
        f"no {name} image of {which}"
        for name, side in compared.items()
        if (which := _missing(every, side))
    ]
    if lacking:
        notes.append(
            f"trained on generated is left out: among the {len(rows)} images of each "
            f"set there is {' and '.join(lacking)}"
        )
        return found, tuple(notes)
    trained = judge
    if judge is space or len(rows) < len(real):
        trained = ClassifierFeatures.train(real[rows], labels[rows], random_state=seed)
    found["train_on_generated"] = Score(
        train_on_generated(made, made_labels, test, test_labels, random_state=seed),
        conditional_accuracy(trained, test, test_labels),
    )
    return found, tuple(notes)


def _missing(wanted: NDArray[Any], there: NDArray[Any]) -> str:
    """Return a text with the missing labels, empty if none is missing."""
    lacking = sorted(set(wanted.tolist()) - set(there.tolist()), key=str)
    more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
    return " or ".join(map(repr, lacking[:5])) + more
