"""What an iteration is, for each kind of data, divergence and solver: one file each."""

from __future__ import annotations

from latentia.decomposition.nmf.arguments import Settings
from latentia.decomposition.nmf.data import Data
from latentia.decomposition.nmf.engines.base import (
    AdditiveEngine,
    Array,
    Engine,
    Statistics,
)
from latentia.decomposition.nmf.engines.divergence import DivergenceEngine
from latentia.decomposition.nmf.engines.frobenius import FrobeniusEngine
from latentia.decomposition.nmf.engines.known import KnownEngine
from latentia.rows import RowState

__all__ = ["AdditiveEngine", "Engine", "Statistics", "additive_engine", "engine"]


def engine(
    data: Data, settings: Settings, W: RowState, Ht: Array, n_threads: int
) -> Engine:
    """Return the engine for these data and this solver, which writes to W and Ht."""
    if data.known_only and settings.solver == "hals":
        return KnownEngine(data, settings, W, Ht, n_threads)
    return additive_engine(data, settings, W, Ht, n_threads)


def additive_engine(
    data: Data, settings: Settings, W: RowState, Ht: Array, n_threads: int
) -> AdditiveEngine:
    """Return an engine whose updates of H can go batch by batch."""
    if data.known_only or settings.beta != 2.0:
        return DivergenceEngine(data, settings, W, Ht, n_threads)
    return FrobeniusEngine(data, settings, W, Ht, n_threads)
