"""Feature spaces: what turns images into the vectors that scores are made of.

Each is an object with a ``name``, which goes with every score, that maps images
(n, H, W[, C]) to float32 features (n, d). All but the pixels need PyTorch, which is
imported when they are asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from latentia._extras import install_hint
from latentia.evaluation.features.pixels import PixelFeatures
from latentia.evaluation.features.space import FeatureSpace

if TYPE_CHECKING:
    from latentia.evaluation.features.classifier import ClassifierFeatures
    from latentia.evaluation.features.inception import InceptionFeatures
    from latentia.evaluation.features.module import ModuleFeatures
    from latentia.evaluation.features.random_conv import RandomConvFeatures

_WITH_TORCH = {
    "ClassifierFeatures": "classifier",
    "InceptionFeatures": "inception",
    "ModuleFeatures": "module",
    "RandomConvFeatures": "random_conv",
}

__all__ = [
    "ClassifierFeatures",
    "FeatureSpace",
    "InceptionFeatures",
    "ModuleFeatures",
    "PixelFeatures",
    "RandomConvFeatures",
]


def __getattr__(name: str) -> Any:
    if name not in _WITH_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_WITH_TORCH[name]}")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ImportError(
            f"{name} needs PyTorch: {install_hint('generative')}", name="torch"
        ) from None
    return getattr(module, name)
