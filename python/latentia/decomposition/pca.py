"""PCA: scikit-learn's estimator, for dense and sparse data, without a copy."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal, Self

import numpy as np
import sklearn.decomposition
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import (
    check_choice,
    check_count,
    check_n_iter,
    check_tol,
    draw_seed,
)
from latentia._blas import serial_blas
from latentia._features import note_features
from latentia._rollback import restored_on_error
from latentia._threads import n_threads as resolve_n_threads
from latentia.decomposition.base import (
    prepare,
    reconstruct_rows,
    transform,
)
from latentia.decomposition.density import log_density, precision_root
from latentia.decomposition.fitted_pca import (
    current_centre,
    deviation_of_axes,
    variance_of_axes,
    write_results,
)
from latentia.decomposition.left_out import square_left_out
from latentia.decomposition.rank import rank_of_solver, rank_to_find
from latentia.decomposition.save_load import Storable
from latentia.decomposition.streaming import add_batch, forget_sums, keep_sums
from latentia.decomposition.svd import Decomposition, SVDOptions, decompose
from latentia.decomposition.svd.plan import Method
from latentia.decomposition.weighted import decompose_weighted
from latentia.decomposition.weights import (
    check_enough,
    check_weights,
    weighted_summary,
)
from latentia.rows import RowState, as_rows, total

_METHODS: dict[str, Method | Literal["auto"]] = {
    "auto": "auto",
    "full": "lapack",
    "covariance_eigh": "gram",
    "arpack": "krylov",
    "randomized": "krylov",
}


class PCA(Storable, sklearn.decomposition.PCA):  # type: ignore[misc]
    """Principal component analysis.

    Takes the place of ``sklearn.decomposition.PCA``: the same parameters, attributes
    and methods. Sparse matrices are centred without being filled in, by every solver.

    Parameters
    ----------
    n_components : int, float, "mle" or None, default=None
        How many components to keep: a number from 0 to min(n_samples, n_features); as
        many as explain this fraction of the variance; as many as Minka's estimate says
        ("mle"; it is scale-free, and 0 of one feature); all of them. As in
        scikit-learn, "arpack" and "randomized" need at least 1, and "arpack" gives one
        less than all at most.
    copy : bool, default=True
        Accepted for compatibility: X is never written to.
    whiten : bool, default=False
        Give the transformed samples unit variance.
    svd_solver : {"auto", "full", "covariance_eigh", "arpack", "randomized"}
        "auto" takes the cheapest method that reaches ``tol``, and an exact one for up
        to 1000 × 500 numbers. "full" is LAPACK, "covariance_eigh" the Gram matrix (the
        triangle of TSQR where squares have no digits left), "randomized" block Krylov
        to ``tol``. "arpack" goes on to rounding accuracy: block Krylov where the
        spectrum decays, ARPACK where it is flat and X is in memory.
    tol : float, default=1e-4
        How much larger than the optimum the residual of the centred data (Frobenius)
        may be, relatively. 0 goes on to rounding accuracy.
    iterated_power : "auto" or int, default="auto"
        With "randomized", a number asks for that many plain power iterations instead.
    n_oversamples : int, default=10
        Extra columns of those power iterations.
    power_iteration_normalizer : str, default="auto"
        Accepted for compatibility: every iteration is orthonormalised.
    random_state : int, RandomState or None
        Seed of the random start.
    n_threads : int, optional
        Threads to use. The results do not depend on it.

    Attributes
    ----------
    components_ : ndarray of shape (n_components_, n_features)
        Principal axes, by descending variance.
    explained_variance_ : ndarray of shape (n_components_,)
        s²/(n_samples − 1), in the unit of X squared.
    explained_variance_ratio_ : ndarray of shape (n_components_,)
    singular_values_ : ndarray of shape (n_components_,)
    mean_ : ndarray of shape (n_features,)
    noise_variance_ : float
        Mean variance of the directions that were left out.
    n_components_, n_features_in_ : int
    n_samples_ : int or float
        With ``sample_weight`` the sum of the weights.
    n_samples_seen_ : int
        Rows of all batches that had weight; after ``partial_fit`` only.
    feature_names_in_ : ndarray of shape (n_features_in_,)
    error_bound_, residuals_, n_passes_, method_
        As of ``TruncatedSVD``, of the centred data.

    References
    ----------
    C. Musco and C. Musco, "Randomized block Krylov methods for stronger and faster
    approximate singular value decomposition", NeurIPS 2015.
    M. Tipping and C. Bishop, "Probabilistic principal component analysis", Journal
    of the Royal Statistical Society B 61 (1999).
    T. Minka, "Automatic choice of dimensionality for PCA", NIPS 2000.

    Examples
    --------
    >>> from scipy.sparse import random
    >>> from latentia import PCA
    >>> counts = random(1000, 300, density=0.01, random_state=0, format="csr")
    >>> PCA(5, random_state=0).fit(counts).components_.shape
    (5, 300)
    """

    def __init__(
        self,
        n_components: int | float | str | None = None,
        *,
        copy: bool = True,
        whiten: bool = False,
        svd_solver: str = "auto",
        tol: float = 1e-4,
        iterated_power: int | str = "auto",
        n_oversamples: int = 10,
        power_iteration_normalizer: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        n_threads: int | None = None,
    ) -> None:
        super().__init__(
            n_components,
            copy=copy,
            whiten=whiten,
            svd_solver=svd_solver,
            tol=tol,
            iterated_power=iterated_power,
            n_oversamples=n_oversamples,
            power_iteration_normalizer=power_iteration_normalizer,
            random_state=random_state,
        )
        self.n_threads = n_threads

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: object = None, sample_weight: Any = None) -> Self:
        """Find the principal axes of X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Or any other source that ``latentia.rows`` reads.
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            How often each row counts: weight 2 is the row twice, weight 0 the row left
            out. ``n_samples_`` is their sum, by which less 1 variances are divided; it
            must be greater than 1 and at most 2**53.

        Returns
        -------
        self
        """
        self._decompose(X, sample_weight, want_U=False)
        return self

    def fit_transform(self, X: Any, y: object = None, sample_weight: Any = None) -> Any:
        """Fit and return the coordinates of X on its axes, kept as X is."""
        with restored_on_error(self):
            found = self._decompose(X, sample_weight, want_U=sample_weight is None)
            k, s = self.n_components_, self.singular_values_
            if sample_weight is not None or k == 0:
                return self.transform(X)
            scale = np.full_like(s, np.sqrt(self.n_samples_ - 1)) if self.whiten else s
            return found.take_coordinates(scale).result()

    def partial_fit(self, X: Any, y: object = None, sample_weight: Any = None) -> Self:
        """Add a batch of rows; the axes are then those of all rows so far.

        Count, mean and Gram matrix (n_features², float64) are kept and added to, so
        that the result is that of ``fit`` on all rows, to rounding, whatever the
        batches were. ``svd_solver`` and ``tol`` are not used. A call costs a read of
        the batch and a decomposition of n_features³: up to a few thousand features.
        Until as many rows as components were seen there are fewer components.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If X has other features than the batches before.

        Warns
        -----
        UserWarning
            If ``fit`` was called before: it keeps no sums, and is forgotten.
        """
        threads = resolve_n_threads(self.n_threads)
        sums = add_batch(self, X, sample_weight, n_threads=threads)
        n_features = len(sums.gram)
        wanted, most = self.n_components, min(sums.n_rows, n_features)
        rank_to_find(wanted, sums.n_rows, n_features, n_features)
        result = sums.decompose(most, center=True, n_threads=threads)
        write_results(self, X, result, sums.summary(), sums.n_rows, wanted)
        keep_sums(self, sums)
        return self

    def transform(self, X: Any) -> Any:
        """Return the coordinates of X on the axes (n_samples, n_components)."""
        threads = resolve_n_threads(self.n_threads)
        check_is_fitted(self)
        axes = self.components_.T
        if self.whiten and axes.size:
            deviation = deviation_of_axes(self)
            least = np.finfo(deviation.dtype).eps * deviation.max()
            axes = axes / np.maximum(deviation, max(least, np.finfo(axes.dtype).tiny))
        return transform(self, X, axes, centre=current_centre(self), n_threads=threads)

    def inverse_transform(self, X: Any) -> Any:
        """Return the rows (n_samples, n_features) that have these coordinates."""
        check_is_fitted(self)
        axes = self.components_
        if self.whiten:
            axes = deviation_of_axes(self)[:, np.newaxis] * axes
        threads = resolve_n_threads(self.n_threads)
        return reconstruct_rows(X, axes, current_centre(self), n_threads=threads)

    def score_samples(self, X: Any) -> Any:
        """Return log p(x) of every row by probabilistic PCA, in nats (n_samples,)."""
        return self._log_density(X).result()

    def score(self, X: Any, y: object = None) -> float:
        """Return the mean of log p(x) over the rows, in nats."""
        found, n_rows = total(self._log_density(X))
        return found / n_rows

    def _log_density(self, X: Any) -> RowState:
        check_is_fitted(self)
        rows = as_rows(X)
        note_features(self, X, reset=False)
        threads = resolve_n_threads(self.n_threads)
        variance_of_axes(self)
        with serial_blas():
            root, log_det = precision_root(self)
        return log_density(rows, current_centre(self), root, log_det, n_threads=threads)

    def _decompose(self, X: Any, sample_weight: Any, *, want_U: bool) -> Decomposition:
        threads = resolve_n_threads(self.n_threads)
        solver = check_choice(self.svd_solver, "svd_solver", tuple(_METHODS))
        n_iter = check_n_iter(self.iterated_power, "iterated_power")
        options = SVDOptions(
            tol=0.0 if solver == "arpack" else check_tol(self.tol),
            n_iter=n_iter or 0,
            n_oversamples=check_count(self.n_oversamples, "n_oversamples", least=0),
            seed=draw_seed(self.random_state),
        )
        fixed = n_iter is not None and solver == "randomized"
        method = "power" if fixed else _METHODS[solver]
        rows, summary = prepare(X, n_threads=threads)
        n_samples, n_features = rows.shape
        weight = None
        if sample_weight is not None:
            weight = check_weights(sample_weight, rows)
            summary = weighted_summary(rows, weight, summary, n_threads=threads)
            n_samples = int(np.count_nonzero(weight))
        check_enough(summary.n_rows, weighted=weight is not None)
        most = min(n_samples, n_features)
        wanted = rank_of_solver(self.n_components, solver, most)
        k = rank_to_find(wanted, n_samples, n_features, most)
        if weight is None:
            result = decompose(
                rows,
                summary,
                k,
                options,
                method=method,
                center=True,
                scale=False,
                want_U=want_U,
                n_threads=threads,
            )
        else:
            result = decompose_weighted(
                rows, weight, summary, k, options, method=method, n_threads=threads
            )
        left_out = partial(
            square_left_out, rows, summary, weight=weight, n_threads=threads
        )
        write_results(self, X, result, summary, n_samples, wanted, left_out)
        forget_sums(self)
        return result
