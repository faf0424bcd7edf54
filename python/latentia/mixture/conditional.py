"""Some features of a mixture: their own distribution, and that of the rest given them.

    x = (g, u), g given:   p(u | g) = Σ_k r_k(g) N(u; μ_u,k + B_k (g − μ_g,k), Σ_u|g,k)

with B_k = Σ_ug,k Σ_gg,k⁻¹, r_k(g) ∝ π_k N(g; μ_g,k, Σ_gg,k) and
Σ_u|g = Σ_uu − B Σ_gu: again a mixture, of the same covariance type (C. Bishop, "Pattern
recognition and machine learning", 2006, sections 2.3 and 9.2).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.mixture import passes
from latentia.mixture.arguments import check_array
from latentia.mixture.parameters import Parameters, with_covariances
from latentia.mixture.precision import DOUBLE, LARGEST_DOUBLE
from latentia.rows import MemoryRows

Array = NDArray[Any]


def chosen(mixture: Any, features: Any, n_features: int) -> Array:
    """Return the numbers of features that are given by number, by name or in a mask.

    Raises
    ------
    TypeError, ValueError
        Naming what is no feature, or is one twice.
    """
    names = getattr(mixture, "feature_names_in_", None)
    asked = np.atleast_1d(np.asarray(features))
    if asked.dtype.kind == "b":
        if asked.shape != (n_features,):
            raise ValueError(
                f"features must be a mask of n_features={n_features}, got the shape "
                f"{asked.shape}"
            )
        asked = np.flatnonzero(asked)
    if asked.ndim != 1 or len(asked) == 0:
        raise ValueError(f"features must name at least one feature, got {features!r}")
    found = np.array([_number(f, names, n_features) for f in asked], dtype=np.int64)
    if len(np.unique(found)) < len(found):
        raise ValueError(f"features must differ from each other, got {features!r}")
    return found


def _number(feature: Any, names: Any, n_features: int) -> int:
    if isinstance(feature, str):
        known = [] if names is None else list(names)
        if feature not in known:
            among = f" among {known}" if known else ": X had no names in fit"
            raise ValueError(f"features: there is no {str(feature)!r}{among}")
        return known.index(feature)
    if not isinstance(feature, int | np.integer) or isinstance(feature, bool):
        raise TypeError(f"features must be numbers or names, got {feature!r}")
    if not -n_features <= feature < n_features:
        raise ValueError(
            f"features must be less than n_features={n_features}, got {feature}"
        )
    return int(feature) % n_features


def others(features: Array, n_features: int) -> Array:
    """Return the numbers of the other features, ascending; raise if there are none."""
    rest = np.setdiff1d(np.arange(n_features), features)
    if len(rest) == 0:
        raise ValueError(
            f"features are all of n_features={n_features}: nothing is left to condition"
        )
    return rest


def marginal(p: Parameters, features: Array) -> Parameters:
    """Return the mixture of these features, in this order."""
    covariances = p.type.of_features(p.covariances, features)
    return with_covariances(p.type, p.weights, p.means[:, features], covariances)


def regressions(p: Parameters, given: Array, rest: Array) -> tuple[Array, Array]:
    """Return every component's mean of the rest (K, rest), and the slopes B."""
    slopes, _ = p.type.condition(p.covariances, given, rest)
    return p.means[:, rest], slopes


def condition(p: Parameters, given: Array, values: Any) -> Parameters:
    """Return the mixture of the other features, given the values (given) of these."""
    checked = check_array(values, "values", (len(given),))
    if np.abs(checked).max() > LARGEST_DOUBLE:
        raise ValueError(
            f"values holds a number of size {np.abs(checked).max():.3g}, and squares "
            f"of such leave the range of float64; at most {LARGEST_DOUBLE:.0e} is"
            " allowed"
        )
    rest = others(given, p.means.shape[1])
    slopes, covariances = p.type.condition(p.covariances, given, rest)
    of_given = marginal(p, given)
    row = MemoryRows(checked[np.newaxis])
    r = passes.responsibilities(row, of_given, DOUBLE, 1).to_numpy()
    means = (
        p.means[:, rest]
        + (slopes @ (checked - of_given.means)[..., np.newaxis])[..., 0]
    )
    return with_covariances(p.type, r[0] / r[0].sum(), means, covariances)
