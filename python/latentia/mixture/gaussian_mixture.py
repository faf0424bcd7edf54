"""GaussianMixture: scikit-learn's estimator, one read of the rows an iteration."""

from __future__ import annotations

from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import as_random, draw_seed
from latentia._blas import serial_blas
from latentia._features import note_features
from latentia.mixture import passes
from latentia.mixture.arguments import (
    check_enough_rows,
    check_goes_on,
    check_sample_weight,
    check_settings,
    check_width,
    largest_of,
    take_in,
)
from latentia.mixture.attributes import is_known, read, was_changed
from latentia.mixture.density import MixtureDensity
from latentia.mixture.em import Run, best_run, stepwise
from latentia.mixture.parameters import Parameters
from latentia.mixture.precision import in_enough_digits
from latentia.mixture.responsibilities import responsibilities_of
from latentia.mixture.start import starts
from latentia.rows import RowSource, RowState, Summary

Array = NDArray[Any]


class GaussianMixture(MixtureDensity):
    """A mixture of Gaussians, fitted by expectation maximisation.

    Takes the place of ``sklearn.mixture.GaussianMixture``: the same parameters,
    attributes and methods, and besides them sample weights, fits batch by batch,
    parameters that are held, marginal and conditional mixtures, and files. An iteration
    reads X once (twice where means jump far) and keeps nothing of its length.

    Attributes may be set by hand, on a new mixture (see ``from_parameters``) or after a
    fit: every method goes by them. See Notes.

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
    init_params : {"kmeans", "k-means++", "random_from_data", "random"}, array-like of \
            shape (n_samples, n_components), or callable
        Where a fit begins: at the clusters of k-means, at rows far from each other, at
        random rows, or with random responsibilities. What looks for centres does so on
        a sample of at most 8192 rows, or 256 a component if that is more. By default
        "kmeans". An array holds the responsibilities to begin with: rows that add up to
        1; ``np.eye(n_components)[labels]`` are those of labels. A callable returns such
        an array for (X, n_components, random_state), the last an int. Files do not keep
        either.
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
    fixed : {"weights", "means", "covariances"} or several of them, optional
        What fits leave as it is where they begin: as ``*_init`` says, or as the start
        finds it, or as it was set. Covariances are those about the means, held or not.

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

    Notes
    -----
    ``covariances_``, ``precisions_`` and ``precisions_cholesky_`` say the same thing.
    What was set or changed in place since latentia last wrote them wins, and the next
    method that is called brings the others up to date. If several were set, they have
    to agree; what is missing, contradicts another or is no mixture is a ValueError.
    ``precisions_cholesky_`` may be lower triangular too, as NumPy's factors are.

    The unit of X does not matter, of all of it or of a column. Where squares of float32
    rows leave float32, or a component is too tight for it at its distance, the rows are
    read in float64. float64 itself has room for rows up to 1e150 that vary by 1e-150
    at least: beyond is an error, and lost digits are a warning.

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
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: Any = "kmeans",
        weights_init: Any = None,
        means_init: Any = None,
        precisions_init: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        n_threads: int | None = None,
        fixed: Any = None,
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

    def fit(self, X: Any, y: object = None, sample_weight: Any = None) -> Self:
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
            If X is sparse, or an argument is of the wrong kind.
        ValueError
            If X holds NaN, infinity or numbers above 1e150, has fewer rows than
            components, or an argument is out of range.
        CollapsedCovarianceError
            A ValueError: if a covariance is not positive definite in any start.

        Warns
        -----
        ConvergenceWarning
            If the best start has not converged, or Ctrl-C ended the fit: it keeps what
            the last whole iteration found.
        UserWarning
            If float64 has lost digits of a component's covariance.
        """
        self._fit(X, sample_weight)
        return self

    def fit_predict(self, X: Any, y: object = None, sample_weight: Any = None) -> Any:
        """Fit and return every row's most probable component (n_samples,)."""
        rows, summary = self._fit(X, sample_weight)
        return passes.labels(*self._to_score(rows, summary)).result()

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
        if not is_known(self):
            return self.fit(X, sample_weight=sample_weight)
        threads = self._threads()
        known = read(self)
        settings = check_settings(self, known.means.shape[1])
        check_goes_on(known, settings)
        rows, summary = self._take_in_like_fit(X)
        check_width(rows, known.means.shape[1])
        weight = check_sample_weight(sample_weight, rows)
        n_batches = self.n_batches_seen_

        def run(rows: RowSource, weight: RowState | None) -> tuple[Run, Array]:
            origin = passes.mean_of_rows(rows, weight, summary.mean, threads)
            found, lower_bound = stepwise(
                rows,
                weight,
                known,
                n_batches,
                origin=origin,
                settings=settings,
                n_threads=threads,
            )
            return Run(found, [lower_bound], converged=False), origin

        with serial_blas():
            found = in_enough_digits(run, rows, weight, largest_of(summary))
            self._keep(found.parameters)
        self.n_batches_seen_ += 1
        self.n_iter_ += 1
        self.lower_bound_ = found.likelihood
        self.lower_bounds_ = [*self.lower_bounds_, found.likelihood]
        return self

    @classmethod
    def from_parameters(
        cls,
        weights: Any,
        means: Any,
        covariances: Any,
        *,
        covariance_type: str = "full",
        **parameters: Any,
    ) -> Self:
        """Return the mixture with these parameters, as if it had been fitted.

        Parameters
        ----------
        weights : array-like of shape (n_components,)
        means : array-like of shape (n_components, n_features)
        covariances : array-like
            Of the shape of ``covariances_`` for the type.
        covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        **parameters
            Further ones of the constructor: ``random_state`` …

        Returns
        -------
        mixture : GaussianMixture

        Raises
        ------
        TypeError, ValueError
            If an argument has the wrong shape, weights are negative or do not add up to
            1, or a covariance is not symmetric and positive definite.

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
        found = read(mixture)
        mixture.n_components = len(found.weights)
        mixture._keep(found)  # in arrays of its own
        return mixture

    def _fit(self, X: Any, sample_weight: Any) -> tuple[RowSource, Summary]:
        threads = self._threads()
        rows, summary = take_in(X, n_threads=threads)
        settings = check_settings(self, rows.shape[1])
        known: Parameters | None = None
        before = -np.inf
        if self.warm_start and is_known(self):
            before = -np.inf if was_changed(self) else self.lower_bound_
            known = read(self)
            note_features(self, X, reset=False)
            check_width(rows, known.means.shape[1])
            check_goes_on(known, settings)
        weight = check_sample_weight(sample_weight, rows)
        check_enough_rows(rows, weight, settings.n_components)
        shares, n_init = None, settings.n_init
        if settings.init_params == "given" and known is None:
            k, n = settings.n_components, rows.shape[0]
            shares = partial(responsibilities_of, self.init_params, X, n, k)
            n_init = n_init if callable(self.init_params) else 1
        random = as_random(self.random_state)
        seeds = [] if known else [draw_seed(random) for _ in range(n_init)]

        def run(rows: RowSource, weight: RowState | None) -> tuple[Run, Array]:
            origin = passes.mean_of_rows(rows, weight, summary.mean, threads)
            begin = starts(rows, weight, origin, settings, seeds, shares, threads)
            found = best_run(
                rows,
                weight,
                begin if known is None else [lambda: known],
                settings,
                origin=origin,
                before=before,
                verbose=self.verbose,
                n_threads=threads,
            )
            return found, origin

        with serial_blas():
            best = in_enough_digits(run, rows, weight, largest_of(summary))
            note_features(self, X, reset=True)
            self._keep(best.parameters)
        self.converged_ = best.converged
        self.n_iter_ = len(best.lower_bounds)
        self.lower_bounds_ = best.lower_bounds
        self.lower_bound_ = best.lower_bounds[-1] if best.lower_bounds else -np.inf
        self.n_batches_seen_ = 1
        best.warn(settings)
        return rows, summary
