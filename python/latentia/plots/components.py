"""The components of a fitted factorisation, as images or as their largest features."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia.plots.images import image_grid
from latentia.plots.topics import topic_bars
from latentia.rows.given_array import float64_array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]


def parts(
    model: Any,
    *,
    shape: tuple[int, int] | None = None,
    feature_names: Sequence[str] | None = None,
    n_features: int = 10,
) -> Figure:
    """Draw the components of a fitted NMF or PCA: as images, or as bars of features.

    Components are images if ``shape`` is given, or if the features have no names and
    their number is a square, as of 8 × 8 pixels. Otherwise the largest features of each
    component are listed.

    Parameters
    ----------
    model : fitted NMF, PCA or TruncatedSVD, or array-like of shape (k, n_features)
        The array has the components in its rows.
    shape : (int, int), optional
        Height and width of an image.
    feature_names : sequence of str, optional
        By default the names of the columns of the data frame of the fit.
    n_features : int, default=10
        How many features are listed for each component.

    Returns
    -------
    matplotlib.figure.Figure
        Images of components without negative entries are each as bright as their
        largest entry; others have zero in mid-grey.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError, ValueError
        If there are no components, ``shape`` or ``feature_names`` does not fit them,
        components to be listed have negative entries, or n_features is less than 1.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from latentia import NMF, plots
    >>> model = NMF(12, max_iter=20, tol=0).fit(load_digits().data)
    >>> figure = plots.parts(model)
    """
    H = _components(model)
    if feature_names is None:
        feature_names = getattr(model, "feature_names_in_", None)
    side = math.isqrt(H.shape[1])
    if shape is None and feature_names is None and side * side == H.shape[1]:
        shape = (side, side)
    if shape is not None:
        return _images(H, shape)
    if n_features < 1:
        raise ValueError(f"n_features must be at least 1, got {n_features}")
    if H.min() < 0:
        raise ValueError(
            "components must not be negative if their features are listed, got "
            f"{H.min():.3g}; shape=(height, width) draws them as images"
        )
    return _bars(H, _names(feature_names, H.shape[1]), n_features)


def _components(model: Any) -> Array:
    if hasattr(model, "fit"):
        check_is_fitted(model)
        if not hasattr(model, "components_"):
            raise TypeError(
                "model must be an array, or an estimator with the attribute "
                f"components_ (NMF, PCA, TruncatedSVD), got {type(model).__name__}"
            )
        model = model.components_
    H = float64_array(model, "components")
    if H.ndim != 2 or H.size == 0 or not np.isfinite(H).all():
        raise ValueError(
            f"components must be finite, of shape (k, n_features), got {H.shape}"
        )
    return H


def _images(H: Array, shape: tuple[int, int]) -> Figure:
    sides = list(shape)
    is_size = len(sides) == 2 and all(isinstance(n, Integral) and n > 0 for n in sides)
    if not is_size or math.prod(sides) != H.shape[1]:
        raise ValueError(
            f"shape must be (height, width) of images of {H.shape[1]} pixels, got "
            f"{shape!r}"
        )
    images = H.reshape(-1, *sides)
    if H.min() < 0:
        return image_grid(images, symmetric=True)
    largest = images.max(axis=(1, 2), keepdims=True)
    return image_grid(images / np.where(largest > 0, largest, 1.0))


def _names(given: Sequence[str] | None, n: int) -> list[str]:
    if given is None:
        return [f"feature {i}" for i in range(n)]
    names = [str(name) for name in given]
    if len(names) != n:
        raise ValueError(
            f"feature_names must have one name per feature ({n}), got {len(names)}"
        )
    times = Counter(names)  # a bar each, also of equal names
    return [f"{one} ({i})" if times[one] > 1 else one for i, one in enumerate(names)]


def _bars(H: Array, names: list[str], n_features: int) -> Figure:
    topics = {}
    for number, row in enumerate(H):
        largest = np.argsort(-row, kind="stable")[:n_features]
        words = {names[i]: float(row[i]) for i in largest if row[i] > 0}
        if words:  # a component of zeros has no features
            topics[f"component {number}"] = words
    if not topics:
        raise ValueError("components must not be all zero")
    return topic_bars(topics)
