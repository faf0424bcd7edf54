"""Lists, their metrics, and EASE, timed next to other packages; quality of models."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

import latentia
from latentia._native import kernels
from latentia.benchmarks import reference_numpy as reference
from latentia.benchmarks.recommend_made import (
    DIFFERENCE,
    IMPLICIT,
    IRSPACK,
    NUMPY,
    RANX,
    Shape,
    events_of,
    implicit_model,
    is_installed,
    peer_module,
)
from latentia.benchmarks.results import (
    LATENTIA,
    Measures,
    MethodResult,
    Quantity,
    Target,
)
from latentia.benchmarks.runner import Found, judge_timings
from latentia.benchmarks.timing import interleaved, one_blas_thread
from latentia.recommend import (
    EASE,
    ImplicitALS,
    ItemKNN,
    Popularity,
    Recommender,
    evaluate_ranking,
    split,
)
from latentia.rows.to_memory import csr_block

DEPTH = 100


def _compared(
    name: str,
    runs: dict[str, Callable[[], Any]],
    difference: Callable[[Any, Any], float],
    repeats: int,
    limit: float,
    others: tuple[str, ...] = (),
) -> Found:
    missing = [one for one in others if one not in runs]
    timings = interleaved(runs, repeats=repeats)
    results = judge_timings(
        name,
        timings,
        judge=lambda answers: {
            method: {DIFFERENCE: Quantity(difference(answer, answers[NUMPY]))}
            for method, answer in answers.items()
        },
        targets={DIFFERENCE: Target("≤", limit)},
        baseline=NUMPY,
    )
    return Found(results + [MethodResult(name, one, (), {}) for one in missing])


def time_lists(name: str, shape: Shape) -> Found:
    """Time lists of ten for all users; the difference is a share of other items."""
    X, k = events_of(*shape[:3]), shape.n_factors[0]
    als = ImplicitALS(k, n_iter=1, random_state=0).fit(X)
    U, V = als.user_factors_, als.item_factors_

    runs: dict[str, Callable[[], Any]] = {
        LATENTIA: lambda: _as_lists(als, X.shape[0]),
        NUMPY: lambda: reference.top_items(U, V, X, 10),
    }
    if is_installed(IMPLICIT):
        model = implicit_model(X, k, 1)
        model.user_factors, model.item_factors = U, V
        users = np.arange(X.shape[0])
        seen = csr_matrix(X)  # it refuses csr_array

        def peer() -> Any:
            with one_blas_thread():
                return model.recommend(users, seen, N=10)[0]

        runs[IMPLICIT] = peer

    def difference(lists: Any, expected: Any) -> float:
        busy = np.diff(X.indptr) > 0  # others get popular items
        return float(np.mean(lists[busy] != expected[busy]))

    return _compared(name, runs, difference, shape.repeats, 1e-3, (IMPLICIT,))


def _as_lists(model: Recommender, n_users: int) -> NDArray[np.int64]:
    """Return the items of ``recommend``, n_users × 10."""
    frame = model.recommend(n=10)
    lists = np.full((n_users, 10), -1, dtype=np.int64)
    lists[np.asarray(frame["user"]), np.asarray(frame["rank"]) - 1] = frame["item"]
    return lists


def time_metrics(name: str, shape: Shape) -> Found:
    """Time NDCG@100 of given lists of all users."""
    train, test = split(events_of(*shape[:3]), random_state=0)
    tested = np.flatnonzero(np.diff(test.matrix.indptr))
    relevant = test.matrix[tested]
    als = ImplicitALS(shape.n_factors[0], n_iter=1, random_state=0).fit(train)
    lists = reference.top_items(
        als.user_factors_[tested], als.item_factors_, train.matrix[tested], DEPTH
    )

    def ours() -> float:
        found = np.empty((len(tested), 7))
        kernels.ranking_metrics(
            lists,
            csr_block(relevant),
            np.array([DEPTH]),
            np.zeros(relevant.shape[1]),
            found,
            latentia.n_threads(),
        )
        return float(found[:, 2].mean())

    runs: dict[str, Callable[[], Any]] = {
        LATENTIA: ours,
        NUMPY: lambda: reference.ndcg(lists, relevant),
    }
    if is_installed(RANX):
        ranx = peer_module(RANX)
        scores = np.arange(DEPTH, 0, -1).astype(float).tolist()
        liked = {
            str(row): dict.fromkeys(map(str, relevant[[row]].indices.tolist()), 1)
            for row in range(len(tested))
        }
        ranked = {
            str(row): dict(zip(map(str, items), scores, strict=True))
            for row, items in enumerate(lists.tolist())
        }
        qrels, run = ranx.Qrels(liked), ranx.Run(ranked)
        runs[RANX] = lambda: float(ranx.evaluate(qrels, run, f"ndcg@{DEPTH}"))
    return _compared(name, runs, lambda a, b: abs(a - b), shape.repeats, 1e-6, (RANX,))


class _Scores:
    """What irspack's evaluator asks of a model, with given factors."""

    def __init__(self, U: NDArray[Any], V: NDArray[Any], seen: Any) -> None:
        self._U, self._V = U, V
        self.X_train_all = csr_matrix(seen)
        self.n_users, self.n_items = seen.shape

    def get_score_block(self, begin: int, end: int) -> NDArray[Any]:
        """Return the scores of some users."""
        scores: NDArray[Any] = self._U[begin:end] @ self._V.T
        return scores


