"""The methods that meet in the SVD suite, each as its users call it.

A method's ``run`` is what is timed and gives ``U``, ``s`` and ``Vt`` or what holds as
much; ``factors`` turns its answer into :class:`Factors`, untimed. All are functions of
the module, so that they can be sent to another process.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import sklearn.decomposition
import sklearn.utils.extmath

import latentia
from latentia.benchmarks import reference_numpy
from latentia.benchmarks.comparison import one_blas_thread
from latentia.benchmarks.reference_numpy import FloatArray, Matrix
from latentia.benchmarks.results import BASELINE, LATENTIA


class Factors(NamedTuple):
    """``A − 1 centerᵀ ≈ U diag(s) Vt``."""

    U: FloatArray
    s: FloatArray
    Vt: FloatArray
    center: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """What is timed, and how its answer is read."""

    run: Callable[[Matrix, int], Any]
    factors: Callable[[Any], Factors]


class Methods(NamedTuple):
    """Those that are compared, and slow references that are timed less often."""

    compared: dict[str, Method]
    references: dict[str, Method]


def _svd_latentia(A: Matrix, k: int) -> Any:
    return latentia.randomized_svd(A, k, random_state=0)


def _svd_scikit_learn(A: Matrix, k: int) -> Any:
    return sklearn.utils.extmath.randomized_svd(A, k, random_state=0)


def _svd_scikit_learn_one_thread(A: Matrix, k: int) -> Any:
    with one_blas_thread():
        return _svd_scikit_learn(A, k)


def _svd_subspace(A: Matrix, k: int) -> Any:
    return reference_numpy.randomized_svd(A, k)


def _svd_krylov(A: Matrix, k: int) -> Any:
    return reference_numpy.block_krylov_svd(A, k, n_passes=4, block=k)


def _factors_of_svd(answer: Any) -> Factors:
    return Factors(*answer)


def _pca_latentia(A: Matrix, k: int) -> Any:
    pca = latentia.PCA(k, random_state=0)
    return pca.fit_transform(A), pca


def _pca_scikit_learn(A: Matrix, k: int) -> Any:
    # Of its truncated solvers, the one that takes sparse matrices.
    pca = sklearn.decomposition.PCA(k, svd_solver="arpack", random_state=0)
    return pca.fit_transform(A), pca


def _pca_krylov(A: Matrix, k: int) -> Any:
    mean = np.asarray(A.mean(axis=0)).ravel()
    svd = reference_numpy.block_krylov_svd(A, k, n_passes=4, block=k, center=mean)
    return *svd, mean


def _factors_of_pca(answer: Any) -> Factors:
    scores, pca = answer
    s = pca.singular_values_
    return Factors(scores / s, s, pca.components_, pca.mean_)


SVD_METHODS = Methods(
    compared={
        LATENTIA: Method(_svd_latentia, _factors_of_svd),
        BASELINE: Method(_svd_scikit_learn, _factors_of_svd),
    },
    references={
        "scikit-learn, BLAS on 1 thread": Method(
            _svd_scikit_learn_one_thread, _factors_of_svd
        ),
        "NumPy subspace iteration": Method(_svd_subspace, _factors_of_svd),
        "NumPy block Krylov": Method(_svd_krylov, _factors_of_svd),
    },
)
PCA_METHODS = Methods(
    compared={
        LATENTIA: Method(_pca_latentia, _factors_of_pca),
        BASELINE: Method(_pca_scikit_learn, _factors_of_pca),
    },
    references={"NumPy block Krylov": Method(_pca_krylov, _factors_of_svd)},
)
