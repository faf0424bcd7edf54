"""Estimators on two workers of one thread, beside the same in memory on two threads."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

import latentia
from latentia.benchmarks.nmf.objective import objective
from latentia.benchmarks.quality import excess_residual, optimal_residual
from latentia.benchmarks.reference_numpy import log_likelihood
from latentia.benchmarks.results import LATENTIA, Bar, Quantity, Size
from latentia.benchmarks.rows.cluster import N_WORKERS, place, settle, two_workers
from latentia.benchmarks.rows.comparing import (
    DIFFERENCE,
    IN_MEMORY,
    SPEEDUP,
    Judge,
    judged,
)
from latentia.benchmarks.rows.made import made_rows
from latentia.benchmarks.runner import Found, Step
from latentia.benchmarks.timing import interleaved

Answer = tuple[Any, Any]
"""The estimator, and what it returned for every row, where it was left."""

_SPEED_BAR = Bar("≥", 1 / 1.25)
_DIFFERENCE_BAR = Bar("±", 1e-4)  # of float32, over ten or twenty iterations

RANK = 50
_ROUNDS: dict[str, Any] = {"random_state": 0, "tol": 0}


@dataclass(frozen=True, slots=True)
class Case:
    """An estimator, the width of its rows, how it is called and what is judged."""

    name: str
    n_features: int
    estimator: Callable[..., Any]
    call: str
    judge: Callable[[NDArray[Any]], Judge[Answer]]
    repeats: int


def svd_judge(A: NDArray[Any]) -> Judge[Answer]:
    """Return what works out the excess residual of a truncated SVD of ``A``."""
    optimal = optimal_residual(A, RANK)

    def excess(answer: Answer) -> Quantity:
        svd, scores = answer
        U = in_this_process(scores) / svd.singular_values_
        factors = (U, svd.singular_values_, svd.components_)
        return Quantity(excess_residual(A, *factors, optimal))

    return excess


def _mixture_judge(A: NDArray[Any]) -> Judge[Answer]:
    def likelihood(answer: Answer) -> Quantity:
        mixture, _ = answer
        parameters = (mixture.weights_, mixture.means_, mixture.covariances_)
        return Quantity(log_likelihood(A, *parameters, "full"), "nats")

    return likelihood


def _nmf_judge(A: NDArray[Any]) -> Judge[Answer]:
    def error(answer: Answer) -> Quantity:
        nmf, W = answer
        reached = objective(A, in_this_process(W), nmf.components_, "frobenius")
        return Quantity(reached / A.size)

    return error


CASES = (
    Case(
        f"SVD, {RANK} components",
        256,
        partial(latentia.TruncatedSVD, RANK, random_state=0),
        "fit_transform",
        svd_judge,
        repeats=5,
    ),
    Case(
        "mixture of 10, full, 10 iterations",
        64,
        partial(latentia.GaussianMixture, 10, max_iter=10, **_ROUNDS),
        "fit",
        _mixture_judge,
        repeats=3,
    ),
    Case(
        "NMF, 20 parts, 20 iterations",
        256,
        # From NNDSVD the starts would differ as far as its SVD is not exact.
        partial(latentia.NMF, 20, init="random", max_iter=20, **_ROUNDS),
        "fit_transform",
        _nmf_judge,
        repeats=3,
    ),
)

N_ROWS = {"small": 20_000, "full": 2_000_000}


@dataclass(frozen=True, slots=True)
class OnDask:
    """The cases of a size."""

    size: Size
    folder: Path
    n_rows: int = field(init=False)

    def __post_init__(self) -> None:
        """Take the rows of the size."""
        object.__setattr__(self, "n_rows", N_ROWS[self.size])

    def steps(self) -> Iterator[Step]:
        """List the cases."""
        for case in CASES:
            yield Step(self._name(case), partial(self.run, case))

    def run(self, case: Case) -> Found:
        """Time a case on the workers and in memory, in turn."""
        A = made_rows(self.n_rows, case.n_features)
        with two_workers(self.folder) as client:
            placed = place(client, A)
            runs = {
                LATENTIA: partial(fit_to, case.estimator, case.call, placed),
                IN_MEMORY: partial(fit_in_memory, case.estimator, case.call, A),
            }
            full = self.size == "full"
            timings = interleaved(runs, repeats=case.repeats if full else 1)
            bars = {DIFFERENCE: _DIFFERENCE_BAR}
            return Found(
                judged(
                    self._name(case),
                    timings,
                    case.judge(A),
                    bars | {SPEEDUP: _SPEED_BAR} if full else bars,
                )
            )

    def _name(self, case: Case) -> str:
        return f"{case.name}, Dask, {self.n_rows}×{case.n_features} float32"


def fit_to(estimator: Callable[..., Any], call: str, X: Any) -> Answer:
    """Fit to a Dask array, and wait for what is returned for every row."""
    fitted, returned = _fit(estimator(), call, X)
    if returned is not fitted:
        settle(returned)
    return fitted, returned


def fit_in_memory(estimator: Callable[..., Any], call: str, X: NDArray[Any]) -> Answer:
    """Fit to an array with as many threads as there are workers."""
    return _fit(estimator(n_threads=N_WORKERS), call, X)


def in_this_process(array: Any) -> NDArray[Any]:
    """Return a Dask array's numbers, or the array."""
    here: NDArray[Any] = array.compute() if hasattr(array, "compute") else array
    return here


def _fit(estimator: Any, call: str, X: Any) -> Answer:
    with warnings.catch_warnings():
        # A set number of iterations is not meant to converge.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator, getattr(estimator, call)(X)
