"""NMF as a function, like scikit-learn's."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import check_flag
from latentia._warnings import warn_caller
from latentia.decomposition.nmf.estimator import NMF
from latentia.decomposition.nmf.options import BetaLoss, InitName, Missing, SolverName


def non_negative_factorization(
    X: Any,
    W: Any = None,
    H: Any = None,
    n_components: int | Literal["auto"] | None = "auto",
    *,
    init: InitName | None = None,
    update_H: bool = True,
    solver: SolverName = "cd",
    beta_loss: BetaLoss | float = "frobenius",
    tol: float = 1e-4,
    max_iter: int = 200,
    alpha_W: float | Literal["auto"] = "auto",
    alpha_H: float | Literal["auto", "same"] = "same",
    l1_ratio: float = 0.0,
    random_state: Any = None,
    verbose: int = 0,
    shuffle: bool = False,
    missing: Missing | None = None,
    n_threads: int | None = None,
) -> tuple[Any, NDArray[Any], int]:
    """Factorise X ≈ W·H, or compute only W for a given H.

    Replaces ``sklearn.decomposition.non_negative_factorization``.

    Parameters
    ----------
    X : array-like, sparse matrix or rows of shape (n_samples, n_features)
    W : array-like of shape (n_samples, n_components), optional
    H : array-like of shape (n_components, n_features), optional
        Initial factors for init="custom". With ``update_H=False`` H is the final H, and
        W is not used.
    n_components : int, "auto" or None, default="auto"
        Number of columns of W, as for ``NMF``.
    update_H : bool, default=True
        Whether H is learnt too.
    init, solver, beta_loss, tol, max_iter, alpha_W, alpha_H, l1_ratio, random_state, \
verbose, shuffle, missing, n_threads
        As for ``NMF``.

    Returns
    -------
    W : ndarray of shape (n_samples, n_components)
        In memory, or stored like X: a Dask array for a Dask array.
    H : ndarray of shape (n_components, n_features)
    n_iter : int
        Number of iterations.

    Raises
    ------
    TypeError, ValueError
        As by ``NMF.fit``; if ``update_H=False`` and H is not given, or does not have
        ``n_components`` rows.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia import non_negative_factorization
    >>> H = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]])
    >>> W, _, _ = non_negative_factorization([[2.0, 3.0, 7.0]], H=H, update_H=False)
    >>> bool(np.allclose(W, [[2, 3]]))
    True
    """
    check_flag(update_H, "update_H")
    model = NMF(
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
        missing=missing,
        n_threads=n_threads,
    )
    if update_H:
        W = model.fit_transform(X, W=W, H=H)
        return W, model.components_, model.n_iter_
    if np.ndim(H) != 2:
        raise ValueError(
            "H must be a matrix of shape (n_components, n_features) with "
            f"update_H=False, got {H!r:.200}"
        )
    if W is not None:
        warn_caller("W is not used with update_H=False", RuntimeWarning)
    k = np.shape(H)[0]
    if n_components not in ("auto", None, k):
        raise ValueError(f"H must have n_components={n_components!r} rows, got {k}")
    model.set_params(n_components=k, fixed_components=H, init=None)
    return model.fit_transform(X), model.components_, model.n_iter_
