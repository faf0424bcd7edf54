"""What a mixture with known parameters computes of rows: densities, labels, samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self, TypeAlias

import numpy as np
import sklearn.mixture
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import as_random, check_count
from latentia._blas import serial_blas
from latentia._features import note_features
from latentia._threads import n_threads as resolve_n_threads
from latentia.mixture import mixture_file, scoring
from latentia.mixture.covariance import CovarianceName
from latentia.mixture.fitted_attributes import (
    NAMES,
    read_parameters,
    take_snapshot,
    was_changed,
    write_parameters,
)
from latentia.mixture.input_checks import check_n_features, prepare_rows
from latentia.mixture.options import check_fixed
from latentia.mixture.parameters import Parameters
from latentia.mixture.sampling import draw_rows
from latentia.mixture.working_dtype import scoring_dtype
from latentia.rows import RowSource, RowState, Summary, total

ScoringArguments: TypeAlias = tuple[RowSource, Parameters, np.dtype[Any], int]


class MixtureDensity(sklearn.mixture.GaussianMixture):  # type: ignore[misc]
    """The methods of ``GaussianMixture`` that need parameters but no fit.

    They read the parameters from the attributes; see ``fitted_attributes``.
    """

    n_threads: int | None
    fixed: Any

    def __sklearn_tags__(self) -> Any:
        """Return the tags of any mixture, not those of scikit-learn's class."""
        return super(sklearn.mixture.GaussianMixture, self).__sklearn_tags__()

    def __getstate__(self) -> dict[str, Any]:
        """Return the state to pickle, without the snapshot if nothing was changed."""
        state: dict[str, Any] = super().__getstate__()
        whole = all(name in state for name in NAMES)
        return state | {"_written": None} if whole and not was_changed(self) else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the pickled state."""
        super().__setstate__(state)
        if "_written" in state and state["_written"] is None:
            take_snapshot(self)

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Return the most probable component of every row (n_samples,)."""
        found: NDArray[np.int64] = scoring.labels(*self._scored(X)).result()
        return found

    def predict_proba(self, X: Any) -> NDArray[np.floating]:
        """Return the posterior probabilities (n_samples, n_components)."""
        found: NDArray[np.floating] = scoring.responsibilities(
            *self._scored(X)
        ).result()
        return found

    def score_samples(self, X: Any) -> NDArray[np.floating]:
        """Return log p(x) of every row, in nats (n_samples,)."""
        found: NDArray[np.floating] = self._log_likelihood(X).result()
        return found

    def score(self, X: Any, y: object = None) -> float:
        """Return the mean of log p(x) over the rows, in nats."""
        found, n_rows = total(self._log_likelihood(X))
        return found / n_rows

    def bic(self, X: Any) -> float:
        """Return the Bayesian information criterion on X; lower is better.

        Parameters that ``fixed`` names do not count.
        """
        found, n_rows = total(self._log_likelihood(X))
        return -2 * found + float(self._n_parameters() * np.log(n_rows))

    def aic(self, X: Any) -> float:
        """Return the Akaike information criterion on X; lower is better."""
        found, _ = total(self._log_likelihood(X))
        return 2 * float(self._n_parameters()) - 2 * found

    def sample(
        self, n_samples: int = 1
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Draw rows from the mixture.

        Parameters
        ----------
        n_samples : int, default=1

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float64
        y : ndarray of shape (n_samples,)
            The component that each row was drawn from, in ascending order.
        """
        mixture = read_parameters(self)
        n = check_count(n_samples, "n_samples", least=1)
        random = as_random(self.random_state)
        with serial_blas():
            return draw_rows(mixture, n, random)

    @classmethod
    def from_parameters(
        cls,
        weights: ArrayLike,
        means: ArrayLike,
        covariances: ArrayLike,
        *,
        covariance_type: CovarianceName = "full",
        **parameters: Any,
    ) -> Self:
        """Return the mixture with these parameters, ready to use without a fit.

        Parameters
        ----------
        weights : array-like of shape (n_components,)
        means : array-like of shape (n_components, n_features)
        covariances : array-like
            In the shape of ``covariances_`` for the covariance type.
        covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        **parameters
            Other parameters of the constructor, such as ``random_state``.

        Returns
        -------
        mixture : GaussianMixture

        Raises
        ------
        TypeError, ValueError
            If an argument has the wrong shape, weights are negative or do not sum to 1,
            or a covariance is not symmetric and positive definite.

        Examples
        --------
        >>> from latentia import GaussianMixture
        >>> mixture = GaussianMixture.from_parameters(
        ...     [0.5, 0.5], [[0.0], [9.0]], [1.0, 4.0], covariance_type="spherical"
        ... )
        >>> mixture.predict([[1.0], [7.0]]).tolist()
        [0, 1]
        """
        mixture = cls(covariance_type=covariance_type, **parameters)
        mixture.weights_ = weights
        mixture.means_ = means
        mixture.covariances_ = covariances
        found = read_parameters(mixture)
        mixture.n_components = len(found.weights)
        write_parameters(mixture, found)  # in arrays of its own
        return mixture

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the fitted mixture to a ``.safetensors`` file.

        A write that fails leaves no file, or the earlier one as it was.

        Raises
        ------
        ValueError
            If the name has another ending.
        FileExistsError
            If there is a file of that name, and ``overwrite`` is false.
        OSError
            If it cannot be written.
        """
        read_parameters(self)  # updates what the user changed
        mixture_file.save(self, Path(path), overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a mixture that ``save`` wrote; no code in the file is run.

        Raises
        ------
        ValueError
            If the file was damaged or edited, or holds something else.
        OSError
            If it cannot be read.
        """
        return mixture_file.load(cls, Path(path))

    def _scored(self, X: Any) -> ScoringArguments:
        """Return the arguments of the functions in ``scoring``, of new rows.

        Raises
        ------
        ValueError
            If the features of X are not those of ``fit``.
        """
        check_is_fitted(self)
        rows, summary = prepare_rows(X, n_threads=resolve_n_threads(self.n_threads))
        note_features(self, X, reset=False)
        return self._scoring_arguments(rows, summary)

    def _scoring_arguments(self, rows: RowSource, summary: Summary) -> ScoringArguments:
        parameters = read_parameters(self)
        check_n_features(rows, parameters.means.shape[1])
        dtype = scoring_dtype(rows.dtype, summary, parameters)
        return rows, parameters, dtype, resolve_n_threads(self.n_threads)

    def _log_likelihood(self, X: Any) -> RowState:
        return scoring.log_likelihood(*self._scored(X))

    def _n_parameters(self) -> int:
        """Return the number of parameters that a fit estimates."""
        return read_parameters(self).n_free(check_fixed(self.fixed))