def time_evaluation(name: str, shape: Shape) -> Found:
    """Time NDCG@100 of all users from factors: scores, lists and metrics."""
    train, test = split(events_of(*shape[:3]), random_state=0)
    als = ImplicitALS(shape.n_factors[0], n_iter=1, random_state=0).fit(train)
    U, V = als.user_factors_, als.item_factors_

    def ours() -> float:
        found = evaluate_ranking(als, train, test, DEPTH, n_bootstrap=1)
        return found.value("ImplicitALS", f"ndcg@{DEPTH}")

    def plain() -> float:
        tested = np.flatnonzero(np.diff(test.matrix.indptr))
        lists = reference.top_items(U[tested], V, train.matrix[tested], DEPTH)
        return reference.ndcg(lists, test.matrix[tested])

    runs: dict[str, Callable[[], Any]] = {LATENTIA: ours, NUMPY: plain}
    if is_installed(IRSPACK):
        evaluator = peer_module(IRSPACK).Evaluator(
            csr_matrix(test.matrix), cutoff=DEPTH, n_threads=latentia.n_threads()
        )
        scores = _Scores(U, V, train.matrix)
        runs[IRSPACK] = lambda: float(evaluator.get_score(scores)["ndcg"])
    # Of scores that are almost equal, rounding decides which is first.
    return _compared(
        name, runs, lambda a, b: abs(a - b), shape.repeats, 1e-4, (IRSPACK,)
    )


def time_ease(name: str, shape: Shape) -> Found:
    """Time item weights; the difference is the largest, of the largest weight."""
    X = events_of(shape.n_users, shape.n_ease_items, shape.n_events)
    runs: dict[str, Callable[[], Any]] = {
        LATENTIA: lambda: EASE(200).fit(X).weights_,
        NUMPY: lambda: reference.ease(X, 200),
    }
    return _compared(
        name,
        runs,
        lambda a, b: float(np.abs(a - b).max() / np.abs(b).max()),
        shape.repeats,
        1e-4,
    )


def quality(shape: Shape) -> Measures:
    """Return NDCG@100 and recall@20 of all models on held-out events."""
    train, test = split(events_of(*shape[:3]), random_state=0)
    models: dict[str, Recommender] = {
        "Popularity": Popularity(),
        "ItemKNN": ItemKNN(),
        "EASE": EASE(200),
        **{
            f"ImplicitALS, k={k}": ImplicitALS(k, random_state=0)
            for k in shape.n_factors
        },
    }
    found: Measures = {}
    for name, model in models.items():
        evaluation = evaluate_ranking(
            {name: model.fit(train)}, train, test, k=(20, DEPTH), n_bootstrap=1
        )
        for metric in ("recall@20", f"ndcg@{DEPTH}"):
            found[f"{name}: {metric}"] = Quantity(evaluation.value(name, metric))
    return found
