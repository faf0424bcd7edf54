"""What workers exchange in a pass, by Dask's own counters.

They count what is written: on the streams between scheduler and workers, by which tasks
come and the state with them, and where results are sent, to the other worker for the
sums that are added there, and to the client.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

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
from latentia.benchmarks.timing import unconverged
from latentia.rows import RowSource, as_rows, normal_product

WIDTH = 256
COLUMNS, COMPONENTS, PARTS = 32, 10, 20
TIMES_THE_ROWS = 4

_N_ROWS = {"small": 8_000, "full": 25_000}
_N_PASSES = {"small": 6, "full": 12}
_QUIET = 0.05  # seconds: streams are written in batches of milliseconds
_TARGET = Target("≤", 1.05)
_KB = 1e3


class Work(NamedTuple):
    """Passes over rows, and the bytes of the state that they need for ``d`` columns.

    ``run(rows, n)`` makes ``n`` passes, after some others. The sums are about as large.
    """

    name: str
    run: Callable[[RowSource, int], None]
    state_bytes: Callable[[int], int]


def _products(rows: RowSource, n: int) -> None:
    block = np.ones((rows.shape[1], COLUMNS), dtype=np.float32)
    for _ in range(n):
        normal_product(rows, block)


def _iterations(estimator: Callable[..., Any], rows: RowSource, n: int) -> None:
    unconverged(estimator(max_iter=n, tol=0, random_state=0).fit, rows)


_MIXTURE = partial(latentia.GaussianMixture, COMPONENTS, init_params="random_from_data")
_NMF = partial(latentia.NMF, PARTS, init="random")
WORKS = (
    Work(f"SVD pass, {COLUMNS} columns", _products, lambda d: 4 * COLUMNS * d),
    Work(
        f"EM iteration, {COMPONENTS} full components",
        partial(_iterations, _MIXTURE),
        lambda d: 8 * COMPONENTS * d * (d + 1),
    ),
    Work(
        f"NMF iteration, {PARTS} parts",
        partial(_iterations, _NMF),
        lambda d: 4 * PARTS * (d + PARTS),
    ),
)


def traffic_steps(size: Size, folder: Path) -> Iterator[Step]:
    """List what is measured."""
    yield limits_step("bytes that workers exchange", partial(_traffic, size, folder))


def _traffic(size: Size, folder: Path) -> Measures:
    """Give what a worker exchanges in a pass, also over the size of the state.

    It must not grow with the rows. Where an idle worker may take partitions from the
    other (work stealing), it may.
    """
    n_rows, n_passes = _N_ROWS[size], _N_PASSES[size]
    shape, more_rows = (n_rows, WIDTH), (TIMES_THE_ROWS * n_rows, WIDTH)
    found: Measures = {}
    for work in WORKS:
        with two_workers(folder, steal=False) as client:
            exchanged, more = (
                _of_a_pass(client, work, one, n_passes) for one in (shape, more_rows)
            )
        with two_workers(folder) as client:
            stealing = _of_a_pass(client, work, more_rows, n_passes)
        name = f"{work.name}, d = {WIDTH}: a worker exchanges"
        of_more = f"{name}, {TIMES_THE_ROWS} times the rows"
        target = _TARGET if size == "full" else None
        of_state = exchanged / work.state_bytes(WIDTH)
        found |= {
            name: Quantity(exchanged / _KB, "kB"),
            f"{name}, of the state": Quantity(of_state, "×"),
            of_more: Quantity(more / exchanged, "×", target),
            f"{of_more}, work stealing": Quantity(stealing / exchanged, "×"),
        }
    return found


def _of_a_pass(
    client: Client, work: Work, shape: tuple[int, int], n_passes: int
) -> float:
    """Return the bytes that a worker exchanges from a pass to the next.

    They are the median of a fit's last passes. The first ones are others, or move parts
    of states to where they are needed.
    """
    counts: list[int] = []
    rows = as_rows(place(client, made_rows(*shape)))
    watched = CountedRows(rows, watch=lambda: counts.append(_counted(client)))
    client.run(_clear_results)
    work.run(watched, n_passes + 1)
    passes = [after - before for before, after in pairwise(counts[-n_passes:])]
    return statistics.median_high(passes) / N_WORKERS


def _counted(client: Client) -> int:
    time.sleep(_QUIET)
    workers = [client.run(count) for count in (_bytes_of_results, _sent_to_scheduler)]
    sent: int = client.run_on_scheduler(_sent_to_workers)
    return sent + sum(sum(counted.values()) for counted in workers)


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
