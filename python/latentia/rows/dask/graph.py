"""Small graphs, for the scheduler that Dask is set to use."""

from __future__ import annotations

import itertools
import os
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dask.base
import dask.core
import dask.threaded
from dask.typing import Key

Graph = dict[Key, Any]


_PROCESS = uuid.uuid4().hex
_count = itertools.count()
_lock = threading.Lock()


def unique(what: str) -> str:
    """Return a name that no other task has, without the cost of a hash."""
    return f"{what}-{_PROCESS}-{os.getpid()}-{next(_count)}"


def literal(value: Any) -> Any:
    """Return a value as a node of a graph that Dask does not interpret."""
    return dask.core.quote(value)  # type: ignore[no-untyped-call]


def evaluate(graph: Graph, keys: list[Key], *, large: bool) -> Graph:
    """Compute keys; return their values, where they are, as nodes of a later graph.

    Parameters
    ----------
    graph : dict
    keys : list
        The keys to compute.
    large : bool
        Whether arrays of the caller are in the graph: then Dask may warn that it is
        large. The size of our own graphs is what a pass needs.
    """
    nodes = _Nodes(graph, keys)
    if large or not has_client():
        return _persist(nodes)
    with _lock:  # the setting is global: one thread at a time
        threshold = "distributed.admin.large-graph-warning-threshold"
        with dask.config.set({threshold: "1 PiB"}):
            return _persist(nodes)


def _persist(nodes: _Nodes) -> Graph:
    (made,) = dask.base.persist(nodes, optimize_graph=False)  # type: ignore[no-untyped-call]
    made_nodes: Graph = made.graph
    return made_nodes


def has_client() -> bool:
    """Whether a cluster computes the graph, so that ``persist`` does not wait."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return False
    try:
        distributed.get_client()
    except ValueError:
        return False
    return True


def fetch(nodes: list[Any]) -> list[Any]:
    """Return the values of evaluated nodes, here; wait for those on a cluster."""
    remote = [node for node in nodes if is_future(node)]
    if not remote:
        return nodes
    with _thread_lent():
        values: list[Any] = remote[0].client.gather(remote)
    return values


@contextmanager
def _thread_lent() -> Iterator[None]:
    """While a task on a cluster waits for others, free its thread for them."""
    distributed = sys.modules["distributed"]
    try:
        distributed.secede()
    except (AttributeError, KeyError, ValueError):  # this is not a task
        yield
        return
    try:
        yield
    finally:
        distributed.rejoin()


def is_future(node: Any) -> bool:
    """Whether a node is a value on a cluster."""
    distributed = sys.modules.get("distributed")
    return distributed is not None and isinstance(node, distributed.Future)


@dataclass
class _Nodes:
    """Keys of a graph, as a Dask collection."""

    graph: Graph
    keys: list[Key]

    __dask_scheduler__ = staticmethod(dask.threaded.get)

    def __dask_graph__(self) -> Graph:
        return self.graph

    def __dask_keys__(self) -> list[Key]:
        return self.keys

    def __dask_tokenize__(self) -> str:
        return unique("nodes")

    def __dask_postcompute__(self) -> tuple[Callable[..., Any], tuple[()]]:
        return list, ()

    def __dask_postpersist__(self) -> tuple[Callable[..., Any], tuple[list[Key]]]:
        return _rebuild, (self.keys,)


def _rebuild(nodes: Mapping[Key, Any], keys: list[Key]) -> _Nodes:
    return _Nodes(dict(nodes), keys)
