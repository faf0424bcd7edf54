"""Grid search: the parameters of a recommender, chosen on held-out events."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any, Literal, get_args

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from latentia._arguments import (
    as_random,
    check_choice,
    check_count,
    did_you_mean,
    draw_seed,
)
from latentia._interrupt import ctrl_c_ends_all
from latentia.recommend.base import Recommender
from latentia.recommend.evaluation import evaluate_ranking
from latentia.recommend.features import checked_features
from latentia.recommend.interactions import Interactions
from latentia.recommend.ranking_evaluation import METRICS
from latentia.recommend.search_result import RATING, R, SearchResult
from latentia.recommend.split import HeldOutUsers, Split, split

Method = Literal["per-user", "held-out-users"]

RANKING: tuple[str, ...] = tuple(name for name in METRICS if name != "novelty")
"""Larger is better."""


def search(
    model: type[R] | R,
    data: Any,
    grid: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Sequence[Any]]],
    *,
    metric: str = "ndcg@100",
    n_folds: int = 3,
    random_state: Any = None,
    fixed: Mapping[str, Any] | None = None,
    method: Method = "per-user",
    user_features: Any = None,
    item_features: Any = None,
) -> SearchResult[R]:
    """Fit a recommender with all parameters of a grid, and keep the best ones.

    Each fold holds out a random fifth of the items of each user, or of the users, as
    ``split`` does; all candidates have the same folds. The data should be those for
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
    method : {"per-user", "held-out-users"}, default="per-user"
        The folds, see ``split``. Held-out users are folded in with a part of their
        events; choose it for lists of users that the model is not fitted to.
    user_features : array or sparse matrix of shape (n_users, n_user_features)
    item_features : array or sparse matrix of shape (n_items, n_item_features)
        Optional, of a model whose ``fit`` takes them, in the order of the users and
        items of ``data``; the rows of a data frame are found by the ids in its index.
        All folds have all rows, and learn from those of users and items with events of
        their training part: held-out users are folded in with their features.

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
        If the metric or a parameter is not known, the grid is empty, a value is not
        allowed, or features do not fit the data or the model.

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
    check_choice(method, "method", get_args(Method))
    if depth is None and method == "held-out-users":
        raise ValueError(
            f"method must be 'per-user' for the metric {metric!r}: there are no "
            "predictions of ratings for users that a model is not fitted to"
        )
    features = _features(base, data, user_features, item_features)
    n_folds = check_count(n_folds, "n_folds", least=1)
    random = as_random(random_state)
    if base.get_params().get("random_state", 0) is None:
        base.set_params(random_state=draw_seed(random))
    folds: list[Split | HeldOutUsers] = [
        split(data, method, random_state=random) for _ in range(n_folds)
    ]
    scores = np.empty((len(candidates), n_folds))
    seconds = np.zeros(len(candidates))
    with ctrl_c_ends_all():
        for i, candidate in enumerate(candidates):
            for j, fold in enumerate(folds):
                start = time.perf_counter()
                fitted = _fitted(base, candidate, fold.train, features)
                seconds[i] += (time.perf_counter() - start) / n_folds
                scores[i, j] = _score(fitted, fold, metric, depth, features)
        best = int(np.argmin(scores.mean(1) if depth is None else -scores.mean(1)))
        best_model = _fitted(base, candidates[best], data, features)
    return SearchResult(metric, candidates, scores, seconds, best, best_model, method)


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


def _features(
    base: Any, data: Interactions, user_features: Any, item_features: Any
) -> dict[str, Any]:
    """Return the arguments of ``fit`` besides the data, in the order of its ids."""
    found = {}
    for name, given, ids in (
        ("user_features", user_features, data.users),
        ("item_features", item_features, data.items),
    ):
        if given is None:
            continue
        if name not in signature(base.fit).parameters:
            raise ValueError(f"{name} must be None: {type(base).__name__} has none")
        found[name] = checked_features(given, ids, name)
    return found


def _fitted(
    base: Any,
    parameters: dict[str, Any],
    data: Interactions,
    features: dict[str, Any],
) -> Any:
    return clone(base).set_params(**parameters).fit(data, **features)


def _score(
    model: Any,
    fold: Split | HeldOutUsers,
    metric: str,
    depth: int | None,
    features: dict[str, Any],
) -> float:
    if depth is None:
        return float(getattr(model.errors(fold.test), metric))
    name = type(model).__name__
    known = fold.fold_in if isinstance(fold, HeldOutUsers) else fold.train
    found = evaluate_ranking(
        model,
        known,
        fold.test,
        k=depth,
        n_bootstrap=1,
        n_threads=model.n_threads,
        user_features=features.get("user_features"),
    )
    return found.value(name, f"{metric.partition('@')[0]}@{depth}")
