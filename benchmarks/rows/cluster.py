"""Two workers of one thread on this machine, and rows in their memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Client: TypeAlias = Any
DaskArray: TypeAlias = Any

N_WORKERS = 2
N_PARTITIONS = 8


def dask_module(name: str) -> Any:
    """Return a module of Dask, whose functions have no types.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            'It needs Dask: pip install "latentia[distributed]".'
        ) from error


@contextmanager
def two_workers(folder: Path, *, steal: bool = True) -> Iterator[Client]:
    """Start a cluster whose files are in a folder, and give its client.

    Workers have no limit of memory: nothing is written to the disk meanwhile. Unless
    told not to, one that is idle takes tasks, and their partitions, from the other.
    """
    distributed = dask_module("distributed")
    stealing = {"distributed.scheduler.work-stealing": steal}
    with (
        dask_module("dask").config.set(stealing),
        distributed.LocalCluster(
            n_workers=N_WORKERS,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,
            dashboard_address=None,
            local_directory=str(folder),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def place(client: Client, A: NDArray[Any]) -> DaskArray:
    """Send the rows of a matrix to the workers: half of the partitions to each.

    Returns
    -------
    dask Array
        Of ``N_PARTITIONS`` chunks, there already.
    """
    da = dask_module("dask.array")
    bounds = np.linspace(0, len(A), N_PARTITIONS + 1).astype(int).tolist()
    addresses = workers_of(client)
    chunks = []
    for number in range(N_PARTITIONS):
        begin, end = bounds[number : number + 2]
        home = addresses[number * len(addresses) // N_PARTITIONS]
        sent = client.scatter(A[begin:end], workers=[home], hash=False, direct=True)
        # As workers make them arrays begin where numbers may: what arrives may not.
        future = client.submit(np.array, sent, workers=[home], pure=False)
        chunks.append(da.from_delayed(future, (end - begin, A.shape[1]), A.dtype))
    array = client.persist(da.concatenate(chunks))
    settle(array)
    return array


def settle(*collections: Any) -> None:
    """Wait until everything persisted is there."""
    dask_module("distributed").wait(list(collections))


def workers_of(client: Client) -> Sequence[str]:
    """Return the workers' addresses, in an order that does not change."""
    return sorted(client.scheduler_info(n_workers=-1)["workers"])
