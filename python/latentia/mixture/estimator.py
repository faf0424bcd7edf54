"""GaussianMixture: scikit-learn's estimator, fitted with one pass an iteration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia._features import note_features
from latentia._rollback import restored_on_error
from latentia.mixture import scoring
from latentia.mixture.conditional import ConditionalMixture
from latentia.mixture.covariance import CovarianceName
from latentia.mixture.fit import fit_batch, fit_rows
from latentia.mixture.fitted_attributes import has_parameters, write_parameters
from latentia.mixture.options import FixedName, InitParams
from latentia.rows import RowSource, Summary


class GaussianMixture(ConditionalMixture):
    """A mixture of Gaussians, fitted by expectation maximisation.

    It has the parameters, attributes and methods of
    ``sklearn.mixture.GaussianMixture``, and can replace it. It adds sample weights,
    fits batch by batch, fixed parameters, marginal and conditional mixtures, and files.
    An iteration reads X once (twice if means move far) and stores nothing for each row.

    The fitted attributes can be set by hand, on a new mixture (see ``from_parameters``)
    or after a fit; all methods use them. See Notes.

    Parameters
    ----------
    n_components : int, default=1
        Number of Gaussians.
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        "full": a covariance matrix for each component; "tied": one matrix for all;
        "diag": a variance for each component and feature; "spherical": one variance for
        each component.
    tol : float, default=1e-3
        A fit has converged when the mean log-likelihood per sample, in nats, changes
        by less than this in an iteration.
    reg_covar : float, default=1e-6
        Added to every variance; its unit is that of X squared.
    max_iter : int, default=100
        Maximum number of EM iterations; 0 keeps the initial parameters.
    n_init : int, default=1
        Number of starts; the result with the highest likelihood is kept.
    init_params : {"kmeans", "k-means++", "random_from_data", "random"}, array-like of \
            shape (n_samples, n_components), or callable
        How the initial responsibilities are found: "kmeans" by the clusters of k-means,
        "k-means++" by rows far from each other, "random_from_data" by random rows,
        "random" at random. The first three search a sample of at most 8192 rows, or 256
        for each component if that is more. An array holds the responsibilities, rows
        that sum to 1: ``np.eye(n_components)[labels]`` for known labels. A callable
        returns such an array for (X, n_components, seed). Neither is saved to a file.
    weights_init : array-like of shape (n_components,), optional
    means_init : array-like of shape (n_components, n_features), optional
    precisions_init : array-like, optional
        Initial parameters, which replace those that ``init_params`` finds. Each can be
        given alone; ``precisions_init`` has the shape of ``precisions_``.
    random_state : int, RandomState, Generator or None
        Seed of the starts and of ``sample``.
    warm_start : bool, default=False
        Continue from the last fit, with a single start.
    verbose : int, default=0
        If positive, show a progress bar on standard error.
    verbose_interval : int, default=10
        Iterations between two updates of the progress bar.
    n_threads : int, optional
        Number of threads. The results do not depend on it.
    fixed : {"weights", "means", "covariances"} or several of them, optional
        Parameters that a fit does not change from their initial values: those given as
        ``*_init``, found by ``init_params``, or set as attributes. Covariances are
        computed about the means, fixed or not.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    means_ : ndarray of shape (n_components, n_features)
    covariances_, precisions_, precisions_cholesky_ : ndarray
        Of shape (n_components, n_features, n_features) if full, (n_features,
        n_features) if tied, (n_components, n_features) if diag, (n_components,) if
        spherical. All parameters are float64, also of float32 rows: a mean in float32
        would lose the digits that many rows determine.
    converged_ : bool
        Whether the last ``fit`` converged.
    n_iter_ : int
        EM iterations of the best start, plus one for each ``partial_fit`` since.
    lower_bound_ : float
        Mean log-likelihood per sample, in nats, in the last iteration or batch, before
        its M-step.
    lower_bounds_ : list of float
        ``lower_bound_`` of every iteration and batch.
    n_batches_seen_ : int
        1 after ``fit``, plus one for each ``partial_fit`` since.
    n_features_in_, feature_names_in_
        As in every estimator of scikit-learn.

    Notes
    -----
    ``covariances_``, ``precisions_`` and ``precisions_cholesky_`` are three forms of
    the same thing. If you set one, or change it in place, the next method uses it and
    updates the others. If you set several, they must agree. A value that is missing,
    invalid or contradicts another is a ValueError. ``precisions_cholesky_`` can be
    lower triangular too, as NumPy's factors are.

    Methods that return a result for every row return an array, or what X is: a Dask
    array, or a tensor on the device of X.

    The unit of X does not matter, nor that of a single column. float32 rows are read in
    float64 if their squares leave the range of float32, or if a component is narrow for
    its distance from the origin. In float64, rows above 1e150 and standard deviations
    below 1e-150 are an error; lost digits are a warning.

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
    >>> means = GaussianMixture(2, random_state=0).fit(X).means_
    >>> sorted(means.round(2).ravel().tolist())
    [0.1, 9.1]
    """

    n_iter_: int
    lower_bounds_: list[float]
    n_batches_seen_: int

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: CovarianceName = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: InitParams = "kmeans",
        weights_init: ArrayLike | None = None,
        means_init: ArrayLike | None = None,
        precisions_init: ArrayLike | None = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        n_threads: int | None = None,
        fixed: FixedName | Iterable[FixedName] | None = None,
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
        self.fixed = fixed

    def fit(
        self, X: Any, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit the mixture to the rows of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Or any other source that ``latentia.rows`` reads.
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            A row of weight 2 counts as two rows; only ratios matter.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If X is sparse, or an argument has the wrong type.
        ValueError
            If X holds NaN, infinity or numbers above 1e150, has fewer rows than
            components, or an argument is out of range.
        CollapsedCovarianceError
            A ValueError: if a covariance is not positive definite in any start.

        Warns
        -----
        ConvergenceWarning
            If the best start has not converged, or Ctrl-C ended the fit, which keeps
            the result of the last complete iteration.
        UserWarning
            If float64 has lost digits of a component's covariance.
        """
        self._fit(X, sample_weight)
        return self

    def fit_predict(
        self, X: Any, y: object = None, sample_weight: ArrayLike | None = None
    ) -> NDArray[np.int64]:
        """Fit and return the most probable component of every row (n_samples,)."""
        with restored_on_error(self):
            arguments = self._scoring_arguments(*self._fit(X, sample_weight))
            found: NDArray[np.int64] = scoring.labels(*arguments).result()
        return found

    def partial_fit(
        self, X: Any, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Update the mixture with one more batch of rows, by stepwise EM.

        The first batch is fitted as by ``fit``; a call of ``fit`` counts as the first.
        Batch t moves the statistics towards its own by the step (t + 1)^−0.6, the
        second by 0.52, whatever its number of rows (Cappé and Moulines 2009). Batches
        should be shuffled, of similar size, and large enough to estimate the
        covariances.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self
        """
        if not has_parameters(self):
            return self.fit(X, sample_weight=sample_weight)
        result = fit_batch(self, X, sample_weight)
        write_parameters(self, result.parameters)
        self.n_batches_seen_ += 1
        self.n_iter_ += 1
        self.lower_bound_ = result.lower_bound
        self.lower_bounds_ = [*self.lower_bounds_, result.lower_bound]
        return self

    def _fit(self, X: Any, sample_weight: Any) -> tuple[RowSource, Summary]:
        result, options, rows, summary = fit_rows(self, X, sample_weight)
        note_features(self, X, reset=True)
        write_parameters(self, result.parameters)
        self.converged_ = result.converged
        self.n_iter_ = len(result.lower_bounds)
        self.lower_bounds_ = result.lower_bounds
        self.lower_bound_ = result.lower_bound
        self.n_batches_seen_ = 1
        result.warn(options)
        return rows, summary
