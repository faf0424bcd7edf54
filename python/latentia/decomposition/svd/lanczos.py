"""ARPACK on MᵀM, for flat spectra to rounding accuracy.

Where singular values decay, block Krylov reaches rounding in a few passes. Where they
hardly do it needs a space of a thousand dimensions, and keeping those orthonormal costs
far more than the passes. Lanczos with implicit restarts (Lehoucq, Sorensen & Yang 1998,
"ARPACK users' guide") keeps about 2k vectors and multiplies with one at a time, which
is worth while for rows in memory.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import scipy.sparse.linalg

from latentia.decomposition.svd.certificate import hiding
from latentia.decomposition.svd.operator import Operator
from latentia.decomposition.svd.orthonormal import Array, Basis
from latentia.decomposition.svd.power import certified
from latentia.decomposition.svd.projection import Projection

# ARPACK draws a vector where its space cannot grow, as with equal singular values. From
# SciPy 1.17 on the system seeds that unless ``rng`` is given; before, ARPACK does.
_eigsh_takes = inspect.signature(scipy.sparse.linalg.eigsh).parameters
_SEED: dict[str, Any] = {"rng": 0} if "rng" in _eigsh_takes else {}


def lanczos(op: Operator, k: int, start: Array) -> Projection | None:
    """Return a projection on the k leading singular vectors, or None.

    Parameters
    ----------
    op : Operator
        M (m × n), k < n.
    k : int
    start : ndarray of shape (n,)
        Where ARPACK starts.

    Notes
    -----
    ARPACK finds θ to ε·θ₁. Vectors that hide the others are locked, and it starts again
    orthogonal to them. None: it did not converge.
    """
    n = op.shape[1]
    basis = Basis(n, op.dtype, op.n_threads, room=k)
    n_passes, done = 0, False
    locked: list[int] = []

    def times(x: Array) -> Array:
        nonlocal n_passes
        n_passes += 1
        column = np.ascontiguousarray(x.reshape(n, 1), dtype=op.dtype)
        return _orthogonal(op.normal_product(_orthogonal(column, basis)), basis)[:, 0]

    linear = scipy.sparse.linalg.LinearOperator((n, n), matvec=times, dtype=op.dtype)
    while not done:
        wanted = k - basis.width
        v0 = _orthogonal(start.reshape(n, 1), basis)[:, 0]
        try:
            theta, V = scipy.sparse.linalg.eigsh(
                linear,
                wanted,
                which="LA",
                v0=v0,
                ncv=min(n, 2 * wanted + 20),
                **_SEED,
            )
        except scipy.sparse.linalg.ArpackNoConvergence:
            return None
        theta, V = np.maximum(theta[::-1], 0.0).astype(np.float64), V[:, ::-1]
        hidden_by = hiding(theta, op.dtype)
        done = hidden_by == 0
        found = np.ascontiguousarray(V if done else V[:, :hidden_by], dtype=op.dtype)
        basis.append(basis.orthogonalise(found)[1])
        locked.append(basis.width)
    return certified(op, basis.columns, n_passes, "arpack", locked[:-1])


def _orthogonal(x: Array, basis: Basis) -> Array:
    """Take the part within the basis off x, twice: what is left may be little."""
    K = basis.columns
    for _ in range(2 if basis.width else 0):
        x = x - K @ (K.T @ x)
    return x
