"""PCA: scikit-learn's estimator, for dense and sparse data, without a copy."""

from __future__ import annotations

import numbers
from typing import Any, Literal, Self

import numpy as np
import sklearn.decomposition
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import (
    check_choice,
    check_count,
    check_n_iter,
    check_rank,
    check_tol,
    draw_seed,
)
from latentia._features import note_features
from latentia._threads import n_threads as resolve_n_threads
from latentia.decomposition.density import log_density
from latentia.decomposition.fitting import back, keep, take_in, transform
from latentia.decomposition.minka import most_likely_rank
from latentia.decomposition.storage import Storable
from latentia.decomposition.svd import Decomposition, Settings, decompose
from latentia.decomposition.svd.plan import Method
from latentia.rows import (
    RowSource,
    Summary,
    as_rows,
    product,
    total,
)

Array = NDArray[Any]

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
        How many components to keep: a number from 1 to min(n_samples, n_features); as
        many as explain this fraction of the variance; as many as Minka's estimate says
        ("mle"); all of them.
    copy : bool, default=True
        Accepted for compatibility: X is never written to.
    whiten : bool, default=False
        Give the transformed samples unit variance.
    svd_solver : {"auto", "full", "covariance_eigh", "arpack", "randomized"}
        "auto" takes the cheapest route that reaches ``tol``. "full" is LAPACK,
        "covariance_eigh" the Gram matrix, "randomized" block Krylov to ``tol`` and
        "arpack" block Krylov to rounding accuracy.
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
    n_components_, n_samples_, n_features_in_ : int
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

    def fit(self, X: Any, y: object = None) -> Self:
        """Find the principal axes of X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Or rows that live elsewhere, as ``latentia.rows`` reads them.
        y : ignored

        Returns
        -------
        self
        """
        self._decompose(X, want_U=False)
        return self

    def fit_transform(self, X: Any, y: object = None) -> Any:
        """Fit and return the coordinates of X on its axes, kept as X is."""
        found = self._decompose(X, want_U=True)
        k, s = self.n_components_, self.singular_values_
        scale = np.full_like(s, np.sqrt(self.n_samples_ - 1)) if self.whiten else s
        if len(found.s) == k:
            return found.U(scale).result()
        return product(found.U(), np.eye(len(found.s), k) * scale).result()

    def transform(self, X: Any) -> Any:
        """Return the coordinates of X on the axes (n_samples, n_components_)."""
        threads = resolve_n_threads(self.n_threads)
        check_is_fitted(self)
        axes = self.components_.T
        if self.whiten:
            deviation = self.singular_values_ / np.sqrt(self.n_samples_ - 1)
            least = np.finfo(deviation.dtype).eps * deviation.max()
            axes = axes / np.maximum(deviation, max(least, np.finfo(axes.dtype).tiny))
        return transform(self, X, axes, mean=self.mean_, n_threads=threads)

    def inverse_transform(self, X: Any) -> Any:
        """Return the rows (n_samples, n_features) that have these coordinates."""
        check_is_fitted(self)
        axes = self.components_
        if self.whiten:
            axes = np.sqrt(self.explained_variance_)[:, np.newaxis] * axes
        return back(X, axes, self.mean_, n_threads=resolve_n_threads(self.n_threads))

    def score_samples(self, X: Any) -> Any:
        """Return log p(x) of every row by probabilistic PCA, in nats (n_samples,)."""
        return self._log_density(X).result()

    def score(self, X: Any, y: object = None) -> float:
        """Return the mean of log p(x) over the rows, in nats."""
        found, n_rows = total(self._log_density(X))
        return found / n_rows

    def _log_density(self, X: Any) -> RowSource:
        check_is_fitted(self)
        rows = as_rows(X)
        note_features(self, X, reset=False)
        threads = resolve_n_threads(self.n_threads)
        precision = np.asarray(self.get_precision(), dtype=np.float64)
        return log_density(rows, self.mean_, precision, n_threads=threads)

    def _decompose(self, X: Any, *, want_U: bool) -> Decomposition:
        threads = resolve_n_threads(self.n_threads)
        solver = check_choice(self.svd_solver, "svd_solver", tuple(_METHODS))
        n_iter = check_n_iter(self.iterated_power, "iterated_power")
        settings = Settings(
            tol=0.0 if solver == "arpack" else check_tol(self.tol),
            n_iter=n_iter or 0,
            n_oversamples=check_count(self.n_oversamples, "n_oversamples", least=0),
            seed=draw_seed(self.random_state),
        )
        rows, summary = take_in(X, n_threads=threads)
        if rows.shape[0] < 2:
            raise ValueError("PCA needs at least two samples, got n_samples=1")
        fixed = n_iter is not None and solver == "randomized"
        result = decompose(
            rows,
            summary,
            self._rank_to_find(rows),
            settings,
            method="power" if fixed else _METHODS[solver],
            center=True,
            scale=False,
            want_U=want_U,
            n_threads=threads,
        )
        self._keep(X, result, rows, summary)
        return result

    def _rank_to_find(self, rows: RowSource) -> int:
        """Return how many components to compute: all, where the spectrum decides."""
        wanted, most = self.n_components, min(rows.shape)
        if isinstance(wanted, str):
            check_choice(wanted, "n_components", ("mle",))
            if rows.shape[0] < rows.shape[1]:
                raise ValueError(
                    "n_components='mle' needs n_samples >= n_features, got "
                    f"n_samples={rows.shape[0]}, n_features={rows.shape[1]}"
                )
            return most
        if isinstance(wanted, numbers.Real) and not isinstance(
            wanted, numbers.Integral
        ):
            if not 0 < float(wanted) < 1:
                raise ValueError(
                    "n_components as a fraction of variance must lie between 0 and 1, "
                    f"got {wanted}; a number of components must be an integer"
                )
            return most
        return most if wanted is None else check_rank(wanted, rows.shape)

    def _rank_to_keep(self, variance: Array, ratio: Array, n_samples: int) -> int:
        if self.n_components == "mle":
            return most_likely_rank(variance, n_samples)
        if isinstance(self.n_components, numbers.Real) and self.n_components < 1:
            fraction = float(self.n_components)
            reached = np.searchsorted(np.cumsum(ratio), fraction, side="right")
            return min(int(reached) + 1, len(ratio))
        return len(variance)

    def _keep(
        self, X: Any, result: Decomposition, rows: RowSource, summary: Summary
    ) -> None:
        n_samples, dtype = rows.shape[0], rows.dtype
        in_unit = result.s.astype(np.float64) * summary.unit
        variance = in_unit**2 / (n_samples - 1)
        total = float(summary.centred_square.sum()) / (n_samples - 1)
        ratio = variance / (total if total > 0 else 1.0)
        k = self._rank_to_keep(variance, ratio, n_samples)
        left_out = min(rows.shape) - k
        if left_out == len(variance) - k:  # all are known: no difference is taken
            left = variance[k:].sum()
        else:
            left = max(total - variance[:k].sum(), 0.0)
        keep(self, X, result, k)
        self.n_samples_ = n_samples
        self.n_components_ = k
        self.mean_ = summary.mean.astype(dtype)
        self.components_ = np.ascontiguousarray(result.V[:, :k].T)
        self.singular_values_ = result.s[:k]
        self.explained_variance_ratio_ = ratio[:k].astype(dtype)
        with np.errstate(over="ignore"):  # a square can be too large for its type
            variance = variance[:k] / summary.unit / summary.unit
            self.explained_variance_ = variance.astype(dtype)
            noise = np.float64(left / max(left_out, 1)) / summary.unit / summary.unit
            self.noise_variance_ = dtype.type(noise)
