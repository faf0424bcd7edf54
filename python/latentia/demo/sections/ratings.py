"""Ratings that were never given, worked out from those that were."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from latentia import NMF, cross_validate_rank
from latentia.decomposition import RankValidation
from latentia.demo.data import DemoData
from latentia.plots import Fact, Picture, Section, Table, percent, rank_curve, seconds

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
    """A matrix of ratings filled in by NMF.

    Attributes
    ----------
    known, hidden : csr_array of shape (n_users, n_items)
        The ratings that are learnt from, and those that are held out.
    validation : RankValidation
        Of ranks, on the known ratings alone.
    nmf : NMF
        Of the best rank.
    users : ndarray of shape (n_users, rank)
        Its rows of W.
    fit_time : float
        Seconds for this one fit.
    """

    known: Any
    hidden: Any
    validation: RankValidation
    nmf: NMF
    users: Scores
    fit_time: float

    @classmethod
    def of(cls, ratings: Any) -> Completion:
        """Hold out ratings, choose the rank without them, and fill in all."""
        known, hidden = _split(ratings)
        ranks = [rank for rank in RANKS if rank <= min(known.shape)]
        validation = cross_validate_rank(known, ranks, n_splits=2, **PARAMETERS)
        nmf = NMF(validation.best_rank, **PARAMETERS)
        start = time.perf_counter()
        users = nmf.fit_transform(known)
        fit_time = time.perf_counter() - start
        return cls(known, hidden, validation, nmf, users, fit_time)

    def error(self, predicted: Scores) -> float:
        """Return the root mean square error of all ratings on those held out."""
        users, items = self.hidden.nonzero()
        squares = (predicted[users, items].clip(1, 5) - self.hidden.data) ** 2
        return float(np.sqrt(squares.mean(dtype=np.float64)))

    def worth(self, predicted: Scores, truth: Scores) -> float:
        """Return what users would truly give, on average, to what is predicted best.

        Each is offered the best of what it has not rated.
        """
        fresh = np.where(self.known.toarray() > 0, -np.inf, predicted)
        offered = np.argsort(-fresh, axis=1, kind="stable")[:, :N_RECOMMENDED]
        is_fresh = np.isfinite(np.take_along_axis(fresh, offered, axis=1))
        return float(np.take_along_axis(truth, offered, axis=1)[is_fresh].mean())


def section_ratings(data: DemoData) -> Section:
    """Complete the demo's ratings and hold the result against the truth."""
    made = data.ratings
    found = Completion.of(made.ratings)
    n_users, n_items = found.known.shape
    truth = made.expected(np.arange(n_users)[:, np.newaxis], np.arange(n_items))
    predictions = {
        "Means of users and items": _means(found.known),
        f"NMF of rank {found.validation.best_rank}": found.nmf.inverse_transform(
            found.users
        ),
        "The truth without its noise": truth,
    }
    errors = {name: found.error(p) for name, p in predictions.items()}
    baseline, ours, floor = errors.values()
    share = made.ratings.nnz / (n_users * n_items)
    return Section(
        "Ratings that were never given",
        prose=[
            f"{n_users:,} users have rated {n_items:,} items from 1 to 5, but only "
            f"{percent(share)} of the ratings are known. What is not known is not "
            "zero, it is missing, and NMF is fitted to the rest alone. Then W times H "
            "has a number in every place.",
            "The ratings are made, so that the truth is known: users that are kind or "
            "not, items that are good or not, taste, and noise that nobody can "
            "predict. They are not made of non-negative parts. The rank is chosen on "
            "the known ratings; those by which the table judges, one in ten, were not "
            "seen by anything. The means are of users and items in turn, damped where "
            "there are few ratings.",
        ],
        facts=[
            Fact(
                percent((baseline - ours) / (baseline - floor)),
                "of the way from the means’ error to the least possible",
            ),
            Fact(
                seconds(found.fit_time),
                f"for a fit to {found.known.nnz:,} known ratings",
            ),
        ],
        tables=[
            Table(
                "How wrong each is about the ratings held out, and how good the new "
                "items are that it thinks best for a user",
                ["Prediction", "RMSE", f"True rating of its best {N_RECOMMENDED}"],
                [
                    [name, f"{errors[name]:.3f}", f"{found.worth(p, truth):.2f}"]
                    for name, p in predictions.items()
                ],
                emphasised="RMSE",
            ),
            _recommendations(found, truth),
        ],
        pictures=[_curve(found, errors)],
    )


def _curve(found: Completion, errors: dict[str, float]) -> Picture:
    baseline, _, floor = errors
    levels = {name: errors[name] for name in (baseline, floor)}
    validation = found.validation
    in_words = (
        f"{error:.3f} at rank {rank}"
        for rank, error in zip(validation.ranks, validation.mean, strict=True)
    )
    return Picture(
        "ratings-rank",
        rank_curve(validation, levels=levels),
        caption="How wrong NMF is about ratings it was not shown, over its rank: too "
        "few parts miss the taste, too many learn the noise. The lines are the errors "
        "of the table.",
        alt=f"A curve of errors: {', '.join(in_words)}; between lines at "
        f"{errors[baseline]:.3f} for the means and {errors[floor]:.3f} for the truth.",
    )


def _recommendations(found: Completion, truth: Scores) -> Table:
    """Return what is recommended to the user with a middling number of ratings."""
    n_rated = np.diff(found.known.indptr)
    user = int(np.argsort(n_rated, kind="stable")[len(n_rated) // 2])
    items, scores = found.nmf.recommend(
        found.users[[user]], N_RECOMMENDED, exclude=found.known[[user]]
    )
    raters = np.bincount(found.known.indices, minlength=found.known.shape[1])
    return Table(
        f"Recommended to user {user}, who has rated {n_rated[user]} items "
        f"with {found.known[[user]].data.mean():.1f} on average",
        ["Item", "Score", "True rating", "Ratings by others"],
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


def _means(ratings: Any) -> Scores:
    """Return the mean of all, plus how far a user and an item are from it."""
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
    """Return each owner's mean deviation, as if it had five more of zero."""
    mean: Scores = np.bincount(owner, deviation, n) / (5 + np.bincount(owner, None, n))
    return mean


def _split(ratings: Any) -> tuple[Any, Any]:
    """Return the ratings in two parts, the smaller one held out."""
    users, items = ratings.nonzero()
    n_hidden = round(HELD_OUT * ratings.nnz)
    order = np.random.default_rng(0).permutation(ratings.nnz)

    def part(of: NDArray[np.int64]) -> Any:
        values = (ratings.data[of], (users[of], items[of]))
        return sparse.csr_array(values, shape=ratings.shape)

    return part(order[n_hidden:]), part(order[:n_hidden])
