"""The distribution of some features, and of the others given the values of these.

    x = (g, u), g given:   p(u | g) = Σ_k r_k(g) N(u; μ_u,k + B_k (g − μ_g,k), Σ_u|g,k)

with B_k = Σ_ug,k Σ_gg,k⁻¹, r_k(g) ∝ π_k N(g; μ_g,k, Σ_gg,k) and
Σ_u|g = Σ_uu − B Σ_gu. This is a mixture of the same covariance type (C. Bishop,
"Pattern recognition and machine learning", 2006, sections 2.3 and 9.2).
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia._blas import serial_blas
from latentia._threads import n_threads as resolve_n_threads
from latentia.mixture import scoring
from latentia.mixture.density import MixtureDensity
from latentia.mixture.fitted_attributes import (
    read_parameters,
    set_missing_results,
    write_parameters,
)
from latentia.mixture.input_checks import check_array, check_n_features, prepare_rows
from latentia.mixture.parameters import Parameters, with_covariances
from latentia.mixture.working_dtype import FLOAT64, LARGEST_FLOAT64
from latentia.rows import MemoryRows

Array = NDArray[Any]


def feature_indices(mixture: Any, features: Any, n_features: int) -> Array:
    """Return the indices of features that are given by index, by name or in a mask.

    Raises
    ------
    TypeError, ValueError
        If there is no such feature, or a feature is given twice.
    """
    names = getattr(mixture, "feature_names_in_", None)
    given = np.atleast_1d(np.asarray(features))
    if given.dtype.kind == "b":
        if given.shape != (n_features,):
            raise ValueError(
                f"features must be a mask of n_features={n_features}, got the shape "
                f"{given.shape}"
            )
        given = np.flatnonzero(given)
    if given.ndim != 1 or len(given) == 0:
        raise ValueError(f"features must name at least one feature, got {features!r}")
    found = np.array([_index(f, names, n_features) for f in given], dtype=np.int64)
    if len(np.unique(found)) < len(found):
        raise ValueError(f"features must differ from each other, got {features!r}")
    return found


def _index(feature: Any, names: Any, n_features: int) -> int:
    if isinstance(feature, str):
        known = [] if names is None else list(names)
        if feature not in known:
            allowed = f"among {known}" if known else "numbers, as X had no names in fit"
            raise ValueError(f"features must be {allowed}, got {str(feature)!r}")
        return known.index(feature)
    if not isinstance(feature, int | np.integer) or isinstance(feature, bool):
        raise TypeError(f"features must be numbers or names, got {feature!r}")
    if not -n_features <= feature < n_features:
        raise ValueError(
            f"features must be at least {-n_features} and less than "
            f"n_features={n_features}, got {feature}"
        )
    return int(feature) % n_features


def other_features(features: Array, n_features: int) -> Array:
    """Return the indices of the other features, ascending; raise if there are none."""
    rest = np.setdiff1d(np.arange(n_features), features)
    if len(rest) == 0:
        raise ValueError(
            f"features must leave out at least one of n_features={n_features}, got all"
        )
    return rest


def _marginal(p: Parameters, features: Array) -> Parameters:
    """Return the mixture of these features, in this order."""
    covariances = p.covariance_type.of_features(p.covariances, features)
    return with_covariances(
        p.covariance_type, p.weights, p.means[:, features], covariances
    )


def _regression(p: Parameters, given: Array, rest: Array) -> tuple[Array, Array]:
    """Return the mean of the features ``rest`` (K, rest), and the slopes B."""
    slopes, _ = p.covariance_type.regression(p.covariances, given, rest)
    return p.means[:, rest], slopes


def _condition(p: Parameters, given: Array, values: Any) -> Parameters:
    """Return the mixture of the other features, given the values of these (given,)."""
    one = [values] if np.ndim(values) == 0 else values
    checked = check_array(one, "values", (len(given),))
    if np.abs(checked).max() > LARGEST_FLOAT64:
        raise ValueError(
            f"values must be at most {LARGEST_FLOAT64:.0e}, whose square float64 can "
            f"hold, got a number of size {np.abs(checked).max():.3g}"
        )
    rest = other_features(given, p.means.shape[1])
    slopes, covariances = p.covariance_type.regression(p.covariances, given, rest)
    of_given = _marginal(p, given)
    row = MemoryRows(checked[np.newaxis])
    r = scoring.responsibilities(row, of_given, FLOAT64, 1).to_numpy()
    means = (
        p.means[:, rest]
        + (slopes @ (checked - of_given.means)[..., np.newaxis])[..., 0]
    )
    return with_covariances(p.covariance_type, r[0] / r[0].sum(), means, covariances)


class ConditionalMixture(MixtureDensity):
    """The methods of ``GaussianMixture`` that treat features apart."""

    def marginal(self, features: ArrayLike) -> Self:
        """Return the mixture of some of the features.

        Parameters
        ----------
        features : int, str, or array-like of them or of bool
            Indices, names of a fitted frame's columns, or a mask. The new mixture has
            the features in this order.

        Returns
        -------
        mixture : GaussianMixture

        Raises
        ------
        TypeError, ValueError
            If there is no such feature, or one is given twice.
        """
        mixture = read_parameters(self)
        kept = feature_indices(self, features, mixture.means.shape[1])
        with serial_blas():
            return self._of_features(_marginal(mixture, kept), kept)

    def condition(self, features: ArrayLike, values: ArrayLike) -> Self:
        """Return the mixture of the other features, given the values of these.

        Parameters
        ----------
        features : int, str, or array-like of them or of bool
            The given features: indices, names of a fitted frame's columns, or a mask.
        values : array-like of shape (n_given,)
            In the order of ``features``.

        Returns
        -------
        mixture : GaussianMixture
            Of the other features in their order, with the same covariance type. Its
            component k is component k of this mixture, given the values.

        Raises
        ------
        TypeError, ValueError
            If there is no such feature, no other is left, or the shape of ``values`` is
            wrong.

        See Also
        --------
        conditional_mean : the mean of that mixture, for many rows.

        Examples
        --------
        >>> from latentia import GaussianMixture
        >>> covariances = [[[1.0, 0.5], [0.5, 1.0]]]
        >>> mixture = GaussianMixture.from_parameters([1], [[0, 0]], covariances)
        >>> mixture.condition(0, [2.0]).means_.tolist()
        [[1.0]]
        """
        mixture = read_parameters(self)
        d = mixture.means.shape[1]
        given = feature_indices(self, features, d)
        with serial_blas():
            found = _condition(mixture, given, values)
        return self._of_features(found, other_features(given, d))

    def conditional_mean(self, features: ArrayLike, X: Any) -> NDArray[np.floating]:
        """Return the mean of the other features, given these: a regression.

        Parameters
        ----------
        features : int, str, or array-like of them or of bool
            The given features, as in ``condition``.
        X : array-like of shape (n_samples, n_given)
            Their values, in the order of ``features``.

        Returns
        -------
        means : array of shape (n_samples, n_features - n_given)
            E[other features | given features] of every row, in their order.
        """
        mixture = read_parameters(self)
        d, threads = mixture.means.shape[1], resolve_n_threads(self.n_threads)
        given = feature_indices(self, features, d)
        rest = other_features(given, d)
        rows, _ = prepare_rows(X, n_threads=threads)
        check_n_features(rows, len(given))
        with serial_blas():
            lines = _regression(mixture, given, rest)
            of_given = _marginal(mixture, given)
        found: NDArray[np.floating] = scoring.regression(
            rows, of_given, lines, threads
        ).result()
        return found

    def _of_features(self, parameters: Parameters, features: Array) -> Self:
        """Return the mixture with these parameters, those of some of the features."""
        new = type(self)(
            len(parameters.weights),
            covariance_type=self.covariance_type,
            random_state=self.random_state,
            n_threads=self.n_threads,
        )
        write_parameters(new, parameters)
        set_missing_results(new, len(features))
        if hasattr(self, "feature_names_in_"):
            new.feature_names_in_ = self.feature_names_in_[features]
        return new
