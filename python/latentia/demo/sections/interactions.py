"""Recommendation from events: lists of items for each user, and a map of the items."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._number_format import percent, seconds
from latentia._top_items import Items, Selection, top_of_scores
from latentia.datasets import SyntheticInteractions
from latentia.demo.data import DemoData
from latentia.demo.lists import Lists
from latentia.demo.sections.films import films_section
from latentia.pages import Fact, Picture, Section
from latentia.plots import item_map
from latentia.recommend import Interactions, Recommender
from latentia.recommend.user_events import UserEvents

N_FACTORS = 8
KINDS = tuple("ABCDEF")


class TruePreferences(Recommender):
    """The lists of who knows what produced the events: the best possible ones."""

    def __init__(self, made: SyntheticInteractions, n_threads: int | None = None):
        self.made = made
        self.n_threads = n_threads

    def _fit(self, data: Interactions, n_threads: int) -> dict[str, Any]:
        return {}

    def _top_items(
        self, users: UserEvents, selection: Selection
    ) -> tuple[Items, NDArray[Any]]:
        if users.rows is None:
            raise ValueError("users must be those of the events")
        items = np.arange(self.interactions_.shape[1])
        scores = self.made.preference(users.rows[:, np.newaxis], items)
        return top_of_scores(scores.astype(users.matrix.dtype), selection)


def lists_of(made: SyntheticInteractions) -> Lists:
    """Return the lists of made events, the best possible ones last."""
    best = {"True preferences": TruePreferences(made)}
    return Lists.measure(made.matrix, N_FACTORS, best)


def section_interactions(data: DemoData) -> Section:
    """Recommend films, or items of made events, next to the best possible lists."""
    if data.films is not None:
        return films_section(data.films)
    made = data.interactions
    found = lists_of(made)
    n_users, n_items = made.matrix.shape
    worst, *_, ours, best = (found.metric(m, "ndcg").value for m in found.models)
    facts = [
        Fact(
            seconds(found.fit_time),
            f"for a fit of {N_FACTORS} factors to "
            f"{found.als.interactions_.n_stored:,} events",
        )
    ]
    if best > worst:
        share = percent((ours - worst) / (best - worst))
        text = "of the way from the most popular items to the best possible lists"
        facts.insert(0, Fact(share, f"{text}, by NDCG"))
    return Section(
        "Recommendation: lists from events",
        prose=[
            f"{n_users:,} users have {made.matrix.nnz:,} events with {n_items:,} "
            "items, such as purchases. There are no ratings: an event says that a user "
            "may like an item, and no event says little.",
            "The events are synthetic: each item has two traits, and each user a taste "
            "for them. A fifth of each user’s items is held out. For each user all "
            "other items are ranked, and the first "
            f"{found.evaluation.k[0]} should have the held-out ones.",
        ],
        facts=facts,
        tables=[found.table(". The last row is the best possible")],
        pictures=[_map(found, made)],
    )


def _map(found: Lists, made: SyntheticInteractions) -> Picture:
    return Picture(
        "interactions-map",
        item_map(
            found.als.item_factors_,
            [f"kind {kind}" for kind in kinds(made)],
            counts=found.als.item_counts_,
        ),
        caption="The items by their factors; larger points have more events. The "
        "colours are the true kinds of items, which the model has not seen: it has "
        "found them from who has events with what.",
        alt="Points in six colours, one for each kind of item. Points of the same "
        "colour lie together.",
    )


def kinds(made: SyntheticInteractions) -> NDArray[np.str_]:
    """Return the kind of each item: the direction of its first two traits."""
    x, y = made.item_factors[:, :2].T
    turn = (np.arctan2(y, x) + np.pi) / (2 * np.pi)
    found: NDArray[np.str_] = np.array(KINDS)[
        (turn * len(KINDS)).astype(int) % len(KINDS)
    ]
    return found
