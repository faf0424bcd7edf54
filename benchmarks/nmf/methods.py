"""The methods that meet in the NMF suite, each as its users call it.

All are functions of the module, so that they can be sent to another process.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import sklearn.decomposition

import latentia
from latentia.benchmarks.comparison import one_blas_thread
from latentia.benchmarks.reference_numpy import (
    Factors,
    FloatArray,
    Matrix,
    multiplicative_nmf,
)
from latentia.benchmarks.results import BASELINE, LATENTIA

Solver: TypeAlias = Literal["mu", "cd"]
Loss: TypeAlias = Literal["frobenius", "kullback-leibler"]


@dataclass(frozen=True, slots=True)
class Work:
    """What is asked for: ``n_iter`` iterations from ``start``, or from a random one.

    With ``known_only``, what a sparse matrix does not store is unknown instead of zero.
    """

    n_components: int
    solver: Solver
    loss: Loss
    n_iter: int
    start: Factors | None = None
    known_only: bool = False

    @property
    def name(self) -> str:
        """Its rank and its updates, for tables."""
        return f"k={self.n_components}, {_NAMES[self.solver, self.loss]}"


Method: TypeAlias = Callable[[Matrix, Work], Factors]


MULTIPLICATIVE = partial(Work, solver="mu", loss="frobenius", n_iter=30)
HALS = partial(Work, solver="cd", loss="frobenius", n_iter=30)
KULLBACK_LEIBLER = partial(Work, solver="mu", loss="kullback-leibler", n_iter=15)

_NAMES = {
    ("mu", "frobenius"): "multiplicative",
    ("cd", "frobenius"): "HALS",
    ("mu", "kullback-leibler"): "Kullback–Leibler",
}


class Methods(NamedTuple):
    """Those that are compared, and slow references that are timed less often."""

    compared: dict[str, Method]
    references: dict[str, Method]


def fit_latentia(A: Matrix, work: Work) -> Factors:
    """Fit :class:`latentia.NMF`."""
    return _fit(_latentia(work), A, work.start)


def fit_scikit_learn(A: Matrix, work: Work) -> Factors:
    """Fit scikit-learn's class of the same name."""
    nmf = sklearn.decomposition.NMF(**_settings(work))
    return _fit(nmf, A, work.start)


def errors_of_latentia(A: Matrix, work: Work) -> FloatArray:
    """Return the error of the start and after each iteration of latentia's.

    Parameters
    ----------
    A : array or sparse matrix of shape (m, n)
    work : Work

    Returns
    -------
    ndarray of shape (n_iter + 1,)
        The roots of twice the divergence.
    """
    nmf = _latentia(work)
    _fit(nmf, A, work.start)
    return np.asarray(nmf.reconstruction_errs_)


def _latentia(work: Work) -> Any:
    return latentia.NMF(
        **_settings(work),
        missing="unobserved" if work.known_only else None,
        alpha_W=0.0,
    )


def _settings(work: Work) -> dict[str, Any]:
    return {
        "n_components": work.n_components,
        "init": "random" if work.start is None else "custom",
        "solver": work.solver,
        "beta_loss": work.loss,
        "tol": 0,
        "max_iter": work.n_iter,
        "random_state": 0,
    }


def _fit(nmf: Any, A: Matrix, start: Factors | None) -> Factors:
    # Copies, as scikit-learn works in what it is given
    own = {} if start is None else {"W": start.W.copy(), "H": start.H.copy()}
    return Factors(nmf.fit_transform(A, **own), nmf.components_)


def _fit_scikit_learn_one_thread(A: Matrix, work: Work) -> Factors:
    with one_blas_thread():
        return fit_scikit_learn(A, work)


def _fit_numpy(A: Matrix, work: Work) -> Factors:
    assert isinstance(A, np.ndarray)
    assert work.start is not None
    return multiplicative_nmf(A, *work.start, n_iter=work.n_iter)


_COMPARED: dict[str, Method] = {LATENTIA: fit_latentia, BASELINE: fit_scikit_learn}
_ONE_THREAD: dict[str, Method] = {
    f"{BASELINE}, BLAS on 1 thread": _fit_scikit_learn_one_thread
}

METHODS_WITHOUT_REFERENCES = Methods(_COMPARED, {})
ITERATION_METHODS = Methods(_COMPARED, _ONE_THREAD)
ITERATION_METHODS_AND_NUMPY = Methods(
    _COMPARED, {**_ONE_THREAD, "NumPy multiplicative updates": _fit_numpy}
)
