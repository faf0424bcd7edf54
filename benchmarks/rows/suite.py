"""The rows suite: files larger than memory, Dask, and what a source costs.

The full size needs 20 GB of disk for a while, in the folder that
``LATENTIA_BENCH_CACHE`` names or in the temporary one. All of it is deleted.
"""

from collections.abc import Iterator

from latentia.benchmarks.results import Size
from latentia.benchmarks.rows.larger import LargerThanMemory
from latentia.benchmarks.rows.on_dask import compressed_steps, estimator_steps
from latentia.benchmarks.rows.sources import source_steps
from latentia.benchmarks.rows.traffic import traffic_steps
from latentia.benchmarks.rows.where import scratch
from latentia.benchmarks.runner import Step


def steps(size: Size) -> Iterator[Step]:
    """List them all; their files are gone when the iterator is closed."""
    with scratch() as folder:
        yield from LargerThanMemory(size, folder).steps()
        yield from estimator_steps(size, folder)
        yield from compressed_steps(size, folder)
        yield from traffic_steps(size, folder)
        yield from source_steps(size, folder)
