"""Interface of a feature space."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray

from latentia.evaluation._images import Images


@runtime_checkable
class FeatureSpace(Protocol):
    """A map from images to features. Scores of two spaces cannot be compared.

    Attributes
    ----------
    name : str
        Name that is stored with every score. Different spaces have different names.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.datasets import load_digits
    >>> from latentia.evaluation import frechet_distance
    >>> class MeanAndSpread:
    ...     name = "mean and spread"
    ...
    ...     def __call__(self, images):
    ...         flat = images.reshape(len(images), -1)
    ...         return np.stack([flat.mean(1), flat.std(1)], axis=1, dtype=np.float32)
    >>> space, images = MeanAndSpread(), load_digits().images
    >>> frechet_distance(space(images[:900]), space(images[900:])) < 5
    True
    """

    name: str

    def __call__(self, images: Images, /) -> NDArray[Any]:
        """Return the features (n, d) of uint8 images (n, H, W[, C])."""
