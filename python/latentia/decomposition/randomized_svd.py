"""The truncated singular value decomposition as a function."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import SparseEfficiencyWarning

from latentia._arguments import (
    check_choice,
    check_count,
    check_flag,
    check_n_iter,
    check_rank,
    check_tol,
    draw_seed,
)
from latentia._threads import n_threads as resolve_n_threads
from latentia._warnings import warn_caller
from latentia.decomposition.svd import SVDOptions, column_signs, decompose
from latentia.decomposition.svd.state_signs import state_signs
from latentia.rows import as_rows, scale_columns, summarise
from latentia.rows.backend import is_tensor, placed_like

Array = NDArray[Any]


def randomized_svd(
    A: Any,
    n_components: int,
    *,
    n_oversamples: int = 10,
    n_iter: int | str = "auto",
    power_iteration_normalizer: str = "auto",
    transpose: bool | str = "auto",
    flip_sign: bool = True,
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
    svd_lapack_driver: str = "gesdd",
    tol: float = 1e-4,
    center: bool = False,
    scale: bool = False,
    n_threads: int | None = None,
) -> tuple[Array, Array, Array]:
    """Compute the leading singular triplets of a matrix.

    Takes the place of ``sklearn.utils.extmath.randomized_svd``: the same parameters,
    and ``tol``, ``center``, ``scale`` and ``n_threads``.

    Parameters
    ----------
    A : array-like or sparse matrix of shape (m, n)
        float32 and float64 in C or Fortran order and CSR are read where they are; other
        types are converted once. A Dask array, an HDF5 or Zarr array and what
        ``latentia.rows.open`` returns are read block by block.
    n_components : int
        Rank k, from 1 to min(m, n).
    n_oversamples : int, default=10
        Columns beyond k of a power iteration; used with a fixed ``n_iter`` only.
    n_iter : "auto" or int, default="auto"
        "auto" takes the cheapest method that reaches ``tol``. A number asks for that
        many power iterations instead: n_iter + 2 reads of A.
    power_iteration_normalizer : {"auto", "QR", "LU", "none"}, default="auto"
        No effect, for compatibility: every iteration is orthonormalised.
    transpose : bool or "auto", default="auto"
        True works on Aᵀ; A must be in memory then, without ``center`` and ``scale``.
        Otherwise the faster way is chosen. It changes rounding only.
    flip_sign : bool, default=True
        Make the largest entry of each column of U positive. False leaves the signs as
        they come: here the largest entry of each row of Vt is positive.
    random_state : int, RandomState, Generator or None
        Seed of the random start. The same seed gives the same bits for every number
        of threads.
    svd_lapack_driver : {"gesdd", "gesvd"}, default="gesdd"
        No effect, for compatibility.
    tol : float, default=1e-4
        How much larger than the optimum ‖A − U·diag(s)·Vᵀ‖ (Frobenius) may be,
        relatively. 0 goes on until rounding stops it.
    center : bool, default=False
        Decompose A less its column means. Sparse matrices are not filled in.
    scale : bool, default=False
        Decompose A with its columns divided by their standard deviations. Columns of
        one value, up to rounding of float64, are left as they are.
    n_threads : int, optional
        Threads to use; by default ``LATENTIA_NUM_THREADS``, or what OpenMP allows.

    Returns
    -------
    U : ndarray of shape (m, k)
        Left singular vectors, orthonormal. Where A is: of a Dask array it is one, of a
        tensor all three are tensors on its device.
    s : ndarray of shape (k,)
        Singular values, descending.
    Vt : ndarray of shape (k, n)
        Right singular vectors, orthonormal.

    Raises
    ------
    ValueError
        If an argument is out of its range or A holds NaN or infinity.

    Warns
    -----
    SparseEfficiencyWarning
        If A is a sparse matrix in LIL or DOK format.

    References
    ----------
    C. Musco and C. Musco, "Randomized block Krylov methods for stronger and faster
    approximate singular value decomposition", NeurIPS 2015.
    N. Halko, P.-G. Martinsson and J. Tropp, "Finding structure with randomness", SIAM
    Review 53 (2011).

    Examples
    --------
    >>> import numpy as np
    >>> from latentia import randomized_svd
    >>> A = np.outer(np.arange(1.0, 5.0), [3.0, 4.0])
    >>> U, s, Vt = randomized_svd(A, 1, random_state=0)
    >>> float(round(s[0], 6))
    27.386128
    """
    check_choice(
        power_iteration_normalizer,
        "power_iteration_normalizer",
        ("auto", "QR", "LU", "none"),
    )
    check_choice(svd_lapack_driver, "svd_lapack_driver", ("gesdd", "gesvd"))
    if not isinstance(transpose, bool | np.bool_) and transpose != "auto":
        raise ValueError(f"transpose must be True, False or 'auto', got {transpose!r}")
    of_transpose = transpose != "auto" and bool(transpose)
    flip_sign = check_flag(flip_sign, "flip_sign")
    rows = as_rows(A, name="A")
    if getattr(A, "format", None) in ("lil", "dok"):  # as scikit-learn does
        warn_caller(
            f"Calculating SVD of a {type(A).__name__} is expensive. CSR format is more "
            "efficient: a matrix of another format is converted at every call.",
            SparseEfficiencyWarning,
        )
    threads = resolve_n_threads(n_threads)
    if of_transpose:
        if not rows.in_memory or center or scale:
            raise ValueError(
                "transpose=True must be used with a matrix in memory, without center "
                "and scale"
            )
        summarise(rows, name="A", n_threads=threads)  # an error names the entry of A
        rows = as_rows(A.T if hasattr(A, "T") else np.transpose(A), name="A")
    k = check_rank(n_components, rows.shape)
    iterations = check_n_iter(n_iter, "n_iter")
    result = decompose(
        rows,
        summarise(rows, name="A", n_threads=threads),
        k,
        SVDOptions(
            tol=check_tol(tol),
            n_iter=iterations or 0,
            n_oversamples=check_count(n_oversamples, "n_oversamples", least=0),
            seed=draw_seed(random_state),
        ),
        method="auto" if iterations is None else "power",
        center=center,
        scale=scale,
        want_U=True,
        n_threads=threads,
    )
    state, s, V = result.take_U(), result.s, result.V
    if flip_sign and not rows.in_memory:  # before U is written to where it is to go
        sign = state_signs(state, threads)
        scale_columns(state, sign)
        return state.result(), s, (V * sign).T
    U = state.result()
    if of_transpose:
        U, V = V, U
    if is_tensor(like := U if is_tensor(U) else V):  # all three are where A is
        U, s, V = (placed_like(part, like) for part in (U, s, V))
    sign = column_signs(U) if flip_sign else np.ones(k)
    if (sign < 0).any():
        # U may be as large as memory allows.
        in_place = isinstance(U, np.ndarray)
        U = np.multiply(U, sign, out=U) if in_place else U * placed_like(sign, U)
        V = V * placed_like(sign, V)
    return U, s, V.T
