"""The table of ``recommend``: the best items of each user, with their ids."""

from __future__ import annotations

from typing import Any

import numpy as np

from latentia._arguments import check_choice, check_count, check_flag
from latentia._threads import n_threads as resolve_n_threads
from latentia.recommend.frame import as_frame
from latentia.recommend.ids import Array
from latentia.recommend.user_blocks import ListModel, recommend_blocks
from latentia.recommend.user_events import ListOptions, UserEvents, offered_items
from latentia.rows import RowSource

COLD: tuple[str, ...] = ("popular", "error")


def list_table(
    model: ListModel,
    users: UserEvents | RowSource,
    ids: Array,
    n: Any,
    *,
    exclude_seen: Any,
    items: Any,
    filter_items: Any,
    cold: Any,
    prior: Array | None = None,
) -> Any:
    """Return the lists of users as ``Recommender.recommend`` describes them.

    ``prior`` is for new users that are read by blocks; ``UserEvents`` has its own.
    """
    known = model.interactions_
    options = ListOptions(
        min(check_count(n, "n", least=1), known.shape[1]),
        check_flag(exclude_seen, "exclude_seen"),
        offered_items(items, filter_items, known),
        check_choice(cold, "cold", COLD),
    )
    n_threads = resolve_n_threads(model.n_threads)
    if isinstance(users, UserEvents):
        top = model._recommend(users, options, ids=ids, n_threads=n_threads)
    else:
        top = recommend_blocks(model, users, prior, options, n_threads)
    stored = top.items >= 0
    row, rank = np.nonzero(stored)
    return as_frame(
        {
            "user": ids[row],
            "item": known.items[top.items[stored]],
            "score": top.scores[stored],
            "rank": rank + 1,
            "popular": top.popular[row],
        }
    )
