"""Matrix completion: missing ratings predicted by NMF."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from latentia import NMF, cross_validate_rank
from latentia._number_format import percent, seconds
from latentia.decomposition import RankValidation
from latentia.demo.data import DemoData
from latentia.pages import Fact, Picture, Section, Table
from latentia.plots import rank_curve

RANKS = (2, 4, 6, 8, 10, 14)
HELD_OUT = 0.1
N_RECOMMENDED = 5

PARAMETERS: dict[str, Any] = {
    "missing": "unobserved",
    "tol": 0,
    "max_iter": 20,
    "random_state": 0,
}

Scores = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Completion:
    """A matrix of ratings, completed by NMF.

    Attributes
    ----------
    observed, held_out : csr_array of shape (n_users, n_items)
        The ratings that are fitted, and those for the test.
    validation : RankValidation
        Cross-validation of the rank, on the observed ratings.
    nmf : NMF
        With the best rank.
    users : ndarray of shape (n_users, rank)
        W.
    fit_time : float
        Seconds for the fit of ``nmf``.
    """

    observed: Any
    held_out: Any
    validation: RankValidation
    nmf: NMF
    users: Scores
    fit_time: float

    @classmethod
    def of(cls, ratings: Any) -> Completion:
        """Hold out ratings, choose the rank on the others, and fit NMF to these."""
        observed, held_out = _split(ratings)
        ranks = [rank for rank in RANKS if rank <= min(observed.shape)]
        validation = cross_validate_rank(observed, ranks, n_splits=2, **PARAMETERS)
        nmf = NMF(validation.best_rank, **PARAMETERS)
        start = time.perf_counter()
        users = nmf.fit_transform(observed)
        fit_time = time.perf_counter() - start
        return cls(observed, held_out, validation, nmf, users, fit_time)

    def error(self, predicted: Scores) -> float:
        """Return the RMSE of predicted ratings on the held-out ones."""
        users, items = self.held_out.nonzero()
        squares = (predicted[users, items].clip(1, 5) - self.held_out.data) ** 2
        return float(np.sqrt(squares.mean(dtype=np.float64)))

    def recommendation_quality(self, predicted: Scores, truth: Scores) -> float:
        """Return the mean true rating of the items with the highest predictions.

        For each user, these are the first ``N_RECOMMENDED`` of the unrated items.
        """
        unrated = np.where(self.observed.toarray() > 0, -np.inf, predicted)
        recommended = np.argsort(-unrated, axis=1, kind="stable")[:, :N_RECOMMENDED]
        is_unrated = np.isfinite(np.take_along_axis(unrated, recommended, axis=1))
        return float(np.take_along_axis(truth, recommended, axis=1)[is_unrated].mean())


def section_ratings(data: DemoData) -> Section:
    """Complete the demo's ratings and compare the result with the true ones."""
    made = data.ratings
    found = Completion.of(made.ratings)
    n_users, n_items = found.observed.shape
    truth = made.expected(np.arange(n_users)[:, np.newaxis], np.arange(n_items))
    predictions = {
        "User and item means": user_and_item_means(found.observed),
        f"NMF of rank {found.validation.best_rank}": found.nmf.inverse_transform(
            found.users
        ),
        "True ratings without noise": truth,
    }
    errors = {name: found.error(p) for name, p in predictions.items()}
    baseline, ours, best = errors.values()
    share = made.ratings.nnz / (n_users * n_items)
    return Section(
        "Recommendation: predicting missing ratings",
        prose=[
            f"{n_users:,} users have rated {n_items:,} items from 1 to 5; "
            f"{percent(share)} of the ratings are observed. NMF treats the others as "
            "missing, not as zero. The product WH then predicts all ratings.",
            "The data is synthetic, so the true ratings are known: a bias of each user "
            "and each item, a low-rank preference and random noise. The rank is chosen "
            "by cross-validation on the observed ratings. A tenth of the ratings is "
            "held out and used only for the table. The baseline predicts the mean plus "
            "a bias of the user and of the item, shrunk towards zero where there are "
            "few ratings.",
        ],
        facts=[
            Fact(
                percent((baseline - ours) / (baseline - best)),
                "of the possible reduction of the baseline’s error; 100 % is perfect",
            ),
            Fact(
                seconds(found.fit_time),
                f"for a fit to {found.observed.nnz:,} observed ratings",
            ),
        ],
        tables=[
            Table(
                "Error on held-out ratings (RMSE, lower is better), and mean true "
                f"rating of the {N_RECOMMENDED} unrated items with the highest "
                "predictions (higher is better). The last row is the best possible",
                ["Prediction", "RMSE", f"True rating of top {N_RECOMMENDED}"],
                [
                    [
                        name,
                        f"{errors[name]:.3f}",
                        f"{found.recommendation_quality(p, truth):.2f}",
                    ]
                    for name, p in predictions.items()
                ],
                emphasised="RMSE",
            ),
            _recommendations(found, truth),
        ],
        pictures=[_curve(found, errors)],
    )


