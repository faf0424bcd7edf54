"""The result of a grid search: a table of candidates, and the best model."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from latentia._html import rich_table
from latentia.recommend.base import Recommender
from latentia.recommend.frame import as_frame

R = TypeVar("R", bound=Recommender)

RATING: tuple[str, ...] = ("rmse", "mae")
"""Smaller is better; of models that predict ratings."""


@dataclass(frozen=True, eq=False)
class SearchResult(Generic[R]):
    """Candidates of a grid search, their scores, and the best model.

    Attributes
    ----------
    metric : str
    candidates_ : list of dict
        The parameters of each candidate, in the order of the grid.
    scores_ : ndarray of shape (n_candidates, n_folds)
        The metric on the held-out events of each fold.
    seconds_ : ndarray of shape (n_candidates,)
        Mean time of a fit.
    best_index_ : int
        The candidate with the best mean; of equal ones the first.
    best_model_ : Recommender
        Fitted with the best parameters on all data.
    method : {"per-user", "held-out-users"}
        How the folds were made.

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> from latentia.recommend import ItemKNN, search
    >>> data = make_interactions(200, 100, 3000, random_state=0).matrix
    >>> found = search(ItemKNN, data, {"n_neighbors": [1, 50]}, random_state=0)
    >>> found.candidates_
    [{'n_neighbors': 1}, {'n_neighbors': 50}]
    >>> found.best_model_.n_neighbors
    50
    """

    metric: str
    candidates_: list[dict[str, Any]]
    scores_: NDArray[np.float64]
    seconds_: NDArray[np.float64]
    best_index_: int
    best_model_: R
    method: str = "per-user"

    @property
    def best_params_(self) -> dict[str, Any]:
        """Parameters of the grid of the best candidate."""
        return self.candidates_[self.best_index_]

    @property
    def best_score_(self) -> float:
        """Mean of its metric over the folds."""
        return float(self.scores_[self.best_index_].mean())

    def to_frame(self) -> Any:
        """Return a table with one row for each candidate, in the order of the grid.

        Returns
        -------
        pandas.DataFrame
            Or a dict of arrays, if pandas is not installed. A column for each parameter
            of the grid, then ``mean`` and ``std`` (over the folds) of the metric,
            ``rank`` (1 is the best) and ``seconds`` of a fit. A parameter that a
            candidate does not have is None.
        """
        mean = self.scores_.mean(axis=1)
        order = np.argsort(self._sign * mean, kind="stable")
        rank = np.empty(len(mean), dtype=np.int64)
        rank[order] = 1 + np.arange(len(mean))
        columns = {name: self._values(name) for name in self._names}
        return as_frame(
            columns
            | {
                "mean": mean,
                "std": self.scores_.std(axis=1),
                "rank": rank,
                "seconds": self.seconds_,
            }
        )

    @property
    def _sign(self) -> int:
        return 1 if self.metric in RATING else -1

    @property
    def _names(self) -> list[str]:
        return [*dict.fromkeys(name for one in self.candidates_ for name in one)]

    def _values(self, name: str) -> NDArray[Any]:
        values = [candidate.get(name) for candidate in self.candidates_]
        column = np.empty(len(values), dtype=object)
        column[:] = values
        kinds = {type(value) for value in values}
        return np.array(values) if kinds in ({int}, {float}, {bool}) else column

    def __rich__(self) -> Table:
        """Return the table, the best candidate first."""
        held_out = "held-out events" if self.method == "per-user" else "held-out users"
        table = Table(
            title=f"{self.metric} on {held_out}, {self.scores_.shape[1]} folds",
            caption="±: standard deviation over the folds. Seconds are those of a fit.",
        )
        for name in self._names:
            table.add_column(name, justify="right")
        table.add_column(self.metric, justify="right", no_wrap=True)
        table.add_column("seconds", justify="right")
        mean, spread = self.scores_.mean(axis=1), self.scores_.std(axis=1)
        for i in np.argsort(self._sign * mean, kind="stable"):
            candidate = self.candidates_[i]
            table.add_row(
                *(Text(str(candidate.get(name, ""))) for name in self._names),
                f"{mean[i]:.4f} ± {spread[i]:.4f}",
                f"{self.seconds_[i]:.2f}",
                style="bold" if i == self.best_index_ else "",
            )
        return table

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        return rich_table(self.__rich__())

    def __str__(self) -> str:
        """Return the table as text."""
        text = StringIO()
        Console(file=text, width=120, color_system=None).print(self)
        return text.getvalue().rstrip()
