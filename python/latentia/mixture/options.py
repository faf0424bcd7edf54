"""The parameters of ``GaussianMixture``, checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import (
    check_choice,
    check_count,
    check_flag,
    check_real,
    check_tol,
)
from latentia.mixture.covariance import CovarianceType, check_covariance_type
from latentia.mixture.input_checks import check_optional_array, check_probabilities
from latentia.mixture.parameters import Parameters

Array = NDArray[Any]

FixedName = Literal["weights", "means", "covariances"]
InitMethod = Literal["kmeans", "k-means++", "random_from_data", "random"]
InitParams: TypeAlias = (
    InitMethod | NDArray[Any] | list[Any] | Callable[[Any, int, int], Any]
)
"""A method, responsibilities, or a function of (X, n_components, seed) -> these."""

FIXED: tuple[str, ...] = get_args(FixedName)
INIT_METHODS: tuple[str, ...] = get_args(InitMethod)
GIVEN = "given"
"""``MixtureOptions.init_params`` where the user gave responsibilities."""


@dataclass(frozen=True)
class MixtureOptions:
    """The checked parameters of a ``GaussianMixture``; its docstring explains them."""

    n_components: int
    covariance_type: CovarianceType
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


def check_options(mixture: Any, n_features: int) -> MixtureOptions:
    """Return the estimator's parameters, or raise naming the one that is wrong."""
    k = check_count(mixture.n_components, "n_components", least=1)
    type_ = check_covariance_type(mixture.covariance_type)
    check_flag(mixture.warm_start, "warm_start")
    if not isinstance(mixture.verbose, bool | np.bool_):
        check_count(mixture.verbose, "verbose", least=0)
    return MixtureOptions(
        n_components=k,
        covariance_type=type_,
        tol=check_tol(mixture.tol),
        reg_covar=check_real(mixture.reg_covar, "reg_covar", least=0),
        max_iter=check_count(mixture.max_iter, "max_iter", least=0),
        n_init=check_count(mixture.n_init, "n_init", least=1),
        init_params=_check_init_params(mixture.init_params),
        fixed=check_fixed(mixture.fixed),
        weights_init=_check_weights_init(mixture.weights_init, k),
        means_init=check_optional_array(
            mixture.means_init, "means_init", (k, n_features)
        ),
        precisions_init=_check_precisions(
            mixture.precisions_init, type_, k, n_features
        ),
        verbose_interval=check_count(
            mixture.verbose_interval, "verbose_interval", least=1
        ),
    )


def check_continues(parameters: Parameters, options: MixtureOptions) -> None:
    """Raise if a fit cannot continue from these parameters with these options."""
    fitted = len(parameters.means)
    if fitted != options.n_components:
        raise ValueError(
            f"n_components must be {fitted} to continue from the fitted mixture, got "
            f"{options.n_components}"
        )


def _check_init_params(value: Any) -> str:
    if callable(value) or (not isinstance(value, str) and np.ndim(value) > 0):
        return GIVEN  # init_responsibilities checks them
    return check_choice(value, "init_params", INIT_METHODS)


def check_fixed(value: FixedName | Iterable[FixedName] | None) -> frozenset[str]:
    """Return the names of the parameters that a fit does not change, or raise."""
    if value is None:
        return frozenset()
    if isinstance(value, str):
        return frozenset([check_choice(value, "fixed", FIXED)])
    if not isinstance(value, Iterable):
        raise TypeError(
            f"fixed must be None or some of {', '.join(FIXED)}, got {value!r}"
        )
    return frozenset(check_choice(name, "fixed", FIXED) for name in value)


def _check_weights_init(value: Any, n_components: int) -> Array | None:
    if value is None:
        return None
    return check_probabilities(value, "weights_init", n_components)


def _check_precisions(
    value: Any, type_: CovarianceType, n_components: int, n_features: int
) -> Array | None:
    shape = type_.shape(n_components, n_features)
    precisions = check_optional_array(value, "precisions_init", shape)
    if precisions is not None and not type_.is_symmetric(precisions):
        raise ValueError("precisions_init must be symmetric, got a matrix that is not")
    return precisions
