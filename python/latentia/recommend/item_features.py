"""Features of items, from which the factors of items are predicted."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse

from latentia.recommend.ids import Array
from latentia.recommend.interactions import Interactions


class ItemFeatures:
    """A regression of item factors on features.

    With λ_i the penalty of an item, W minimises Σ λ_i ‖y_i − Wᵀf_i‖² + λ̄ ‖W‖², where λ̄
    is the mean of λ_i: features that few items have predict little.

    References
    ----------
    D. Agarwal and B.-C. Chen, "Regression-based latent factor models", KDD 2009.
    """

    def __init__(self, features: Any) -> None:
        self._features = features

    @classmethod
    def of(cls, features: Any, data: Interactions) -> ItemFeatures:
        """Check features of the items of ``data``."""
        if scipy.sparse.issparse(features):
            sparse: Any = features
            found = sparse.tocsr().astype(np.float64)
            values = found.data
        else:
            try:
                found = values = np.asarray(features, dtype=np.float64)
            except (TypeError, ValueError):
                raise TypeError(
                    "item_features must be a matrix of numbers, got "
                    f"{type(features).__name__}"
                ) from None
        if found.ndim != 2 or found.shape[0] != data.shape[1] or found.shape[1] == 0:
            raise ValueError(
                f"item_features must have the shape ({data.shape[1]}, n_features), one "
                f"row for each item, got {found.shape}"
            )
        if not np.isfinite(values).all():
            raise ValueError("item_features must be finite, got NaN or infinity")
        return cls(found)

    def regress(self, V: Array, ridge: Array) -> Array:
        """Return W (n_features × k) for the factors V (n_items × k)."""
        F = self._features
        weighted = scipy.sparse.diags_array(ridge) @ F
        gram: Any = F.T @ weighted
        if scipy.sparse.issparse(F):
            gram = gram.toarray()
        mean = ridge.mean()
        gram[np.diag_indices(len(gram))] += mean if mean > 0 else 1.0
        found: Array = scipy.linalg.solve(
            gram, weighted.T @ V.astype(np.float64), assume_a="pos"
        )
        return found

    def predict(self, W: Array, dtype: np.dtype[Any]) -> Array:
        """Return F·W, the factors that the features predict."""
        return np.ascontiguousarray(self._features @ W, dtype=dtype)
