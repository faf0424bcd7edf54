"""Run time and accuracy of SVD and PCA, compared with NumPy and scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import sklearn.decomposition
import sklearn.utils.extmath
from numpy.typing import NDArray

import latentia
from latentia._number_format import percent, scientific, seconds, times
from latentia.benchmarks import reference_numpy
from latentia.benchmarks.machine import describe
from latentia.benchmarks.quality import optimal_residual, residual_above_best
from latentia.benchmarks.timing import Timing, interleaved
from latentia.demo.data import DemoData
from latentia.pages import Fact, Picture, Section, Table
from latentia.plots import timing_bars

RANK = 50
REPEATS, QUICK_REPEATS = 3, 2
OURS, PEER = "latentia", "scikit-learn"

Matrix: TypeAlias = NDArray[np.float32]
Factors: TypeAlias = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
Timings: TypeAlias = Mapping[str, Timing[Factors]]


def section_timings(data: DemoData) -> Section:
    """Time three implementations of both on the demo's largest matrix."""
    A = data.workload.matrix
    k = min(RANK, min(A.shape) - 1)
    repeats = QUICK_REPEATS if data.plan.is_quick else REPEATS
    limit = data.plan.timed_seconds
    svd = interleaved(_svd_methods(A, k), repeats=repeats, seconds=limit)
    pca = interleaved(_pca_methods(A, k), repeats=repeats, seconds=limit)
    counts = sorted({len(found[OURS].times) for found in (svd, pca)})
    svd_name, pca_name = f"Randomized SVD, rank {k}", f"PCA, {k} components"
    runs = {
        svd_name: {method: timing.times for method, timing in svd.items()},
        pca_name: {method: timing.times for method, timing in pca.items()},
    }
    return Section(
        "Run time and accuracy of SVD and PCA",
        prose=[
            data.workload.description,
            "After a warm-up, the methods ran in turn, each "
            f"{_times(counts)}; the table has the median. All use their default "
            "settings and number of threads; “NumPy” is subspace iteration in plain "
            "NumPy. The relative residual is the norm of the matrix minus its "
            "approximation, divided by the norm of the matrix. No approximation of "
            "this rank has a smaller residual than the truncated exact SVD; the last "
            "column is the relative difference to that optimum. Below 10⁻³ it makes no "
            "practical difference.",
            f"Machine: {describe().line()}.",
        ],
        facts=[
            Fact(times(_speed_up(svd, OURS)), f"speed-up over {PEER}’s randomized SVD"),
            Fact(times(_speed_up(pca, OURS)), f"speed-up over {PEER}’s PCA"),
        ],
        tables=[
            _table(svd_name, svd, A, center=np.zeros_like(A[0])),
            _table(pca_name, pca, A, center=A.mean(axis=0)),
        ],
        pictures=[
            Picture(
                "timings",
                timing_bars(runs, reference=PEER),
                caption="Median time of each method, with a tick for each run, and the "
                f"speed-up over {PEER}; shorter bars are better.",
                alt=f"{_in_words(svd_name, svd)} {_in_words(pca_name, pca)}",
            )
        ],
    )


def _times(counts: list[int]) -> str:
    """Return "once", "twice" or such, and both where they differ."""
    words = {1: "once", 2: "twice"}
    return " or ".join(words.get(count, f"{count} times") for count in counts)


def _svd_methods(A: Matrix, k: int) -> dict[str, Callable[[], Factors]]:
    return {
        OURS: lambda: latentia.randomized_svd(A, k, random_state=0),
        "NumPy": lambda: reference_numpy.randomized_svd(A, k),
        PEER: lambda: sklearn.utils.extmath.randomized_svd(A, k, random_state=0),
    }


def _pca_methods(A: Matrix, k: int) -> dict[str, Callable[[], Factors]]:
    return {
        OURS: lambda: _fit(latentia.PCA(k, random_state=0), A),
        "NumPy": lambda: reference_numpy.randomized_svd(A - A.mean(axis=0), k),
        PEER: lambda: _fit(sklearn.decomposition.PCA(k, random_state=0), A),
    }


def _fit(pca: Any, A: Matrix) -> Factors:
    """Return the centred ``A ≈ scores · diag(1) · components``."""
    scores = pca.fit_transform(A)
    return scores, np.ones(scores.shape[1]), pca.components_


def _table(name: str, timings: Timings, A: Matrix, center: Matrix) -> Table:
    size = float(np.linalg.norm(A - center))
    optimal = optimal_residual(A, len(timings[OURS].result[1]), center=center)
    rows = []
    for method, timing in timings.items():
        excess = residual_above_best(A, *timing.result, optimal, center=center)
        rows.append(
            [
                method,
                seconds(timing.median),
                times(_speed_up(timings, method)),
                percent(optimal * (1 + excess) / size),
                # By rounding, the residual can be slightly below the optimum.
                scientific(max(excess, 0.0)),
            ]
        )
    return Table(
        f"{name}: speed-up over {PEER}",
        [
            "Method",
            "Median time",
            "Speed-up",
            "Relative residual",
            "Above the optimum",
        ],
        rows,
        emphasised="Speed-up",
    )


def _speed_up(timings: Timings, method: str) -> float:
    return timings[PEER].median / timings[method].median


def _in_words(name: str, timings: Timings) -> str:
    medians = (f"{method} {seconds(t.median)}" for method, t in timings.items())
    return f"{name}: {', '.join(medians)}."
