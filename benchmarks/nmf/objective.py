"""What a factorisation minimises, in float64 and without ever the whole of ``W H``."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from latentia.benchmarks.comparison import Measures
from latentia.benchmarks.nmf.methods import Loss, Work
from latentia.benchmarks.reference_numpy import (
    Factors,
    FloatArray,
    Matrix,
    divergence,
)
from latentia.benchmarks.results import BASELINE, Quantity

Float64Array: TypeAlias = NDArray[np.float64]

OBJECTIVE = "objective"
EXCESS = f"objective above {BASELINE}'s"

_BETA = {"frobenius": 2.0, "kullback-leibler": 1.0}
_BLOCK_ELEMENTS = 2**21  # 16 MiB in float64


def objective(
    A: Matrix, W: FloatArray, H: FloatArray, loss: Loss, *, known_only: bool = False
) -> float:
    """Sum the divergence over all entries, or over those that a sparse matrix stores.

    Parameters
    ----------
    A : array or sparse matrix of shape (m, n)
        A sparse one stores no zeros.
    W : ndarray of shape (m, k)
    H : ndarray of shape (k, n)
    loss : {"frobenius", "kullback-leibler"}
    known_only : bool
        Whether what a sparse matrix does not store is unknown.

    Returns
    -------
    float
        As from :func:`latentia.benchmarks.reference_numpy.divergence`.
    """
    W, H = (factor.astype(np.float64) for factor in (W, H))
    if isinstance(A, np.ndarray):
        return sum(
            divergence(A[rows], W[rows], H, _BETA[loss]) for rows in _slices(*A.shape)
        )
    a, y = A.data.astype(np.float64), _at_stored(A, W, H)
    if loss == "frobenius":
        # Σ y² over all entries is tr(WᵀW HHᵀ)
        stored = float(((a - y) ** 2).sum()) / 2
        rest = float(np.vdot(W.T @ W, H @ H.T) - np.vdot(y, y)) / 2
    else:
        # Σ y over all entries is the product of the sums
        stored = float((a * np.log(a / y) - a + y).sum())
        rest = float(W.sum(axis=0) @ H.sum(axis=1) - y.sum())
    return stored if known_only else stored + rest


def judge(A: Matrix, work: Work, answers: Mapping[str, Factors]) -> dict[str, Measures]:
    """Work out all objectives by the same function.

    Parameters
    ----------
    A : array or sparse matrix of shape (m, n)
    work : Work
        What was to be done.
    answers : mapping of str to Factors
        What each method found, scikit-learn among them.

    Returns
    -------
    dict of str to Measures
        The objective and, but for scikit-learn, how far it lies above scikit-learn's,
        as a part of it.
    """
    reached = {
        name: objective(A, *factors, work.loss) for name, factors in answers.items()
    }
    baseline = reached[BASELINE]
    judged: dict[str, Measures] = {}
    for name, value in reached.items():
        judged[name] = {OBJECTIVE: Quantity(value)}
        if name != BASELINE:
            judged[name][EXCESS] = Quantity((value - baseline) / baseline)
    return judged


def _at_stored(A: Any, W: FloatArray, H: FloatArray) -> Float64Array:
    """Return the entries of ``W H`` that a sparse ``A`` stores, in its order."""
    i, j = sparse.coo_array(A).coords
    y, Ht = np.empty(len(i)), np.ascontiguousarray(H.T)
    for some in _slices(len(i), W.shape[1]):
        y[some] = np.einsum("ek,ek->e", W[i[some]], Ht[j[some]])
    return y


def _slices(length: int, width: int) -> Iterator[slice]:
    step = max(_BLOCK_ELEMENTS // width, 1)
    for start in range(0, length, step):
        yield slice(start, start + step)
