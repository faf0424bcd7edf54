"""Fits from sums that grow batch by batch.

The sums are the count, the mean and the Gram matrix about the mean (n × n), in float64.
Those of two batches make those of both (Chan, Golub & LeVeque 1983), so that the fit is
that of all rows seen, whatever the batches were, to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from latentia._blas import serial_blas
from latentia._features import note_features
from latentia._warnings import warn_caller
from latentia.decomposition.base import prepare
from latentia.decomposition.svd import Decomposition
from latentia.decomposition.weighted import weighted_operator
from latentia.decomposition.weights import check_weights, weighted_summary
from latentia.rows import Centre, RowSource, Summary, gram

Array = NDArray[Any]

_LEAST_SPREAD = 1e-146
"""Norm of a centred column below which its square has no digits in float64."""


@dataclass(frozen=True)
class StreamedSums:
    """What is known of the rows that were seen.

    Attributes
    ----------
    count : float
        How many; with weights the sum of these.
    n_rows : int
        How many rows there were that had weight.
    centre : Centre
        Their mean.
    gram : ndarray of shape (n_features, n_features)
        Σ (x − mean)(x − mean)ᵀ, float64.
    dtype : dtype
        The rows' type.
    """

    count: float
    n_rows: int
    centre: Centre
    gram: Array
    dtype: np.dtype[Any]

    @classmethod
    def of(
        cls, rows: RowSource, summary: Summary, sample_weight: Any, *, n_threads: int
    ) -> Self:
        """Return the sums of one batch.

        Raises
        ------
        ValueError
            If the weights are no weights, or squares of numbers leave float64's range.
        """
        count, n_rows = float(rows.shape[0]), rows.shape[0]
        if sample_weight is None:
            read, mean = Centre.of(summary).take_off(rows)
            G = gram(read, mean=mean, n_threads=n_threads)
        else:
            weight = check_weights(sample_weight, rows)
            summary = weighted_summary(rows, weight, summary, n_threads=n_threads)
            op = weighted_operator(
                rows, weight, summary, in_copy=False, n_threads=n_threads
            )
            with np.errstate(over="ignore"):
                G = op.gram() / summary.scale / summary.scale
            count, n_rows = float(weight.sum()), int(np.count_nonzero(weight))
        spread = float(np.sqrt(summary.centred_square.max())) / summary.scale
        if not np.isfinite(G).all() or 0 < spread < _LEAST_SPREAD:
            raise ValueError(
                "partial_fit needs squares of the numbers, which leave the range of "
                f"float64: the largest of X is {summary.max_abs / summary.scale:.3g}; "
                "give X in another unit"
            )
        return cls(count, n_rows, Centre.of(summary), G, rows.dtype)

    def __add__(self, other: Self) -> Self:
        """Merge the sums of two batches; δ is the difference of their means."""
        mine, theirs, count = self.centre, other.centre, self.count + other.count
        delta = (theirs.value - mine.value) + (theirs.rest - mine.rest)
        step = mine.rest + delta * (other.count / count)
        value = mine.value + step
        rest = (mine.value - value) + step
        shared = self.count * other.count / count
        G = self.gram + other.gram + shared * np.outer(delta, delta)
        return type(self)(
            count,
            self.n_rows + other.n_rows,
            Centre.of(_summary(count, value, rest, np.diag(G))),
            G,
            np.result_type(self.dtype, other.dtype),
        )

    def summary(self) -> Summary:
        """Return count and moments as one pass over all rows would."""
        centre = self.centre
        return _summary(self.count, centre.value, centre.rest, np.diag(self.gram))

    def decompose(self, k: int, *, center: bool, n_threads: int) -> Decomposition:
        """Return the k leading singular triplets of the rows, without U.

        With D the columns' norms and D⁻¹GD⁻¹ = RᵀR, the singular values of R·D are
        wanted: so scaled, a column in a larger unit costs the others no digits, which
        the eigenvalues of G itself would lose. Uncentred, √count·mean is one row more.
        """
        with serial_blas():
            root = _root(self.gram)
            if not center:
                mean = (self.centre.value + self.centre.rest) * np.sqrt(self.count)
                root = np.vstack([root, mean])
            _, s, Vt = scipy.linalg.svd(root, full_matrices=False)
        s, V = s[:k], np.ascontiguousarray(Vt[:k].T)
        variance = (V * (self.gram @ V)).sum(axis=0) / self.count
        return Decomposition(
            left_basis=None,
            rotation=np.eye(k),
            s=s.astype(self.dtype),
            V=V.astype(self.dtype),
            variance=np.divide(variance, s**2, out=np.zeros(k), where=s > 0),
            residuals=np.zeros(k, dtype=self.dtype),
            error_bound=_bound(s, len(self.gram), self.dtype),
            n_passes=1,
            method="gram",
            n_threads=n_threads,
        ).with_signs()


def add_batch(
    estimator: Any, X: Any, sample_weight: Any, *, n_threads: int
) -> StreamedSums:
    """Return the sums of the batches that an estimator has seen, and of this one.

    Raises
    ------
    ValueError
        If X has other features than the batches before.
    """
    before: StreamedSums | None = getattr(estimator, "_sums", None)
    if before is None and hasattr(estimator, "components_"):
        warn_caller(
            f"this {type(estimator).__name__} was fitted by fit, or loaded, and has no "
            "sums that a batch could be added to: partial_fit begins anew and forgets "
            "what was found; call it on sklearn.base.clone of the estimator",
            UserWarning,
        )
    rows, summary = prepare(X, n_threads=n_threads)
    if before is not None:
        note_features(estimator, X, reset=False)
    batch = StreamedSums.of(rows, summary, sample_weight, n_threads=n_threads)
    return batch if before is None else before + batch


def keep_sums(estimator: Any, sums: StreamedSums) -> None:
    """Record the sums for the next batch."""
    estimator._sums = sums
    estimator.n_samples_seen_ = int(sums.n_rows)


def forget_sums(estimator: Any) -> None:
    """Drop the sums: what was fitted is not theirs."""
    for name in ("_sums", "n_samples_seen_"):
        vars(estimator).pop(name, None)


def _summary(count: float, value: Array, rest: Array, square: Array) -> Summary:
    offset = rest * count
    about = square + rest * offset
    return Summary(count, 1.0, value, offset, about, float(np.abs(value).max()))


def _root(G: Array) -> Array:
    """Return R (n × n) with RᵀR = G."""
    length = np.sqrt(np.diag(G))
    scale = np.where(length > 0, length, 1.0)
    C = G / scale / scale[:, np.newaxis]
    try:
        root: Array = scipy.linalg.cholesky(C + np.diag(length == 0)) * length
    except scipy.linalg.LinAlgError:
        values, vectors = scipy.linalg.eigh(C)
        rounding = len(G) * np.finfo(np.float64).eps * values[-1]
        values[values < rounding] = 0.0
        root = np.sqrt(values)[:, np.newaxis] * vectors.T * length
    return root


def _bound(s: Array, n: int, dtype: np.dtype[Any]) -> Array:
    """Return how far s can be off: |s² − ŝ²| ≤ δ, the rounding of G, and its own."""
    delta = 4 * n * np.finfo(np.float64).eps * float((s**2).sum())
    off = delta / np.maximum(s, np.sqrt(delta)) if delta > 0 else np.zeros_like(s)
    bound: Array = off + np.finfo(dtype).eps * s
    return bound
