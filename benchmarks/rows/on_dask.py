"""Estimators on two workers of one thread, next to the same in memory on two threads.

A truncated SVD is compared with Dask's own too, on the same cluster.
"""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from numpy.typing import NDArray

import latentia
from latentia import datasets
from latentia.benchmarks.quality import objective, optimal_residual, residual_above_best
from latentia.benchmarks.reference_numpy import log_likelihood
from latentia.benchmarks.results import (
    LATENTIA,
    Measures,
    MethodResult,
    Quantity,
    Size,
    Target,
)
from latentia.benchmarks.rows.where import (
    N_WORKERS,
    dask_module,
    made_rows,
    place,
    settle,
    two_workers,
)
from latentia.benchmarks.runner import Found, Judge, Step, judge_timings
from latentia.benchmarks.timing import interleaved, unconverged

IN_MEMORY = "in memory"
"""latentia too: the baseline of this suite."""

SPEEDUP = f"× {IN_MEMORY}"
QUALITY = "quality"
DIFFERENCE = f"difference from {IN_MEMORY}"

Answer = tuple[Any, Any]
"""The estimator, and what it returned for every row, where it was left."""

N_ROWS = {"small": 20_000, "full": 2_000_000}
_RANK = 50
_SPEED_TARGET = Target("≥", 1 / 1.25)
_DIFFERENCE_TARGET = Target("±", 1e-4)  # of float32, over ten or twenty iterations
_ROUNDS: dict[str, Any] = {"random_state": 0, "tol": 0}

POWERS = {"power": range(5), "QR": range(1, 5)}
"""Passes of either iterator of Dask's SVD; QR orthonormalises between them."""

_COMPRESSED_SHAPE = {"small": (10_000, 400), "full": (100_000, 1_000)}
_COMPRESSED_REPEATS = {"small": 1, "full": 3}
_COMPRESSED_TARGET = Target("≥", 2)
_seeds = itertools.count()


def _svd_quality(A: NDArray[Any], svd: Any, scores: Any) -> Quantity:
    s = svd.singular_values_
    U = in_this_process(scores) / s
    optimal = optimal_residual(A, _RANK)
    return Quantity(residual_above_best(A, U, s, svd.components_, optimal))


def _mixture_quality(A: NDArray[Any], mixture: Any, _: Any) -> Quantity:
    parameters = (mixture.weights_, mixture.means_, mixture.covariances_)
    return Quantity(log_likelihood(A, *parameters, "full"), "nats")


def _nmf_quality(A: NDArray[Any], nmf: Any, W: Any) -> Quantity:
    reached = objective(A, in_this_process(W), nmf.components_, "frobenius")
    return Quantity(reached / A.size)


def judge_with(quality: Callable[[Any, Any], Quantity]) -> Judge:
    """Return what judges answers, and how far latentia's is from that in memory.

    The difference is a part of what is above 1.
    """

    def judge(answers: dict[str, Any]) -> dict[str, Measures]:
        found: dict[str, Measures] = {
            name: {QUALITY: quality(*answer)} for name, answer in answers.items()
        }
        ours, theirs = (found[name][QUALITY].value for name in (LATENTIA, IN_MEMORY))
        difference = (ours - theirs) / max(abs(theirs), 1.0)
        found[LATENTIA][DIFFERENCE] = Quantity(difference)
        return found

    return judge


class Case(NamedTuple):
    """An estimator, the width of its rows, how it is called and what is judged."""

    name: str
    n_features: int
    estimator: Callable[..., Any]
    call: str
    quality: Callable[[NDArray[Any], Any, Any], Quantity]
    repeats: int = 3


_SVD = partial(latentia.TruncatedSVD, _RANK, random_state=0)
_MIXTURE = partial(latentia.GaussianMixture, 10, max_iter=10, **_ROUNDS)
# From NNDSVD the starts would differ as far as its SVD is not exact.
_NMF = partial(latentia.NMF, 20, init="random", max_iter=20, **_ROUNDS)

