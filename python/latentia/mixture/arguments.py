"""Checks of what a user asks of a mixture; each names argument, value and range."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia._arguments import check_choice, check_count, check_tol
from latentia.mixture.covariance import COVARIANCES, CovarianceType
from latentia.rows import RowSource, Summary, as_rows, summarise

Array = NDArray[Any]

INIT_PARAMS = ("kmeans", "k-means++", "random_from_data", "random")


@dataclass(frozen=True)
class Settings:
    """The checked parameters of a ``GaussianMixture``."""

    n_components: int
    type: CovarianceType
    tol: float
    reg_covar: float
    max_iter: int
    n_init: int
    init_params: str
    weights_init: Array | None
    means_init: Array | None
    precisions_init: Array | None
    verbose_interval: int


def check_settings(mixture: Any, n_features: int) -> Settings:
    """Return the estimator's parameters, or raise naming the one that is wrong."""
    k = check_count(mixture.n_components, "n_components", least=1)
    type_ = COVARIANCES[
        check_choice(mixture.covariance_type, "covariance_type", tuple(COVARIANCES))
    ]
    warm = mixture.warm_start
    if not isinstance(warm, bool | np.bool_):
        raise TypeError(f"warm_start must be True or False, got {warm!r}")
    if not isinstance(mixture.verbose, bool | np.bool_):
        check_count(mixture.verbose, "verbose", least=0)
    return Settings(
        n_components=k,
        type=type_,
        tol=check_tol(mixture.tol),
        reg_covar=_check_reg_covar(mixture.reg_covar),
        max_iter=check_count(mixture.max_iter, "max_iter", least=0),
        n_init=check_count(mixture.n_init, "n_init", least=1),
        init_params=check_choice(mixture.init_params, "init_params", INIT_PARAMS),
        weights_init=_check_weights(mixture.weights_init, k),
        means_init=_check_array(mixture.means_init, "means_init", (k, n_features)),
        precisions_init=_check_precisions(
            mixture.precisions_init, type_, k, n_features
        ),
        verbose_interval=check_count(
            mixture.verbose_interval, "verbose_interval", least=1
        ),
    )


def take_in(X: Any, *, n_threads: int) -> tuple[RowSource, Summary]:
    """Return X as rows and their summary; raise if it is not a finite dense matrix."""
    if scipy.sparse.issparse(X) or (rows := as_rows(X)).sparse:
        raise TypeError(
            "X is a sparse matrix, and a mixture's covariances would fill it in; "
            "reduce it first: latentia.PCA(50).fit_transform(X) takes sparse X as it is"
        )
    summary = summarise(rows, n_threads=n_threads)
    largest = summary.max_abs / summary.unit
    most = 1e17 if rows.dtype == np.float32 else 1e150
    if largest > most:
        raise ValueError(
            f"X holds a number of size {largest:.3g}, whose square {rows.dtype} cannot "
            f"add up; scale X to at most {most:.0e}"
        )
    return rows, summary


def check_sample_weight(weight: Any, rows: RowSource) -> RowSource | None:
    """Return the weights (n) in the rows' dtype, or raise; None if they are equal.

    Their mean is 1. They are kept beside the rows.
    """
    if weight is None:
        return None
    n = rows.shape[0]
    if isinstance(weight, numbers.Real):
        weight = np.full(n, float(weight))
    checked = _check_array(weight, "sample_weight", (n,))
    assert checked is not None
    if not (checked >= 0).all():
        where = int(np.argmin(checked))
        raise ValueError(
            f"sample_weight must not be negative, got {checked[where]} at {where}"
        )
    largest = checked.max()
    if largest == 0:
        raise ValueError("sample_weight is zero for every sample")
    if (checked == largest).all():
        return None
    checked = checked / largest
    normalised: Array = (checked / checked.mean()).astype(rows.dtype)
    return rows.beside(normalised)


def check_enough_rows(
    rows: RowSource, weight: RowSource | None, n_components: int
) -> None:
    """Raise if there are fewer rows with weight than components, or only one row."""
    n = rows.shape[0]
    if weight is not None:
        n = int(np.count_nonzero(weight.gather()))
    with_weight = "" if weight is None else " with sample_weight > 0"
    if rows.shape[0] < 2:
        raise ValueError("a mixture needs at least two samples, got n_samples=1")
    if n < n_components:
        raise ValueError(
            f"Expected n_samples >= n_components but got n_components = "
            f"{n_components}, n_samples = {n}{with_weight}"
        )


def check_goes_on(mixture: Any, settings: Settings) -> None:
    """Raise if the fitted mixture is not of the kind that is asked for now."""
    fitted_type(mixture)
    if len(mixture.means_) != settings.n_components:
        raise ValueError(
            f"a mixture of n_components={len(mixture.means_)} cannot go on with "
            f"n_components={settings.n_components}"
        )


def fitted_type(mixture: Any) -> CovarianceType:
    """Return the covariance type, or raise if it was another one that was fitted."""
    name = check_choice(mixture.covariance_type, "covariance_type", tuple(COVARIANCES))
    type_, factor = COVARIANCES[name], mixture.precisions_cholesky_
    if factor.shape != type_.shape(*mixture.means_.shape) or not type_.is_factor(
        factor
    ):
        raise ValueError(
            f"a mixture that was fitted with another covariance_type cannot go on with "
            f"covariance_type={name!r}"
        )
    return type_


def _check_reg_covar(value: object) -> float:
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not real or not 0 <= float(value) < np.inf:  # type: ignore[arg-type]
        raise ValueError(f"reg_covar must be a number of at least 0, got {value!r}")
    return float(value)  # type: ignore[arg-type]


def _check_array(value: Any, name: str, shape: tuple[int, ...]) -> Array | None:
    """Return a float64 array of this shape, or raise."""
    if value is None:
        return None
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biufO":
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be an array of numbers, got {value!r}") from None
    if array.shape != shape:
        raise ValueError(f"{name} must have the shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} contains {array[where]} at {where}")
    return array


def _check_weights(value: Any, n_components: int) -> Array | None:
    weights = _check_array(value, "weights_init", (n_components,))
    if weights is None:
        return None
    if (weights < 0).any() or (weights > 1).any():
        raise ValueError(
            "weights_init must lie between 0 and 1, got "
            f"{weights.min():.6g} … {weights.max():.6g}"
        )
    if abs(weights.sum() - 1) > 1e-6:
        raise ValueError(f"weights_init must add up to 1, got {weights.sum():.9g}")
    return weights


def _check_precisions(
    value: Any, type_: CovarianceType, n_components: int, n_features: int
) -> Array | None:
    shape = type_.shape(n_components, n_features)
    precisions = _check_array(value, "precisions_init", shape)
    if precisions is None or type_.name not in ("full", "tied"):
        return precisions
    size = np.abs(precisions).max()
    if not np.allclose(precisions, np.swapaxes(precisions, -1, -2), atol=1e-8 * size):
        raise ValueError("precisions_init is not symmetric")
    return precisions
