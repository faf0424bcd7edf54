"""Power iteration, and the Rayleigh–Ritz step of a space that something else found."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import scipy.linalg

from latentia.decomposition.svd.certificate import Certificate
from latentia.decomposition.svd.operator import Operator
from latentia.decomposition.svd.orthonormal import Array, Basis
from latentia.decomposition.svd.projection import Projection


def power_iteration(op: Operator, start: Array, *, n_iter: int) -> Projection:
    """Return the projection on (MᵀM)^(n_iter + 1)·start, orthonormalised every pass.

    Algorithm 4.4 of Halko, Martinsson & Tropp 2011 projects on Q = (MMᵀ)^q M·start from
    the left: its right singular vectors lie in MᵀQ, which is one pass more than q.
    """
    empty = Basis(op.shape[1], op.dtype, op.n_threads, room=0)
    _, Q, _ = empty.orthogonalise(start)
    for _ in range(n_iter + 1):
        _, Q, _ = empty.orthogonalise(op.normal_product(Q))
    return certified(op, Q, n_iter + 1, "power")


def certified(
    op: Operator, Q: Array, n_passes: int, method: str, locked: Sequence[int] = ()
) -> Projection:
    """Return the projection on Q (n × b, orthonormal) after ``n_passes`` passes.

    One more pass gives the certificate and, where the rows are in memory, in the same
    go the image of the space. Columns before each of ``locked`` (ascending) were found
    apart from those after it, which they hide, and are certified apart.
    """
    MQ = op.rows.empty_state(Q.shape[1]) if op.rows.in_memory else None
    Z = op.normal_product(Q, MQ)
    space = Basis(op.shape[1], op.dtype, op.n_threads, room=Q.shape[1])
    space.append(Q)
    H, _, R = space.orthogonalise(Z)
    T, certificate = (H + H.T) / 2, Certificate.empty()
    for begin, end in pairwise([0, *locked, Q.shape[1]]):
        values, vectors = scipy.linalg.eigh(T[begin:end, begin:end])
        largest = max(certificate.values.max(initial=0.0), values[-1])
        remainder = np.vstack([T[end:, begin:end], R[:, begin:end]])
        found = Certificate.of(values, vectors, remainder, op.dtype, largest)
        certificate = certificate.merged(found)
    n_passes += 1 if op.rows.in_memory else 2
    return Projection(Q, MQ, certificate, n_passes, method, True)
