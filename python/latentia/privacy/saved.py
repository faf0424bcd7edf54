"""What the private estimators share: their files, and budgets that add up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from latentia._model_file import (
    Tensors,
    feature_names,
    parameters_of,
    restore_features,
)
from latentia.privacy.accounting import PrivacySpent


def with_earlier(estimator: Any, spent: PrivacySpent) -> PrivacySpent:
    """Return what a fit has spent together with the earlier fits of the estimator."""
    earlier: PrivacySpent | None = getattr(estimator, "privacy_", None)
    return spent if earlier is None else earlier + spent


def described(estimator: Any, names: Sequence[str]) -> tuple[Tensors, dict[str, Any]]:
    """Return the tensors and the description of a fitted estimator with a ``center``.

    An infinite ε is null, as JSON has no infinity.
    """
    parameters = parameters_of(estimator)
    center = parameters.pop("center")
    tensors = {name: np.asarray(getattr(estimator, name)) for name in names}
    if center is not None:
        tensors["center"] = np.asarray(center, dtype=np.float64)
    if math.isinf(parameters["epsilon"]):
        parameters["epsilon"] = None
    return tensors, {
        "parameters": parameters,
        "privacy": estimator.privacy_.to_dict(),
        "feature_names": feature_names(estimator),
    }


def restored(
    cls: type[Any], tensors: Tensors, model: dict[str, Any], names: Sequence[str]
) -> Any:
    """Return the estimator that ``described`` described, or raise."""
    parameters = dict(model["parameters"])
    if parameters["epsilon"] is None:
        parameters["epsilon"] = math.inf
    center = tensors.get("center")
    if center is not None and not center.ndim:
        center = center[()]
    estimator = cls(**parameters, center=center)
    for name in names:
        setattr(estimator, name, tensors[name])
    estimator.privacy_ = PrivacySpent.from_dict(model["privacy"])
    restore_features(estimator, tensors[names[0]].shape[-1], model["feature_names"])
    return estimator
