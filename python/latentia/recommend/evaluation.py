"""How good ranked lists are, on events that the models have not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_choice, check_count, check_real, draw_seed
from latentia._native import kernels
from latentia._threads import n_threads as resolve_n_threads
from latentia.recommend.base import Recommender, UserEvents
from latentia.recommend.frame import as_frame
from latentia.recommend.interactions import Interactions
from latentia.rows.to_memory import csr_block

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

_USERS_AT_ONCE = 1 << 15
_RESAMPLES_AT_ONCE = 32


@dataclass(frozen=True)
class Metric:
    """A metric of a model, and its bootstrap interval over users.

    Attributes
    ----------
    value : float
    low, high : float
        NaN for coverage, which is no mean over users.
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
                    f"[bold]{_text(metric)}[/bold]"
                    if metric.value == best[name]
                    else _text(metric)
                    for name, metric in found.items()
                ]
                table.add_row(str(k) if i == 0 else "", model, *cells)
            table.add_section()
        return table

    def __str__(self) -> str:
        """Return the table as text."""
        text = StringIO()
        Console(file=text, width=160, color_system=None).print(self)
        return text.getvalue().rstrip()


def evaluate_ranking(
    models: Recommender | Mapping[str, Recommender],
    train: Any,
    test: Any,
    k: int | Sequence[int] = (10, 20, 100),
    *,
    n_bootstrap: int = 1000,
    confidence: float = 0.95,
    random_state: Any = 0,
    n_threads: int | None = None,
) -> RankingEvaluation:
    """Rank all items for each user, and compare the lists with the test items.

    All items are ranked, except those that the user has in ``train``; negatives are
    never sampled. A stored entry of ``test`` with a value above 0 is relevant.

    Parameters
    ----------
    models : fitted recommender, or dict of fitted recommenders by name
    train : Interactions or sparse matrix of shape (n_users, n_items)
        What the models may know of the users. Users of a model that was fitted on this
        very matrix are known users; others are folded in, such as those of ``fold_in``
        of a split by held-out users.
    test : Interactions or sparse matrix of shape (n_users, n_items)
        Events of the same users with the same items. Users without test items are left
        out.
    k : int or list of int, default=(10, 20, 100)
        Lengths of the lists, at most the number of items.
    n_bootstrap : int, default=1000
        Number of resamples of the users, the same ones for all models.
    confidence : float, default=0.95
        Of the percentile intervals.
    random_state : int, Generator, RandomState or None, default=0
        Of the resamples.
    n_threads : int, optional
        Upper limit of threads of the metrics; the models have their own.

    Returns
    -------
    RankingEvaluation

    Raises
    ------
    TypeError
        If a model is no recommender.
    ValueError
        If shapes or ids differ, an event is in both ``train`` and ``test``, or nobody
        has test items.

    Notes
    -----
    r(j) is 1 if the item of rank j is relevant and else 0, and R is the number of
    relevant items of the user.

    =========  =========================================================================
    recall     Σ_{j ≤ k} r(j) / min(k, R)
    precision  Σ_{j ≤ k} r(j) / k
    ndcg       Σ_{j ≤ k} r(j) / log₂(j + 1), divided by its largest possible value
    map        Σ_{j ≤ k} r(j)·precision@j / min(k, R)
    mrr        1 / rank of the first relevant item; 0 if it is not among k
    hit_rate   1 if one of k is relevant
    novelty    mean of −log₂(share of the users of the fit that have the item) over the
               list, in bits; an item without users counts as if it had one
    coverage   share of the items that are in at least one list
    =========  =========================================================================

    Of equal scores the item with the lower column number comes first. A list that is
    shorter than k counts as if irrelevant items followed. Users without events in
    ``train`` get the popular items.

    References
    ----------
    D. Liang et al., "Variational Autoencoders for Collaborative Filtering", WWW 2018.
    W. Krichene and S. Rendle, "On Sampled Metrics for Item Recommendation", KDD 2020.
    T. Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender
    systems", PNAS 107 (2010): novelty.
    """
    named = _named(models)
    train, test = (
        data if isinstance(data, Interactions) else Interactions.from_matrix(data)
        for data in (train, test)
    )
    _check_same_ids(train, test, "test")
    for name, model in named.items():
        if not np.array_equal(model.interactions_.items, train.items):
            raise ValueError(
                f"train must have the items of the model {name!r}, in the same order; "
                f"there are {len(train.items)} and {model.interactions_.shape[1]} items"
            )
    depths = _depths(k, train.shape[1])
    n_bootstrap = check_count(n_bootstrap, "n_bootstrap", least=1)
    confidence = check_real(confidence, "confidence", above=0, below=1)
    threads = resolve_n_threads(n_threads)
    relevant = _relevant(test)
    _check_disjoint(train.matrix, relevant)
    tested = np.flatnonzero(np.diff(relevant.indptr))
    if not len(tested):
        raise ValueError("test must have an event, got none")
    per_user, coverage = {}, {}
    for name, model in named.items():
        per_user[name], coverage[name] = _metrics_of(
            model, train, relevant, tested, depths, threads
        )
    intervals = _bootstrap(per_user, n_bootstrap, confidence, random_state)
    return RankingEvaluation(
        tuple(depths.tolist()),
        {
            name: _as_metrics(per_user[name], intervals[name], coverage[name], depths)
            for name in named
        },
        len(tested),
        train.shape[0] - len(tested),
        confidence,
        per_user,
        train.users[tested],
    )


