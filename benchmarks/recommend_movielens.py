"""Ratings and lists of films, where LATENTIA_MOVIELENS is a file of MovieLens.

The data may not be redistributed; https://grouplens.org/datasets/movielens has them.
Parameters are chosen by ``search`` on the training part alone.
"""

import os
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

import latentia
from latentia.benchmarks.recommend_made import (
    IMPLICIT,
    IRSPACK,
    is_installed,
    peer_module,
)
from latentia.benchmarks.results import Measures, Quantity, Size, Target
from latentia.datasets import load_movielens
from latentia.recommend import (
    EASE,
    FactorRecommender,
    ImplicitALS,
    Interactions,
    ItemKNN,
    Popularity,
    RatingALS,
    Recommender,
    evaluate_ranking,
    search,
    split,
)

VARIABLE = "LATENTIA_MOVIELENS"
LIKED = 4.0
"""From this rating on, a film is an event."""

N_FOLDS = 5
_N_RATINGS_100K, _RMSE_100K = 100_000, 0.919
"""The number of ratings of MovieLens 100K, and the RMSE of SVD++ in Surprise."""

_LENGTHS = (20, 100)
_Grid = dict[str, list[Any]]

RATING_GRIDS: dict[Size, _Grid] = {
    "small": {"n_factors": [16], "regularization": [0.1, 0.15]},
    "full": {
        "n_factors": [16, 64],
        "regularization": [0.07, 0.09, 0.11, 0.13, 0.16],
    },
}
ALS_GRIDS: dict[Size, _Grid] = {
    "small": {"n_factors": [32], "regularization": [0.003, 0.03]},
    "full": {
        "n_factors": [32, 64, 128],
        "regularization": [0.003, 0.01, 0.03],
        "unobserved_weight": [0.03, 0.1, 0.3],
    },
}
EASE_GRIDS: dict[Size, _Grid] = {
    "small": {"regularization": [100.0, 400.0]},
    "full": {"regularization": [30.0, 60.0, 120.0, 250.0, 500.0, 1000.0]},
}


class _Peer(FactorRecommender):
    """An ALS of another package, which has the parameters of ``ImplicitALS``."""

    def __init__(
        self,
        n_factors: int = 64,
        unobserved_weight: float = 0.1,
        regularization: float = 0.03,
        n_threads: int | None = None,
    ) -> None:
        self.n_factors = n_factors
        self.unobserved_weight = unobserved_weight
        self.regularization = regularization
        self.n_threads = n_threads

    model_: Any

    def _found(self, model: Any, U: Any, V: Any) -> dict[str, Any]:
        U, V = (np.ascontiguousarray(factors, np.float32) for factors in (U, V))
        return {"model_": model, "user_factors_": U, "item_factors_": V}


class IrspackALS(_Peer):
    """irspack's, with the same loss."""

    def _fit(self, data: Interactions, n_threads: int) -> dict[str, Any]:
        model = peer_module(IRSPACK).IALSRecommender(
            csr_matrix(data.matrix),
            n_components=self.n_factors,
            alpha0=self.unobserved_weight,
            reg=self.regularization,
            n_threads=n_threads,
        )
        with redirect_stdout(StringIO()):  # its progress bar
            model.learn()
        U, V = model.get_user_embedding(), model.get_item_embedding()
        return self._found(model, U, V)

    def _fold_in(self, matrix: Any, n_threads: int) -> NDArray[Any]:
        found: NDArray[Any] = self.model_.compute_user_embedding(csr_matrix(matrix))
        return found


