"""A truncated SVD beside Dask's own, on the same cluster."""

import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import latentia
from latentia import datasets
from latentia.benchmarks.results import LATENTIA, Bar, MethodResult, Quantity, Size
from latentia.benchmarks.rows.cluster import dask_module, place, settle, two_workers
from latentia.benchmarks.rows.comparing import (
    IN_MEMORY,
    QUALITY,
    judged,
)
from latentia.benchmarks.rows.on_dask import (
    RANK,
    Answer,
    fit_in_memory,
    fit_to,
    svd_judge,
)
from latentia.benchmarks.runner import Found, Step
from latentia.benchmarks.timing import Timing, interleaved

POWERS = {"power": range(5), "QR": range(1, 5)}
"""Passes of either of its iterators; QR orthonormalises between them."""

_SHAPE = {"small": (10_000, 400), "full": (100_000, 1_000)}
_REPEATS = {"small": 1, "full": 3}
_BAR = Bar("≥", 2)
_seeds = itertools.count()
_ESTIMATOR = partial(latentia.TruncatedSVD, RANK, random_state=0)


class _Factors:
    """Dask's answer under the names that estimators have for it."""

    def __init__(self, s: Any, Vt: Any) -> None:
        self.singular_values_ = s.compute()
        self.components_ = Vt.compute()


def compressed_steps(size: Size, folder: Path) -> Iterator[Step]:
    """List the one comparison there is."""
    m, n = _SHAPE[size]
    name = f"SVD, {RANK} components, Dask, decaying {m}×{n} float32"
    yield Step(name, partial(_compare, name, size, folder))


def _compare(name: str, size: Size, folder: Path) -> Found:
    A = datasets.make_decaying(*_SHAPE[size], random_state=0)
    with two_workers(folder) as client:
        placed = place(client, A)
        runs: dict[str, Any] = {
            LATENTIA: partial(fit_to, _ESTIMATOR, "fit_transform", placed),
            IN_MEMORY: partial(fit_in_memory, _ESTIMATOR, "fit_transform", A),
        }
        for iterator, powers in POWERS.items():
            for q in powers:
                name_of = f"svd_compressed, {q} × {iterator}"
                runs[name_of] = partial(_compressed, placed, iterator, q)
        timings: dict[str, Timing[Answer]] = interleaved(runs, repeats=_REPEATS[size])
        results = judged(name, timings, svd_judge(A), {})
    ratio = Quantity(times_as_fast(results), "×", _BAR if size == "full" else None)
    return Found(results, {f"{name}: × svd_compressed as accurate": ratio})


def _compressed(placed: Any, iterator: str, q: int) -> Answer:
    """Leave U on the workers, as latentia does: here U·diag(s)."""
    da = dask_module("dask.array")
    seed = next(_seeds)  # Dask calls tasks of the same seed by the same names
    U, s, Vt = da.linalg.svd_compressed(
        placed, RANK, iterator=iterator, n_power_iter=q, seed=seed
    )
    persisted = dask_module("dask").persist(U * s, s, Vt)
    settle(*persisted)
    scores, s, Vt = persisted
    return _Factors(s, Vt), scores


def times_as_fast(results: list[MethodResult]) -> float:
    """Return the least time of those that are as accurate, over latentia's.

    If none is, the most accurate stands for them: it would need more time yet.

    Parameters
    ----------
    results : list of MethodResult
        latentia's, that in memory, and then the others.

    Returns
    -------
    float
    """
    ours, _, *others = results
    excess = {
        result.method: result.measures[QUALITY].value for result in [ours, *others]
    }
    accurate = [r for r in others if excess[r.method] <= excess[ours.method]]
    if not accurate:
        accurate = [min(others, key=lambda result: excess[result.method])]
    return min(result.median for result in accurate) / ours.median
