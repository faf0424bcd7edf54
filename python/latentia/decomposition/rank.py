"""How many components: a number, a fraction of the variance, or Minka's estimate."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import check_choice, check_count
from latentia.decomposition.minka import most_likely_rank

Array = NDArray[Any]


def is_fraction(wanted: object) -> bool:
    """Tell whether this is a fraction of the variance, or raise if it is none.

    Raises
    ------
    ValueError
        If it is a real number that is neither an integer nor between 0 and 1.
    """
    if not isinstance(wanted, numbers.Real) or isinstance(wanted, numbers.Integral):
        return False
    if not 0 < float(wanted) < 1:
        raise ValueError(
            "n_components as a fraction of variance must lie between 0 and 1, "
            f"got {wanted}; a number of components must be an integer"
        )
    return True


def enough_for(fraction: float, ratio: Array) -> int:
    """Return how many components explain more than this fraction of the variance."""
    reached = np.searchsorted(np.cumsum(ratio), fraction, side="right")
    return min(int(reached) + 1, len(ratio))


def rank_of_solver(wanted: Any, solver: str, most: int) -> Any:
    """Return the wanted n_components of ``PCA``; for all of them, what "arpack" gives.

    Raises
    ------
    ValueError
        If scikit-learn's solver of this name does not give as few, or as many.
    """
    if solver not in ("arpack", "randomized"):
        return wanted
    if wanted is None and solver == "arpack":
        wanted = most - 1
    if wanted is None or isinstance(wanted, str) or is_fraction(wanted):
        return wanted
    k = check_count(wanted, "n_components", least=0)
    limits = f"min(n_samples, n_features)={most} with svd_solver={solver!r}"
    if k == 0:  # scikit-learn's texts
        raise ValueError(f"n_components={k} must be between 1 and {limits}")
    if k == most and solver == "arpack":
        raise ValueError(f"n_components={k} must be strictly less than {limits}")
    return k


def rank_to_find(wanted: Any, n_samples: float, n_features: int, most: int) -> int:
    """Return how many components to compute: all, where the spectrum decides.

    One at least, as none leaves the data unread. ``most`` is what there can be.
    """
    if isinstance(wanted, str):
        check_choice(wanted, "n_components", ("mle",))
        if n_samples < n_features:
            raise ValueError(
                "n_components='mle' is only supported if n_samples >= n_features, got "
                f"n_samples={n_samples}, n_features={n_features}"
            )
        return most
    if wanted is None or is_fraction(wanted):
        return most
    k = check_count(wanted, "n_components", least=0)
    if k > most:
        raise ValueError(
            f"n_components must be at most min(n_samples={n_samples}, "
            f"n_features={n_features}), got {k}"
        )
    return max(k, 1)


def rank_to_keep(wanted: Any, variance: Array, ratio: Array, n_samples: float) -> int:
    """Return how many of the components that were found are wanted."""
    if isinstance(wanted, str):
        return most_likely_rank(variance, n_samples)
    if wanted is None:
        return len(variance)
    if is_fraction(wanted):
        return enough_for(float(wanted), ratio)
    return min(int(wanted), len(variance))
