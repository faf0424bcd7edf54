"""NMF: scikit-learn's estimator, one read of the data an iteration."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from latentia._features import note_features
from latentia._warnings import warn_caller
from latentia.decomposition.nmf.arguments import check_settings, check_start
from latentia.decomposition.nmf.data import DataSize
from latentia.decomposition.nmf.driver import factorise
from latentia.decomposition.nmf.engines import Statistics
from latentia.decomposition.nmf.fitted import add_rows, keep
from latentia.decomposition.nmf.held import Mark
from latentia.decomposition.nmf.known_components import FittedNMF
from latentia.rows import RowState

Array = NDArray[Any]


class NMF(FittedNMF):
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
    alpha_W : float or "auto", default="auto"
    alpha_H : float, "auto" or "same", default="same"
        What sizes of W and H cost: alpha_W·l1_ratio·n_features·ΣW +
        ½·alpha_W·(1 − l1_ratio)·n_features·ΣW² and the same of H with n_samples. Of
        incomplete X the mean number of known entries of a row takes the place of
        n_features, and that of a column the place of n_samples.

        "auto" is 0 where all entries are known, as in scikit-learn. Where some are
        unobserved it draws each row of W towards the mean row, and H to zero, as
        strongly as about one more known entry of mean size would: see the notes.
    l1_ratio : float, default=0.0
        Share of the penalties that are given as numbers.
    verbose : int, default=0
        Show a progress bar on standard error.
    shuffle : bool, default=False
        Draw the order of coordinates anew for each update of coordinate descent.
    missing : {"nan", "unobserved"} or None, default=None
        What is unknown: nothing, and NaN is an error; entries of a dense X that are
        NaN ("nan"); these, and what a sparse X does not store ("unobserved").
    fixed_components : array-like of shape (n_fixed, n_features), optional
        The first rows of H, which are not learnt: spectra or topics that are known.
    transform_max_iter : int, optional
    transform_tol : float, optional
        ``max_iter`` and ``tol`` where W alone is looked for: in ``transform`` and
        ``partial_fit``, and if all components are fixed. By default the same.
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
    known_mean_ : float
        Mean of the known entries of X.
    n_batches_seen_ : int
        1 after ``fit``, and 1 more after each ``partial_fit``.
    n_features_in_, feature_names_in_
        As of every estimator.

    Notes
    -----
    A row with three known entries says nothing about ten components: without penalties
    W·H elsewhere can be anything. With alpha_W="auto" a fit to incomplete X minimises
    D(X | W·H) + ½·λ·Σ‖w_i − c‖² + ½·λ·Σ‖h_j‖², where c is 0.98 times the mean row of W
    and λ = known_mean_^(β − 1), the mean itself for the Frobenius loss. Multiplied X
    gives as much larger predictions. Rows with few entries are predicted much like the
    mean row, and columns with few get small entries. Entries with little noise, and
    many of them in each row, are met better with less: try alpha_W=0.01.

    ``components_`` may be set or changed by hand. ``mean_weights_`` and what
    ``partial_fit`` goes on from are then those of other components, and not used.

    References
    ----------
    D. Lee and H. S. Seung, "Algorithms for non-negative matrix factorization", NIPS
    2000.
    R. Salakhutdinov and A. Mnih, "Probabilistic matrix factorization", NIPS 2007.
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
    known_mean_: float
    n_batches_seen_: int
    _statistics: Statistics | None
    _mark: Mark

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
        alpha_W: float | str = "auto",
        alpha_H: float | str = "same",
        l1_ratio: float = 0.0,
        verbose: int = 0,
        shuffle: bool = False,
        missing: str | None = None,
        fixed_components: Any = None,
        transform_max_iter: int | None = None,
        transform_tol: float | None = None,
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
        self.fixed_components = fixed_components
        self.transform_max_iter = transform_max_iter
        self.transform_tol = transform_tol
        self.n_threads = n_threads

    def fit(self, X: Any, y: object = None, W: Any = None, H: Any = None) -> Self:
        """Factorise X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Not negative. Or any other source that ``latentia.rows`` reads.
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
        UserWarning
            If all known entries of an incomplete X are the same number.
        ConvergenceWarning
            If the fit has not converged or Ctrl-C ended it; it keeps what it had.
        """
        self._fit(X, W, H)
        return self

    def fit_transform(
        self, X: Any, y: object = None, W: Any = None, H: Any = None
    ) -> Any:
        """Factorise X and return W (n_samples, n_components), kept as X is."""
        return self._fit(X, W, H)[0].result()

    def _fit(self, X: Any, W: Any, H: Any) -> tuple[RowState, DataSize]:
        """Factorise X; return W as a state of the rows, and the size of X."""
        data = self._take_in(X)
        if data.n_known == 0:
            raise ValueError("X has no known entry: all are missing")
        settings = check_settings(self, data, W, H)
        given = check_start(self, data, settings, W, H)
        if data.one_value:
            warn_caller(
                f"all {data.n_known} known entries of X are {data.max / data.unit:g}, "
                "which W·H can be everywhere: they do not tell what is liked from what "
                "is not. For implicit feedback, such as clicks or purchases, let what "
                "is not stored be zero: missing=None with a sparse X",
                UserWarning,
            )
        work, course = factorise(
            data, settings, given, verbose=self.verbose, n_threads=self._threads()
        )
        note_features(self, X, reset=True)
        keep(self, work, data, settings)
        with np.errstate(over="ignore"):  # in X's own unit they can be infinite
            unit = np.float64(data.unit) ** (-settings.beta / 2)
            self.reconstruction_errs_ = np.array(course.errors) * unit
        self.reconstruction_err_ = float(self.reconstruction_errs_[-1])
        self.n_iter_ = len(course.errors) - 1
        self.converged_ = course.converged
        course.warn(settings)
        return work.W, data.size

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
        add_rows(self, X, data, self._threads())
        return self
