"""Ranking metrics of several models, as a value and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from latentia._arguments import check_choice
from latentia._html import rich_table
from latentia.recommend.frame import as_frame

METRICS: tuple[str, ...] = (
    *("recall", "precision", "ndcg", "map", "mrr", "hit_rate", "novelty"),
)
"""In the order of the kernel; a mean over users each."""

COVERAGE = "coverage"

_HEADINGS = {
    "recall": "recall",
    "precision": "precision",
    "ndcg": "NDCG",
    "map": "MAP",
    "mrr": "MRR",
    "hit_rate": "hit rate",
    "novelty": "novelty",
    COVERAGE: "coverage",
}


@dataclass(frozen=True)
class Metric:
    """A metric of a model, and its bootstrap interval over users.

    Attributes
    ----------
    value : float
    low, high : float
        NaN for coverage, which is no mean over users.

    Examples
    --------
    >>> from latentia.recommend import Metric
    >>> recall = Metric(value=0.31, low=0.29, high=0.33)
    >>> round(recall.high - recall.low, 2)
    0.04
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class RankingEvaluation:
    """Ranking metrics of several models; ``print`` shows a table.

    Attributes
    ----------
    k : tuple of int
        Lengths of the lists.
    metrics : dict of dict of Metric
        ``metrics[model][name]``, with names such as "ndcg@10".
    n_users : int
        Users with test items: the metrics are means over them.
    n_left_out : int
        Users without test items.
    confidence : float
        Of the intervals.
    per_user : dict of ndarray of shape (n_users, n_metrics, n_k)
        The metrics of each user and model, in the order of ``METRICS`` and ``k``.
    users : ndarray of shape (n_users,)
        Their ids.

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> from latentia.recommend import Popularity, evaluate_ranking, split
    >>> data = make_interactions(200, 50, 2000, random_state=0).matrix
    >>> train, test = split(data, random_state=0)
    >>> found = evaluate_ranking(Popularity().fit(train), train, test, k=[5, 10])
    >>> found.k, sorted(found.metrics)
    ((5, 10), ['Popularity'])
    >>> five, ten = (found.value("Popularity", f"hit_rate@{k}") for k in (5, 10))
    >>> five <= ten
    True
    """

    k: tuple[int, ...]
    metrics: dict[str, dict[str, Metric]]
    n_users: int
    n_left_out: int
    confidence: float
    per_user: dict[str, NDArray[np.float64]]
    users: NDArray[Any]

    def value(self, model: str, metric: str) -> float:
        """Return a metric, such as "ndcg@10", of a model.

        Raises
        ------
        ValueError
            If there is no such model or metric; similar names are suggested.
        """
        check_choice(model, "model", tuple(self.metrics))
        found = self.metrics[model]
        return found[check_choice(metric, "metric", tuple(found))].value

    def to_frame(self) -> Any:
        """Return a table with one row for each model, metric and k.

        Returns
        -------
        pandas.DataFrame
            Or a dict of arrays, if pandas is not installed. The columns are ``model``,
            ``metric``, ``k``, ``value``, ``low`` and ``high``.
        """
        rows = [
            (model, name.partition("@")[0], int(name.partition("@")[2]), metric)
            for model, metrics in self.metrics.items()
            for name, metric in metrics.items()
        ]
        return as_frame(
            {
                "model": np.array([row[0] for row in rows], dtype=object),
                "metric": np.array([row[1] for row in rows], dtype=object),
                "k": np.array([row[2] for row in rows]),
                "value": np.array([row[3].value for row in rows]),
                "low": np.array([row[3].low for row in rows]),
                "high": np.array([row[3].high for row in rows]),
            }
        )

    def __rich__(self) -> Table:
        """Return the table; the best value of each column and k is bold."""
        table = Table(
            title=f"{self.n_users:,} users with test items"
            + (f", {self.n_left_out:,} without left out" if self.n_left_out else ""),
            caption=f"±: half of the {100 * self.confidence:g}% interval over users. "
            "Novelty is in bits. The largest value is bold; of coverage and novelty it "
            "is not always the best.",
        )
        table.add_column("k", justify="right")
        table.add_column("model")
        for heading in _HEADINGS.values():
            table.add_column(heading, justify="right", no_wrap=True)
        for k in self.k:
            best = {
                name: np.nanmax([m[f"{name}@{k}"].value for m in self.metrics.values()])
                for name in _HEADINGS
            }
            for i, (model, metrics) in enumerate(self.metrics.items()):
                found = {name: metrics[f"{name}@{k}"] for name in _HEADINGS}
                cells = [
                    Text(_text(metric), "bold" if metric.value == best[name] else "")
                    for name, metric in found.items()
                ]
                table.add_row(str(k) if i == 0 else "", Text(model), *cells)
            table.add_section()
        return table

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        return rich_table(self.__rich__())

    def __str__(self) -> str:
        """Return the table as text."""
        text = StringIO()
        Console(file=text, width=160, color_system=None).print(self)
        return text.getvalue().rstrip()


def _text(metric: Metric) -> str:
    if np.isnan(metric.value):
        return "-"
    half = (metric.high - metric.low) / 2
    digits = 2 if metric.value > 1 else 4
    value = f"{metric.value:.{digits}f}"
    return value if np.isnan(half) else f"{value} ± {half:.{digits}f}"
