"""Films that users liked, from a file of MovieLens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.datasets import load_movielens, load_movielens_items
from latentia.recommend import Interactions

LIKED = 4.0
"""From this rating on, of at most five, a user likes a film."""


@dataclass(frozen=True, eq=False)
class Films:
    """Who liked which film.

    Attributes
    ----------
    liked : Interactions
    n_ratings : int
        All of the file.
    titles, genres : ndarray of shape (n_items,), or None
        Of the films of ``liked``, the first genre of each; None if the file that has
        them is not next to the ratings.
    """

    liked: Interactions
    n_ratings: int
    titles: NDArray[Any] | None
    genres: NDArray[Any] | None

    @classmethod
    def load(cls, path: Path) -> Films:
        """Read the ratings, or the folder that has them.

        Raises
        ------
        FileNotFoundError
            If there are none.
        ValueError
            If a file is malformed, or nobody likes two films.
        """
        ratings = load_movielens(path)
        n_ratings = len(ratings["user"])
        if "rating" in ratings:
            liked = ratings["rating"] >= LIKED
            ratings = {name: column[liked] for name, column in ratings.items()}
        _, count = np.unique(ratings["user"], return_counts=True)
        if count.max(initial=0) < 2:
            raise ValueError(
                f"{path} must have a user with two films rated {LIKED:g} or more, got "
                "none"
            )
        data = Interactions.from_frame(ratings)
        try:
            known = load_movielens_items(path)
        except FileNotFoundError:
            return cls(data, n_ratings, None, None)
        row = {item: i for i, item in enumerate(known["item"].tolist())}
        rows = [row.get(item, -1) for item in data.items.tolist()]
        ids = data.items.tolist()
        return cls(
            data,
            n_ratings,
            _strings(
                f"film {one}" if i < 0 else known["title"][i]
                for one, i in zip(ids, rows, strict=True)
            ),
            _strings(
                ("" if i < 0 else known["genres"][i].split("|")[0]) or "no genre"
                for i in rows
            ),
        )


def _strings(values: Any) -> NDArray[Any]:
    return np.array(list(values), dtype=object)
