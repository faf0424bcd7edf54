"""Features of items or users, from which their factors are predicted."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray

from latentia._room import check_bytes
from latentia.recommend.ids import Array, requested

_MOST_SOLVED = 2048
"""Up to so many features have a Cholesky decomposition, more are solved by steps."""

_STEPS, _TOLERANCE = 20, 1e-4
"""Steps of conjugate gradients, from the weights of the iteration before, and when they
stop: ‖residual‖ ≤ 1e-4·‖right side‖, both scaled by the diagonal."""


class Features:
    """A regression of factors on features.

    With λ_i the penalty of a row, W minimises Σ λ_i ‖y_i − Wᵀf_i‖² + λ̄ ‖W‖² over the
    rows with events, where λ̄ is the mean of λ_i: features that few rows have predict
    little.

    Parameters
    ----------
    features : ndarray or csr_array of shape (n_rows, n_features)
        float64.
    name : str
        How error messages name them.

    References
    ----------
    D. Agarwal and B.-C. Chen, "Regression-based latent factor models", KDD 2009.
    """

    def __init__(self, features: Any, name: str) -> None:
        self._features, self._name = features, name
        self._solve: Callable[[Array, Array], Array]

    @classmethod
    def of(cls, features: Any, ids: Array, name: str) -> Features:
        """Check features of the rows with these ids."""
        return cls(checked_features(features, ids, name), name)

    @property
    def n_features(self) -> int:
        """Number of features."""
        return int(self._features.shape[1])

    def weigh(self, ridge: NDArray[np.float64], n_factors: int) -> None:
        """Set λ_i, which is 0 for rows that W is not learnt from."""
        self._ridge, self._penalty = ridge, float(ridge[ridge > 0].mean())
        if self.n_features <= _MOST_SOLVED:
            self._solve = self._by_cholesky()
        else:
            check_bytes(
                6 * 8 * self.n_features * n_factors,
                f"{n_factors} weights of each of {self.n_features:,} {self._name}",
                "leave out rare features, or take fewer factors",
            )
            self._solve = self._by_steps()

    def regress(self, V: Array, W: Array) -> None:
        """Set W (n_features × k) for the factors V (n_rows × k)."""
        weighted = self._ridge[:, None] * V.astype(np.float64)
        W[:] = self._solve(self._features.T @ weighted, W)

    def penalty(self, W: Array) -> float:
        """Return λ̄ ‖W‖²."""
        return self._penalty * float(np.vdot(W, W))

    def predict(self, W: Array, dtype: np.dtype[Any]) -> Array:
        """Return F·W, the factors that the features predict."""
        return predicted(self._features, W, dtype)

    def _by_cholesky(self) -> Callable[[Array, Array], Array]:
        F, is_sparse = self._features, scipy.sparse.issparse(self._features)
        if not is_sparse:
            _check_dense(F.shape, self._name)
        with np.errstate(over="ignore"):  # found below
            gram: Any = F.T @ (scipy.sparse.diags_array(self._ridge) @ F)
        if is_sparse:
            gram = gram.toarray()
        gram[np.diag_indices(len(gram))] += self._penalty
        try:
            scale = 1 / np.sqrt(np.diag(gram))
            cholesky = scipy.linalg.cho_factor(gram * scale * scale[:, None])
        except (np.linalg.LinAlgError, ValueError):
            raise ValueError(
                f"{self._name} must have columns of similar sizes: scale them, for "
                "example with sklearn.preprocessing.StandardScaler"
            ) from None

        def solve(right: Array, W: Array) -> Array:
            found: Array = scipy.linalg.cho_solve(cholesky, right * scale[:, None])
            return found * scale[:, None]

        return solve

    def _by_steps(self) -> Callable[[Array, Array], Array]:
        F, ridge, penalty = self._features, self._ridge[:, None], self._penalty
        is_sparse: bool = scipy.sparse.issparse(F)
        squares = F.multiply(F) if is_sparse else F**2
        diagonal = (squares.T @ self._ridge + penalty)[:, None]

        def multiply(W: Array) -> Array:
            product: Array = F.T @ (ridge * (F @ W)) + penalty * W
            return product

        return lambda right, W: conjugate_gradients(multiply, right, W, diagonal)


def conjugate_gradients(
    multiply: Callable[[Array], Array], right: Array, start: Array, diagonal: Array
) -> Array:
    """Return about H⁻¹·right, for each column of it, by steps from a start.

    ``multiply`` returns H·X, and ``diagonal`` is that of H, the preconditioner.
    """

    def columns(a: Array, b: Array) -> Array:
        found: Array = np.einsum("fk,fk->k", a, b)
        return found

    least = _TOLERANCE**2 * columns(right, right / diagonal)
    X = start.copy()
    R = right - multiply(X)
    P = R / diagonal
    size = columns(R, P)
    for _ in range(_STEPS):
        if (size <= least).all():
            break
        product = multiply(P)
        curvature = columns(P, product)
        step = np.divide(size, curvature, out=np.zeros_like(size), where=curvature > 0)
        X += step * P
        product *= step
        R -= product
        np.divide(R, diagonal, out=product)
        before, size = size, columns(R, product)
        P *= np.divide(size, before, out=np.zeros_like(size), where=before > 0)
        P += product
    return X


def checked_features(features: Any, ids: Array, name: str) -> Any:
    """Return features of the rows with these ids as float64, dense or CSR, or raise."""
    sparse: bool = scipy.sparse.issparse(features)
    found: Any = (
        features.tocsr() if sparse else np.asarray(_in_order(features, ids, name))
    )
    try:
        if found.dtype.kind not in "biufO":
            raise TypeError
        if not sparse and found.dtype != np.float64:
            _check_dense(found.shape, name)
        found = found.astype(np.float64, copy=False)
    except (TypeError, ValueError):
        raise TypeError(
            f"{name} must be a matrix of numbers, got {type(features).__name__} of "
            f"{found.dtype}"
        ) from None
    if found.ndim != 2 or found.shape[0] != len(ids) or found.shape[1] == 0:
        raise ValueError(
            f"{name} must have the shape ({len(ids)}, n_features), one row for each "
            f"{name.partition('_')[0]}, got {found.shape}"
        )
    if not np.isfinite(found.data if sparse else found).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return found


def _check_dense(shape: tuple[int, ...], name: str) -> None:
    """Raise unless a copy of dense features fits into memory."""
    check_bytes(
        8 * math.prod(shape),
        f"{name} of the shape {shape} in float64",
        "give a scipy.sparse matrix",
    )


def predicted(features: Any, W: Array, dtype: np.dtype[Any]) -> Array:
    """Return F·W, the factors that features predict."""
    return np.ascontiguousarray(features @ W, dtype=dtype)


def frame_ids(features: Any) -> Any | None:
    """Return the index of a data frame, if it has ids and is not 0, 1, 2, …."""
    if not hasattr(features, "iloc"):
        return None
    index = features.index
    numbered = type(index).__name__ == "RangeIndex"
    if numbered and index.start == 0 and index.step == 1:
        return None
    return index.to_numpy()


def _in_order(features: Any, known: Array, name: str) -> Any:
    """Return the rows of a data frame whose index has ids in the order of the ids."""
    index = frame_ids(features)
    if index is None:
        return features
    ids = requested(index)
    row = {one: i for i, one in enumerate(ids)}
    wanted = known.tolist()
    missing = [one for one in wanted if one not in row]
    if missing or len(row) < len(ids):
        problem = f"{missing[0]!r} is missing" if missing else "an id is there twice"
        what = name.partition("_")[0]
        raise ValueError(
            f"the index of {name} must have each {what}'s id once, or be 0, 1, 2, …: "
            f"{problem}"
        )
    return features.iloc[[row[one] for one in wanted]]
