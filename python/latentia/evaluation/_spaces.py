"""The feature spaces that have names."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Any

from latentia._arguments import check_choice, draw_seed
from latentia.evaluation._given import Given
from latentia.evaluation.features import FeatureSpace, PixelFeatures

NAMES = ("auto", "pixels", "random", "classifier")


def check_space(features: object) -> None:
    """Raise unless it is the name of a space, or one."""
    if isinstance(features, str):
        check_choice(features, "features", NAMES)
    elif not isinstance(features, FeatureSpace):
        raise TypeError(
            "features must be a name or an object with a name that maps images to "
            f"features, got {features!r}"
        )


def fitted_space(
    features: str | FeatureSpace, training: Given, random: Any
) -> FeatureSpace:
    """Return a space, fitted to the images of the training if its name asks for it."""
    images, labels, _ = training
    if features == "pixels" or (features == "auto" and find_spec("torch") is None):
        assert images is not None
        return PixelFeatures(images)
    if features == "classifier":
        if labels is None:
            raise ValueError(
                "features='classifier' needs the labels of the real images"
            )
        from latentia.evaluation.features import ClassifierFeatures

        assert images is not None
        return ClassifierFeatures.train(images, labels, random_state=draw_seed(random))
    return fixed_space(features)


def fixed_space(features: str | FeatureSpace) -> FeatureSpace:
    """Return a space that no images decide, or raise."""
    check_space(features)
    if not isinstance(features, str):
        return features
    if features in ("pixels", "classifier"):
        raise ValueError(
            f"features={features!r} is fitted to the images that are compared, and "
            "statistics need a space that is the same for all: 'random' or an object"
        )
    from latentia.evaluation.features import RandomConvFeatures

    return RandomConvFeatures()


def named_space(name: str) -> FeatureSpace | None:
    """Return the space of this name, if the name is all there is to it."""
    found = re.fullmatch(r"random convolutions, seed (\d{1,18})", name)
    if found is None:
        return None
    from latentia.evaluation.features import RandomConvFeatures

    return RandomConvFeatures(seed=int(found[1]))
