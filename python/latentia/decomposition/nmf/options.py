"""The parameters of an NMF, checked; each error names argument, value and range.

Where entries are missing, ``"auto"`` penalties draw every row of W towards (nearly) the
mean row and every column of H towards zero, as strongly as about one observed entry:

    ½·λ·Σ‖w_i − c‖² + ½·λ·Σ‖h_j‖²,   λ = (mean of the observed entries)^(β − 1)

For the Frobenius loss λ is the mean itself. X·s has factors √s times as large, and both
terms grow by s^β, as the divergence does: the predictions scale as X does. Rows with
few observed entries are predicted as an average row is, and columns with few observed
entries get small entries. It is the prior, with a learnt mean, of Bayesian PMF.

References
----------
R. Salakhutdinov and A. Mnih, "Probabilistic matrix factorization", NIPS 2007, and
"Bayesian probabilistic matrix factorization using Markov chain Monte Carlo", ICML 2008.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import (
    check_choice,
    check_count,
    check_flag,
    check_real,
    check_tol,
)
from latentia._warnings import warn_caller
from latentia.decomposition.nmf.factors import check_factor
from latentia.decomposition.nmf.scan import ScannedData

Array = NDArray[Any]

SolverName = Literal["cd", "hals", "mu"]
InitName = Literal["random", "nndsvd", "nndsvda", "nndsvdar", "custom"]
Missing = Literal["nan", "unobserved"]
BetaLoss = Literal["frobenius", "kullback-leibler", "itakura-saito", "kl", "is"]

SOLVERS = {"cd": "hals", "hals": "hals", "mu": "mu"}
"""scikit-learn calls HALS coordinate descent, "cd"; past this table it is "hals"."""

BETAS: dict[str, float] = dict(
    zip(get_args(BetaLoss), (2.0, 1.0, 0.0, 1.0, 0.0), strict=True)
)


@dataclass(frozen=True)
class Penalty:
    """The penalty of a factor F: l1·ΣF + ½·l2·ΣF².

    With ``to_mean`` the second term is ½·l2·Σ(F − c)², where c is near F's mean row.
    With ``is_auto`` l2 does not grow with the number of rows and columns.
    """

    l1: float
    l2: float
    to_mean: bool = False
    is_auto: bool = False


@dataclass(frozen=True)
class NMFOptions:
    """The checked parameters of an ``NMF``, for data of one shape.

    Attributes
    ----------
    solver : {"hals", "mu"}
    fixed : ndarray of shape (n_fixed, n), optional
        The first rows of H, which are not learnt, in the unit of X.
    n_fixed : int
    centre : ndarray of shape (k,), optional
        What the rows of W are drawn to, in the unit of the scanned data; by default it
        is found in W.
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
    n_fixed: int = 0
    centre: Array | None = None


def check_options(
    model: Any,
    data: ScannedData,
    W: Any = None,
    H: Any = None,
    *,
    fitted: bool = False,
    mean: float | None = None,
    centre: Array | None = None,
) -> NMFOptions:
    """Return the estimator's parameters, or raise naming the one that is wrong.

    ``W`` and ``H`` are initial factors, whose shapes can decide n_components; or, if
    ``fitted``, H is final and only W is computed. Then ``mean`` and ``centre`` are the
    fit's mean observed entry and mean row of W, in the unit of X; by default they are
    found in the data.
    """
    shape = data.rows.shape
    k = len(H) if fitted else _check_n_components(model, shape, W, H)
    fixed = _check_fixed(model.fixed_components, k, shape[1])
    n_fixed = 0 if fixed is None else len(fixed)
    only_W = fitted or n_fixed == k
    solver = SOLVERS[check_solver(model.solver)]
    beta = _round_to(data.rows.dtype, check_beta_loss(model.beta_loss, solver))
    if beta <= 0 and data.has_zeros:
        raise ValueError(
            f"X contains zeros, where the divergence with beta_loss={beta:g} is "
            "infinite; When beta_loss <= 0 and X contains zeros, the solver may "
            "diverge. Please add small values to X, or use a positive beta_loss"
        )
    if solver == "hals" and data.observed_only and not (only_W or data.rows.in_memory):
        raise ValueError(
            f"solver={model.solver!r} also reads X by columns if entries are missing, "
            "which needs all rows in memory: use solver='mu', or pass np.asarray(X)"
        )
    shuffle = check_flag(model.shuffle, "shuffle")
    if not isinstance(model.verbose, bool | np.bool_):
        check_count(model.verbose, "verbose", least=0)
    w_penalty, h_penalty = _check_penalties(model, data, beta, mean=mean)
    max_iter = check_count(model.max_iter, "max_iter", least=1)
    tol = check_tol(model.tol)
    if model.transform_max_iter is not None:
        most = check_count(model.transform_max_iter, "transform_max_iter", least=1)
        max_iter = most if only_W else max_iter
    if model.transform_tol is not None:
        least = check_tol(model.transform_tol, "transform_tol")
        tol = least if only_W else tol
    return NMFOptions(
        n_components=k,
        init="custom" if only_W else _check_init(model, data, k, solver),
        solver=solver,
        beta=beta,
        tol=tol,
        max_iter=max_iter,
        w_penalty=w_penalty,
        h_penalty=h_penalty,
        shuffle=shuffle,
        random_state=model.random_state,
        fixed=fixed,
        n_fixed=n_fixed,
        centre=None if centre is None else centre * np.sqrt(data.unit),
    )


