"""Randomized block Krylov: the fewest passes to a given accuracy.

After q passes the space span[X, MᵀM X, …, (MᵀM)^(q−1) X] holds far better singular
vectors than the last power alone (Musco & Musco 2015, "Randomized block Krylov methods
for stronger and faster approximate singular value decomposition"). Each pass reads the
rows once for both products, and what it leaves behind is the certificate: with K the
basis, T = KᵀMᵀM·K and the remainder Q·R of the last block,

    MᵀM·K·w − θ·K·w = Q·R·w_last        for every Ritz pair T·w = θ·w.

**Deflation.** A pass rounds relative to the largest singular value that its block
meets: T is known to ε·θ₁ only, and all θ below that are noise. Where the k-th value is
hidden like that, the Ritz vectors that hide it are *locked*: they are kept in the
basis, but T is decomposed without them, and the block starts again orthogonal to them.
From then on every column is rounded relative to the values that are left (Parlett 1998,
"The symmetric eigenvalue problem", chapter 5.3; Saad 2011, "Numerical methods for large
eigenvalue problems", chapter 4.2). The last Rayleigh–Ritz step takes both together.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.linalg

from latentia.decomposition.svd.certificate import Certificate, Stopping
from latentia.decomposition.svd.operator import Operator
from latentia.decomposition.svd.orthonormal import Array, Basis, times
from latentia.decomposition.svd.projection import Projection
from latentia.rows import MemoryState

_TINY = 1e-150  # of which the square is a number still


def block_krylov(
    op: Operator,
    k: int,
    start: Array,
    *,
    tol: float,
    keep_bytes: int,
    widest: int | None = None,
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
        M·K is kept next to K if it fits. Then the last pass is half of one and widens
        the space; otherwise the last pass multiplies with the k best directions.
    widest : int, optional
        Columns of K at which the search is given up.
    """
    space = KrylovSpace(op, start.shape[1], keep_bytes)
    stopping = Stopping(k, tol, op, half_pass_follows=space.sketch is not None)
    if widest is not None:
        stopping.most_passes = widest // start.shape[1]
    block = space.basis.orthogonalise(start)[1]

    while True:
        space.expand(block)
        stopping.half_pass_follows = space.sketch is not None
        certificate = space.certificate()
        done = stopping.reached(certificate, space.width)
        hiding = stopping.hiding(certificate, most=3 * block.shape[1] // 4)
        if hiding and not stopping.exhausted and space.following.shape[1]:
            block = space.lock(certificate, hiding)
            stopping.start_again(after=1)
            continue
        if done and not stopping.cluster(certificate, block.shape[1]):
            break
        if space.following.shape[1] == 0:
            break
        block = space.following
        if done:
            stopping.start_again(after=stopping.n_passes)
            block = _widened(space.basis, block)

    last = space.add_last_block() if space.sketch is not None else 1
    n_passes = stopping.n_passes + last
    if space.sketch is not None:
        K, MK = space.basis.columns, MemoryState(space.sketch.columns)
    elif hiding:  # the space is complete: nothing is to be chosen from T's noise
        K, MK = space.basis.columns, None
    else:
        best = certificate.vectors[:, :k]
        K, MK = times(space.basis.columns, best, n_threads=op.n_threads), None
    return Projection(K, MK, certificate, n_passes, "krylov", stopping.converged)


@dataclass
class KrylovSpace:
    """The basis K with what is known of M in it, T = KᵀMᵀM·K and perhaps M·K.

    Attributes
    ----------
    basis : Basis
        K (n × c): the locked vectors first, then block after block.
    sketch : Basis, optional
        M·K (m × c); None where it does not fit ``keep_bytes``.
    T : ndarray of shape (c, c)
    following : ndarray of shape (n, r)
        Q, the next block: an orthonormal basis of what MᵀM·block adds to K.
    R : ndarray of shape (r, b)
        Its coefficients.
    locked : Certificate
        Of the locked vectors, as the pass after they were locked saw them.
    """

    op: Operator
    b: int
    keep_bytes: int
    basis: Basis = field(init=False)
    sketch: Basis | None = field(init=False, default=None)
    T: Array = field(init=False)
    following: Array = field(init=False)
    R: Array = field(init=False)
    locked: Certificate = field(init=False)
    _to_lock: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        (m, n), dtype, threads = self.op.shape, self.op.dtype, self.op.n_threads
        room = min(8 * self.b, n + self.b)
        self.basis = Basis(n, dtype, threads, room=room)
        self._most_kept = self.keep_bytes // (m * self.b * dtype.itemsize)
        if self._most_kept >= 4:
            self.sketch = Basis(m, dtype, threads, room=8 * self.b)
        self.T = np.zeros((0, 0))
        self.locked = Certificate.empty()

    @property
    def width(self) -> int:
        """Columns of K."""
        return self.basis.width

    def expand(self, block: Array) -> None:
        """Add the block to K: one pass over the rows."""
        self.basis.append(block)
        Y = None if self.sketch is None else self.op.rows.empty_state(block.shape[1])
        Z = self.op.normal_product(block, Y)
        if self.sketch is not None and Y is not None:
            self.sketch.append(Y.to_numpy())
            if self.sketch.width > self._most_kept * self.b:
                self.sketch = None
        H, self.following, self.R = self.basis.orthogonalise(Z)
        self.T = _bordered(self.T, H)

    def add_last_block(self) -> int:
        """Add the last block by half a pass; return how many were made."""
        if self.sketch is None or not self.following.shape[1]:
            return 0
        self.basis.append(self.following)
        self.sketch.append(self.op.product(self.following).to_numpy())
        return 1

    def certificate(self) -> Certificate:
        """Return the Ritz pairs of MᵀM in K, those of the locked vectors first."""
        if self._to_lock:
            d = len(self.locked.values)
            new = slice(d, d + self._to_lock)
            coupling = self.T[d + self._to_lock :, new]
            R = np.vstack([coupling, self.R[:, : self._to_lock]])
            found = self._ritz(new, R)
            self.locked = self.locked.merged(found)
            self.R = self.R[:, self._to_lock :]
            self._to_lock = 0
        active = slice(len(self.locked.values), None)
        return self.locked.merged(self._ritz(active, self.R))

    def _ritz(self, some: slice, R: Array) -> Certificate:
        values, vectors = scipy.linalg.eigh(self.T[some, some])
        largest = max(self.locked.values.max(initial=0.0), values[-1])
        return Certificate.of(values, vectors, R, self.op.dtype, largest)

    def lock(self, certificate: Certificate, d: int) -> Array:
        """Lock the next d Ritz vectors; return the block to go on with.

        The block holds them too, since M times them is not known yet, and then the best
        others. All are improved by the product that has been made,

            MᵀM·K·w = θ·K·w + Q·R·w_last.
        """
        c, old = self.width, len(self.locked.values)
        best = slice(old, old + min(self.b, c - old))
        W, theta = certificate.vectors[:, best], certificate.values[best]
        last = W[c - self.R.shape[1] :]
        grown = np.vstack([W * np.maximum(theta, _TINY), self.R @ last])
        grown /= np.linalg.norm(grown, axis=0)
        joined = np.hstack([self.basis.columns, self.following])
        improved = times(joined, grown, n_threads=self.op.n_threads)
        self.basis.width = old
        if self.sketch is not None:
            self.sketch.width = old
        self.T = self.T[:old, :old]
        leading = self.basis.append(self.basis.orthogonalise(improved[:, :d])[1])
        others = self.basis.orthogonalise(np.ascontiguousarray(improved[:, d:]))[1]
        self.basis.width = old
        self._to_lock = d
        return np.hstack([leading, others])


def _widened(basis: Basis, following: Array) -> Array:
    """Return the next block with as many random columns next to it, as n allows."""
    extra = min(following.shape[1], basis.n - basis.width - following.shape[1])
    rng = np.random.default_rng(basis.width)
    fresh = rng.standard_normal((basis.n, extra)).astype(basis.dtype)
    return basis.orthogonalise(np.hstack([following, fresh]))[1]


def _bordered(T: Array, H: Array) -> Array:
    """Return KᵀMᵀM·K with the columns H of the newest block, made symmetric."""
    old, size = len(T), len(H)
    grown = np.empty((size, size))
    grown[:old, :old] = T
    grown[:, old:] = H
    grown[old:, :old] = H[:old].T
    grown[old:, old:] = (H[old:] + H[old:].T) / 2
    return grown
