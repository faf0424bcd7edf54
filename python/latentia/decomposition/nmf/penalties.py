"""What the factors cost: scikit-learn's penalties, and those of incomplete data.

Where entries are unobserved, ``"auto"`` draws every row of W towards (nearly) the mean
row and every column of H towards zero, as strongly as about one known entry would:

    ½·λ·Σ‖w_i − c‖² + ½·λ·Σ‖h_j‖²,   λ = (mean of the known entries)^(β − 1)

which is the mean itself for the Frobenius loss. Factors of X·s are √s as large, and
both terms grow as the divergence does, by s^β: predictions scale as X does. Rows that
know little are predicted as an average row is, and columns that few rows know get small
entries. The prior with a learnt mean is that of Bayesian PMF.

References
----------
R. Salakhutdinov and A. Mnih, "Probabilistic matrix factorization", NIPS 2007, and
"Bayesian probabilistic matrix factorization using Markov chain Monte Carlo", ICML 2008.
"""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np

from latentia.decomposition.nmf.data import Data


@dataclass(frozen=True)
class Penalty:
    """What a factor F costs: l1·ΣF + ½·l2·ΣF².

    With ``to_mean`` the second term is ½·l2·Σ(F − c)², where c is near its mean row.
    ``of_all``: l2 is that of all data, not of as many rows and columns as there are.
    """

    l1: float
    l2: float
    to_mean: bool = False
    of_all: bool = False


def check_penalties(
    model: Any, data: Data, beta: float, *, mean: float | None
) -> tuple[Penalty, Penalty]:
    """Return what W and H cost, or raise naming the parameter that is wrong.

    ``mean`` is that of the known entries of all data, in the unit of X, if these are
    not all.
    """
    alpha_W = _check_alpha(model.alpha_W, "alpha_W", ("auto",))
    alpha_H = _check_alpha(model.alpha_H, "alpha_H", ("same", "auto"))
    if alpha_H == "same":
        alpha_H = alpha_W
    l1_ratio = _check_number(model.l1_ratio, "l1_ratio", most=1.0)
    price = 0.0
    if data.known_only:
        size = data.mean if mean is None else mean * data.unit
        price = _power(size, beta - 1.0) if size > 0 else 0.0
    l1, l2 = _penalties(data.unit, beta, l1_ratio)

    def of(alpha: float | str, known: float, *, to_mean: bool) -> Penalty:
        if isinstance(alpha, str):
            return Penalty(0.0, _held(price, data), to_mean and data.known_only, True)
        return Penalty(_held(known * alpha * l1, data), _held(known * alpha * l2, data))

    return (
        of(alpha_W, data.known_a_row, to_mean=True),
        of(alpha_H, data.known_a_column, to_mean=False),
    )


def _power(base: float, exponent: float) -> float:
    with np.errstate(over="ignore", under="ignore"):
        return float(np.float64(base) ** exponent)


def _check_alpha(value: Any, name: str, words: tuple[str, ...]) -> float | str:
    if isinstance(value, str) and value in words:
        return value
    return _check_number(value, name, or_else=" or ".join(map(repr, words)))


def _penalties(unit: float, beta: float, l1_ratio: float) -> tuple[float, float]:
    """Return what Σw and ½Σw² cost where X and the factors have a unit of their own.

    X·u has u^β times the divergence, and its factors √u times the size.
    """
    with np.errstate(over="ignore", under="ignore"):
        l1, l2 = np.float64(unit) ** np.array([beta - 0.5, beta - 1.0])
    largest = np.finfo(np.float64).max
    return l1_ratio * min(float(l1), largest), (1 - l1_ratio) * min(float(l2), largest)


def _held(price: float, data: Data) -> float:
    """Return what the rows' type can hold, and multiply."""
    return min(price, float(np.sqrt(np.finfo(data.rows.dtype).max)))


def _check_number(
    value: Any, name: str, *, most: float = np.inf, or_else: str = ""
) -> float:
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not real or not 0 <= float(value) <= most or not np.isfinite(value):
        upper = "" if most == np.inf else f" and at most {most:g}"
        other = f" or {or_else}" if or_else else ""
        raise ValueError(
            f"{name} must be a number of at least 0{upper}{other}, got {value!r}"
        )
    return float(value)