def _named(models: Any) -> dict[str, Recommender]:
    named = (
        dict(models) if isinstance(models, Mapping) else {type(models).__name__: models}
    )
    if not named:
        raise ValueError("models must have at least one recommender, got none")
    for name, model in named.items():
        if not isinstance(model, Recommender):
            raise TypeError(
                "models must be a fitted recommender or a dict of them, got "
                f"{type(model).__name__}"
                + (f" for {name!r}" if isinstance(models, Mapping) else "")
            )
        check_is_fitted(model, "interactions_")
    return {str(name): model for name, model in named.items()}


def _check_same_ids(train: Interactions, other: Interactions, name: str) -> None:
    if train.shape != other.shape:
        raise ValueError(
            f"{name} must have the users × items of train, "
            f"{train.shape[0]} × {train.shape[1]}, got "
            f"{other.shape[0]} × {other.shape[1]}"
        )
    for what in ("users", "items"):
        if not np.array_equal(getattr(train, what), getattr(other, what)):
            raise ValueError(f"{name} must have the {what} of train, in the same order")


def _depths(k: Any, n_items: int) -> NDArray[np.int64]:
    asked = [k] if np.ndim(k) == 0 else list(k)
    if not asked:
        raise ValueError("k must have at least one length, got none")
    return np.unique([check_count(one, "k", least=1, most=n_items) for one in asked])


def _relevant(test: Interactions) -> Any:
    if test.matrix.data.all():
        return test.matrix
    matrix = test.matrix.copy()
    matrix.eliminate_zeros()
    return matrix


def _check_disjoint(train: Any, relevant: Any) -> None:
    pattern = [
        type(matrix)(
            (np.ones(matrix.nnz, np.int8), matrix.indices, matrix.indptr),
            shape=matrix.shape,
        )
        for matrix in (train, relevant)
    ]
    both = pattern[0].multiply(pattern[1]).nnz
    if both:
        raise ValueError(
            "test must have no event of train, whose items are left out of the lists, "
            f"got {both:,} of them"
        )


def _information(model: Recommender) -> NDArray[np.float64]:
    """Return −log₂(share of users) of each item."""
    n_users = np.count_nonzero(np.diff(model.interactions_.matrix.indptr))
    shares = np.maximum(model.item_counts_, 1) / n_users
    information: NDArray[np.float64] = -np.log2(shares)
    return information


def _is_fitted_on(model: Recommender, train: Interactions) -> bool:
    known = model.interactions_
    if known is train or known.matrix is train.matrix:
        return True
    return (
        known.shape == train.shape
        and known.n_stored == train.n_stored
        and np.array_equal(known.users, train.users)
        and all(
            np.array_equal(getattr(known.matrix, part), getattr(train.matrix, part))
            for part in ("indptr", "indices", "data")
        )
    )


