"""Randomized block Krylov: the fewest passes to a given accuracy.

After q passes the space span[X, MᵀM X, …, (MᵀM)^(q−1) X] holds far better singular
vectors than the last power alone (Musco & Musco 2015, "Randomized block Krylov methods
for stronger and faster approximate singular value decomposition"). Each pass reads the
rows once for both products, and what it leaves behind is the certificate: with K the
basis, T = KᵀMᵀM·K and the remainder Q·R of the last block,

    MᵀM·K·w − θ·K·w = Q·R·w_last        for every Ritz pair T·w = θ·w.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from latentia.decomposition.svd.certificate import Certificate, Stopping
from latentia.decomposition.svd.finish import Projection
from latentia.decomposition.svd.operator import Operator
from latentia.decomposition.svd.orthonormal import Array, Basis, times
from latentia.rows import MemoryRows, dense


def block_krylov(
    op: Operator, k: int, start: Array, *, tol: float, keep_bytes: int
) -> Projection:
    """Return a projection whose best k directions meet ``tol``.

    Parameters
    ----------
    op : Operator
        M (m × n).
    k : int
        Singular triplets that are wanted.
    start : ndarray of shape (n, b)
        Random; its columns are the block.
    tol : float
        Relative excess of ‖M − U·S·Vᵀ‖ over the optimum. 0: until rounding stops it.
    keep_bytes : int
        M·K is kept beside K if it fits. Then the last pass is half of one and widens
        the space; otherwise the last pass multiplies with the k best directions.
    """
    m, n = op.shape
    b = start.shape[1]
    basis = Basis(n, op.dtype, op.n_threads, room=min(8 * b, n + b))
    most_kept = keep_bytes // (m * b * op.dtype.itemsize)
    image = Basis(m, op.dtype, op.n_threads, room=8 * b) if most_kept >= 4 else None
    stopping = Stopping(k, tol, op, half_pass_follows=image is not None)
    T = np.zeros((0, 0))
    _, block, _ = basis.split(start)

    while True:
        basis.append(block)
        Y = None if image is None else op.rows.new(block.shape[1])
        Z = op.normal_product(block, Y)
        if image is not None and Y is not None:
            image.append(dense(Y))
            if image.width > most_kept * b:
                image = None
                stopping.half_pass_follows = False
        H, following, R = basis.split(Z)
        T = _bordered(T, H)
        certificate = Certificate.of(*scipy.linalg.eigh(T), R)
        done = stopping.reached(certificate, basis.width)
        following = following[:, : n - basis.width]
        if done and not stopping.cluster(certificate, block.shape[1]):
            break
        if following.shape[1] == 0:
            break
        block = following
        if done:
            stopping.start_again()
            block = _widened(basis, following)

    n_passes = stopping.n_passes
    if image is not None:
        if following.shape[1]:
            basis.append(following)
            image.append(dense(op.product(following)))
            n_passes += 1
        K, MK = basis.columns, MemoryRows(image.columns)
    else:
        best = certificate.vectors[:, :k]
        K, MK = times(basis.columns, best, n_threads=op.n_threads), None
        n_passes += 1
    return Projection(K, MK, certificate, n_passes, "krylov", stopping.converged)


def _widened(basis: Basis, following: Array) -> Array:
    """Return the next block with as many random columns beside it, as n allows."""
    extra = min(following.shape[1], basis.n - basis.width - following.shape[1])
    rng = np.random.default_rng(basis.width)
    fresh = rng.standard_normal((basis.n, extra)).astype(basis.dtype)
    return basis.split(np.hstack([following, fresh]))[1]


def _bordered(T: Array, H: Array) -> Array:
    """Return KᵀMᵀM·K with the columns H of the newest block, made symmetric."""
    old, size = len(T), len(H)
    grown = np.empty((size, size))
    grown[:old, :old] = T
    grown[:, old:] = H
    grown[old:, :old] = H[:old].T
    grown[old:, old:] = (H[old:] + H[old:].T) / 2
    return grown


def power_iteration(op: Operator, k: int, start: Array, *, n_iter: int) -> Projection:
    """Return the projection on (MᵀM)^n_iter·start, as many passes as the caller fixes.

    The classic of Halko, Martinsson & Tropp 2011, orthonormalised after every pass. One
    more pass gives the certificate and, where the rows are whole, in the same go the
    image of the space.
    """
    empty = Basis(op.shape[1], op.dtype, op.n_threads, room=0)
    _, Q, _ = empty.split(start)
    for _ in range(n_iter):
        _, Q, _ = empty.split(op.normal_product(Q))
    MQ = op.rows.new(Q.shape[1]) if op.rows.whole else None
    Z = op.normal_product(Q, MQ)
    space = Basis(op.shape[1], op.dtype, op.n_threads, room=Q.shape[1])
    space.append(Q)
    H, _, R = space.split(Z)
    certificate = Certificate.of(*scipy.linalg.eigh((H + H.T) / 2), R)
    n_passes = n_iter + (1 if op.rows.whole else 2)
    return Projection(Q, MQ, certificate, n_passes, "power", True)