class ImplicitsALS(_Peer):
    """The one of implicit: a seen pair has the weight 1/α₀, others 1, and λ is 1/α₀."""

    def _fit(self, data: Interactions, n_threads: int) -> dict[str, Any]:
        # Its penalty has no n_u: that of a user with the mean number of events
        mean = data.n_stored / int((np.diff(data.matrix.indptr) > 0).sum())
        model = peer_module("implicit.cpu.als").AlternatingLeastSquares(
            factors=self.n_factors,
            regularization=self.regularization
            * (mean / self.unobserved_weight + data.shape[1]),
            alpha=1 + 1 / self.unobserved_weight,
            iterations=15,
            num_threads=n_threads,
            random_state=0,
        )
        model.fit(csr_matrix(data.matrix), show_progress=False)
        return self._found(model, model.user_factors, model.item_factors)

    def _fold_in(self, matrix: Any, n_threads: int) -> NDArray[Any]:
        found: NDArray[Any] = self.model_.recalculate_user(
            np.arange(matrix.shape[0]), csr_matrix(matrix)
        )
        return found


@cache
def _ratings(path: str) -> Interactions:
    return Interactions.from_frame(load_movielens(path), value="rating")


def _movielens() -> Interactions:
    path = os.environ.get(VARIABLE)
    if not path:
        raise FileNotFoundError(
            f"Set {VARIABLE} to the ratings of MovieLens 100K (u.data) or their folder."
        )
    return _ratings(path)


def rating_errors(size: Size) -> Measures:
    """Return RMSE and MAE of RatingALS over random folds, tuned in each."""
    data = _movielens()
    fold = np.random.default_rng(0).permutation(data.n_stored) % N_FOLDS
    found = []
    for number in range(N_FOLDS):
        train, test = data.select(fold != number), data.select(fold == number)
        tuned = search(
            RatingALS,
            train,
            RATING_GRIDS[size],
            metric="rmse",
            n_folds=1,
            random_state=number,
        )
        found.append(tuned.best_model_.errors(test)[:2])
    (rmse, mae), spread = np.mean(found, axis=0), np.std(found, axis=0)
    name = f"MovieLens, {data.n_stored} ratings, {N_FOLDS} folds, RatingALS"
    is_100k = size == "full" and data.n_stored == _N_RATINGS_100K
    target = Target("≤", _RMSE_100K) if is_100k else None
    return {
        f"{name}: RMSE": Quantity(float(rmse), target=target),
        f"{name}: MAE": Quantity(float(mae)),
        f"{name}: standard deviation of RMSE": Quantity(float(spread[0])),
    }


def held_out_users(size: Size) -> Measures:
    """Return metrics of lists for users that no model was fitted to, tuned inside."""
    ratings = _movielens()
    liked = ratings.select(ratings.matrix.data >= LIKED)
    liked.matrix.data[:] = 1
    train, fold_in, test = split(liked, "held-out-users", random_state=0)
    models: dict[str, Recommender] = {
        "Popularity": Popularity().fit(train),
        "ItemKNN": ItemKNN().fit(train),
        "ImplicitALS, defaults": ImplicitALS(random_state=0).fit(train),
    }
    candidates: list[tuple[str, Any, _Grid]] = [
        ("EASE", EASE(), EASE_GRIDS[size]),
        ("ImplicitALS", ImplicitALS(random_state=0), ALS_GRIDS[size]),
    ]
    for package, peer in ((IRSPACK, IrspackALS), (IMPLICIT, ImplicitsALS)):
        if is_installed(package):
            candidates.append((package, peer(), ALS_GRIDS[size]))
    lengths = sorted({min(k, train.shape[1]) for k in _LENGTHS})
    for name, model, grid in candidates:
        tuned = search(
            model.set_params(n_threads=latentia.n_threads()),
            train,
            grid,
            metric=f"ndcg@{lengths[-1]}",
            n_folds=1,
            random_state=0,
            method="held-out-users",
        )
        models[name] = tuned.best_model_
    evaluation = evaluate_ranking(models, fold_in, test, k=lengths)
    found: Measures = {}
    where = f"MovieLens, {evaluation.n_users} held-out users"
    for name, metrics in evaluation.metrics.items():
        for metric in (f"ndcg@{lengths[-1]}", f"recall@{lengths[0]}"):
            value, low, high = vars(metrics[metric]).values()
            found[f"{where}, {name}: {metric}"] = Quantity(value)
            found[f"{where}, {name}: {metric}, ± of the 95 % interval"] = Quantity(
                (high - low) / 2
            )
    return found
