"""NMF: scikit-learn's estimator, one read of the data an iteration."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
import sklearn.decomposition
from numpy.typing import NDArray
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from latentia._features import note_features
from latentia._threads import n_threads as resolve_n_threads
from latentia.decomposition.nmf import storage
from latentia.decomposition.nmf.arguments import (
    Settings,
    check_beta,
    check_missing,
    check_settings,
    check_solver,
    check_start,
)
from latentia.decomposition.nmf.data import Data, take_in
from latentia.decomposition.nmf.driver import add_batch, encode, error_of, factorise
from latentia.decomposition.nmf.engines import AdditiveEngine, Engine, Statistics
from latentia.decomposition.nmf.factor import fill
from latentia.decomposition.nmf.recommend import recommend
from latentia.rows import MemoryRows, RowSource

Array = NDArray[Any]


class NMF(sklearn.decomposition.NMF):  # type: ignore[misc]
    """Non-negative matrix factorisation X ≈ W·H, of dense, sparse or incomplete X.

    Takes the place of ``sklearn.decomposition.NMF``: the same parameters, attributes
    and methods, in one read of X an iteration; besides them missing entries, fits batch
    by batch, recommendations and files.

    Parameters
    ----------
    n_components : int, "auto" or None, default="auto"
        Columns of W. "auto" takes those of a given H, or else, as None does, as many as
        X has.
    init : {"random", "nndsvd", "nndsvda", "nndsvdar", "custom"}, optional
        Where a fit begins: at random numbers; at the non-negative parts of singular
        vectors, with their zeros as they are, filled with the mean of X, or with small
        random numbers; or at the W and H that are given. By default "nndsvda", or
        "random" if n_components > min(n_samples, n_features) or entries are missing.
    solver : {"cd", "hals", "mu"}, default="cd"
        Coordinate descent, which HALS is another name of, with several sweeps a read
        where they cost little beside it; or multiplicative updates.
    beta_loss : {"frobenius", "kullback-leibler", "itakura-saito"} or float
        The divergence of X from W·H that is minimised, by default "frobenius"; or the β
        of a β-divergence. Others than "frobenius" (2) need solver="mu".
    tol : float, default=1e-4
        A fit has converged when ten iterations took less than tol of the first error
        off the error ("mu", as in scikit-learn), or a tenth of tol of the error itself
        (coordinate descent). 0 goes on to ``max_iter``.
    max_iter : int, default=200
    random_state : int, RandomState, Generator or None
        Seed of the start, and of ``shuffle``.
    alpha_W : float, default=0.0
    alpha_H : float or "same", default="same"
        What sizes of W and H cost: alpha_W·l1_ratio·n_features·ΣW +
        ½·alpha_W·(1 − l1_ratio)·n_features·ΣW² and the same of H with n_samples. Of
        incomplete X the mean number of known entries of a row takes the place of
        n_features, and that of a column the place of n_samples.
    l1_ratio : float, default=0.0
    verbose : int, default=0
        Show a progress bar on standard error.
    shuffle : bool, default=False
        Draw the order of coordinates anew for each update of coordinate descent.
    missing : {"nan", "unobserved"} or None, default="nan"
        What is unknown: entries of a dense X that are NaN; besides, the entries that a
        sparse X does not store; or nothing, and NaN is an error.
    n_threads : int, optional
        Threads to use. The results do not depend on it.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        H.
    n_components_ : int
    reconstruction_err_ : float
        √(2·divergence) of X from W·H over the known entries; the Frobenius norm of the
        difference, if that is the loss. After ``partial_fit`` that of the last batch.
    reconstruction_errs_ : ndarray of shape (n_iter_ + 1,)
        The same of the start, after each iteration (it does not rise, but for penalties
        and rounding), and of each batch since.
    n_iter_ : int
        Iterations of ``fit``, and one for every batch since.
    converged_ : bool
        Whether the last ``fit`` did.
    mean_weights_ : ndarray of shape (n_components,)
        Mean row of W: what a row that knows nothing gets.
    n_batches_seen_ : int
        1 after ``fit``, and 1 more after each ``partial_fit``.
    n_features_in_, feature_names_in_
        As of every estimator.

    References
    ----------
    D. Lee and H. S. Seung, "Algorithms for non-negative matrix factorization", NIPS
    2000.
    A. Cichocki and A.-H. Phan, "Fast local algorithms for large scale nonnegative
    matrix and tensor factorizations", IEICE Transactions 92-A (2009).
    C. Févotte and J. Idier, "Algorithms for nonnegative matrix factorization with the
    β-divergence", Neural Computation 23 (2011).
    N. Gillis and F. Glineur, "Accelerated multiplicative updates and hierarchical ALS
    algorithms for nonnegative matrix factorization", Neural Computation 24 (2012).
    J. Mairal, F. Bach, J. Ponce and G. Sapiro, "Online learning for matrix
    factorization and sparse coding", JMLR 11 (2010).

    Examples
    --------
    >>> import numpy as np
    >>> from latentia import NMF
    >>> X = np.outer([1.0, 2.0, 3.0], [1.0, 0.0, 2.0, 1.0])
    >>> model = NMF(1, random_state=0)
    >>> W = model.fit_transform(X)
    >>> bool(np.allclose(W @ model.components_, X))
    True
    """

    components_: Array
    mean_weights_: Array
    n_batches_seen_: int
    _statistics: Statistics | None

    def __init__(
        self,
        n_components: int | str | None = "auto",
        *,
        init: str | None = None,
        solver: str = "cd",
        beta_loss: str | float = "frobenius",
        tol: float = 1e-4,
        max_iter: int = 200,
        random_state: Any = None,
        alpha_W: float = 0.0,
        alpha_H: float | str = "same",
        l1_ratio: float = 0.0,
        verbose: int = 0,
        shuffle: bool = False,
        missing: str | None = "nan",
        n_threads: int | None = None,
    ) -> None:
        super().__init__(
            n_components,
            init=init,
            solver=solver,
            beta_loss=beta_loss,
            tol=tol,
            max_iter=max_iter,
            random_state=random_state,
            alpha_W=alpha_W,
            alpha_H=alpha_H,
            l1_ratio=l1_ratio,
            verbose=verbose,
            shuffle=shuffle,
        )
        self.missing = missing
        self.n_threads = n_threads

    def fit(self, X: Any, y: object = None, W: Any = None, H: Any = None) -> Self:
        """Factorise X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Not negative. Or rows that live elsewhere, as ``latentia.rows`` reads them.
        y : ignored
        W : array-like of shape (n_samples, n_components), optional
        H : array-like of shape (n_components, n_features), optional
            Where to begin with init="custom"; one of them may be left to chance.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If an argument is of the wrong kind.
        ValueError
            If X is negative or infinite somewhere, or NaN where nothing may be missing;
            if it holds zeros and beta_loss ≤ 0; if an argument is out of range.

        Warns
        -----
        ConvergenceWarning
            If the fit has not converged or Ctrl-C ended it; it keeps what it had.
        """
        self._fit(X, W, H)
        return self

    def fit_transform(
        self, X: Any, y: object = None, W: Any = None, H: Any = None
    ) -> Any:
        """Factorise X and return W (n_samples, n_components), kept as X is."""
        return self._fit(X, W, H).result()

    def _fit(self, X: Any, W: Any, H: Any) -> RowSource:
        """Factorise X and return W beside the rows."""
        data = self._take_in(X)
        if data.n_known == 0:
            raise ValueError("X has no known entry: all are missing")
        settings = check_settings(self, data, W, H)
        given = check_start(self, data, settings, W, H)
        work, course = factorise(
            data, settings, given, verbose=self.verbose, n_threads=self._threads()
        )
        note_features(self, X, reset=True)
        self._keep(work, data)
        with np.errstate(over="ignore"):  # in X's own unit they can be infinite
            unit = np.float64(data.unit) ** (-settings.beta / 2)
            self.reconstruction_errs_ = np.array(course.errors) * unit
        self.reconstruction_err_ = float(self.reconstruction_errs_[-1])
        self.n_iter_ = len(course.errors) - 1
        self.converged_ = course.converged
        course.warn(settings)
        return work.W

    def transform(self, X: Any) -> Any:
        """Return W (n_samples, n_components) for new rows, with H as it is.

        Of a row without known entries W is ``mean_weights_``.
        """
        data = self._take_in_like_fit(X)
        if data.n_known == 0:
            fill(W := data.rows.new(len(self.components_)), self.mean_weights_)
            return W.result()
        W = self._encode(data)[0].W
        data.out_of_unit(W)
        data.fill_unknown(W, self.mean_weights_)
        return W.result()

    def partial_fit(
        self, X: Any, y: object = None, W: Any = None, H: Any = None
    ) -> Self:
        """Update H with one more batch of rows.

        The first batch is fitted as ``fit`` does, or is what ``fit`` was given. The
        t-th moves what H is made from towards its own by the step (t + 1)^−0.6, however
        many rows it has: batches should be shuffled and alike in size. What is known of
        X in part goes by multiplicative updates.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        W, H : array-like, optional
            As for ``fit``, for the first batch.
        """
        if not hasattr(self, "components_"):
            return self.fit(X, W=W, H=H)
        data = self._take_in_like_fit(X)
        if data.n_known == 0:
            return self
        if data.unit != 1.0:
            raise ValueError(
                f"X holds numbers of size {data.max / data.unit:.3g}, which batches "
                "cannot add up; scale X to about 1"
            )
        work, settings = self._encode(data)
        seen = self.n_batches_seen_
        batch, statistics = add_batch(
            data, settings, work, self._statistics, seen, n_threads=self._threads()
        )
        error = error_of(batch.value())
        of_batch = data.mean_of_known(batch.W)
        dtype = np.result_type(self.components_, batch.Ht)
        self.components_ = np.ascontiguousarray(batch.Ht.T, dtype=dtype)
        self.mean_weights_ = (seen * self.mean_weights_ + of_batch) / (seen + 1)
        self.n_batches_seen_ = seen + 1
        self._statistics = statistics
        self.n_iter_ += 1
        self.reconstruction_err_ = error
        self.reconstruction_errs_ = np.append(self.reconstruction_errs_, error)
        return self

    def recommend(
        self, users: Any, n: int = 10, exclude: Any = None
    ) -> tuple[NDArray[np.int64], Array]:
        """Return the features with the largest entries of W·H, for each row of W.

        W·H is made tile by tile, never whole.

        Parameters
        ----------
        users : array-like of shape (n_users, n_components)
            Rows of W, from ``fit_transform`` or ``transform``.
        n : int, default=10
            How many features a row.
        exclude : sparse matrix of shape (n_users, n_features), optional
            What it stores is left out: the items that a user knows already.

        Returns
        -------
        items : ndarray of shape (n_users, n), int64
            Best first, of equals the lower number first; −1 where there are no more.
        scores : ndarray of shape (n_users, n)
            Their entries of W·H; −∞ where there are no more.
        """
        check_is_fitted(self)
        return recommend(users, self.components_, n, exclude, self._threads())

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the fitted model to a ``.safetensors`` file, whole or not at all.

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
        """Read a model that ``save`` wrote; nothing in the file is run.

        Raises
        ------
        ValueError
            If a bit of the file is not as it was written, or it holds something else.
        OSError
            If it cannot be read.
        """
        return storage.load(cls, Path(path))

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that NaN may come in."""
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing is not None
        return tags

    def _threads(self) -> int:
        return resolve_n_threads(self.n_threads)

    def _take_in(self, X: Any) -> Data:
        return take_in(
            X,
            check_missing(self.missing),
            beta=check_beta(self.beta_loss, check_solver(self.solver)),
            n_threads=self._threads(),
        )

    def _take_in_like_fit(self, X: Any) -> Data:
        """Return X as data; raise if its features are not those of ``fit``."""
        check_is_fitted(self)
        data = self._take_in(X)
        note_features(self, X, reset=False)
        return data

    def _encode(self, data: Data) -> tuple[Engine, Settings]:
        """Return an engine whose W is the best for H as it is, or nearly."""
        H, threads = np.asarray(self.components_), self._threads()
        settings = check_settings(self, data, H=H, fitted=True)
        work, course = encode(
            data, settings, H, verbose=self.verbose, n_threads=threads
        )
        if course.interrupted:
            raise KeyboardInterrupt
        course.warn(settings)
        return work, settings

    def _keep(self, work: Engine, data: Data) -> None:
        """Record H and the mean of W, and bring W itself to the unit of X."""
        W, Ht = work.W, work.Ht
        data.out_of_unit(W)
        data.out_of_unit(MemoryRows(Ht))
        empty = data.empty_columns()
        if empty.any():
            Ht[empty] = Ht[~empty].mean(axis=0, dtype=np.float64)
        self.mean_weights_ = data.mean_of_known(W)
        data.fill_unknown(W, self.mean_weights_)
        self.components_ = np.ascontiguousarray(Ht.T)
        self.n_components_ = len(self.components_)
        self.n_batches_seen_ = 1
        self._statistics = None
        if isinstance(work, AdditiveEngine) and data.unit == 1.0:
            self._statistics = work.statistics()
