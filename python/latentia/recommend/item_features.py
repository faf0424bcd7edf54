"""Features of items, from which the factors of items are predicted."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse

from latentia.recommend.ids import Array, requested
from latentia.recommend.interactions import Interactions


class ItemFeatures:
    """A regression of item factors on features.

    With λ_i the penalty of an item, W minimises Σ λ_i ‖y_i − Wᵀf_i‖² + λ̄ ‖W‖² over the
    items with events, where λ̄ is the mean of λ_i: features that few items have predict
    little.

    References
    ----------
    D. Agarwal and B.-C. Chen, "Regression-based latent factor models", KDD 2009.
    """

    def __init__(self, features: Any) -> None:
        self._features = features

    @classmethod
    def of(cls, features: Any, data: Interactions) -> ItemFeatures:
        """Check features of the items of ``data``."""
        sparse: bool = scipy.sparse.issparse(features)
        found: Any = (
            features.tocsr() if sparse else np.asarray(_in_order(features, data))
        )
        try:
            if found.dtype.kind not in "biufO":
                raise TypeError
            found = found.astype(np.float64)
        except (TypeError, ValueError):
            raise TypeError(
                "item_features must be a matrix of numbers, got "
                f"{type(features).__name__} of {found.dtype}"
            ) from None
        if found.ndim != 2 or found.shape[0] != data.shape[1] or found.shape[1] == 0:
            raise ValueError(
                f"item_features must have the shape ({data.shape[1]}, n_features), one "
                f"row for each item, got {found.shape}"
            )
        values = found.data if sparse else found
        if not np.isfinite(values).all():
            raise ValueError("item_features must be finite, got NaN or infinity")
        return cls(found)

    def weigh(self, ridge: Array) -> None:
        """Set λ_i, which is 0 for items that W is not learnt from."""
        F = self._features
        self._weighted = scipy.sparse.diags_array(ridge) @ F
        gram: Any = F.T @ self._weighted
        if scipy.sparse.issparse(F):
            gram = gram.toarray()
        self._penalty = float(ridge[ridge > 0].mean())
        gram[np.diag_indices(len(gram))] += self._penalty
        self._scale = 1 / np.sqrt(np.diag(gram))
        try:
            self._cholesky = scipy.linalg.cho_factor(
                gram * self._scale * self._scale[:, None]
            )
        except (np.linalg.LinAlgError, ValueError):
            raise ValueError(
                "item_features must have columns of similar sizes: scale them, for "
                "example with sklearn.preprocessing.StandardScaler"
            ) from None

    def regress(self, V: Array) -> Array:
        """Return W (n_features × k) for the factors V (n_items × k)."""
        right = (self._weighted.T @ V.astype(np.float64)) * self._scale[:, None]
        found: Array = scipy.linalg.cho_solve(self._cholesky, right)
        found *= self._scale[:, None]
        return found

    def penalty(self, W: Array) -> float:
        """Return λ̄ ‖W‖²."""
        return self._penalty * float(np.vdot(W, W))

    def predict(self, W: Array, dtype: np.dtype[Any]) -> Array:
        """Return F·W, the factors that the features predict."""
        return np.ascontiguousarray(self._features @ W, dtype=dtype)


def _in_order(features: Any, data: Interactions) -> Any:
    """Return the rows of a data frame whose index has ids in the order of the items."""
    if not hasattr(features, "iloc"):
        return features
    numbered = type(features.index).__name__ == "RangeIndex"
    if numbered and features.index.start == 0 and features.index.step == 1:
        return features
    ids = requested(features.index.to_numpy())
    row = {item: i for i, item in enumerate(ids)}
    items = data.items.tolist()
    missing = [item for item in items if item not in row]
    if missing or len(row) < len(ids):
        problem = f"{missing[0]!r} is missing" if missing else "an id is there twice"
        raise ValueError(
            "the index of item_features must have each item's id once, or be 0, 1, 2, "
            f"…: {problem}"
        )
    return features.iloc[[row[item] for item in items]]
