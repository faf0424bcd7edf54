"""TruncatedSVD: scikit-learn's estimator on the randomized block Krylov method."""

from __future__ import annotations

from typing import Any, Self

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
from latentia._threads import n_threads as resolve_n_threads
from latentia.decomposition.fitting import back, keep, take_in, transform
from latentia.decomposition.storage import Storable
from latentia.decomposition.svd import Decomposition, Settings, decompose

Array = NDArray[Any]


class TruncatedSVD(Storable, sklearn.decomposition.TruncatedSVD):  # type: ignore[misc]
    """Dimensionality reduction by the leading singular vectors, without centring.

    Takes the place of ``sklearn.decomposition.TruncatedSVD``: the same parameters,
    attributes and methods, found in fewer reads of the data and with a proof.

    Parameters
    ----------
    n_components : int, default=2
        Rank, from 1 to min(n_samples, n_features).
    algorithm : {"randomized", "arpack"}, default="randomized"
        "randomized" reaches ``tol`` by the cheapest route; "arpack" goes on to rounding
        accuracy, as ARPACK would, and does not use ``tol``.
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
        The route taken: "krylov", "power", "gram" or "lapack".
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
            Or rows that live elsewhere, as ``latentia.rows`` reads them.
        y : ignored

        Returns
        -------
        self
        """
        self._decompose(X, want_U=False)
        return self

    def fit_transform(self, X: Any, y: object = None) -> Any:
        """Fit and return X·components_ᵀ = U·S (n_samples, n_components).

        It is kept as X is: of a Dask array it is one as well.
        """
        found = self._decompose(X, want_U=True)
        return found.U(scale=self.singular_values_).result()

    def _decompose(self, X: Any, *, want_U: bool) -> Decomposition:
        threads = resolve_n_threads(self.n_threads)
        algorithm = check_choice(self.algorithm, "algorithm", ("randomized", "arpack"))
        n_iter = check_n_iter(self.n_iter, "n_iter")
        settings = Settings(
            tol=0.0 if algorithm == "arpack" else check_tol(self.tol),
            n_iter=n_iter or 0,
            n_oversamples=check_count(self.n_oversamples, "n_oversamples", least=0),
            seed=draw_seed(self.random_state),
        )
        rows, summary = take_in(X, n_threads=threads)
        k = check_rank(self.n_components, rows.shape)
        result = decompose(
            rows,
            summary,
            k,
            settings,
            method="krylov"
            if algorithm == "arpack"
            else "auto"
            if n_iter is None
            else "power",
            center=False,
            scale=False,
            want_U=want_U,
            n_threads=threads,
        )
        total = float(summary.centred_square.sum()) / summary.n_rows
        keep(self, X, result, k)
        self.components_ = np.ascontiguousarray(result.V.T)
        self.singular_values_ = result.s
        variance = result.variance * (result.s.astype(np.float64) * summary.unit) ** 2
        ratio = variance / (total if total > 0 else 1.0)
        self.explained_variance_ratio_ = ratio.astype(rows.dtype)
        with np.errstate(over="ignore"):  # a square can be too large for its type
            variance = variance / summary.unit / summary.unit
            self.explained_variance_ = variance.astype(rows.dtype)
        return result

    def transform(self, X: Any) -> Any:
        """Return X·components_ᵀ (n_samples, n_components), dense."""
        threads = resolve_n_threads(self.n_threads)
        check_is_fitted(self)
        return transform(self, X, self.components_.T, n_threads=threads)

    def inverse_transform(self, X: Any) -> Any:
        """Return X·components_ (n_samples, n_features)."""
        check_is_fitted(self)
        threads = resolve_n_threads(self.n_threads)
        return back(X, self.components_, None, n_threads=threads)