def _curve(found: Completion, errors: dict[str, float]) -> Picture:
    baseline, _, best = errors
    levels = {name: errors[name] for name in (baseline, best)}
    validation = found.validation
    in_words = (
        f"{error:.3f} at rank {rank}"
        for rank, error in zip(validation.ranks, validation.mean, strict=True)
    )
    return Picture(
        "ratings-rank",
        rank_curve(validation, levels=levels),
        caption="Cross-validated error of NMF over the rank: a rank that is too small "
        "underfits, a rank that is too large overfits. The lines are errors from the "
        "table.",
        alt=f"A curve of errors: {', '.join(in_words)}; between lines at "
        f"{errors[baseline]:.3f} for the baseline and {errors[best]:.3f} for the true "
        "ratings.",
    )


def _recommendations(found: Completion, truth: Scores) -> Table:
    """Return the recommendations to a user with the median number of ratings."""
    n_rated = np.diff(found.observed.indptr)
    user = int(np.argsort(n_rated, kind="stable")[len(n_rated) // 2])
    items, scores = found.nmf.recommend(
        found.users[[user]], N_RECOMMENDED, exclude=found.observed[[user]]
    )
    raters = np.bincount(found.observed.indices, minlength=found.observed.shape[1])
    return Table(
        f"Recommendations to user {user}, who has rated {n_rated[user]} items "
        f"with {found.observed[[user]].data.mean():.1f} on average",
        ["Item", "Predicted rating", "True rating", "Ratings by others"],
        [
            [
                f"Item {item}",
                f"{score:.2f}",
                f"{truth[user, item]:.2f}",
                f"{raters[item]:,}",
            ]
            for item, score in zip(items[0], scores[0], strict=True)
            if item >= 0
        ],
    )


def user_and_item_means(ratings: Any) -> Scores:
    """Return the mean of all ratings plus a bias of the user and of the item."""
    users, items = ratings.nonzero()
    n_users, n_items = ratings.shape
    mean = float(ratings.data.mean(dtype=np.float64))
    of_users, of_items = np.zeros(n_users), np.zeros(n_items)
    for _ in range(5):
        of_items = _damped(ratings.data - mean - of_users[users], items, n_items)
        of_users = _damped(ratings.data - mean - of_items[items], users, n_users)
    means: Scores = mean + of_users[:, np.newaxis] + of_items
    return means


def _damped(deviation: Scores, owner: NDArray[np.integer], n: int) -> Scores:
    """Return each owner's mean deviation, shrunk by five more deviations of zero."""
    mean: Scores = np.bincount(owner, deviation, n) / (5 + np.bincount(owner, None, n))
    return mean


def _split(ratings: Any) -> tuple[Any, Any]:
    """Return observed and held-out ratings."""
    users, items = ratings.nonzero()
    n_hidden = round(HELD_OUT * ratings.nnz)
    order = np.random.default_rng(0).permutation(ratings.nnz)

    def part(of: NDArray[np.int64]) -> Any:
        values = (ratings.data[of], (users[of], items[of]))
        return sparse.csr_array(values, shape=ratings.shape)

    return part(order[n_hidden:]), part(order[:n_hidden])
