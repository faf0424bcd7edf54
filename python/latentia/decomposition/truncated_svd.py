"""TruncatedSVD: scikit-learn's estimator on the randomized block Krylov method."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
import sklearn.decomposition
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import (
    check_choice,
    check_count,
    check_n_iter,
    check_tol,
    draw_seed,
)
from latentia._rollback import restored_on_error
from latentia._threads import n_threads as resolve_n_threads
from latentia.decomposition.base import (
    prepare,
    reconstruct_rows,
    record_quality,
    transform,
)
from latentia.decomposition.rank import enough_for, is_fraction
from latentia.decomposition.save_load import Storable
from latentia.decomposition.streaming import add_batch, forget_sums, keep_sums
from latentia.decomposition.svd import Decomposition, SVDOptions, decompose
from latentia.decomposition.svd.plan import Method
from latentia.decomposition.variance import with_variance_of
from latentia.rows import Summary

Array = NDArray[Any]

_FIRST = 32
"""Components that are computed first to find out how many a fraction needs."""


class TruncatedSVD(Storable, sklearn.decomposition.TruncatedSVD):  # type: ignore[misc]
    """Dimensionality reduction by the leading singular vectors, without centring.

    Takes the place of ``sklearn.decomposition.TruncatedSVD``: the same parameters,
    attributes and methods, found in fewer reads of the data and with a proof.

    Parameters
    ----------
    n_components : int or float, default=2
        Rank, from 1 to n_features; of fewer samples there are as many components. Or
        as many as explain this fraction of the variance, which are looked for by
        doubling their number.
    algorithm : {"randomized", "arpack"}, default="randomized"
        "randomized" reaches ``tol`` by the cheapest method: an exact one for up to
        1000 × 500 numbers. "arpack" goes on to rounding accuracy and does not use
        ``tol``: block Krylov where the spectrum decays, ARPACK where it is flat and X
        is in memory.
    n_iter : "auto" or int, default="auto"
        A number asks for that many plain power iterations instead.
    n_oversamples : int, default=10
        Extra columns of the power iterations; used with a fixed ``n_iter`` only.
    power_iteration_normalizer : str, default="auto"
        Accepted for compatibility: every iteration is orthonormalised.
    random_state : int, RandomState or None
        Seed of the random start.
    tol : float, default=1e-4
        How much larger than the optimum the residual ‖X − U·S·Vᵀ‖ (Frobenius) may be,
        relatively. 0 goes on to rounding accuracy.
    n_threads : int, optional
        Threads to use. The results do not depend on it.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        Right singular vectors.
    explained_variance_ : ndarray of shape (n_components,)
        Variance of the transformed samples, in the unit of X squared.
    explained_variance_ratio_ : ndarray of shape (n_components,)
        The same as a fraction of the variance of X.
    singular_values_ : ndarray of shape (n_components,)
    error_bound_ : ndarray of shape (n_components,)
        A singular value of X lies within this of each of ``singular_values_``.
    residuals_ : ndarray of shape (n_components,)
        ‖XᵀX v − s² v‖/s as the last full pass saw it, in the unit of X.
    n_passes_ : int
        How often X was read.
    method_ : str
        The method used: "krylov", "power", "gram", "lapack" or "arpack".
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    References
    ----------
    C. Musco and C. Musco, "Randomized block Krylov methods for stronger and faster
    approximate singular value decomposition", NeurIPS 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia import TruncatedSVD
    >>> X = np.random.default_rng(0).standard_normal((100, 20))
    >>> TruncatedSVD(3, random_state=0).fit_transform(X).shape
    (100, 3)
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        algorithm: str = "randomized",
        n_iter: int | str = "auto",
        n_oversamples: int = 10,
        power_iteration_normalizer: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        n_threads: int | None = None,
    ) -> None:
        super().__init__(
            n_components,
            algorithm=algorithm,
            n_iter=n_iter,
            n_oversamples=n_oversamples,
            power_iteration_normalizer=power_iteration_normalizer,
            random_state=random_state,
            tol=tol,
        )
        self.n_threads = n_threads

    def fit(self, X: Any, y: object = None) -> Self:
        """Find the leading singular vectors of X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Or any other source that ``latentia.rows`` reads.
        y : ignored

        Returns
        -------
        self
        """
        self._decompose(X, want_U=False)
        return self

    def fit_transform(self, X: Any, y: object = None) -> Any:
        """Fit and return X·components_ᵀ = U·S (n_samples, n_components).

        It is kept as X is: of a Dask array or a tensor it is one as well.
        """
        with restored_on_error(self):
            found = self._decompose(X, want_U=True)
            return found.take_coordinates(self.singular_values_).result()

    def partial_fit(self, X: Any, y: object = None, sample_weight: Any = None) -> Self:
        """Add a batch of rows; the singular vectors are then those of all rows so far.

        As of ``PCA.partial_fit``: exact to rounding, n_features² numbers in memory,
        ``algorithm`` and ``tol`` are not used.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            How often each row counts.

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
        self._check_rank(n_features)
        most = min(sums.n_rows, n_features)
        result = sums.decompose(most, center=False, n_threads=threads)
        self._keep(X, result, sums.summary())
        keep_sums(self, sums)
        return self

    def _decompose(self, X: Any, *, want_U: bool) -> Decomposition:
        threads = resolve_n_threads(self.n_threads)
        algorithm = check_choice(self.algorithm, "algorithm", ("randomized", "arpack"))
        n_iter = check_n_iter(self.n_iter, "n_iter")
        options = SVDOptions(
            tol=0.0 if algorithm == "arpack" else check_tol(self.tol),
            n_iter=n_iter or 0,
            n_oversamples=check_count(self.n_oversamples, "n_oversamples", least=0),
            seed=draw_seed(self.random_state),
        )
        method: Method | Literal["auto"]
        method = "krylov" if algorithm == "arpack" else "auto"
        if n_iter is not None and algorithm != "arpack":
            method = "power"
        rows, summary = prepare(X, n_threads=threads)
        wanted = self._check_rank(rows.shape[1])
        if algorithm == "arpack" and wanted == rows.shape[1]:
            raise ValueError(
                f"n_components={wanted} must be less than n_features={wanted} with "
                "algorithm='arpack'; 'randomized' gives all of them"
            )
        most = min(rows.shape)
        k = min(_FIRST if wanted is None else wanted, most)
        while True:
            result = decompose(
                rows,
                summary,
                k,
                options,
                method=method,
                center=False,
                scale=False,
                want_U=want_U,
                n_threads=threads,
            )
            if wanted is not None or k == most:
                break
            if _variance_ratio(result, summary).sum() > float(self.n_components):
                break
            k = min(2 * k, most)
        result = with_variance_of(result, rows, summary)
        self._keep(X, result, summary)
        forget_sums(self)
        return result

    def _check_rank(self, n_features: int) -> int | None:
        """Return how many components are wanted; None if a fraction of variance is."""
        if is_fraction(self.n_components):
            return None
        k = check_count(self.n_components, "n_components", least=1)
        if k > n_features:
            raise ValueError(
                f"n_components must be at most n_features={n_features}, got {k}"
            )
        return k

    def _keep(self, X: Any, result: Decomposition, summary: Summary) -> None:
        """Set the attributes, of as many components as are wanted."""
        ratio = _variance_ratio(result, summary)
        k, dtype = len(ratio), result.V.dtype
        if is_fraction(self.n_components):
            k = enough_for(float(self.n_components), ratio)
        else:
            k = min(k, int(self.n_components))
        record_quality(self, X, result, k)
        self.components_ = np.ascontiguousarray(result.V[:, :k].T)
        self.singular_values_ = result.s[:k]
        self.explained_variance_ratio_ = ratio[:k].astype(dtype)
        with np.errstate(over="ignore"):  # a square can be too large for its type
            variance = (
                result.variance * (result.s.astype(np.float64) * summary.scale) ** 2
            )
            variance = variance[:k] / summary.scale / summary.scale
            self.explained_variance_ = variance.astype(dtype)

    def transform(self, X: Any) -> Any:
        """Return X·components_ᵀ (n_samples, n_components), dense."""
        threads = resolve_n_threads(self.n_threads)
        check_is_fitted(self)
        return transform(self, X, self.components_.T, n_threads=threads)

    def inverse_transform(self, X: Any) -> Any:
        """Return ``X @ components_`` (n_samples, n_features)."""
        check_is_fitted(self)
        threads = resolve_n_threads(self.n_threads)
        return reconstruct_rows(X, self.components_, None, n_threads=threads)


def _variance_ratio(result: Decomposition, summary: Summary) -> Array:
    """Return each component's part of the variance of the rows."""
    total = float(summary.centred_square.sum()) / summary.n_rows
    variance = result.variance * (result.s.astype(np.float64) * summary.scale) ** 2
    ratio: Array = variance / (total if total > 0 else 1.0)
    return ratio
