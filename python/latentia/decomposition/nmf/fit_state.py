"""What a fit leaves in the estimator besides H, and whether it belongs to this H.

``components_`` can be set by hand, or changed in place. What a fit has found for other
components (the mean row of W, the sums that batches are added to) is then not used.
"""

from __future__ import annotations

import zlib
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia.decomposition.nmf.driver import SolveResult
from latentia.decomposition.nmf.factors import (
    check_factor,
    columns_without_entry,
    fill_unobserved,
    mean_of_observed,
    rescale,
)
from latentia.decomposition.nmf.options import NMFOptions
from latentia.decomposition.nmf.scan import ScannedData
from latentia.rows import MemoryState

Array = NDArray[Any]


class Checksums(NamedTuple):
    """Of the attributes as a fit left them."""

    components: int
    mean_weights: int


def record_fit(
    model: Any, result: SolveResult, data: ScannedData, options: NMFOptions
) -> None:
    """Set the attributes of a fitted model; W and H are rescaled to the unit of X.

    Rows of W and columns of H without an observed entry get the mean of the others.
    """
    W, Ht = result.W, result.Ht
    rescale(W, data.unit)
    rescale(MemoryState(Ht), data.unit)
    empty = columns_without_entry(data)
    if empty.any():
        Ht[empty] = Ht[~empty].mean(axis=0, dtype=np.float64)
    model.mean_weights_ = mean_of_observed(data, W)
    fill_unobserved(data, W, model.mean_weights_)
    if options.fixed is not None:
        Ht[:, : options.n_fixed] = options.fixed.T
    model.components_ = np.ascontiguousarray(Ht.T)
    model.n_components_ = len(model.components_)
    model.n_batches_seen_ = 1
    model.observed_mean_ = data.mean / data.unit
    with np.errstate(over="ignore"):  # in X's own unit they can be infinite
        unit = np.float64(data.unit) ** (-options.beta / 2)
        model.reconstruction_errs_ = np.array(result.errors) * unit
    model.reconstruction_err_ = float(model.reconstruction_errs_[-1])
    model.n_iter_ = len(result.errors) - 1
    model.converged_ = result.converged
    model._statistics = result.statistics
    model._checksums = checksums(model)


def record_batch(
    model: Any, result: SolveResult, data: ScannedData, options: NMFOptions
) -> None:
    """Update the attributes after one more batch of rows."""
    of_batch = mean_of_observed(data, result.W)
    mean, observed_mean = mean_weights_of(model), observed_mean_of(model)
    seen = getattr(model, "n_batches_seen_", 1)
    dtype = np.result_type(components_of(model), result.Ht)
    model.components_ = np.ascontiguousarray(result.Ht.T, dtype=dtype)
    model.n_components_ = len(model.components_)
    if options.fixed is not None:
        model.components_[: options.n_fixed] = options.fixed

    def average(before: Any, now: Any) -> Any:
        return now if before is None else (seen * before + now) / (seen + 1)

    model.mean_weights_ = average(mean, of_batch)
    model.observed_mean_ = average(observed_mean, data.mean)
    model.n_batches_seen_ = seen + 1
    model.n_iter_ = getattr(model, "n_iter_", 0) + 1
    model.converged_ = getattr(model, "converged_", False)
    model.reconstruction_err_ = error = result.errors[-1]
    errors = getattr(model, "reconstruction_errs_", np.empty(0))
    model.reconstruction_errs_ = np.append(errors, error)
    model._statistics = result.statistics
    model._checksums = checksums(model)


def components_of(model: Any, n_features: int | None = None) -> Array:
    """Return H in float32 or float64 and C order, or raise if it cannot be used.

    Raises
    ------
    NotFittedError
        If there are no components.
    ValueError, TypeError
        If they are not a matrix of finite numbers ≥ 0, with ``n_features`` columns if
        that is given.
    """
    check_is_fitted(model, "components_")
    shape = np.shape(model.components_)
    if len(shape) != 2 or 0 in shape:
        raise ValueError(
            "components_ must be a matrix with at least one row and column, got the "
            f"shape {shape}"
        )
    H = check_factor(model.components_, "components_", shape, zeros=True)
    if n_features is not None and H.shape[1] != n_features:
        raise ValueError(
            f"X has {n_features} features, but components_ has {H.shape[1]} columns"
        )
    return np.ascontiguousarray(H)


def checksums(model: Any) -> Checksums:
    """Return the checksums of a model as it is now."""
    return Checksums(_checksum(model.components_), _checksum(model.mean_weights_))


def is_as_fitted(model: Any) -> bool:
    """Return whether H is the one that was fitted."""
    kept: Checksums | None = getattr(model, "_checksums", None)
    return kept is not None and kept.components == _checksum(model.components_)


def mean_weights_of(model: Any) -> Array | None:
    """Return the mean row of W (k,), float64; None if it belongs to another H.

    One that was set by hand, together with H, is used.
    """
    mean = getattr(model, "mean_weights_", None)
    k = len(model.components_)
    if mean is None or np.shape(mean) != (k,):
        return None
    kept: Checksums | None = getattr(model, "_checksums", None)
    if (
        kept is not None
        and not is_as_fitted(model)
        and kept.mean_weights == _checksum(mean)
    ):
        return None
    checked = check_factor(
        np.reshape(mean, (1, k)), "mean_weights_", (1, k), zeros=True
    )
    found: Array = checked[0].astype(np.float64)
    return found


def observed_mean_of(model: Any) -> float | None:
    """Return the mean of the observed entries that this H was fitted to, if known."""
    return float(model.observed_mean_) if is_as_fitted(model) else None


def _checksum(array: Any) -> int:
    numbers = np.ascontiguousarray(array)
    return zlib.crc32(numbers.tobytes() + f"{numbers.dtype}{numbers.shape}".encode())
