"""What a fit leaves in an estimator, and what goes on from there."""

from __future__ import annotations

from typing import Any

import numpy as np

from latentia._features import note_features
from latentia.decomposition.nmf.arguments import Settings, check_settings
from latentia.decomposition.nmf.data import Data
from latentia.decomposition.nmf.driver import add_batch, encode, error_of
from latentia.decomposition.nmf.engines import AdditiveEngine, Engine
from latentia.decomposition.nmf.engines.base import CENTRE
from latentia.decomposition.nmf.held import (
    components_of,
    is_as_fitted,
    known_mean_of,
    mark,
    mean_weights_of,
)
from latentia.rows import MemoryState


def keep(model: Any, work: Engine, data: Data, settings: Settings) -> None:
    """Record H and the mean of W, and bring W itself to the unit of X."""
    W, Ht = work.W, work.Ht
    data.out_of_unit(W)
    data.out_of_unit(MemoryState(Ht))
    empty = data.empty_columns()
    if empty.any():
        Ht[empty] = Ht[~empty].mean(axis=0, dtype=np.float64)
    model.mean_weights_ = data.mean_of_known(W)
    data.fill_unknown(W, model.mean_weights_)
    if settings.fixed is not None:
        Ht[:, : settings.n_fixed] = settings.fixed.T
    model.components_ = np.ascontiguousarray(Ht.T)
    model.n_components_ = len(model.components_)
    model.n_batches_seen_ = 1
    model._statistics = None
    if isinstance(work, AdditiveEngine) and data.unit == 1.0:
        model._statistics = work.statistics()
    model.known_mean_ = data.mean / data.unit
    model._mark = mark(model)


def encode_rows(model: Any, data: Data, n_threads: int) -> tuple[Engine, Settings]:
    """Return an engine whose W is the best for H as it is, or nearly."""
    H = components_of(model)
    mean = mean_weights_of(model)
    settings = check_settings(
        model,
        data,
        H=H,
        fitted=True,
        mean=known_mean_of(model),
        centre=None if mean is None else CENTRE * mean,
    )
    work, course = encode(data, settings, H, verbose=model.verbose, n_threads=n_threads)
    if course.interrupted:
        raise KeyboardInterrupt
    course.warn(settings)
    return work, settings


def add_rows(model: Any, X: Any, data: Data, n_threads: int) -> None:
    """Update H, and what else is kept, with a batch of rows."""
    work, settings = encode_rows(model, data, n_threads)
    past = model._statistics if is_as_fitted(model) else None
    mean, known_mean = mean_weights_of(model), known_mean_of(model)
    seen = getattr(model, "n_batches_seen_", 1)
    batch, statistics = add_batch(data, settings, work, past, seen, n_threads=n_threads)
    error = error_of(batch.value())
    of_batch = data.mean_of_known(batch.W)
    dtype = np.result_type(components_of(model), batch.Ht)
    if not hasattr(model, "n_features_in_"):
        note_features(model, X, reset=True)
    model.components_ = np.ascontiguousarray(batch.Ht.T, dtype=dtype)
    model.n_components_ = len(model.components_)
    if settings.fixed is not None:
        model.components_[: settings.n_fixed] = settings.fixed

    def mixed(before: Any, now: Any) -> Any:
        return now if before is None else (seen * before + now) / (seen + 1)

    model.mean_weights_ = mixed(mean, of_batch)
    model.known_mean_ = mixed(known_mean, data.mean)
    model.n_batches_seen_ = seen + 1
    model._statistics = statistics
    model._mark = mark(model)
    model.n_iter_ = getattr(model, "n_iter_", 0) + 1
    model.converged_ = getattr(model, "converged_", False)
    model.reconstruction_err_ = error
    errors = getattr(model, "reconstruction_errs_", np.empty(0))
    model.reconstruction_errs_ = np.append(errors, error)
