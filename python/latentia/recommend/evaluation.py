"""How good ranked lists are, on events that the models have not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_count, check_real
from latentia._native import kernels
from latentia._threads import n_threads as resolve_n_threads
from latentia.recommend.base import Recommender
from latentia.recommend.bootstrap import bootstrap
from latentia.recommend.evaluation_events import Batch, EvaluationEvents
from latentia.recommend.ids import Array
from latentia.recommend.ranking_evaluation import (
    COVERAGE,
    METRICS,
    Metric,
    RankingEvaluation,
)
from latentia.recommend.user_events import ListOptions, UserEvents, with_items_of
from latentia.rows.to_memory import csr_block

LENGTHS = (10, 20, 100)
"""Of the lists, unless others are asked for."""


def evaluate_ranking(
    models: Recommender | Mapping[str, Recommender],
    train: Any,
    test: Any,
    k: int | Sequence[int] | None = None,
    *,
    n_bootstrap: int = 1000,
    confidence: float = 0.95,
    random_state: Any = 0,
    n_threads: int | None = None,
    user_features: Any = None,
) -> RankingEvaluation:
    """Rank all items for each user, and compare the lists with the test items.

    All items are ranked, except those that the user has in ``train``; negatives are
    never sampled. A stored entry of ``test`` with a value above 0 is relevant.

    Parameters
    ----------
    models : fitted recommender, or dict of fitted recommenders by name
    train : Interactions, sparse matrix, row source or Dask array
        Of shape (n_users, n_items): what the models may know of the users. Users of a
        model that was fitted on this very matrix are known users; others are folded in,
        such as those of ``fold_in`` of a split by held-out users. Rows of ``rows.open``
        and of Dask are read by runs of 65,536 users, and all are folded in.
    test : Interactions, sparse matrix, row source or Dask array
        Events of the same users with the same items. Users without test items are left
        out.
    k : int or list of int, optional
        Lengths of the lists, at most the number of items. By default 10, 20 and 100,
        or the number of items instead of those above it.
    n_bootstrap : int, default=1000
        Number of resamples of the users, the same ones for all models.
    confidence : float, default=0.95
        Of the percentile intervals.
    random_state : int, Generator, RandomState or None, default=0
        Of the resamples.
    n_threads : int, optional
        Upper limit of threads of the metrics; the models have their own.
    user_features : array or sparse matrix of shape (n_users, n_user_features)
        Optional, of the users of ``train``, if a model was fitted with features of
        users: users who are folded in have theirs. Other models do not use them.

    Returns
    -------
    RankingEvaluation

    Raises
    ------
    TypeError
        If a model is no recommender.
    ValueError
        If shapes or ids differ, an event is in both ``train`` and ``test``, nobody has
        test items, or there are features and no model was fitted with any.

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

    Examples
    --------
    >>> from latentia.datasets import make_interactions
    >>> from latentia.recommend import EASE, Popularity, evaluate_ranking, split
    >>> data = make_interactions(500, 100, 8000, random_state=0).matrix
    >>> train, test = split(data, random_state=0)
    >>> models = {"EASE": EASE(50).fit(train), "popular": Popularity().fit(train)}
    >>> found = evaluate_ranking(models, train, test, k=10, random_state=0)
    >>> found.value("EASE", "ndcg@10") > found.value("popular", "ndcg@10")
    True
    """
    named = _named(models)
    items = next(iter(named.values())).interactions_.items
    events = EvaluationEvents.of(train, test, items)
    for name, model in named.items():
        events.check_items(name, model.interactions_.items)
    depths = _depths(k, events.shape[1])
    n_bootstrap = check_count(n_bootstrap, "n_bootstrap", least=1)
    confidence = check_real(confidence, "confidence", above=0, below=1)
    threads = resolve_n_threads(n_threads)
    priors = _priors(named, user_features, events)
    measured = {
        name: _Measured.of(model, events, depths, priors[name])
        for name, model in named.items()
    }
    users = []
    for batch in events.batches():
        users.append(batch.seen.users)
        for one in measured.values():
            one.add(batch, threads)
    if not users:
        raise ValueError("test must have an event, got none")
    per_user = {name: np.concatenate(one.found) for name, one in measured.items()}
    intervals = bootstrap(per_user, n_bootstrap, confidence, random_state)
    n_tested = sum(map(len, users))
    return RankingEvaluation(
        tuple(depths.tolist()),
        {
            name: _as_metrics(per_user[name], intervals[name], one.coverage, depths)
            for name, one in measured.items()
        },
        n_tested,
        events.shape[0] - n_tested,
        confidence,
        per_user,
        np.concatenate(users),
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


def _priors(
    models: Mapping[str, Recommender], user_features: Any, events: EvaluationEvents
) -> dict[str, Array | None]:
    """Return the factors that features predict of all users, where a model has any."""
    if user_features is None:
        return dict.fromkeys(models)
    priors = {
        name: model._prior_of(user_features, events.users)
        for name, model in models.items()
    }
    if all(prior is None for prior in priors.values()):
        raise ValueError(
            "user_features must be given to fit too: none of the models "
            f"{', '.join(models)} has learnt from any"
        )
    return priors


def _depths(k: Any, n_items: int) -> NDArray[np.int64]:
    if k is None:
        return np.unique(np.minimum(LENGTHS, n_items))
    asked = [k] if np.ndim(k) == 0 else list(k)
    if not asked:
        raise ValueError("k must have at least one length, got none")
    return np.unique([check_count(one, "k", least=1, most=n_items) for one in asked])


def _information(model: Recommender) -> NDArray[np.float64]:
    """Return −log₂(share of users) of each item."""
    n_users = np.count_nonzero(np.diff(model.interactions_.matrix.indptr))
    shares = np.maximum(model.item_counts_, 1) / n_users
    information: NDArray[np.float64] = -np.log2(shares)
    return information


@dataclass(eq=False)
class _Measured:
    """The metrics of a model, batch after batch of users."""

    model: Recommender
    depths: NDArray[np.int64]
    is_known: bool
    listed: NDArray[np.bool_]
    prior: Array | None
    found: list[NDArray[np.float64]] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        model: Recommender,
        events: EvaluationEvents,
        depths: NDArray[np.int64],
        prior: Array | None,
    ) -> Self:
        """Return it before the first batch."""
        listed = np.zeros((len(depths), events.shape[1] + 1), dtype=bool)  # and −1
        is_known = events.is_fitted(model.interactions_)
        return cls(model, depths, is_known, listed, None if is_known else prior)

    def add(self, batch: Batch, n_threads: int) -> None:
        """Rank the items for a batch of users."""
        seen, known = batch.seen, self.model.interactions_
        users = UserEvents(
            seen.matrix if self.is_known else with_items_of(seen, known).matrix,
            batch.rows if self.is_known else None,
            None if self.prior is None else self.prior[batch.rows],
        )
        lists = self.model._recommend(
            users,
            ListOptions(int(self.depths[-1])),
            ids=seen.users,
            n_threads=resolve_n_threads(self.model.n_threads),
        ).items
        found = np.empty((len(lists), len(METRICS) * len(self.depths)))
        kernels.ranking_metrics(
            lists,
            csr_block(batch.relevant),
            self.depths,
            _information(self.model),
            found,
            n_threads,
        )
        self.found.append(found.reshape(len(lists), len(METRICS), len(self.depths)))
        for i, depth in enumerate(self.depths):
            self.listed[i, lists[:, :depth]] = True

    @property
    def coverage(self) -> list[float]:
        """The share of the items that are in a list, for each length."""
        shares: list[float] = self.listed[:, :-1].mean(axis=1).tolist()
        return shares


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