CASES = (
    Case(f"SVD, {_RANK} components", 256, _SVD, "fit_transform", _svd_quality, 5),
    Case("mixture of 10, full, 10 iterations", 64, _MIXTURE, "fit", _mixture_quality),
    Case("NMF, 20 parts, 20 iterations", 256, _NMF, "fit_transform", _nmf_quality),
)


def estimator_steps(size: Size, folder: Path) -> Iterator[Step]:
    """List the cases of a size."""
    for case in CASES:
        name = f"{case.name}, Dask, {N_ROWS[size]}×{case.n_features} float32"
        yield Step(name, partial(_run, name, case, size, folder))


def _run(name: str, case: Case, size: Size, folder: Path) -> Found:
    """Time a case on the workers and in memory, in turn."""
    A = made_rows(N_ROWS[size], case.n_features)
    targets = {DIFFERENCE: _DIFFERENCE_TARGET}
    if size == "full":
        targets[SPEEDUP] = _SPEED_TARGET
    with two_workers(folder) as client:
        placed = place(client, A)
        runs = {
            LATENTIA: partial(fit_to, case.estimator, case.call, placed),
            IN_MEMORY: partial(fit_in_memory, case.estimator, case.call, A),
        }
        timings = interleaved(runs, repeats=case.repeats if size == "full" else 1)
        judge = judge_with(partial(case.quality, A))
        return Found(
            judge_timings(
                name, timings, judge=judge, targets=targets, baseline=IN_MEMORY
            )
        )


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
    return estimator, unconverged(getattr(estimator, call), X)


def compressed_steps(size: Size, folder: Path) -> Iterator[Step]:
    """List the comparison with Dask's own SVD."""
    m, n = _COMPRESSED_SHAPE[size]
    name = f"SVD, {_RANK} components, Dask, decaying {m}×{n} float32"
    yield Step(name, partial(_compare, name, size, folder))


def _compare(name: str, size: Size, folder: Path) -> Found:
    A = datasets.make_decaying(*_COMPRESSED_SHAPE[size], random_state=0)
    with two_workers(folder) as client:
        placed = place(client, A)
        runs: dict[str, Callable[[], Answer]] = {
            LATENTIA: partial(fit_to, _SVD, "fit_transform", placed),
            IN_MEMORY: partial(fit_in_memory, _SVD, "fit_transform", A),
        }
        for iterator, powers in POWERS.items():
            for q in powers:
                name_of = f"svd_compressed, {q} × {iterator}"
                runs[name_of] = partial(_compressed, placed, iterator, q)
        timings = interleaved(runs, repeats=_COMPRESSED_REPEATS[size])
        judge = judge_with(partial(_svd_quality, A))
        results = judge_timings(
            name, timings, judge=judge, targets={}, baseline=IN_MEMORY
        )
    target = _COMPRESSED_TARGET if size == "full" else None
    ratio = Quantity(times_as_fast(results), "×", target)
    return Found(results, {f"{name}: × svd_compressed as accurate": ratio})


def _compressed(placed: Any, iterator: str, q: int) -> Answer:
    """Leave U on the workers, as latentia does: here U·diag(s)."""
    seed = next(_seeds)  # Dask calls tasks of the same seed by the same names
    U, s, Vt = dask_module("dask.array").linalg.svd_compressed(
        placed, _RANK, iterator=iterator, n_power_iter=q, seed=seed
    )
    persisted = dask_module("dask").persist(U * s, s, Vt)
    settle(*persisted)
    scores, s, Vt = persisted
    # Under the names that estimators have for them
    svd = SimpleNamespace(singular_values_=s.compute(), components_=Vt.compute())
    return svd, scores


def times_as_fast(results: list[MethodResult]) -> float:
    """Return the least time of those that are as accurate, over latentia's.

    If none is, the most accurate stands for them: it would need more time yet. The
    results are latentia's, that in memory, and then the others.
    """
    ours, _, *others = results
    excess = {
        result.method: result.measures[QUALITY].value for result in [ours, *others]
    }
    accurate = [r for r in others if excess[r.method] <= excess[ours.method]]
    if not accurate:
        accurate = [min(others, key=lambda result: excess[result.method])]
    return min(result.median for result in accurate) / ours.median