def _metrics_of(
    model: Recommender,
    train: Interactions,
    relevant: Any,
    tested: NDArray[np.int64],
    depths: NDArray[np.int64],
    n_threads: int,
) -> tuple[NDArray[np.float64], list[float]]:
    """Return the metrics (n_tested × n_metrics × n_depths), and the coverage by k."""
    known, n_items = _is_fitted_on(model, train), train.shape[1]
    information = _information(model)
    found = np.empty((len(tested), len(METRICS) * len(depths)))
    listed = np.zeros((len(depths), n_items + 1), dtype=bool)  # the last one is −1
    for begin in range(0, len(tested), _USERS_AT_ONCE):
        rows = tested[begin : begin + _USERS_AT_ONCE]
        events = train.take_rows(rows)
        users = UserEvents(
            events.matrix if known else model._new_users(events).matrix,
            rows if known else None,
        )
        lists = model._recommend(
            users,
            int(depths[-1]),
            exclude_seen=True,
            offered=None,
            cold="popular",
            ids=events.users,
        ).items
        kernels.ranking_metrics(
            lists,
            csr_block(relevant[rows]),
            depths,
            information,
            found[begin : begin + len(rows)],
            n_threads,
        )
        for i, depth in enumerate(depths):
            listed[i, lists[:, :depth]] = True
    coverage = listed[:, :-1].mean(axis=1).tolist()
    return found.reshape(len(tested), len(METRICS), len(depths)), coverage


def _bootstrap(
    per_user: dict[str, NDArray[np.float64]],
    n_bootstrap: int,
    confidence: float,
    random_state: Any,
) -> dict[str, NDArray[np.float64]]:
    """Return low and high of each metric: percentiles of means of resampled users."""
    random = np.random.default_rng(draw_seed(random_state))
    shape = next(iter(per_user.values())).shape
    n_users, n_values = shape[0], shape[1] * shape[2]
    flat = np.concatenate([m.reshape(n_users, n_values) for m in per_user.values()], 1)
    missing = np.isnan(flat)  # novelty of an empty list
    values = np.where(missing, 0.0, flat)
    means = np.empty((n_bootstrap, flat.shape[1]))
    for begin in range(0, n_bootstrap, _RESAMPLES_AT_ONCE):
        count = min(_RESAMPLES_AT_ONCE, n_bootstrap - begin)
        weights = np.empty((count, n_users))
        for one in weights:
            drawn = random.integers(n_users, size=n_users)
            one[:] = np.bincount(drawn, minlength=n_users)
        totals = n_users - (weights @ missing if missing.any() else 0.0)
        with np.errstate(invalid="ignore"):  # 0 / 0: all drawn lists are empty
            means[begin : begin + count] = (weights @ values) / totals
    tail = (1 - confidence) / 2
    bounds = np.full((2, flat.shape[1]), np.nan)
    some = ~np.isnan(means).all(axis=0)
    bounds[:, some] = np.nanquantile(means[:, some], [tail, 1 - tail], axis=0)
    parts = np.split(bounds, len(per_user), axis=1)
    return {
        name: part.reshape(2, shape[1], shape[2])
        for name, part in zip(per_user, parts, strict=True)
    }


def _as_metrics(
    per_user: NDArray[np.float64],
    interval: NDArray[np.float64],
    coverage: list[float],
    depths: NDArray[np.int64],
) -> dict[str, Metric]:
    metrics = {}
    for j, depth in enumerate(depths):
        for i, name in enumerate(METRICS):
            values = per_user[:, i, j]
            values = values[~np.isnan(values)]
            metrics[f"{name}@{depth}"] = Metric(
                float(values.mean()) if len(values) else np.nan,
                float(interval[0, i, j]),
                float(interval[1, i, j]),
            )
        metrics[f"{COVERAGE}@{depth}"] = Metric(coverage[j], np.nan, np.nan)
    return metrics


def _text(metric: Metric) -> str:
    if np.isnan(metric.value):
        return "-"
    half = (metric.high - metric.low) / 2
    digits = 2 if metric.value > 1 else 4
    value = f"{metric.value:.{digits}f}"
    return value if np.isnan(half) else f"{value} ± {half:.{digits}f}"
