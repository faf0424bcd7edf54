"""Checks of what a user asks of NMF; each names argument, value and range."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import check_choice, check_count, check_tol
from latentia._warnings import warn_caller
from latentia.decomposition.nmf.data import Data
from latentia.decomposition.nmf.penalties import Penalty, check_penalties

Array = NDArray[Any]

BETAS = {"frobenius": 2.0, "kullback-leibler": 1.0, "itakura-saito": 0.0}
INITS = ("random", "nndsvd", "nndsvda", "nndsvdar", "custom")


@dataclass(frozen=True)
class Settings:
    """The checked parameters of an ``NMF``, for data of one shape.

    ``fixed`` (n_fixed, n_features) are the first rows of H, in the unit of X, and
    ``centre`` (k,) is what rows of W are drawn to, in that of the data, if it is not to
    be found.
    """

    n_components: int
    init: str
    solver: str
    beta: float
    tol: float
    max_iter: int
    w_penalty: Penalty
    h_penalty: Penalty
    shuffle: bool
    random_state: Any
    fixed: Array | None = None
    centre: Array | None = None

    @property
    def n_fixed(self) -> int:
        """Components that are not learnt, the first ones."""
        return 0 if self.fixed is None else len(self.fixed)


def check_settings(
    model: Any,
    data: Data,
    W: Any = None,
    H: Any = None,
    *,
    fitted: bool = False,
    mean: float | None = None,
    centre: Array | None = None,
) -> Settings:
    """Return the estimator's parameters, or raise naming the one that is wrong.

    ``W`` and ``H`` are where a fit begins, or H is what is ``fitted`` and stays. Then
    ``mean`` and ``centre`` are the mean of the known entries and the mean row of W that
    were fitted, in the unit of X; by default they are found in the data.
    """
    shape = data.rows.shape
    k = len(H) if fitted else _check_n_components(model, shape, W, H)
    fixed = _check_fixed(model.fixed_components, k, shape[1])
    held = fitted or (fixed is not None and len(fixed) == k)
    solver = "mu" if check_solver(model.solver) == "mu" else "hals"
    beta = _round_to(data.rows.dtype, check_beta(model.beta_loss, solver))
    _check_zeros(data, beta)
    if solver == "hals" and data.known_only and not (held or data.rows.in_memory):
        raise ValueError(
            f"solver={model.solver!r} reads X by columns too where entries are "
            "missing, which needs all rows in memory: take solver='mu', or give "
            "np.asarray(X)"
        )
    if not isinstance(model.shuffle, bool | np.bool_):
        raise TypeError(f"shuffle must be True or False, got {model.shuffle!r}")
    if not isinstance(model.verbose, bool | np.bool_):
        check_count(model.verbose, "verbose", least=0)
    w_penalty, h_penalty = check_penalties(model, data, beta, mean=mean)
    max_iter = check_count(model.max_iter, "max_iter", least=1)
    tol = check_tol(model.tol)
    if model.transform_max_iter is not None:
        most = check_count(model.transform_max_iter, "transform_max_iter", least=1)
        max_iter = most if held else max_iter
    if model.transform_tol is not None:
        least = check_tol(model.transform_tol, "transform_tol")
        tol = least if held else tol
    return Settings(
        n_components=k,
        init="custom" if held else _check_init(model, data, k, solver),
        solver=solver,
        beta=beta,
        tol=tol,
        max_iter=max_iter,
        w_penalty=w_penalty,
        h_penalty=h_penalty,
        shuffle=bool(model.shuffle),
        random_state=model.random_state,
        fixed=fixed,
        centre=None if centre is None else centre * np.sqrt(data.unit),
    )


def check_missing(value: object) -> str | None:
    """Return how X tells what is unknown, or raise."""
    if value is None:
        return None
    return check_choice(value, "missing", ("nan", "unobserved"))


def check_solver(value: object) -> str:
    """Return the solver's name, or raise."""
    return check_choice(value, "solver", ("cd", "hals", "mu"))


def check_beta(value: Any, solver: str) -> float:
    """Return β, or raise if it is none or the solver cannot take it."""
    if isinstance(value, str):
        beta = BETAS[check_choice(value, "beta_loss", tuple(BETAS))]
    else:
        real = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not real or not np.isfinite(value):
            raise ValueError(
                f"beta_loss must be one of {', '.join(BETAS)} or a finite number, got "
                f"{value!r}"
            )
        beta = float(value)
    if solver != "mu" and beta != 2.0:
        raise ValueError(
            f"beta_loss={value!r} needs solver='mu'; solver={solver!r} is for "
            "'frobenius' alone"
        )
    return beta


