"""Recommendation from events: lists of items for each user, and a map of the items."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._number_format import percent, seconds
from latentia._top_items import Items, Selection, top_of_scores
from latentia.datasets import SyntheticInteractions
from latentia.demo.data import DemoData
from latentia.pages import Fact, Picture, Section, Table
from latentia.plots import item_map
from latentia.recommend import (
    EASE,
    ImplicitALS,
    Interactions,
    ItemKNN,
    Metric,
    Popularity,
    RankingEvaluation,
    Recommender,
    evaluate_ranking,
    split,
)
from latentia.recommend.user_events import UserEvents

N_FACTORS = 8
LENGTH = 20
KINDS = tuple("ABCDEF")
METRICS = {
    "recall": f"Recall@{LENGTH}",
    "ndcg": f"NDCG@{LENGTH}",
    "coverage": "Items in a list",
}


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


@dataclass(frozen=True, eq=False)
class Lists:
    """Recommenders of the same events, and how good their lists are.

    Attributes
    ----------
    als : ImplicitALS
    evaluation : RankingEvaluation
        Popularity first and the best possible lists last.
    fit_time : float
        Seconds for the fit of ``als``.
    """

    als: ImplicitALS
    evaluation: RankingEvaluation
    fit_time: float

    @classmethod
    def of(cls, made: SyntheticInteractions) -> Lists:
        """Fit the models to a part of the events, and test them on the others."""
        train, test = split(made.matrix, "per-user", random_state=0)
        start = time.perf_counter()
        als = ImplicitALS(N_FACTORS, random_state=0).fit(train)
        fit_time = time.perf_counter() - start
        models = {
            "Popularity": Popularity().fit(train),
            "Similar items": ItemKNN().fit(train),
            "EASE": EASE().fit(train),
            f"ALS with {N_FACTORS} factors": als,
            "True preferences": TruePreferences(made).fit(train),
        }
        length = min(LENGTH, train.shape[1])
        return cls(als, evaluate_ranking(models, train, test, length), fit_time)

    def metric(self, model: str, name: str) -> Metric:
        """Return a metric of the lists."""
        return self.evaluation.metrics[model][f"{name}@{self.evaluation.k[0]}"]

    @property
    def models(self) -> list[str]:
        """Their names."""
        return list(self.evaluation.metrics)


def section_interactions(data: DemoData) -> Section:
    """Recommend items from made events, and compare with the best possible lists."""
    made = data.interactions
    found = Lists.of(made)
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
        tables=[_table(found)],
        pictures=[_map(found, made)],
    )


def _table(found: Lists) -> Table:
    return Table(
        f"Lists for {found.evaluation.n_users:,} users, higher is better; ± is half of "
        "the 95 % interval over users. A model must be better than popularity. The "
        "last row is the best possible",
        ["Model", *METRICS.values()],
        [
            [name, *(_text(found.metric(name, metric)) for metric in METRICS)]
            for name in found.models
        ],
        emphasised=METRICS["ndcg"],
    )


def _text(metric: Metric) -> str:
    if np.isnan(metric.low):
        return percent(metric.value)
    return f"{metric.value:.3f} ± {(metric.high - metric.low) / 2:.3f}"


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