def check_missing(value: object) -> str | None:
    """Return how missing entries are marked, or raise."""
    return None if value is None else check_choice(value, "missing", get_args(Missing))


def check_solver(value: object, name: str = "solver") -> str:
    """Return the solver's name as users know it, or raise."""
    return check_choice(value, name, tuple(SOLVERS))


def check_beta_loss(
    value: object, solver: str, *, name: str = "beta_loss", solver_name: str = "solver"
) -> float:
    """Return β, or raise if it is none or the solver cannot minimise it."""
    if isinstance(value, str):
        words = tuple(BETAS)
        beta = BETAS[check_choice(value, name, words, alternative="a finite number")]
    else:
        beta = check_real(value, name)
    if SOLVERS[solver] != "mu" and beta != 2.0:
        raise ValueError(
            f"{name}={value!r} needs {solver_name}='mu', got {solver_name}={solver!r}, "
            "which minimises 'frobenius' only"
        )
    return beta


def check_alpha(value: object, name: str, words: tuple[str, ...]) -> float | str:
    """Return the strength of a penalty, or one of the words, or raise."""
    if isinstance(value, str) and value in words:
        return value
    try:
        return check_real(value, name, least=0)
    except (TypeError, ValueError):
        allowed = " or ".join(map(repr, words))
        raise ValueError(
            f"{name} must be a number of at least 0 or {allowed}, got {value!r}"
        ) from None


def _round_to(dtype: np.dtype[Any], beta: float) -> float:
    """Return β as a number of this type; as 0, 1 or 2 if it is within √ε of them.

    So near to them the divergence is a difference of nearly equal numbers.
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
    return shape[1] if value is None else check_count(value, "n_components", least=1)


def _check_init(model: Any, data: ScannedData, k: int, solver: str) -> str:
    fits = k <= min(data.rows.shape)
    if model.init is None:
        svd = fits and not data.observed_only and model.fixed_components is None
        return "nndsvda" if svd else "random"
    init = check_choice(model.init, "init", get_args(InitName))
    if not init.startswith("nndsvd"):
        return init
    if not fits:
        raise ValueError(
            f"init={init!r} needs n_components <= min(n_samples, n_features), got "
            f"n_components={k} for shape {data.rows.shape}"
        )
    if data.observed_only:
        raise ValueError(
            f"init={init!r} needs all entries of X, and some are missing; use 'random'"
        )
    if init == "nndsvd" and solver == "mu":
        warn_caller(
            "multiplicative updates cannot change the zeros of init='nndsvd'; "
            "'nndsvda' and 'nndsvdar' fill them",
            UserWarning,
        )
    return init


def _check_fixed(value: Any, k: int, n_features: int) -> Array | None:
    if value is None:
        return None
    shape = np.shape(value)
    if len(shape) != 2 or shape[1] != n_features:
        raise ValueError(
            f"fixed_components must have the shape (n_fixed, {n_features}), got {shape}"
        )
    if shape[0] > k:
        raise ValueError(
            f"fixed_components must have at most n_components={k} rows, got {shape[0]}"
        )
    fixed = check_factor(value, "fixed_components", shape, zeros=True)
    return fixed if len(fixed) else None


def _check_penalties(
    model: Any, data: ScannedData, beta: float, *, mean: float | None
) -> tuple[Penalty, Penalty]:
    """Return the penalties of W and H in the unit of the data, or raise.

    X·u has u^β times the divergence, and its factors are √u times as large.
    """
    alpha_W = check_alpha(model.alpha_W, "alpha_W", ("auto",))
    alpha_H = check_alpha(model.alpha_H, "alpha_H", ("same", "auto"))
    if alpha_H == "same":
        alpha_H = alpha_W
    l1_ratio = check_real(model.l1_ratio, "l1_ratio", least=0, most=1)
    auto = 0.0
    if data.observed_only:
        size = data.mean if mean is None else mean * data.unit
        auto = _power(size, beta - 1.0) if size > 0 else 0.0
    l1 = l1_ratio * _power(data.unit, beta - 0.5)
    l2 = (1 - l1_ratio) * _power(data.unit, beta - 1.0)
    # What the type of the rows can hold, and multiply.
    most = float(np.sqrt(np.finfo(data.rows.dtype).max))

    def penalty(alpha: float | str, length: float, *, to_mean: bool) -> Penalty:
        if isinstance(alpha, str):
            return Penalty(0.0, min(auto, most), to_mean and data.observed_only, True)
        return Penalty(min(length * alpha * l1, most), min(length * alpha * l2, most))

    m, n = data.rows.shape
    return (
        penalty(alpha_W, data.n_observed / m, to_mean=True),
        penalty(alpha_H, data.n_observed / n, to_mean=False),
    )


def _power(base: float, exponent: float) -> float:
    """Return a power, at most the largest number of float64."""
    with np.errstate(over="ignore", under="ignore"):
        power = float(np.float64(base) ** exponent)
    return min(power, float(np.finfo(np.float64).max))
