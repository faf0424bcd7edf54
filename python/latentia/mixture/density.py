"""What a mixture that is known says of rows, and of its features."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
import sklearn.mixture
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import as_random, check_count
from latentia._blas import serial_blas
from latentia._features import note_features
from latentia._threads import n_threads as resolve_n_threads
from latentia.mixture import conditional, passes, storage
from latentia.mixture.arguments import check_width, largest_of, take_in
from latentia.mixture.attributes import read, remember, set_defaults, was_changed, write
from latentia.mixture.parameters import Parameters, draw_rows
from latentia.mixture.precision import type_for_scoring
from latentia.rows import RowSource, RowState, Summary, total

Array = NDArray[Any]


class MixtureDensity(sklearn.mixture.GaussianMixture):  # type: ignore[misc]
    """The methods of ``GaussianMixture`` that need no fit, but parameters.

    All read them from the attributes: see ``attributes``.
    """

    n_threads: int | None

    def __sklearn_tags__(self) -> Any:
        """Return the tags of any mixture: scikit-learn's of this one are of its own."""
        return super(sklearn.mixture.GaussianMixture, self).__sklearn_tags__()

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: what latentia wrote last only if it differs."""
        state: dict[str, Any] = super().__getstate__()
        return state if was_changed(self) else state | {"_written": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was pickled."""
        super().__setstate__(state)
        if "_written" in state and state["_written"] is None:
            remember(self)

    def predict(self, X: Any) -> Any:
        """Return every row's most probable component (n_samples,)."""
        return passes.labels(*self._to_score(*self._take_in_like_fit(X))).result()

    def predict_proba(self, X: Any) -> Any:
        """Return the components' posterior probabilities (n_samples, n_components)."""
        found = passes.responsibilities(*self._to_score(*self._take_in_like_fit(X)))
        return found.result()

    def score_samples(self, X: Any) -> Any:
        """Return log p(x) of every row, in nats (n_samples,)."""
        return self._log_likelihood(X).result()

    def score(self, X: Any, y: object = None) -> float:
        """Return the mean of log p(x) over the rows, in nats."""
        found, n_rows = total(self._log_likelihood(X))
        return found / n_rows

    def bic(self, X: Any) -> float:
        """Return the Bayesian information criterion on X: the lower, the better.

        Parameters that ``fixed`` names are not counted.
        """
        found, n_rows = total(self._log_likelihood(X))
        return -2 * found + float(self._n_parameters() * np.log(n_rows))

    def aic(self, X: Any) -> float:
        """Return Akaike's information criterion on X: the lower, the better."""
        found, _ = total(self._log_likelihood(X))
        return 2 * float(self._n_parameters()) - 2 * found

    def sample(self, n_samples: int = 1) -> tuple[Array, NDArray[np.int64]]:
        """Draw rows from the mixture.

        Parameters
        ----------
        n_samples : int, default=1

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float64
        y : ndarray of shape (n_samples,)
            The components that the rows come from, in ascending order.
        """
        mixture = read(self)
        n = check_count(n_samples, "n_samples", least=1)
        random = as_random(self.random_state)
        with serial_blas():
            return draw_rows(mixture, n, random)

    def marginal(self, features: Any) -> Self:
        """Return the mixture of some of the features.

        Parameters
        ----------
        features : int, str, or array-like of them or of bool
            Which, in the order wanted: numbers, names of a fitted frame's columns, or
            a mask.

        Returns
        -------
        mixture : GaussianMixture
            A new one, of these features alone.

        Raises
        ------
        TypeError, ValueError
            If there is no such feature, or one is named twice.
        """
        mixture = read(self)
        kept = conditional.chosen(self, features, mixture.means.shape[1])
        with serial_blas():
            return self._of_features(conditional.marginal(mixture, kept), kept)

    def condition(self, features: Any, values: Any) -> Self:
        """Return the mixture of the other features, given the values of these.

        Parameters
        ----------
        features : int, str, or array-like of them or of bool
            Which are given: numbers, names of a fitted frame's columns, or a mask.
        values : array-like of shape (n_given,)
            In the order of ``features``.

        Returns
        -------
        mixture : GaussianMixture
            A new one, of the other features in their order, and of the same covariance
            type. Component k of it is component k of this one, given the values.

        Raises
        ------
        TypeError, ValueError
            If there is no such feature, or no other, or values do not fit.

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
        mixture = read(self)
        d = mixture.means.shape[1]
        given = conditional.chosen(self, features, d)
        with serial_blas():
            found = conditional.condition(mixture, given, np.atleast_1d(values))
        return self._of_features(found, conditional.others(given, d))

    def conditional_mean(self, features: Any, X: Any) -> Any:
        """Return the mean of the other features, given these: a regression.

        Parameters
        ----------
        features : int, str, or array-like of them or of bool
            Which are given, as in ``condition``.
        X : array-like of shape (n_samples, n_given)
            Their values, in the order of ``features``.

        Returns
        -------
        means : array of shape (n_samples, n_features - n_given)
            E[other features | given ones] of every row, in their order.
        """
        mixture = read(self)
        d, threads = mixture.means.shape[1], self._threads()
        given = conditional.chosen(self, features, d)
        rest = conditional.others(given, d)
        rows, _ = take_in(X, n_threads=threads)
        check_width(rows, len(given))
        with serial_blas():
            found = conditional.regressions(mixture, given, rest)
            of_given = conditional.marginal(mixture, given)
        return passes.regression(rows, of_given, found, threads).result()

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the fitted mixture to a ``.safetensors`` file, whole or not at all.

        Raises
        ------
        ValueError
            If the name has another ending.
        FileExistsError
            If there is a file of that name, and ``overwrite`` is false.
        OSError
            If it cannot be written; an earlier file stays.
        """
        read(self)  # brings up to date what somebody changed
        storage.save(self, Path(path), overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a mixture that ``save`` wrote; nothing in the file is run.

        Raises
        ------
        ValueError
            If a bit of the file is not as it was written, or it holds something else.
        OSError
            If it cannot be read.
        """
        return storage.load(cls, Path(path))

    def _threads(self) -> int:
        return resolve_n_threads(self.n_threads)

    def _to_score(
        self, rows: RowSource, summary: Summary
    ) -> tuple[RowSource, Parameters, np.dtype[Any], int]:
        """Return what the passes over every row take."""
        parameters = read(self)
        check_width(rows, parameters.means.shape[1])
        dtype = type_for_scoring(rows.dtype, largest_of(summary), parameters)
        return rows, parameters, dtype, self._threads()

    def _log_likelihood(self, X: Any) -> RowState:
        return passes.log_likelihood(*self._to_score(*self._take_in_like_fit(X)))

    def _take_in_like_fit(self, X: Any) -> tuple[RowSource, Summary]:
        """Return X and its summary; raise if its features are not those of ``fit``."""
        check_is_fitted(self)
        rows, summary = take_in(X, n_threads=self._threads())
        note_features(self, X, reset=False)
        return rows, summary

    def _keep(self, parameters: Parameters) -> None:
        """Set the fitted attributes."""
        write(self, parameters)

    def _n_parameters(self) -> int:
        """Return how many numbers a fit is free to choose."""
        mixture, fixed = read(self), self.fixed or ()
        names = (fixed,) if isinstance(fixed, str) else fixed
        k, d = mixture.means.shape
        shape = mixture.type.shape(k, d)
        matrix = mixture.type.name in ("full", "tied")
        free = {
            "weights": k - 1,
            "means": k * d,
            "covariances": int(np.prod(shape)) * (d + 1) // (2 * d)
            if matrix
            else int(np.prod(shape)),
        }
        return sum(n for name, n in free.items() if name not in names)

    def _of_features(self, parameters: Parameters, features: Array) -> Self:
        """Return a mixture of these features of this one's."""
        new = type(self)(
            len(parameters.weights),
            covariance_type=self.covariance_type,
            random_state=self.random_state,
            n_threads=self.n_threads,
        )
        new._keep(parameters)
        set_defaults(new, len(features))
        if hasattr(self, "feature_names_in_"):
            new.feature_names_in_ = self.feature_names_in_[features]
        return new
