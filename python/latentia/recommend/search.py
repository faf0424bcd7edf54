"""Grid search: the parameters of a recommender, chosen on held-out events."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from latentia._arguments import as_random, check_count, did_you_mean, draw_seed
from latentia._html import rich_table
from latentia._interrupt import ctrl_c_ends_all
from latentia.recommend.base import Recommender
from latentia.recommend.evaluation import evaluate_ranking
from latentia.recommend.frame import as_frame
from latentia.recommend.interactions import Interactions
from latentia.recommend.ranking_evaluation import METRICS
from latentia.recommend.split import Split, split

R = TypeVar("R", bound=Recommender)

RANKING: tuple[str, ...] = tuple(name for name in METRICS if name != "novelty")
"""Larger is better."""

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
        table = Table(
            title=f"{self.metric} on held-out events, {self.scores_.shape[1]} folds",
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


def search(
    model: type[R] | R,
    data: Any,
    grid: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Sequence[Any]]],
    *,
    metric: str = "ndcg@100",
    n_folds: int = 3,
    random_state: Any = None,
    fixed: Mapping[str, Any] | None = None,
) -> SearchResult[R]:
    """Fit a recommender with all parameters of a grid, and keep the best ones.

    Each fold holds out a random fifth of the items of each user, as ``split`` with
    "per-user" does; all candidates have the same folds. The data should be those for
    training alone: test events that take part in a search make later metrics too good.

    Parameters
    ----------
    model : class of a recommender, or one of its objects
        Parameters that are not in the grid are those of the object, or the defaults.
    data : Interactions or sparse matrix of shape (n_users, n_items)
    grid : dict of lists by parameter, or list of such dicts
        As scikit-learn's ``ParameterGrid`` takes it: all combinations of each dict.
    metric : str, default="ndcg@100"
        "recall", "precision", "ndcg", "map", "mrr" or "hit_rate" with the length of the
        list, see ``evaluate_ranking``; or "rmse" or "mae" of a model that predicts
        ratings.
    n_folds : int, default=3
    random_state : int, Generator, RandomState or None
        Of the folds, and of the models unless ``fixed`` or the object has one: all
        candidates begin with the same seed.
    fixed : dict, optional
        Parameters of all candidates, such as ``{"n_iter": 10}``.

    Returns
    -------
    SearchResult
        ``best_params_``, ``best_score_``, and ``best_model_``, which is fitted on all
        data. ``print`` shows a table, ``to_frame`` returns it.

    Raises
    ------
    TypeError
        If the model is no recommender.
    ValueError
        If the metric or a parameter is not known, the grid is empty, or a value is not
        allowed.

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> from latentia.recommend import ItemKNN, search
    >>> data = make_interactions(200, 100, 3000, random_state=0).matrix
    >>> found = search(
    ...     ItemKNN, data, {"n_neighbors": [1, 50]}, metric="ndcg@10", random_state=0
    ... )
    >>> found.best_params_
    {'n_neighbors': 50}
    """
    if not isinstance(data, Interactions):
        data = Interactions.from_matrix(data)
    base = _base(model, fixed or {})
    candidates = _candidates(base, grid, fixed or {})
    depth = _check_metric(metric, base, data.shape[1])
    n_folds = check_count(n_folds, "n_folds", least=1)
    random = as_random(random_state)
    if base.get_params().get("random_state", 0) is None:
        base.set_params(random_state=draw_seed(random))
    folds = [split(data, "per-user", random_state=random) for _ in range(n_folds)]
    scores = np.empty((len(candidates), n_folds))
    seconds = np.zeros(len(candidates))
    with ctrl_c_ends_all():
        for i, candidate in enumerate(candidates):
            for j, fold in enumerate(folds):
                start = time.perf_counter()
                fitted = _fitted(base, candidate, fold.train)
                seconds[i] += (time.perf_counter() - start) / n_folds
                scores[i, j] = _score(fitted, fold, metric, depth)
        best = int(np.argmin(scores.mean(1) if depth is None else -scores.mean(1)))
        best_model = _fitted(base, candidates[best], data)
    return SearchResult(metric, candidates, scores, seconds, best, best_model)


def _base(model: Any, fixed: Mapping[str, Any]) -> Any:
    """Return an unfitted recommender with the fixed parameters."""
    is_class = isinstance(model, type)
    if not issubclass(model if is_class else type(model), Recommender):
        raise TypeError(
            "model must be a class of a recommender, such as EASE, or one of its "
            f"objects, got {model!r:.100}"
        )
    base = model() if is_class else clone(model)
    _check_names(base, fixed, "fixed")
    return base.set_params(**fixed)


def _candidates(
    base: Recommender, grid: Any, fixed: Mapping[str, Any]
) -> list[dict[str, Any]]:
    candidates = [] if not grid else list(ParameterGrid(grid))
    if not any(candidates):
        raise ValueError(
            f"grid must have a parameter with its values, got {grid!r}; "
            f"{type(base).__name__} has {', '.join(base.get_params())}"
        )
    for candidate in candidates:
        _check_names(base, candidate, "grid")
        for name in candidate.keys() & fixed.keys():
            raise ValueError(f"{name!r} must be either in grid or in fixed")
    return candidates


def _check_names(base: Recommender, names: Mapping[str, Any], where: str) -> None:
    known = base.get_params()
    for name in names:
        if name not in known:
            raise ValueError(
                f"{where} must have parameters of {type(base).__name__}, which are "
                f"{', '.join(known)}; got {name!r}{did_you_mean(name, known)}"
            )


def _check_metric(metric: Any, base: Recommender, n_items: int) -> int | None:
    """Return the length of the lists, or None for errors of ratings."""
    errors = RATING if hasattr(base, "errors") else ()
    name, _, k = metric.partition("@") if isinstance(metric, str) else ("", "", "")
    if metric in errors:
        return None
    if name in RANKING and k.isascii() and k.isdigit() and int(k) > 0:
        if int(k) > n_items:
            raise ValueError(
                f"metric must have lists of at most {n_items} items, as many as there "
                f"are, got {metric!r}"
            )
        return int(k)
    if metric in RATING:
        raise ValueError(
            f"metric must be one of ranked lists, such as 'ndcg@10', got {metric!r}: "
            f"{type(base).__name__} predicts no ratings"
        )
    names = [f"{one}@{k or 100}" for one in RANKING]
    hint = did_you_mean(f"{name}@{k or 100}", names) or did_you_mean(metric, errors)
    allowed = ", ".join([*(f"{one}@k" for one in RANKING), *errors])
    raise ValueError(f"metric must be one of {allowed}, got {metric!r}{hint}")


def _fitted(base: Any, parameters: dict[str, Any], data: Interactions) -> Any:
    return clone(base).set_params(**parameters).fit(data)


def _score(model: Any, fold: Split, metric: str, depth: int | None) -> float:
    if depth is None:
        return float(getattr(model.errors(fold.test), metric))
    name = type(model).__name__
    found = evaluate_ranking(
        model, *fold, k=depth, n_bootstrap=1, n_threads=model.n_threads
    )
    return found.value(name, f"{metric.partition('@')[0]}@{depth}")
