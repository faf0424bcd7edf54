"""Matrices of every kind, and what must be true of any decomposition of them.

Sizes are awkward on purpose: none is a multiple of a vector's or a tile's length.
"""

import warnings
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

from latentia.decomposition.svd import SVDOptions, decompose
from latentia.rows import as_rows, summarise

SHAPES = {"tall": (151, 41), "wide": (41, 151), "square": (59, 59)}


def _orthonormal(rows, columns, rng):
    return np.linalg.qr(rng.standard_normal((rows, columns)))[0]


def _with_spectrum(shape, s, seed=0):
    """Return a matrix of these singular values; those not given are zero."""
    rng = np.random.default_rng(seed)
    s = np.asarray(s, dtype=float)[: min(shape)]
    left, right = (_orthonormal(size, len(s), rng) for size in shape)
    return (left * s) @ right.T


def _noise(shape):
    return np.random.default_rng(4).standard_normal(shape)


def _spike(shape):
    A = np.zeros(shape)
    A[min(2, shape[0] - 1), min(5, shape[1] - 1)] = -2.0
    return A


def _one_hot(shape):
    """Equal counts: one singular value of a multiplicity beyond any block's width."""
    return np.eye(shape[1])[np.arange(shape[0]) % shape[1]]


KINDS = {
    "decaying": lambda shape: _with_spectrum(shape, 1 / np.arange(1, 200)),
    "graded": lambda shape: _with_spectrum(shape, np.logspace(0, -12, min(shape))),
    "clustered": lambda shape: _with_spectrum(
        shape, np.repeat([5.0, 3.0, 1.0, 0.1], -(-min(shape) // 4))
    ),
    "noise": _noise,
    "low rank": lambda shape: _with_spectrum(shape, [3.0, 2.0, 1.0]),
    "repeated columns": lambda shape: _noise(shape)[:, np.arange(shape[1]) // 5],
    "constant": lambda shape: np.full(shape, 3.7),
    "zero": np.zeros,
    "one entry": _spike,
    "identity": lambda shape: np.eye(*shape),
    "one hot": _one_hot,
}
MATRICES = {
    f"{kind}, {form}": (make, shape)
    for kind, make in KINDS.items()
    for form, shape in SHAPES.items()
} | {
    "one row": (_noise, (1, 37)),
    "one column": (_noise, (37, 1)),
    "one number": (_noise, (1, 1)),
    "two by two": (_noise, (2, 2)),
}
FORMATS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "CSR": scipy.sparse.csr_array,
}


@pytest.fixture
def with_spectrum():
    """make(shape, singular values, seed)."""
    return _with_spectrum


@pytest.fixture(params=MATRICES)
def matrix(request):
    """A float64 matrix of every kind and shape in turn."""
    make, shape = MATRICES[request.param]
    return make(shape)


@pytest.fixture
def formats():
    """Storage formats by name: converters of a dense array."""
    return FORMATS


def _prepared(A, center, scale):
    """Return A as decomposed, float64. Moments about the first row do not cancel."""
    A = (A.toarray() if scipy.sparse.issparse(A) else np.asarray(A)).astype(np.float64)
    about = A - A[0]
    about -= about.mean(axis=0)
    B = about if center else A
    if scale:
        deviation = np.sqrt((about**2).mean(axis=0))
        constant = deviation <= 1e-6 * np.abs(A).max()
        B = B / np.where(constant, 1.0, deviation)
    return B


@dataclass
class Truth:
    """A matrix as it is decomposed, in float64, and what a rank-k SVD of it must be.

    ``size`` is the norm of the numbers that enter: before centring, if there is any.
    ``known`` is how well LAPACK's float64 singular values are known themselves.
    """

    B: np.ndarray
    s: np.ndarray
    size: float
    known: float
    dtype: np.dtype

    @classmethod
    def of(cls, A, *, center=False, scale=False):
        B, raw = _prepared(A, center, scale), _prepared(A, False, scale)
        size = np.linalg.norm(raw, 2)
        known = max(B.shape) * np.finfo(np.float64).eps * size
        return cls(B, np.linalg.svd(B, compute_uv=False), size, known, A.dtype)

    def optimum(self, k):
        """‖B − B_k‖, the least residual of rank k."""
        return np.sqrt((self.s[k:] ** 2).sum())

    def excess(self, U, s, Vt):
        """How far the residual exceeds the optimum: (absolute, relative)."""
        U, s, Vt = (x.astype(np.float64) for x in (U, s, Vt))
        residual = np.linalg.norm(self.B - (U * s) @ Vt)
        best = self.optimum(len(s))
        return residual - best, (residual - best) / best if best else np.inf

    def check_form(self, U, s, Vt):
        """Shapes, dtypes, order, orthonormality and signs."""
        (m, n), k = self.B.shape, len(s)
        assert U.shape == (m, k)
        assert Vt.shape == (k, n)
        assert {U.dtype, s.dtype, Vt.dtype} == {np.dtype(self.dtype)}
        assert np.isfinite(s).all()
        assert (s >= 0).all()
        assert (np.diff(s) <= 0).all()
        limit = 1e-5 if self.dtype == np.float32 else 1e-12
        for Q in (U.astype(float), Vt.T.astype(float)):
            np.testing.assert_allclose(Q.T @ Q, np.eye(k), rtol=0, atol=limit)
        # svd_flip(u_based_decision=False), whichever way near ties are broken.
        assert (Vt.max(axis=1) >= (1 - 1e-3) * np.abs(Vt).max(axis=1)).all()

    def check_bound(self, s, bound, *, by_index=False):
        """A true singular value (or the i-th itself) lies within the bound of s[i]."""
        assert bound.shape == s.shape
        assert (bound >= 0).all()
        error = np.abs(self.s[:, np.newaxis] - s.astype(np.float64))
        error = error.diagonal() if by_index else error.min(axis=0)
        i = np.argmax(error - bound)
        assert error[i] <= bound[i] + self.known, (
            f"s[{i}]={s[i]:.6g} is off by {error[i]:.3g}, error_bound {bound[i]:.3g}"
        )

    def check_optimal(self, U, s, Vt, *, tol, rounding):
        """The residual exceeds the optimum by tol + ``rounding``·size at most."""
        absolute, relative = self.excess(U, s, Vt)
        assert absolute <= tol * self.optimum(len(s)) + rounding * self.size, (
            f"relative excess {relative:.3g}, {absolute / self.size:.3g} of the norm"
        )


@pytest.fixture
def truth():
    """Truth.of(A, center=..., scale=...)."""
    return Truth.of


def _decompose(
    A,
    k,
    method,
    *,
    center=False,
    scale=False,
    tol=1e-4,
    n_iter=4,
    n_oversamples=10,
    seed=0,
    n_threads=1,
):
    rows = as_rows(A)
    with warnings.catch_warnings():
        # Rounding may end a search before its tolerance: the proof has to tell.
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = decompose(
            rows,
            summarise(rows, n_threads=n_threads),
            k,
            SVDOptions(tol=tol, n_iter=n_iter, n_oversamples=n_oversamples, seed=seed),
            method=method,
            center=center,
            scale=scale,
            want_U=True,
            n_threads=n_threads,
        )
    return SimpleNamespace(**{**vars(found), "U": found.take_U().result()})


@pytest.fixture
def by_route():
    """decompose(A, k, method, **settings): any route, whatever its cost."""
    return _decompose
