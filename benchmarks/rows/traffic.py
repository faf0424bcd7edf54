"""What workers exchange in a pass, by Dask's own counters.

They count what is written: on the streams between scheduler and workers, by which tasks
come and the state with them, and where results are sent, to the other worker for the
sums that are added there, and to the client.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

import latentia
from latentia.benchmarks.results import Measures, Quantity, Size, Target
from latentia.benchmarks.rows.counted import CountedRows
from latentia.benchmarks.rows.where import (
    N_WORKERS,
    Client,
    made_rows,
    place,
    two_workers,
)
from latentia.benchmarks.runner import Step, limits_step
from latentia.rows import RowSource, as_rows, normal_product

WIDTHS = (64, 256)
"""Numbers of features: from two, the constants follow."""

COLUMNS, COMPONENTS, PARTS = 32, 10, 20
TIMES_THE_ROWS = 4

_N_ROWS = {"small": 8_000, "full": 25_000}
_N_PASSES = {"small": 6, "full": 12}
_QUIET = 0.05  # seconds: streams are written in batches of milliseconds
_TARGET = Target("≤", 1.05)
_KB = 1e3


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Bytes of tasks, on the streams, and of results."""

    tasks: float
    results: float

    def __sub__(self, other: Exchanged) -> Exchanged:
        """Return how many more they are."""
        return Exchanged(self.tasks - other.tasks, self.results - other.results)

    def of_one(self, n: int) -> Exchanged:
        """Return the share of one of so many."""
        return Exchanged(self.tasks / n, self.results / n)

    @property
    def total(self) -> float:
        """Both."""
        return self.tasks + self.results


@dataclass(frozen=True, slots=True)
class Work:
    """Passes over rows of ``d`` columns, and the size of what they need and find.

    ``run(rows, n)`` makes ``n`` passes, after some others. State and sums are about as
    large: ``n_bytes`` of them, by the formula ``size``.
    """

    name: str
    run: Callable[[RowSource, int], None]
    size: str
    n_bytes: Callable[[int], int]


def _products(rows: RowSource, n: int) -> None:
    block = np.ones((rows.shape[1], COLUMNS), dtype=np.float32)
    for _ in range(n):
        normal_product(rows, block)


def _iterations(estimator: Callable[..., Any], rows: RowSource, n: int) -> None:
    with warnings.catch_warnings():
        # A set number of iterations is not meant to converge.
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator(max_iter=n, tol=0, random_state=0).fit(rows)


WORKS = (
    Work(
        f"SVD pass, {COLUMNS} columns",
        _products,
        f"4·{COLUMNS}·d",
        lambda d: 4 * COLUMNS * d,
    ),
    Work(
        f"EM iteration, {COMPONENTS} full components",
        partial(
            _iterations,
            partial(
                latentia.GaussianMixture, COMPONENTS, init_params="random_from_data"
            ),
        ),
        f"8·{COMPONENTS}·d·(d + 1)",
        lambda d: 8 * COMPONENTS * d * (d + 1),
    ),
    Work(
        f"NMF iteration, {PARTS} parts",
        partial(_iterations, partial(latentia.NMF, PARTS, init="random")),
        f"4·{PARTS}·(d + {PARTS})",
        lambda d: 4 * PARTS * (d + PARTS),
    ),
)


def traffic_steps(size: Size, folder: Path) -> Iterator[Step]:
    """List what is measured."""
    yield limits_step("bytes that workers exchange", partial(_traffic, size, folder))


def _traffic(size: Size, folder: Path) -> Measures:
    n_rows, n_passes = _N_ROWS[size], _N_PASSES[size]
    narrow, wide = ((n_rows, width) for width in WIDTHS)
    more_rows = TIMES_THE_ROWS * n_rows, WIDTHS[1]
    with two_workers(folder, steal=False) as client:
        quiet = {
            shape: [_of_a_pass(client, work, shape, n_passes) for work in WORKS]
            for shape in (narrow, wide, more_rows)
        }
    with two_workers(folder) as client:
        stealing = [_of_a_pass(client, work, more_rows, n_passes) for work in WORKS]
    found: Measures = {}
    for work, *exchanged in zip(WORKS, *quiet.values(), stealing, strict=True):
        found |= described(work, exchanged, target=_TARGET if size == "full" else None)
    return found


def described(
    work: Work, exchanged: Sequence[Exchanged], *, target: Target | None
) -> Measures:
    """Put what a worker exchanges in a pass into numbers.

    ``exchanged`` is that of rows of either width; of wide rows, ``TIMES_THE_ROWS``
    times as many; of these where an idle worker may take partitions from the other.
    Returned are the bytes of wide rows, named by the formula ``c₀ + (c₁ + c₂)·size``,
    c₁ in tasks and c₂ in results; and the ratio of more rows, which is to be 1.
    """
    narrow, wide, more_rows, stealing = exchanged
    sizes = [work.n_bytes(width) for width in WIDTHS]
    slope = (wide - narrow).of_one(sizes[1] - sizes[0])
    fixed = wide.total - slope.total * sizes[1]
    formula = (
        f"{fixed / _KB:.1f} kB + "
        f"({slope.tasks:.2f} in tasks + {slope.results:.2f} in results)·{work.size}"
    )
    name = f"{work.name}: a worker exchanges"
    more = f"{name}, {TIMES_THE_ROWS} times the rows"
    return {
        f"{name} {formula}; d = {WIDTHS[1]}": Quantity(wide.total / _KB, "kB"),
        more: Quantity(more_rows.total / wide.total, "×", target),
        f"{more}, work stealing": Quantity(stealing.total / wide.total, "×"),
    }


def _of_a_pass(
    client: Client, work: Work, shape: tuple[int, int], n_passes: int
) -> Exchanged:
    """Take what is exchanged from a pass to the next, the median of a fit's last ones.

    The first ones are others, or move parts of states to where they are needed.
    """
    counts: list[Exchanged] = []
    rows = as_rows(place(client, made_rows(*shape)))
    watched = CountedRows(rows, watch=lambda: counts.append(_counted(client)))
    client.run(_clear_results)
    work.run(watched, n_passes + 1)
    passes = [after - before for before, after in pairwise(counts[-n_passes:])]
    typical = sorted(passes, key=lambda exchanged: exchanged.total)[len(passes) // 2]
    return typical.of_one(N_WORKERS)


def _counted(client: Client) -> Exchanged:
    time.sleep(_QUIET)
    results = sum(client.run(_bytes_of_results).values())
    received = client.run_on_scheduler(_sent_to_workers)
    return Exchanged(received + sum(client.run(_sent_to_scheduler).values()), results)


def _sent_to_workers(dask_scheduler: Any) -> int:
    streams = dask_scheduler.stream_comms.values()
    return sum(int(stream.byte_count) for stream in streams)


def _sent_to_scheduler(dask_worker: Any) -> int:
    sent: int = dask_worker.batched_stream.byte_count
    return sent


def _clear_results(dask_worker: Any) -> None:
    dask_worker.transfer_outgoing_log.clear()


def _bytes_of_results(dask_worker: Any) -> int:
    # Not the counter of the worker: it has Dask's guesses of how large results are.
    return sum(int(sent["compressed"]) for sent in dask_worker.transfer_outgoing_log)
