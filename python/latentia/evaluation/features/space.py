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
    """

    name: str

    def __call__(self, images: Images, /) -> NDArray[Any]:
        """Return the features (n, d) of uint8 images (n, H, W[, C])."""
