"""The methods that meet in the mixture suite, each as its users call it.

All are functions of the module, so that they can be sent to another process.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import sklearn.mixture
from sklearn.exceptions import ConvergenceWarning

import latentia
from latentia.benchmarks.comparison import one_blas_thread
from latentia.benchmarks.reference_numpy import CovarianceType, FloatArray, Start, em
from latentia.benchmarks.results import BASELINE, LATENTIA


@dataclass(frozen=True, slots=True)
class Work:
    """What is asked for: ``n_iter`` iterations from ``start``.

    Without a start the estimators find their own; without ``n_iter`` they stop when
    they have converged.
    """

    n_components: int
    covariance_type: CovarianceType
    start: Start | None = None
    n_iter: int | None = None


class Mixture(NamedTuple):
    """What comes back: (K,), (K, d) and the shape of the covariance type."""

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray


Method: TypeAlias = Callable[[FloatArray, Work], Mixture]


class Methods(NamedTuple):
    """Those that are compared, and slow references that are timed less often."""

    compared: dict[str, Method]
    references: dict[str, Method]


def fit_latentia(X: FloatArray, work: Work) -> Mixture:
    """Fit :class:`latentia.GaussianMixture`."""
    return _fit(latentia.GaussianMixture, X, work)


def fit_scikit_learn(X: FloatArray, work: Work) -> Mixture:
    """Fit scikit-learn's class of the same name."""
    return _fit(sklearn.mixture.GaussianMixture, X, work)


def _fit(estimator: Callable[..., Any], X: FloatArray, work: Work) -> Mixture:
    settings: dict[str, Any] = {}
    if work.start is not None:
        settings = {f"{name}_init": part for name, part in work.start._asdict().items()}
    if work.n_iter is not None:
        settings |= {"max_iter": work.n_iter, "tol": 0}
    mixture = estimator(
        work.n_components,
        covariance_type=work.covariance_type,
        random_state=0,
        **settings,
    )
    with warnings.catch_warnings():
        # A set number of iterations is not meant to converge.
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(X)
    return Mixture(mixture.weights_, mixture.means_, mixture.covariances_)


def _fit_scikit_learn_one_thread(X: FloatArray, work: Work) -> Mixture:
    with one_blas_thread():
        return fit_scikit_learn(X, work)


def _fit_numpy(X: FloatArray, work: Work) -> Mixture:
    assert work.start is not None
    assert work.n_iter is not None
    found = em(X, work.start, covariance_type=work.covariance_type, n_iter=work.n_iter)
    return Mixture(found.weights, found.means, found.covariances)


_COMPARED: dict[str, Method] = {LATENTIA: fit_latentia, BASELINE: fit_scikit_learn}
_ONE_THREAD: dict[str, Method] = {
    f"{BASELINE}, BLAS on 1 thread": _fit_scikit_learn_one_thread
}

ITERATION_METHODS = Methods(_COMPARED, _ONE_THREAD)
ITERATION_METHODS_AND_NUMPY = Methods(
    _COMPARED, {**_ONE_THREAD, "NumPy EM": _fit_numpy}
)
DEFAULT_FIT_METHODS = Methods(_COMPARED, {})