def check_factor(
    value: Any, name: str, shape: tuple[int, int], *, zeros: bool = False
) -> Array:
    """Return a non-negative factor of this shape in float32 or float64, or raise."""
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise TypeError
        if array.dtype not in (np.float32, np.float64):
            array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be an array of numbers, got {value!r}") from None
    if array.shape != shape:
        raise ValueError(f"{name} must have the shape {shape}, got {array.shape}")
    if array.size and not (array.min() >= 0 and array.max() < np.inf):  # or NaN
        bad = ~(np.isfinite(array) & (array >= 0))
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        negative = "Negative values in data passed to NMF: " if array[where] < 0 else ""
        raise ValueError(
            f"{negative}{name} must be finite and at least 0, got {array[where]} at "
            f"{where}"
        )
    if not zeros and not array.any():
        raise ValueError(f"{name} is full of zeros")
    return array


def fit_type(factor: Array, name: str, dtype: np.dtype[Any]) -> Array:
    """Return the factor in this type, or raise if it is too large for it."""
    with np.errstate(over="ignore"):
        fitting: Array = np.array(factor, dtype=dtype, order="C")
    if not np.isfinite(fitting).all():
        raise ValueError(f"{name} holds {factor.max():.3g}, too large for {dtype}")
    return fitting


def check_start(
    model: Any, data: Data, settings: Settings, W: Any, H: Any
) -> tuple[Array | None, Array | None]:
    """Return the factors that a fit is to begin with, or raise."""
    if settings.n_fixed == settings.n_components:
        if W is not None or H is not None:
            warn_caller(
                "W and H are not used where all components are fixed", RuntimeWarning
            )
        return None, None
    if settings.init != "custom":
        if W is not None or H is not None:
            warn_caller(
                f"W and H are not used with init={model.init!r}; init='custom' starts "
                "from them",
                RuntimeWarning,
            )
        return None, None
    if W is None and H is None:
        raise ValueError("init='custom' needs W or H to begin with, got None for both")
    (m, n), k = data.rows.shape, settings.n_components

    def start(factor: Any, name: str, shape: tuple[int, int]) -> Array | None:
        if factor is None:
            return None
        in_unit = check_factor(factor, name, shape)
        if data.unit != 1.0:
            in_unit = in_unit * np.sqrt(data.unit)
        most = np.finfo(data.rows.dtype).max ** 0.25
        if in_unit.max() > most:
            raise ValueError(
                f"{name} holds {np.max(factor):.3g}, too large to begin with: products "
                f"would leave the range of {data.rows.dtype}"
            )
        return in_unit

    return start(W, "W", (m, k)), start(H, "H", (k, n))


def _round_to(dtype: np.dtype[Any], beta: float) -> float:
    """Return β as a number of this type; as 0, 1 or 2 if it is within √ε of them.

    Between, the divergence is a difference of nearly equal numbers.
    """
    near = round(beta)
    if near in (0, 1, 2) and abs(beta - near) < np.sqrt(np.finfo(dtype).eps):
        return float(near)
    return float(dtype.type(beta))


def _check_n_components(model: Any, shape: tuple[int, int], W: Any, H: Any) -> int:
    value = model.n_components
    if isinstance(value, str):
        check_choice(value, "n_components", ("auto",))
        if isinstance(model.init, str) and model.init == "custom":
            for factor, axis in ((H, 0), (W, 1)):
                if np.ndim(factor) == 2:
                    return int(np.shape(factor)[axis])
        return shape[1]
    if value is None:
        return shape[1]
    return check_count(value, "n_components", least=1)


def _check_init(model: Any, data: Data, k: int, solver: str) -> str:
    fits = k <= min(data.rows.shape)
    if model.init is None:
        svd = fits and not data.known_only and model.fixed_components is None
        return "nndsvda" if svd else "random"
    init = check_choice(model.init, "init", INITS)
    if not init.startswith("nndsvd"):
        return init
    if not fits:
        raise ValueError(
            f"init={init!r} needs n_components <= min(n_samples, n_features), got "
            f"n_components={k} for shape {data.rows.shape}"
        )
    if data.known_only:
        raise ValueError(
            f"init={init!r} needs all entries of X, and some are missing; use 'random'"
        )
    if init == "nndsvd" and solver == "mu":
        warn_caller(
            "multiplicative updates leave the zeros of init='nndsvd' what they are; "
            "'nndsvda' and 'nndsvdar' fill them",
            UserWarning,
        )
    return init


def _check_fixed(value: Any, k: int, n_features: int) -> Array | None:
    if value is None:
        return None
    if np.ndim(value) != 2 or np.shape(value)[1] != n_features:
        raise ValueError(
            f"fixed_components must be rows of {n_features} features, got the shape "
            f"{np.shape(value)}"
        )
    if len(value) > k:
        raise ValueError(
            f"fixed_components has {len(value)} rows, more than n_components={k}"
        )
    fixed = check_factor(value, "fixed_components", np.shape(value), zeros=True)
    return fixed if len(fixed) else None


def _check_zeros(data: Data, beta: float) -> None:
    if beta > 0:
        return
    if data.has_zeros:
        raise ValueError(
            f"X contains zeros, from which beta_loss={beta:g} is infinitely far; When "
            "beta_loss <= 0 and X contains zeros, the solver may diverge. Please add "
            "small values to X, or use a positive beta_loss"
        )
