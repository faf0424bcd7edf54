"""Users whose events are read block by block: of files, of iterators, of Dask.

A model is sent to the blocks without what belongs to the users of its fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol, Self

import numpy as np
import scipy.sparse

from latentia.recommend.ids import Array
from latentia.recommend.interactions import Interactions
from latentia.recommend.user_events import (
    ListOptions,
    TopItems,
    UserEvents,
    check_columns,
    users_without_events,
    with_items_of,
)
from latentia.rows import Block, Csr, RowSource
from latentia.rows.convert import as_host_rows
from latentia.rows.kinds import is_lazy, is_source


class ListModel(Protocol):
    """What of a recommender lists need."""

    interactions_: Interactions
    n_threads: int | None

    def _for_new_users(self) -> Self: ...

    def _recommend(
        self, users: UserEvents, options: ListOptions, *, ids: Array, n_threads: int
    ) -> TopItems: ...


class _FactorModel(ListModel, Protocol):
    item_factors_: Array

    def _new_factors(self, users: UserEvents, n_threads: int) -> Array: ...


def is_read_by_blocks(X: Any) -> bool:
    """Whether X is a row source or a Dask collection."""
    return is_source(X) or is_lazy(X)


def asked_users(
    users: Any, known: Interactions
) -> tuple[UserEvents | RowSource, Array]:
    """Return the events of known or new users, and the users' ids."""
    if users is None:
        return UserEvents(known.matrix, np.arange(known.shape[0])), known.users
    if is_read_by_blocks(users):
        rows = as_host_rows(users)
        check_columns(rows.shape, known.shape[1])
        return rows, np.arange(rows.shape[0])
    if isinstance(users, Interactions) or scipy.sparse.issparse(users):
        data = with_items_of(users, known)
        return UserEvents(data.matrix, None), data.users
    if hasattr(users, "columns") or isinstance(users, Mapping):
        raise TypeError(
            "users must be a list of ids, or events as Interactions: "
            f"Interactions.from_frame takes a table, got {type(users).__name__}"
        )
    numbers = known.rows_of(users)
    return UserEvents(known.matrix[numbers], numbers), known.users[numbers]


def csr_of(block: Block) -> Any:
    """Return a block as a SciPy CSR array; of dense rows zeros are no events."""
    if isinstance(block, Csr):
        return block.to_scipy()
    return scipy.sparse.csr_array(block)


def events_of(block: Block, known: Interactions) -> Interactions:
    """Return the events of a block; their users are numbered from 0."""
    return with_items_of(csr_of(block), known)


def transform_blocks(
    model: _FactorModel, rows: RowSource, prior: Array | None, n_threads: int
) -> Any:
    """Return the factors of the users, where the results of the rows are."""
    factors = model.item_factors_
    if prior is None:
        state = rows.empty_state(factors.shape[1], factors.dtype)
    else:
        state = rows.state_from_array(prior.copy())
    kernel = partial(
        _write_factors, model=model._for_new_users(), has_prior=prior is not None
    )
    rows.update(kernel, state, n_threads=n_threads)
    return state.result()


def _write_factors(
    block: Block,
    n_threads: int,
    factors: Array,
    *,
    model: _FactorModel,
    has_prior: bool,
) -> int:
    matrix = events_of(block, model.interactions_).matrix
    users = UserEvents(matrix, None, factors if has_prior else None)
    factors[:] = model._new_factors(users, n_threads)
    return 0


def recommend_blocks(
    model: ListModel,
    rows: RowSource,
    prior: Array | None,
    options: ListOptions,
    n_threads: int,
) -> TopItems:
    """Return the lists of all users: these are in memory."""
    kernel = partial(
        _lists, model=model._for_new_users(), options=options._replace(cold="popular")
    )
    if prior is None:
        top = rows.reduce(kernel, n_threads=n_threads)
    else:
        state = rows.state_from_array(prior)
        top = rows.reduce_with(kernel, state, n_threads=n_threads)
    if options.cold == "error" and top.popular.any():
        raise users_without_events(np.flatnonzero(top.popular))
    return top


def _lists(
    block: Block,
    n_threads: int,
    prior: Array | None = None,
    *,
    model: ListModel,
    options: ListOptions,
) -> TopItems:
    data = events_of(block, model.interactions_)
    users = UserEvents(data.matrix, None, prior)
    return model._recommend(users, options, ids=data.users, n_threads=n_threads)
