"""The fitted attributes of PCA: how a fit sets them, and how the methods read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.decomposition.base import record_quality
from latentia.decomposition.rank import rank_to_keep
from latentia.decomposition.svd import Decomposition
from latentia.rows import Centre, Summary

Array = NDArray[Any]


_LEAST = 1e-3
"""Rounding that may be noticed, as a part of the variance that is left out."""


def write_results(
    pca: Any,
    X: Any,
    result: Decomposition,
    summary: Summary,
    n_rows: int,
    wanted: Any,
    left_out_by: Callable[[Array], float] | None = None,
) -> None:
    """Set the attributes; ``n_rows`` have weight, which adds up to n_samples_.

    ``left_out_by`` reads the rows once more for Σ w·‖y − y·V·Vᵀ‖².
    """
    dtype, n_features = result.V.dtype, len(result.V)
    n_samples = summary.n_rows
    if float(n_samples).is_integer():
        n_samples = int(n_samples)
    in_unit = result.s.astype(np.float64) * summary.scale
    denominator = max(n_samples - 1, 1)
    variance = in_unit**2 / denominator
    total = float(summary.centred_square.sum()) / denominator
    ratio = variance / (total if total > 0 else 1.0)
    k = rank_to_keep(wanted, variance, ratio, n_samples)
    left_out = min(max(n_rows, int(n_samples)), n_features) - k
    if left_out == len(variance) - k:  # all are known: no difference is taken
        left = variance[k:].sum()
    else:
        left = max(total - variance[:k].sum(), 0.0)
        if left_out_by is not None and _LEAST * left < np.finfo(dtype).eps * total:
            left = left_out_by(result.V[:, :k]) / denominator
            result = replace(result, n_passes=result.n_passes + 1)
    record_quality(pca, X, result, k)
    pca.n_samples_ = n_samples
    pca.n_components_ = k
    pca._centre = Centre.of(summary)
    pca.mean_ = pca._centre.rounded(dtype)
    pca.components_ = np.ascontiguousarray(result.V[:, :k].T)
    pca.singular_values_ = result.s[:k]
    pca.explained_variance_ratio_ = ratio[:k].astype(dtype)
    with np.errstate(over="ignore"):  # a square can be too large for its type
        variance = variance[:k] / summary.scale / summary.scale
        pca.explained_variance_ = variance.astype(dtype)
        noise = np.float64(left / max(left_out, 1)) / summary.scale / summary.scale
        pca.noise_variance_ = dtype.type(noise)


def variance_of_axes(pca: Any) -> Array:
    """Return ``explained_variance_``, or raise if it is that of other axes."""
    variance, k = np.asarray(pca.explained_variance_), len(pca.components_)
    if variance.shape != (k,):
        raise ValueError(
            f"components_ has {k} rows, but explained_variance_ has the shape "
            f"{variance.shape}: set both"
        )
    return variance


def deviation_of_axes(pca: Any) -> Array:
    """Return what whitening divides by (n_components_,): √explained_variance_.

    A fit's are taken from the singular values, as the type may not hold the squares;
    what was set by hand since counts.
    """
    variance = variance_of_axes(pca)
    root = np.sqrt(variance)
    s = np.asarray(getattr(pca, "singular_values_", ()))
    if s.shape != root.shape or not hasattr(pca, "n_samples_"):
        return root
    fitted = s / np.sqrt(max(pca.n_samples_ - 1, 1))
    is_held = np.isfinite(variance) & (variance > np.finfo(root.dtype).tiny)
    rounding = 64 * float(np.finfo(s.dtype).eps)
    changed = is_held & (np.abs(root - fitted) > rounding * root)
    deviation: Array = np.where(changed, root, fitted)
    return deviation


def current_centre(pca: Any) -> Centre:
    """Return ``mean_`` with the digits that its type has no room for.

    Those are the fit's, and not of a mean that was set by hand.
    """
    mean = np.asarray(pca.mean_)
    centre: Centre | None = getattr(pca, "_centre", None)
    if centre is not None and np.array_equal(centre.rounded(mean.dtype), mean):
        return centre
    return Centre.at(mean)
