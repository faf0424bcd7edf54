"""The recommend suite: implicit ALS, lists, metrics and EASE on made interactions.

The packages implicit, irspack and ranx are timed where they are installed.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import threadpoolctl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

import latentia
from latentia._native import kernels
from latentia.benchmarks import reference_numpy as reference
from latentia.benchmarks.results import (
    LATENTIA,
    Measures,
    MethodResult,
    Quantity,
    Size,
    Target,
)
from latentia.benchmarks.runner import Found, Step, judge_timings, limits_step
from latentia.benchmarks.timing import interleaved, one_blas_thread
from latentia.datasets import make_interactions
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

NUMPY, IMPLICIT, IRSPACK, RANX = "NumPy", "implicit", "irspack", "ranx"
DIFFERENCE = "difference from NumPy"
_SECONDS, _OBJECTIVE = "an iteration", "objective"

_N_ITER = 5
_REGULARIZATION = 0.01
_DEPTH = 100


class Shape(NamedTuple):
    """Sizes of the made interactions, the numbers of factors, and the items of EASE."""

    n_users: int
    n_items: int
    n_events: int
    n_factors: tuple[int, ...]
    n_ease_items: int
    repeats: int


SHAPES: dict[Size, Shape] = {
    "small": Shape(1000, 400, 20_000, (8, 32), 300, 1),
    "full": Shape(100_000, 20_000, 5_000_000, (64, 256), 10_000, 3),
}


class Factors(NamedTuple):
    """Factors of users and items."""

    U: NDArray[Any]
    V: NDArray[Any]


class Loss(NamedTuple):
    """A loss: how latentia names it, and α₀ and ν.

    The weight of a seen pair is 1 + α₀ if ``name`` is "hu".
    """

    name: str
    weight: float
    exponent: float


HU, RENDLE = Loss("hu", 1.0, 0.0), Loss("rendle", 0.1, 1.0)


@cache
def _events(n_users: int, n_items: int, n_events: int) -> Any:
    return make_interactions(n_users, n_items, n_events, random_state=0).matrix


def _ridges(X: Any, loss: Loss) -> tuple[NDArray[Any], NDArray[Any]]:
    counts = np.diff(X.indptr), np.bincount(X.indices, minlength=X.shape[1])
    users, items = (
        _REGULARIZATION * (count + loss.weight * others) ** loss.exponent
        for count, others in zip(counts, X.shape[::-1], strict=True)
    )
    return users, items


def _options(loss: Loss) -> dict[str, Any]:
    return {"weight": loss.weight, "extra": loss.weight if loss is HU else 0.0}


def _ours(X: Any, k: int, loss: Loss, solver: Any = "auto") -> Factors:
    als = ImplicitALS(
        k,
        unobserved_weight=loss.weight,
        regularization=_REGULARIZATION,
        frequency_exponent=loss.exponent,
        loss=loss.name,  # type: ignore[arg-type]
        n_iter=_N_ITER,
        solver=solver,
        random_state=0,
    ).fit(X)
    return Factors(als.user_factors_, als.item_factors_)


def _numpy(X: Any, k: int, loss: Loss) -> Factors:
    start = np.random.default_rng(0).normal(0, 0.1 / np.sqrt(k), (X.shape[1], k))
    V: Any = start.astype(X.dtype)
    ridges, Xt = _ridges(X, loss), X.T.tocsr()
    options = _options(loss)
    U = reference.implicit_als_half(X, V, ridge=ridges[0], **options)
    for _ in range(_N_ITER):
        V = reference.implicit_als_half(Xt, U, ridge=ridges[1], **options)
        U = reference.implicit_als_half(X, V, ridge=ridges[0], **options)
    return Factors(U, V)


def _implicit_model(X: Any, k: int, n_iter: int) -> Any:
    # The weight of a seen pair is alpha, that of others 1
    model = import_module("implicit.cpu.als").AlternatingLeastSquares(
        factors=k,
        regularization=_REGULARIZATION,
        alpha=2.0,
        iterations=n_iter,
        num_threads=latentia.n_threads(),
        random_state=0,
    )
    with one_blas_thread():
        model.fit(csr_matrix(X), show_progress=False)
    return model


def _implicit(X: Any, k: int, _: Loss) -> Factors:
    model = _implicit_model(X, k, _N_ITER)
    return Factors(model.user_factors, model.item_factors)


def _irspack(X: Any, k: int, loss: Loss, solver: str) -> Factors:
    model = import_module("irspack").IALSRecommender(
        csr_matrix(X),
        n_components=k,
        alpha0=loss.weight,
        reg=_REGULARIZATION,
        nu=loss.exponent,
        solver_type=solver,
        loss_type="IALSPP",
        train_epochs=_N_ITER,
        n_threads=latentia.n_threads(),
    )
    model.learn()
    return Factors(model.get_user_embedding(), model.get_item_embedding())


def _has(package: str) -> bool:
    with suppress(ImportError):
        import_module(package)
        return True
    return False


def _als(name: str, shape: Shape, k: int, loss: Loss) -> Found:
    """Time fits from random factors, and compare the objectives they reach."""
    X = _events(*shape[:3])
    methods: dict[str, Callable[..., Factors]] = {LATENTIA: _ours, NUMPY: _numpy}
    missing = []
    if loss is HU:
        peers: dict[str, Callable[..., Factors]] = {IMPLICIT: _implicit}
        missing += [] if _has(IMPLICIT) else [IMPLICIT]
    else:
        peers = {
            f"{IRSPACK}, {solver}": partial(_irspack, solver=solver)
            for solver in ("CG", "IALSPP")
        }
        missing += [] if _has(IRSPACK) else [*peers]
    methods |= {peer: fit for peer, fit in peers.items() if peer not in missing}
    runs = {method: partial(fit, X, k, loss) for method, fit in methods.items()}
    references = {NUMPY: runs.pop(NUMPY)}
    with one_blas_thread():
        timings = interleaved(runs, repeats=shape.repeats)
        timings |= interleaved(references, repeats=1)
    ridges = _ridges(X, loss)

    def judge(answers: dict[str, Any]) -> Mapping[str, Measures]:
        found = {
            method: reference.implicit_objective(
                X, *factors, ridges=ridges, **_options(loss)
            )
            for method, factors in answers.items()
        }
        return {
            method: {
                _SECONDS: Quantity(1e3 * timings[method].median / _N_ITER, "ms"),
                _OBJECTIVE: Quantity(value),
                DIFFERENCE: Quantity(value / found[NUMPY] - 1),
            }
            for method, value in found.items()
        }

    targets = {DIFFERENCE: Target("≤", 0.02)}
    results = judge_timings(name, timings, judge=judge, targets=targets, baseline=NUMPY)
    return Found(results + [MethodResult(name, one, (), {}) for one in missing])


def _compared(
    name: str,
    runs: dict[str, Callable[[], Any]],
    missing: list[str],
    difference: Callable[[Any, Any], float],
    repeats: int,
    limit: float,
) -> Found:
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


def _lists(name: str, shape: Shape) -> Found:
    """Time lists of ten for all users; the difference is a share of other items."""
    X, k = _events(*shape[:3]), shape.n_factors[0]
    als = ImplicitALS(k, n_iter=1, random_state=0).fit(X)
    U, V = als.user_factors_, als.item_factors_

    runs: dict[str, Callable[[], Any]] = {
        LATENTIA: lambda: _as_lists(als, X.shape[0]),
        NUMPY: lambda: reference.top_items(U, V, X, 10),
    }
    missing = [] if _has(IMPLICIT) else [IMPLICIT]
    if not missing:
        model = _implicit_model(X, k, 1)
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

    return _compared(name, runs, missing, difference, shape.repeats, 1e-3)


def _as_lists(model: Recommender, n_users: int) -> NDArray[np.int64]:
    """Return the items of ``recommend``, n_users × 10."""
    frame = model.recommend(n=10)
    lists = np.full((n_users, 10), -1, dtype=np.int64)
    lists[np.asarray(frame["user"]), np.asarray(frame["rank"]) - 1] = frame["item"]
    return lists


def _metrics(name: str, shape: Shape) -> Found:
    """Time NDCG@100 of given lists of all users."""
    train, test = split(_events(*shape[:3]), random_state=0)
    tested = np.flatnonzero(np.diff(test.matrix.indptr))
    relevant = test.matrix[tested]
    als = ImplicitALS(shape.n_factors[0], n_iter=1, random_state=0).fit(train)
    lists = reference.top_items(
        als.user_factors_[tested], als.item_factors_, train.matrix[tested], _DEPTH
    )

    def ours() -> float:
        found = np.empty((len(tested), 7))
        kernels.ranking_metrics(
            lists,
            csr_block(relevant),
            np.array([_DEPTH]),
            np.zeros(relevant.shape[1]),
            found,
            latentia.n_threads(),
        )
        return float(found[:, 2].mean())

    runs: dict[str, Callable[[], Any]] = {
        LATENTIA: ours,
        NUMPY: lambda: reference.ndcg(lists, relevant),
    }
    missing = [] if _has(RANX) else [RANX]
    if not missing:
        ranx = import_module(RANX)
        scores = np.arange(_DEPTH, 0, -1).astype(float).tolist()
        liked = {
            str(row): dict.fromkeys(map(str, relevant[[row]].indices.tolist()), 1)
            for row in range(len(tested))
        }
        ranked = {
            str(row): dict(zip(map(str, items), scores, strict=True))
            for row, items in enumerate(lists.tolist())
        }
        qrels, run = ranx.Qrels(liked), ranx.Run(ranked)
        runs[RANX] = lambda: float(ranx.evaluate(qrels, run, f"ndcg@{_DEPTH}"))
    return _compared(name, runs, missing, lambda a, b: abs(a - b), shape.repeats, 1e-6)


def _ease(name: str, shape: Shape) -> Found:
    """Time item weights; the difference is the largest, of the largest weight."""
    X = _events(shape.n_users, shape.n_ease_items, shape.n_events)
    runs: dict[str, Callable[[], Any]] = {
        LATENTIA: lambda: EASE(200).fit(X).weights_,
        NUMPY: lambda: reference.ease(X, 200),
    }
    return _compared(
        name,
        runs,
        [],
        lambda a, b: float(np.abs(a - b).max() / np.abs(b).max()),
        shape.repeats,
        1e-4,
    )


def quality(shape: Shape) -> Measures:
    """Return NDCG@100 and recall@20 of all models on held-out events."""
    train, test = split(_events(*shape[:3]), random_state=0)
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
            {name: model.fit(train)}, train, test, k=(20, _DEPTH), n_bootstrap=1
        )
        for metric in ("recall@20", f"ndcg@{_DEPTH}"):
            found[f"{name}: {metric}"] = Quantity(evaluation.value(name, metric))
    return found


def steps(size: Size) -> Iterator[Step]:
    """List the cases, on equal threads."""
    shape = SHAPES[size]
    users, items, events = shape[:3]
    made = f"{users}×{items}, {events} events"
    with threadpoolctl.threadpool_limits(latentia.n_threads()):
        for loss in (HU, RENDLE):
            for k in shape.n_factors:
                name = f"ALS, loss {loss.name}, k={k}, {_N_ITER} iterations, {made}"
                yield Step(name, partial(_als, name, shape, k, loss))
        for name, measure in (
            (f"top 10 of all users, k={shape.n_factors[0]}, {made}", _lists),
            (f"NDCG@{_DEPTH} of all users, lists given, {made}", _metrics),
            (f"EASE, {users}×{shape.n_ease_items}, {events} events", _ease),
        ):
            yield Step(name, partial(measure, name, shape))
        yield limits_step(f"quality, {made}", partial(quality, shape))
