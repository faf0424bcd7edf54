"""GaussianMixture: scikit-learn's estimator, one read of the rows an iteration."""

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
from latentia.mixture import passes, storage
from latentia.mixture.arguments import (
    check_enough_rows,
    check_goes_on,
    check_sample_weight,
    check_settings,
    fitted_type,
    take_in,
)
from latentia.mixture.em import best_run, stepwise
from latentia.mixture.parameters import Parameters, draw_rows
from latentia.mixture.start import starts
from latentia.rows import RowSource, Summary, total

Array = NDArray[Any]


class GaussianMixture(sklearn.mixture.GaussianMixture):  # type: ignore[misc]
    """A mixture of Gaussians, fitted by expectation maximisation.

    Takes the place of ``sklearn.mixture.GaussianMixture``: the same parameters,
    attributes and methods, and besides them sample weights, fits batch by batch, and
    files. An iteration reads X once (twice where means jump far) and keeps nothing of
    its length.

    Parameters
    ----------
    n_components : int, default=1
        How many Gaussians.
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        A matrix each, one matrix for all, variances each, one variance each.
    tol : float, default=1e-3
        A fit has converged when the mean log-likelihood per sample, in nats, changes
        by less.
    reg_covar : float, default=1e-6
        Added to every variance, in the unit of X squared.
    max_iter : int, default=100
        EM iterations at most; 0 leaves the start as it is.
    n_init : int, default=1
        Starts; the likeliest result is kept.
    init_params : {"kmeans", "k-means++", "random_from_data", "random"}
        Where a fit begins: at the clusters of k-means, at rows far from each other, at
        random rows, or with random responsibilities. What looks for centres does so on
        a sample of at most 8192 rows, or 256 a component if that is more. By default
        "kmeans".
    weights_init : array-like of shape (n_components,), optional
    means_init : array-like of shape (n_components, n_features), optional
    precisions_init : array-like, optional
        Where to begin instead, each for itself; of the shape of ``precisions_``.
    random_state : int, RandomState, Generator or None
        Seed of the starts, and of ``sample``.
    warm_start : bool, default=False
        Begin where the last fit ended; ``n_init`` is 1 then.
    verbose : int, default=0
        Show a progress bar on standard error.
    verbose_interval : int, default=10
        Iterations between two looks at it.
    n_threads : int, optional
        Threads to use. The results do not depend on it.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    means_ : ndarray of shape (n_components, n_features)
    covariances_, precisions_, precisions_cholesky_ : ndarray
        Shapes (n_components, n_features, n_features) if full, (n_features, n_features)
        if tied, (n_components, n_features) if diag, (n_components,) if spherical. Like
        all parameters in float64: a mean in float32 would lose what lies below its
        last digit.
    converged_ : bool
        Whether the last ``fit`` did.
    n_iter_ : int
        EM iterations of the best start, and one for every batch since.
    lower_bound_ : float
        Mean log-likelihood per sample, in nats, at the last iteration or of the last
        batch, before its M-step.
    lower_bounds_ : list of float
        The same at every iteration.
    n_batches_seen_ : int
        1 after ``fit``, and 1 more after each ``partial_fit``.
    n_features_in_, feature_names_in_
        As of every estimator.

    References
    ----------
    A. Dempster, N. Laird and D. Rubin, "Maximum likelihood from incomplete data via the
    EM algorithm", Journal of the Royal Statistical Society B 39 (1977).
    O. Cappé and E. Moulines, "On-line expectation-maximization algorithm for latent
    data models", Journal of the Royal Statistical Society B 71 (2009).

    Examples
    --------
    >>> import numpy as np
    >>> from latentia import GaussianMixture
    >>> X = np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]])
    >>> GaussianMixture(2, random_state=0).fit(X).means_.round(2).ravel().tolist()
    [9.1, 0.1]
    """

    n_iter_: int
    lower_bounds_: list[float]
    n_batches_seen_: int

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weights_init: Any = None,
        means_init: Any = None,
        precisions_init: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        n_threads: int | None = None,
    ) -> None:
        super().__init__(
            n_components,
            covariance_type=covariance_type,
            tol=tol,
            reg_covar=reg_covar,
            max_iter=max_iter,
            n_init=n_init,
            init_params=init_params,
            weights_init=weights_init,
            means_init=means_init,
            precisions_init=precisions_init,
            random_state=random_state,
            warm_start=warm_start,
            verbose=verbose,
            verbose_interval=verbose_interval,
        )
        self.n_threads = n_threads

    def fit(self, X: Any, y: object = None, sample_weight: Any = None) -> Self:
        """Fit the mixture to the rows of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Or rows that live elsewhere, as ``latentia.rows`` reads them.
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            A row of weight 2 counts as two rows; only ratios matter.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If X is sparse, or an argument is of the wrong kind.
        ValueError
            If X holds NaN, infinity or numbers too large to be squared, has fewer rows
            than components, or an argument is out of range.
        CollapsedCovarianceError
            A ValueError: if a covariance is not positive definite in any start.

        Warns
        -----
        ConvergenceWarning
            If the best start has not converged, or Ctrl-C ended the fit: it keeps what
            the last whole iteration found.
        """
        self._fit(X, sample_weight)
        return self

    def fit_predict(self, X: Any, y: object = None, sample_weight: Any = None) -> Any:
        """Fit and return every row's most probable component (n_samples,)."""
        rows = self._fit(X, sample_weight)
        return passes.labels(rows, self._parameters(), self._threads()).result()

    def partial_fit(self, X: Any, y: object = None, sample_weight: Any = None) -> Self:
        """Update the mixture with one more batch of rows: stepwise EM.

        The first batch is fitted as ``fit`` does, or is what ``fit`` was given. The
        t-th moves the mixture's sums towards its own by the step (t + 1)^−0.6, the
        second by half, however many rows it has (Cappé and Moulines 2009): batches
        should be shuffled, alike in size, and large enough to tell the covariances.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self
        """
        if not hasattr(self, "weights_"):
            return self.fit(X, sample_weight=sample_weight)
        threads = self._threads()
        settings = check_settings(self, self.n_features_in_)
        check_goes_on(self, settings)
        rows, summary = self._take_in_like_fit(X)
        weight = check_sample_weight(sample_weight, rows)
        with serial_blas():
            parameters, lower_bound = stepwise(
                rows,
                weight,
                self._parameters(),
                self.n_batches_seen_,
                origin=passes.mean_of_rows(rows, weight, summary.mean, threads),
                reg_covar=settings.reg_covar,
                n_threads=threads,
            )
        self._keep(parameters)
        self.n_batches_seen_ += 1
        self.n_iter_ += 1
        self.lower_bound_ = lower_bound
        self.lower_bounds_ = [*self.lower_bounds_, lower_bound]
        return self

    def predict(self, X: Any) -> Any:
        """Return every row's most probable component (n_samples,)."""
        rows, _ = self._take_in_like_fit(X)
        return passes.labels(rows, self._parameters(), self._threads()).result()

    def predict_proba(self, X: Any) -> Any:
        """Return the components' posterior probabilities (n_samples, n_components)."""
        rows, _ = self._take_in_like_fit(X)
        found = passes.responsibilities(rows, self._parameters(), self._threads())
        return found.result()

    def score_samples(self, X: Any) -> Any:
        """Return log p(x) of every row, in nats (n_samples,)."""
        return self._log_likelihood(X).result()

    def score(self, X: Any, y: object = None) -> float:
        """Return the mean of log p(x) over the rows, in nats."""
        found, n_rows = total(self._log_likelihood(X))
        return found / n_rows

    def bic(self, X: Any) -> float:
        """Return the Bayesian information criterion on X: the lower, the better."""
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
        check_is_fitted(self)
        n = check_count(n_samples, "n_samples", least=1)
        mixture = self._parameters()
        random = as_random(self.random_state)
        return draw_rows(mixture, n, random)

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
        check_is_fitted(self)
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

    def _log_likelihood(self, X: Any) -> RowSource:
        rows, _ = self._take_in_like_fit(X)
        return passes.log_likelihood(rows, self._parameters(), self._threads())

    def _take_in_like_fit(self, X: Any) -> tuple[RowSource, Summary]:
        """Return X and its summary; raise if its features are not those of ``fit``."""
        check_is_fitted(self)
        rows, summary = take_in(X, n_threads=self._threads())
        note_features(self, X, reset=False)
        return rows, summary

    def _fit(self, X: Any, sample_weight: Any) -> RowSource:
        threads = self._threads()
        rows, summary = take_in(X, n_threads=threads)
        settings = check_settings(self, rows.shape[1])
        if self._goes_on():
            note_features(self, X, reset=False)
            check_goes_on(self, settings)
        weight = check_sample_weight(sample_weight, rows)
        check_enough_rows(rows, weight, settings.n_components)
        origin = passes.mean_of_rows(rows, weight, summary.mean, threads)
        with serial_blas():
            best = best_run(
                rows,
                weight,
                [self._parameters]
                if self._goes_on()
                else starts(rows, weight, origin, settings, self.random_state, threads),
                settings,
                origin=origin,
                before=self.lower_bound_ if self._goes_on() else -np.inf,
                verbose=self.verbose,
                n_threads=threads,
            )
        note_features(self, X, reset=True)
        self._keep(best.parameters)
        self.converged_ = best.converged
        self.n_iter_ = len(best.lower_bounds)
        self.lower_bounds_ = best.lower_bounds
        self.lower_bound_ = best.lower_bounds[-1] if best.lower_bounds else -np.inf
        self.n_batches_seen_ = 1
        best.warn(settings)
        return rows

    def _goes_on(self) -> bool:
        """Whether ``fit`` begins where the last one ended."""
        return bool(self.warm_start) and hasattr(self, "converged_")

    def _parameters(self) -> Parameters:
        return Parameters(
            fitted_type(self),
            np.asarray(self.weights_, dtype=np.float64),
            np.asarray(self.means_, dtype=np.float64),
            np.asarray(self.covariances_, dtype=np.float64),
            np.asarray(self.precisions_cholesky_, dtype=np.float64),
        )

    def _keep(self, parameters: Parameters) -> None:
        self.weights_ = parameters.weights
        self.means_ = parameters.means
        self.covariances_ = parameters.covariances
        self.precisions_cholesky_ = parameters.factor
        self.precisions_ = parameters.type.square(parameters.factor)
