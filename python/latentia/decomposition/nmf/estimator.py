"""NMF: scikit-learn's estimator, with one read of the data per iteration."""

from __future__ import annotations

from typing import Any, Literal, Self, overload

from numpy.typing import NDArray
from sklearn.utils import Tags

from latentia._features import note_features
from latentia._rollback import restored_on_error
from latentia._threads import n_threads as resolve_n_threads
from latentia._warnings import warn_caller
from latentia.decomposition.nmf.driver import factorise
from latentia.decomposition.nmf.fit_state import Checksums, record_fit
from latentia.decomposition.nmf.fitted_nmf import FittedNMF
from latentia.decomposition.nmf.options import (
    BetaLoss,
    InitName,
    Missing,
    SolverName,
    check_beta_loss,
    check_missing,
    check_options,
    check_solver,
)
from latentia.decomposition.nmf.scan import DataSize, scan
from latentia.decomposition.nmf.solvers import Statistics
from latentia.rows import RowState

Array = NDArray[Any]


class NMF(FittedNMF):
    """Non-negative matrix factorisation X ≈ W·H of dense, sparse or incomplete X.

    Replaces ``sklearn.decomposition.NMF``: the same parameters, attributes and methods,
    with one read of X per iteration. It adds missing entries, ``partial_fit``,
    recommendations, and saving and loading.

    Parameters
    ----------
    n_components : int, "auto" or None, default="auto"
        Number of columns of W. "auto" is that of a given W or H with init="custom", and
        otherwise, like None, the number of features.
    init : {"random", "nndsvd", "nndsvda", "nndsvdar", "custom"}, optional
        The initial factors: random numbers; the non-negative parts of singular vectors,
        with zeros ("nndsvd"), with the mean of X for zeros ("nndsvda") or with small
        random numbers for zeros ("nndsvdar"); or the given W and H. By default
        "nndsvda", or "random" if n_components > min(n_samples, n_features), if entries
        are missing or if components are fixed.
    solver : {"cd", "hals", "mu"}, default="cd"
        "cd", coordinate descent as scikit-learn calls it, and "hals", its name in the
        literature, are the same: several sweeps per read of X where they cost little.
        "mu" is multiplicative updates.
    beta_loss : {"frobenius", "kullback-leibler", "itakura-saito", "kl", "is"} or float
        The divergence of X from W·H that is minimised, by default "frobenius"; "kl" and
        "is" are short forms. A number is the β of a β-divergence. All but "frobenius"
        (2) need solver="mu".
    tol : float, default=1e-4
        A fit has converged if ten iterations reduced the error by less than tol times
        the initial error ("mu", as in scikit-learn), or by less than tol/10 times the
        error itself ("cd"). With 0 all ``max_iter`` iterations are done.
    max_iter : int, default=200
        Most iterations.
    random_state : int, RandomState, Generator or None
        Seed of the initial factors and of ``shuffle``.
    alpha_W : float or "auto", default="auto"
    alpha_H : float, "auto" or "same", default="same"
        Strength of the penalties of W and H, which are added to the divergence:
        alpha_W·l1_ratio·n_features·ΣW + ½·alpha_W·(1 − l1_ratio)·n_features·ΣW², and
        the same for H with n_samples. If entries are missing, the mean number of
        observed entries of a row replaces n_features, and that of a column n_samples.

        "auto" is 0 if all entries are observed, as in scikit-learn. If some are
        missing, each row of W is drawn towards the mean row, and H to zero, as strongly
        as by about one more observed entry of mean size: see the notes.
    l1_ratio : float, default=0.0
        Share of the L1 penalty in penalties that are given as numbers, from 0 to 1.
    verbose : int, default=0
        If not 0, show a progress bar on standard error.
    shuffle : bool, default=False
        Draw a new order of the coordinates for each update of coordinate descent.
    missing : {"nan", "unobserved"} or None, default=None
        Which entries are missing: none, and NaN is an error; entries of a dense X that
        are NaN ("nan"); NaN and the unstored entries of a sparse X ("unobserved").
    fixed_components : array-like of shape (n_fixed, n_features), optional
        The first rows of H, which are not learnt, such as known spectra or topics.
    transform_max_iter : int, optional
    transform_tol : float, optional
        ``max_iter`` and ``tol`` if only W is computed: in ``transform`` and
        ``partial_fit``, and if all components are fixed. By default the same.
    n_threads : int, optional
        Number of threads. The results do not depend on it.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        H.
    n_components_ : int
        Number of rows of H.
    reconstruction_err_ : float
        √(2·divergence) of X from W·H over the observed entries; for the Frobenius loss
        the norm of X − W·H. After ``partial_fit`` that of the last batch.
    reconstruction_errs_ : ndarray of shape (n_iter_ + 1,)
        The same for the initial factors and after each iteration, then of each batch.
        It never increases, except by penalties and rounding.
    n_iter_ : int
        Iterations of ``fit``, plus one for each further batch.
    converged_ : bool
        Whether the last ``fit`` has converged.
    mean_weights_ : ndarray of shape (n_components,)
        Mean row of W, which a row without observed entries gets.
    observed_mean_ : float
        Mean of the observed entries of X.
    n_batches_seen_ : int
        1 after ``fit``, plus one for each ``partial_fit``.
    n_features_in_ : int
        Number of features of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if X has names that are all strings.

    Notes
    -----
    Three observed entries in a row do not determine ten components: without penalties
    the other entries of W·H can be anything. With alpha_W="auto" and missing entries a
    fit minimises D(X | W·H) + ½·λ·Σ‖w_i − c‖² + ½·λ·Σ‖h_j‖², where c is 0.98 times the
    mean row of W and λ = observed_mean_^(β − 1), for the Frobenius loss the mean
    itself. The predictions scale as X does. Rows with few observed entries are
    predicted almost as the mean row, and columns with few observed entries have small
    entries of H. Less penalty is better for data with little noise and many observed
    entries in each row: try alpha_W=0.01.

    ``components_`` can be set or changed by hand. ``mean_weights_`` and the sums from
    which ``partial_fit`` continues belong to the fitted components, and are then not
    used.

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
    observed_mean_: float
    n_batches_seen_: int
    _statistics: Statistics | None
    _checksums: Checksums

    def __init__(
        self,
        n_components: int | Literal["auto"] | None = "auto",
        *,
        init: InitName | None = None,
        solver: SolverName = "cd",
        beta_loss: BetaLoss | float = "frobenius",
        tol: float = 1e-4,
        max_iter: int = 200,
        random_state: Any = None,
        alpha_W: float | Literal["auto"] = "auto",
        alpha_H: float | Literal["auto", "same"] = "same",
        l1_ratio: float = 0.0,
        verbose: int = 0,
        shuffle: bool = False,
        missing: Missing | None = None,
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
            Non-negative. Or any other source that ``latentia.rows`` reads.
        y : ignored
        W : array-like of shape (n_samples, n_components), optional
        H : array-like of shape (n_components, n_features), optional
            Initial factors for init="custom"; if only one is given, the other is
            random.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If an argument has the wrong type.
        ValueError
            If X has a negative or infinite entry, or NaN that ``missing`` does not
            allow; if it has zeros and beta_loss ≤ 0; if an argument is out of range.

        Warns
        -----
        UserWarning
            If entries are missing and all observed entries are the same number.
        ConvergenceWarning
            If the fit has not converged, or Ctrl-C ended it: the model then keeps the
            factors found so far.
        """
        self._fit(X, W, H)
        return self

    @overload
    def fit_transform(
        self, X: NDArray[Any], y: object = None, W: Any = None, H: Any = None
    ) -> Array: ...
    @overload
    def fit_transform(
        self, X: Any, y: object = None, W: Any = None, H: Any = None
    ) -> Any: ...
    def fit_transform(
        self, X: Any, y: object = None, W: Any = None, H: Any = None
    ) -> Any:
        """Factorise X and return W (n_samples, n_components).

        It is an array; for a Dask array or a tensor it is one as well.
        """
        return self._fit(X, W, H)[0].result()

    def _fit(self, X: Any, W: Any, H: Any) -> tuple[RowState, DataSize]:
        """Factorise X; return W, kept where the rows of X are, and the size of X."""
        n_threads = resolve_n_threads(self.n_threads)
        beta = check_beta_loss(self.beta_loss, check_solver(self.solver))
        data = scan(X, check_missing(self.missing), beta=beta, n_threads=n_threads)
        if data.n_observed == 0:
            raise ValueError("X must have an observed entry, got only missing entries")
        options = check_options(self, data, W, H)
        if data.is_constant:
            warn_caller(
                f"all {data.n_observed} observed entries of X are "
                f"{data.max / data.unit:g}, so a constant W·H fits them: they do not "
                "tell what is liked from what is not. For implicit feedback, such as "
                "clicks or purchases, treat unstored entries as zeros: missing=None "
                "with a sparse X",
                UserWarning,
            )
        result = factorise(
            data, options, W, H, verbose=self.verbose, n_threads=n_threads
        )
        with restored_on_error(self):
            note_features(self, X, reset=True)
            record_fit(self, result, data, options)
        if result.warning is not None:
            warn_caller(*result.warning)
        return result.W, data.size

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's tags: whether NaN is allowed."""
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing is not None
        return tags
