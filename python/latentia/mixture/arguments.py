"""Checks of what a user asks of a mixture; each names argument, value and range."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia._arguments import check_choice, check_count, check_flag, check_tol
from latentia.mixture.covariance import COVARIANCES, CovarianceType
from latentia.mixture.parameters import Parameters
from latentia.mixture.precision import LARGEST_DOUBLE
from latentia.rows import RowSource, RowState, Summary, as_rows, summarise

Array = NDArray[Any]

FIXED = ("weights", "means", "covariances")
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
    fixed: frozenset[str]
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
    check_flag(mixture.warm_start, "warm_start")
    if not isinstance(mixture.verbose, bool | np.bool_):
        check_count(mixture.verbose, "verbose", least=0)
    return Settings(
        n_components=k,
        type=type_,
        tol=check_tol(mixture.tol),
        reg_covar=_check_reg_covar(mixture.reg_covar),
        max_iter=check_count(mixture.max_iter, "max_iter", least=0),
        n_init=check_count(mixture.n_init, "n_init", least=1),
        init_params=_check_init_params(mixture.init_params),
        fixed=_check_fixed(mixture.fixed),
        weights_init=check_shares(mixture.weights_init, "weights_init", k),
        means_init=check_optional(mixture.means_init, "means_init", (k, n_features)),
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
    largest = largest_of(summary)
    # The sum of n·d squares, and of their products with weights.
    most = min(LARGEST_DOUBLE, np.sqrt(np.finfo(np.float64).max / rows.n_stored) / 64)
    if largest > most:
        raise ValueError(
            f"X holds a number of size {largest:.3g}, and sums of such squares "
            f"leave the range of float64; scale X to at most {most:.0e}"
        )
    return rows, summary


def largest_of(summary: Summary) -> float:
    """Return the largest absolute value of the rows."""
    return summary.max_abs / summary.scale


def check_sample_weight(weight: Any, rows: RowSource) -> RowState | None:
    """Return the weights (n) in the rows' dtype, or raise; None if they are equal.

    Their mean is 1. They are kept beside the rows.
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
            f"sample_weight must not be negative, got {checked[where]} at {where}"
        )
    largest = checked.max()
    if largest == 0:
        raise ValueError("sample_weight is zero for every sample")
    if (checked == largest).all():
        return None
    checked = checked / largest
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
        raise ValueError("a mixture needs at least two samples, got n_samples=1")
    if n < n_components:
        raise ValueError(
            f"Expected n_samples >= n_components but got n_components = "
            f"{n_components}, n_samples = {n}{with_weight}"
        )


def check_width(rows: RowSource, n_features: int) -> None:
    """Raise if the rows have another number of features than the mixture."""
    if rows.shape[1] != n_features:
        raise ValueError(
            f"X has {rows.shape[1]} features, but GaussianMixture is expecting "
            f"{n_features} features as input"
        )


def check_goes_on(parameters: Parameters, settings: Settings) -> None:
    """Raise if the mixture has another number of components than is asked for now."""
    if len(parameters.means) != settings.n_components:
        raise ValueError(
            f"a mixture of n_components={len(parameters.means)} cannot go on with "
            f"n_components={settings.n_components}"
        )


def _check_init_params(value: Any) -> str:
    """Return the name of a search, or "given" for responsibilities: see there."""
    if callable(value) or (not isinstance(value, str) and np.ndim(value) > 0):
        return "given"
    return check_choice(value, "init_params", INIT_PARAMS)


def _check_fixed(value: Any) -> frozenset[str]:
    names = () if value is None else (value,) if isinstance(value, str) else value
    try:
        return frozenset(check_choice(name, "fixed", FIXED) for name in names)
    except TypeError:
        raise TypeError(
            f"fixed must be None or some of {', '.join(FIXED)}, got {value!r}"
        ) from None


def _check_reg_covar(value: object) -> float:
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not real or not 0 <= float(value) < np.inf:  # type: ignore[arg-type]
        raise ValueError(f"reg_covar must be a number of at least 0, got {value!r}")
    return float(value)  # type: ignore[arg-type]


def check_optional(value: Any, name: str, shape: tuple[int, ...]) -> Array | None:
    """Return None, or a float64 array of this shape, or raise."""
    return None if value is None else check_array(value, name, shape)


def check_array(value: Any, name: str, shape: tuple[int, ...]) -> Array:
    """Return a float64 array of this shape, −1 for any length ≥ 1, or raise."""
    try:
        array = np.asarray(value)
        if value is None or array.dtype.kind not in "biufO":
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be an array of numbers, got {value!r}") from None
    if array.ndim != len(shape) or not all(
        found == wanted or (wanted == -1 and found >= 1)
        for found, wanted in zip(array.shape, shape, strict=True)
    ):
        wanted = str(shape).replace("-1", "any")
        raise ValueError(f"{name} must have the shape {wanted}, got {array.shape}")
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} contains {array[where]} at {where}")
    checked: Array = array
    return checked


def check_shares(value: Any, name: str, n_components: int) -> Array | None:
    """Return numbers (K) that are not negative and add up to 1, or raise."""
    weights = check_optional(value, name, (n_components,))
    if weights is None:
        return None
    if (weights < 0).any() or (weights > 1 + 1e-6).any():
        raise ValueError(
            f"{name} must lie between 0 and 1, got "
            f"{weights.min():.6g} … {weights.max():.6g}"
        )
    if abs(weights.sum() - 1) > 1e-6:
        raise ValueError(f"{name} must add up to 1, got {weights.sum():.9g}")
    return weights


def _check_precisions(
    value: Any, type_: CovarianceType, n_components: int, n_features: int
) -> Array | None:
    shape = type_.shape(n_components, n_features)
    precisions = check_optional(value, "precisions_init", shape)
    if precisions is not None and not type_.is_symmetric(precisions):
        raise ValueError("precisions_init is not symmetric")
    return precisions
