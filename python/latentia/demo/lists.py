"""Recommenders of the same events, and how good their lists are."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from latentia._number_format import percent
from latentia.pages import Table
from latentia.recommend import (
    EASE,
    ImplicitALS,
    ItemKNN,
    Metric,
    Popularity,
    RankingEvaluation,
    Recommender,
    evaluate_ranking,
    split,
)

LENGTH = 20
METRICS = {
    "recall": f"Recall@{LENGTH}",
    "ndcg": f"NDCG@{LENGTH}",
    "coverage": "Items in a list",
}

MOST_EASE_ITEMS = 10_000
"""EASE has a weight for each pair of items: more take minutes and gigabytes."""


@dataclass(frozen=True, eq=False)
class Lists:
    """Recommenders of the same events, and how good their lists are.

    Attributes
    ----------
    als : ImplicitALS
    evaluation : RankingEvaluation
        Popularity first.
    fit_time : float
        Seconds for the fit of ``als``.
    """

    als: ImplicitALS
    evaluation: RankingEvaluation
    fit_time: float

    @classmethod
    def measure(
        cls, data: Any, n_factors: int, others: dict[str, Recommender] | None = None
    ) -> Lists:
        """Fit the models to a part of the events, and test them on the others.

        ``others`` are further models, not fitted; they come last.
        """
        train, test = split(data, "per-user", random_state=0)
        start = time.perf_counter()
        als = ImplicitALS(n_factors, random_state=0).fit(train)
        fit_time = time.perf_counter() - start
        models: dict[str, Recommender] = {
            "Popularity": Popularity().fit(train),
            "Similar items": ItemKNN().fit(train),
        }
        if train.shape[1] <= MOST_EASE_ITEMS:
            models["EASE"] = EASE().fit(train)
        models[f"ALS with {n_factors} factors"] = als
        models |= {name: one.fit(train) for name, one in (others or {}).items()}
        length = min(LENGTH, train.shape[1])
        return cls(als, evaluate_ranking(models, train, test, length), fit_time)

    def metric(self, model: str, name: str) -> Metric:
        """Return a metric of the lists."""
        return self.evaluation.metrics[model][f"{name}@{self.evaluation.k[0]}"]

    @property
    def models(self) -> list[str]:
        """Their names."""
        return list(self.evaluation.metrics)

    def table(self, remark: str = "") -> Table:
        """Return the metrics of all models."""
        return Table(
            f"Lists for {self.evaluation.n_users:,} users, higher is better; ± is half "
            "of the 95 % interval over users. A model must be better than popularity"
            f"{remark}",
            ["Model", *METRICS.values()],
            [
                [name, *(_text(self.metric(name, metric)) for metric in METRICS)]
                for name in self.models
            ],
            emphasised=METRICS["ndcg"],
        )


def _text(metric: Metric) -> str:
    if np.isnan(metric.low):
        return percent(metric.value)
    return f"{metric.value:.3f} ± {(metric.high - metric.low) / 2:.3f}"
