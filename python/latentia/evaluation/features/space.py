"""What a feature space is."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray

from latentia.evaluation._images import Images


@runtime_checkable
class FeatureSpace(Protocol):
    """Maps images to features; scores of two spaces say nothing about each other.

    Attributes
    ----------
    name : str
        Goes with every score. Spaces of different numbers have different names.
    """

    name: str

    def __call__(self, images: Images, /) -> NDArray[Any]:
        """Return the features (n, d) of uint8 images (n, H, W[, C])."""
