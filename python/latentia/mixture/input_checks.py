"""Checks of the rows, sample weights and other arrays that a mixture is given.

Each error names the argument, its value and what it must be.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia.mixture.working_dtype import LARGEST_FLOAT64, max_abs
from latentia.rows import RowSource, RowState, Summary, as_rows, summarise
from latentia.rows.given_array import float64_array

Array = NDArray[Any]

SUM_TOLERANCE = 1e-6
"""How far a sum of probabilities may be from 1: the rounding of float32 weights."""


def prepare_rows(X: Any, *, n_threads: int) -> tuple[RowSource, Summary]:
    """Return X as rows and their summary; raise if it is not a finite dense matrix."""
    if scipy.sparse.issparse(X) or (rows := as_rows(X)).sparse:
        raise TypeError(
            "X must be dense for a mixture, got a sparse matrix; reduce it first: "
            "latentia.PCA(50).fit_transform(X) takes a sparse X as it is"
        )
    summary = summarise(rows, n_threads=n_threads)
    largest = max_abs(summary)
    # A pass adds up n·d squares times weights; 64² is room for the weights.
    limit = min(LARGEST_FLOAT64, np.sqrt(np.finfo(np.float64).max / rows.n_stored) / 64)
    if largest > limit:
        raise ValueError(
            f"X must hold numbers of at most {limit:.0e}, whose squares float64 can "
            f"add up, got a number of size {largest:.3g}: scale X"
        )
    return rows, summary


def check_sample_weight(weight: Any, rows: RowSource) -> RowState | None:
    """Return the weights (n,) with a mean of 1, in the rows' type and blocks, or raise.

    Weights that are all equal give None, as no weights do.
    """
    if weight is None:
        return None
    n = rows.shape[0]
    if isinstance(weight, numbers.Real):
        weight = np.full(n, float(weight))
    checked = check_array(weight, "sample_weight", (n,))
    if not (checked >= 0).all():
        where = int(np.argmin(checked))
        raise ValueError(
            f"sample_weight must be non-negative, got {checked[where]} at {where}"
        )
    largest = checked.max()
    if largest == 0:
        raise ValueError(
            "sample_weight must be positive for at least one sample, got zeros only"
        )
    if (checked == largest).all():
        return None
    checked = checked / largest  # the mean of weights near the end of float64 overflows
    normalised: Array = (checked / checked.mean()).astype(rows.dtype)
    return rows.state_from_array(normalised)


def check_enough_rows(
    rows: RowSource, weight: RowState | None, n_components: int
) -> None:
    """Raise if there are fewer rows with weight than components, or only one row."""
    n = rows.shape[0]
    if weight is not None:
        n = int(np.count_nonzero(weight.to_numpy()))
    with_weight = "" if weight is None else " with sample_weight > 0"
    if rows.shape[0] < 2:
        raise ValueError("X must have at least two samples, got n_samples=1")
    if n < n_components:  # scikit-learn's text, which its tests look for
        raise ValueError(
            f"Expected n_samples >= n_components but got n_components = "
            f"{n_components}, n_samples = {n}{with_weight}"
        )


def check_n_features(rows: RowSource, n_features: int) -> None:
    """Raise if the rows have another number of features than the mixture."""
    if rows.shape[1] != n_features:  # scikit-learn's text, which its checks look for
        raise ValueError(
            f"X has {rows.shape[1]} features, but GaussianMixture is expecting "
            f"{n_features} features as input"
        )


def check_optional_array(value: Any, name: str, shape: tuple[int, ...]) -> Array | None:
    """Return ``check_array``, or None for None."""
    return None if value is None else check_array(value, name, shape)


def check_array(value: Any, name: str, shape: tuple[int, ...]) -> Array:
    """Return a finite float64 array of this shape, or raise.

    −1 in the shape stands for any length of at least 1.
    """
    array = float64_array(value, name)
    if array.ndim != len(shape) or not all(
        found == wanted or (wanted == -1 and found >= 1)
        for found, wanted in zip(array.shape, shape, strict=True)
    ):
        wanted = str(shape).replace("-1", "any")
        raise ValueError(f"{name} must have the shape {wanted}, got {array.shape}")
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} must be finite, got {array[where]} at {where}")
    return array


def check_probabilities(value: Any, name: str, n_components: int) -> Array:
    """Return non-negative numbers (K,) that sum to 1, or raise."""
    weights = check_array(value, name, (n_components,))
    least, total = weights.min(), weights.sum()
    if least < 0 or abs(total - 1) > SUM_TOLERANCE:
        got = f"{least:.6g}" if least < 0 else f"the sum {total:.9g}"
        raise ValueError(f"{name} must be non-negative and sum to 1, got {got}")
    return weights
