"""Small graphs of our own, handed to whatever scheduler Dask is set to use."""

from __future__ import annotations

import itertools
import os
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import dask.base
import dask.core
import dask.threaded
from dask.typing import Key

Graph = dict[Key, Any]


_PROCESS = uuid.uuid4().hex
_count = itertools.count()


def unique(what: str) -> str:
    """Return a name that no other task has: hashing what is in it would take time."""
    return f"{what}-{_PROCESS}-{os.getpid()}-{next(_count)}"


def literal(value: Any) -> Any:
    """Return a value as a node of a graph, whatever Dask would see in it."""
    return dask.core.quote(value)  # type: ignore[no-untyped-call]


def evaluate(graph: Graph, keys: list[Key], *, large: bool) -> Graph:
    """Return these keys' values where they were computed: the nodes of a later graph.

    Parameters
    ----------
    graph : dict
    keys : list
        Those wanted.
    large : bool
        Whether the caller's own arrays are in the graph: then Dask's warning about
        graphs of such a size is his. Ours are as large as what they have to say.
    """
    # Where distributed is not imported yet, a setting of its own would hide the others.
    ours = "distributed" in sys.modules and not large
    threshold = "distributed.admin.large-graph-warning-threshold"
    quiet = {threshold: "1 PiB"} if ours else {}
    with dask.config.set(quiet):
        (made,) = dask.base.persist(  # type: ignore[no-untyped-call]
            _Nodes(graph, keys), optimize_graph=False
        )
    nodes: Graph = made.graph
    return nodes


def fetch(nodes: list[Any]) -> list[Any]:
    """Return the values of evaluated nodes, here: those of a cluster are waited for."""
    remote = [node for node in nodes if is_future(node)]
    if not remote:
        return nodes
    values: list[Any] = remote[0].client.gather(remote)
    return values


def is_future(node: Any) -> bool:
    """Return whether a node stands for what is on a cluster."""
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
