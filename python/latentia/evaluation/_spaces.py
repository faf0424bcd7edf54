"""Feature spaces that are chosen by name."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Any

from latentia._arguments import check_choice, draw_seed
from latentia.evaluation.features import FeatureSpace, PixelFeatures
from latentia.evaluation.inputs import ImageInput

NAMES = ("auto", "pixels", "random", "classifier")


def check_space(features: object) -> None:
    """Raise unless ``features`` is the name of a feature space or a feature space."""
    if isinstance(features, str):
        check_choice(features, "features", NAMES, alternative="a FeatureSpace")
    elif not isinstance(features, FeatureSpace):
        raise TypeError(
            f"features must be one of {', '.join(NAMES)} or a FeatureSpace (a callable "
            f"with a name), got {features!r}"
        )


def fitted_space(
    features: str | FeatureSpace, training: ImageInput, random: Any
) -> FeatureSpace:
    """Return a space; "pixels" and "classifier" are fitted to the training images."""
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
    """Return a space that is not fitted to images, or raise."""
    check_space(features)
    if not isinstance(features, str):
        return features
    if features in ("pixels", "classifier"):
        raise ValueError(
            "features must be 'auto', 'random' or a FeatureSpace, got "
            f"{features!r}: this space is fitted to the images that are compared, so "
            "its statistics cannot be reused"
        )
    from latentia.evaluation.features import RandomConvFeatures

    return RandomConvFeatures()


def named_space(name: str) -> FeatureSpace | None:
    """Return the space of this name, or None if a name is not enough to build it."""
    found = re.fullmatch(r"random convolutions, seed (\d{1,18})", name)
    if found is None:
        return None
    from latentia.evaluation.features import RandomConvFeatures

    return RandomConvFeatures(seed=int(found[1]))
