"""The recommend suite: implicit ALS, lists, metrics and EASE on made interactions.

The packages implicit, irspack and ranx are timed where they are installed. Films of
MovieLens are recommended where LATENTIA_MOVIELENS is its file.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import threadpoolctl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

import latentia
from latentia.benchmarks import reference_numpy as reference
from latentia.benchmarks.recommend_lists import (
    DEPTH,
    quality,
    time_ease,
    time_evaluation,
    time_lists,
    time_metrics,
)
from latentia.benchmarks.recommend_made import (
    DIFFERENCE,
    IMPLICIT,
    IRSPACK,
    MOST_FACTORS_OF_NUMPY,
    NUMPY,
    REGULARIZATION,
    SHAPES,
    events_of,
    implicit_model,
    is_installed,
    peer_module,
)
from latentia.benchmarks.recommend_movielens import held_out_users, rating_errors
from latentia.benchmarks.results import (
    LATENTIA,
    Measures,
    MethodResult,
    Quantity,
    Size,
    Target,
)
from latentia.benchmarks.runner import Found, Step, judge_timings, limits_step
from latentia.benchmarks.timing import Timing, interleaved, one_blas_thread, timed
from latentia.recommend import ImplicitALS

_SECONDS, _OBJECTIVE = "an iteration", "objective"

Factors: TypeAlias = tuple[NDArray[Any], NDArray[Any]]
"""Of users and items."""

_N_ITER = 5

_IRSPACK_SOLVERS = ("CG", "IALSPP")
_LEAST_RATIOS = {IMPLICIT: 2.0} | {f"{IRSPACK}, {s}": 1.3 for s in _IRSPACK_SOLVERS}


class Loss(NamedTuple):
    """A loss: how latentia names it, and α₀ and ν.

    The weight of a seen pair is 1 + α₀ if ``name`` is "hu".
    """

    name: str
    weight: float
    exponent: float


HU, RENDLE = Loss("hu", 1.0, 0.0), Loss("rendle", 0.1, 1.0)


def _ridges(X: Any, loss: Loss) -> tuple[NDArray[Any], NDArray[Any]]:
    counts = np.diff(X.indptr), np.bincount(X.indices, minlength=X.shape[1])
    users, items = (
        REGULARIZATION * (count + loss.weight * others) ** loss.exponent
        for count, others in zip(counts, X.shape[::-1], strict=True)
    )
    return users, items


def _options(loss: Loss) -> dict[str, Any]:
    return {"weight": loss.weight, "extra": loss.weight if loss is HU else 0.0}


def _ours(X: Any, k: int, loss: Loss, solver: Any = "auto") -> Factors:
    als = ImplicitALS(
        k,
        unobserved_weight=loss.weight,
        regularization=REGULARIZATION,
        frequency_exponent=loss.exponent,
        loss=loss.name,  # type: ignore[arg-type]
        n_iter=_N_ITER,
        solver=solver,
        random_state=0,
    ).fit(X)
    return als.user_factors_, als.item_factors_


def _numpy(X: Any, k: int, loss: Loss) -> Factors:
    start = np.random.default_rng(0).normal(0, 0.1 / np.sqrt(k), (X.shape[1], k))
    V: Any = start.astype(X.dtype)
    ridges, Xt = _ridges(X, loss), X.T.tocsr()
    options = _options(loss)
    U = reference.implicit_als_half(X, V, ridge=ridges[0], **options)
    for _ in range(_N_ITER):
        V = reference.implicit_als_half(Xt, U, ridge=ridges[1], **options)
        U = reference.implicit_als_half(X, V, ridge=ridges[0], **options)
    return U, V


def _implicit(X: Any, k: int, _: Loss) -> Factors:
    model = implicit_model(X, k, _N_ITER)
    return model.user_factors, model.item_factors


def _irspack(X: Any, k: int, loss: Loss, solver: str) -> Factors:
    model = peer_module("irspack").IALSRecommender(
        csr_matrix(X),
        n_components=k,
        alpha0=loss.weight,
        reg=REGULARIZATION,
        nu=loss.exponent,
        solver_type=solver,
        loss_type="IALSPP",
        train_epochs=_N_ITER,
        n_threads=latentia.n_threads(),
    )
    model.learn()
    return model.get_user_embedding(), model.get_item_embedding()


def _als(name: str, size: Size, k: int, loss: Loss) -> Found:
    """Time fits from random factors, and compare the objectives they reach."""
    shape = SHAPES[size]
    X = events_of(*shape[:3])
    methods: dict[str, Callable[..., Factors]] = {LATENTIA: _ours}
    missing = []
    if loss is HU:
        peers: dict[str, Callable[..., Factors]] = {IMPLICIT: _implicit}
        missing += [] if is_installed(IMPLICIT) else [IMPLICIT]
    else:
        peers = {
            f"{IRSPACK}, {solver}": partial(_irspack, solver=solver)
            for solver in _IRSPACK_SOLVERS
        }
        missing += [] if is_installed(IRSPACK) else [*peers]
    methods |= {peer: fit for peer, fit in peers.items() if peer not in missing}
    runs = {method: partial(fit, X, k, loss) for method, fit in methods.items()}
    with one_blas_thread():
        timings = interleaved(runs, repeats=shape.repeats)
        if k <= MOST_FACTORS_OF_NUMPY:
            timings[NUMPY] = timed(partial(_numpy, X, k, loss))
    ridges = _ridges(X, loss)

    def judge(answers: dict[str, Any]) -> Mapping[str, Measures]:
        found = {
            method: reference.implicit_objective(
                X, *factors, ridges=ridges, **_options(loss)
            )
            for method, factors in answers.items()
        }
        judged: dict[str, Measures] = {}
        for method, value in found.items():
            seconds = timings[method].median / _N_ITER
            judged[method] = {
                _SECONDS: Quantity(1e3 * seconds, "ms"),
                _OBJECTIVE: Quantity(value),
            }
            if NUMPY in found:
                judged[method][DIFFERENCE] = Quantity(value / found[NUMPY] - 1)
        return judged

    targets = {DIFFERENCE: Target("≤", 0.02)}
    results = judge_timings(name, timings, judge=judge, targets=targets, baseline=NUMPY)
    results += [MethodResult(name, one, (), {}) for one in missing]
    return Found(results, _over_ours(name, timings, size))


def _over_ours(name: str, timings: Mapping[str, Timing[Any]], size: Size) -> Measures:
    """Return the times of peers over ours."""
    ours = timings[LATENTIA].median
    return {
        f"{name}: time of {peer} over ours": Quantity(
            timings[peer].median / ours,
            "×",
            Target("≥", least) if size == "full" else None,
        )
        for peer, least in _LEAST_RATIOS.items()
        if peer in timings
    }


def steps(size: Size) -> Iterator[Step]:
    """List the cases, on equal threads."""
    shape = SHAPES[size]
    users, items, events = shape[:3]
    made, factors = f"{users}×{items}, {events} events", f"k={shape.n_factors[0]}"
    with threadpoolctl.threadpool_limits(latentia.n_threads()):
        for loss in (HU, RENDLE):
            for k in shape.n_factors:
                name = f"ALS, loss {loss.name}, k={k}, {_N_ITER} iterations, {made}"
                yield Step(name, partial(_als, name, size, k, loss))
        for name, measure in (
            (f"top 10 of all users, {factors}, {made}", time_lists),
            (f"NDCG@{DEPTH} of all users, lists given, {made}", time_metrics),
            (f"NDCG@{DEPTH} of all users, {factors}, {made}", time_evaluation),
            (f"EASE, {users}×{shape.n_ease_items}, {events} events", time_ease),
        ):
            yield Step(name, partial(measure, name, shape))
        yield limits_step(f"quality, {made}", partial(quality, shape))
        yield limits_step("MovieLens, ratings", partial(rating_errors, size))
        yield limits_step("MovieLens, held-out users", partial(held_out_users, size))
