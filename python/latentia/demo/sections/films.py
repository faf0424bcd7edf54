"""The section of lists from events with the films of MovieLens."""

from __future__ import annotations

from latentia._number_format import percent, seconds
from latentia.demo.films import LIKED, Films
from latentia.demo.lists import MOST_EASE_ITEMS, Lists
from latentia.pages import Fact, Picture, Section
from latentia.plots import item_map

N_FACTORS = 32


def films_section(films: Films) -> Section:
    """Recommend films from those that users liked."""
    found = Lists.measure(films.liked, N_FACTORS)
    n_users, n_items = films.liked.shape
    popular, ours = (
        found.metric(model, "ndcg").value
        for model in ("Popularity", f"ALS with {N_FACTORS} factors")
    )
    facts = [
        Fact(
            seconds(found.fit_time),
            f"for a fit of {N_FACTORS} factors to "
            f"{found.als.interactions_.n_stored:,} events",
        )
    ]
    if ours > popular > 0:
        text = "higher NDCG than the lists of the most popular films"
        facts.insert(0, Fact(percent(ours / popular - 1), text))
    prose = [
        f"MovieLens: {films.n_ratings:,} ratings, of which the "
        f"{films.liked.n_stored:,} of at least {LIKED:g} are events: {n_users:,} users "
        f"like {n_items:,} films. What is rated lower, or not at all, is no event.",
        "A fifth of each user’s films is held out. For each user all other films are "
        f"ranked, and the first {found.evaluation.k[0]} should have the held-out ones.",
    ]
    if n_items > MOST_EASE_ITEMS:
        prose.append(
            f"EASE is left out: there are more than {MOST_EASE_ITEMS:,} films."
        )
    if films.titles is None:
        prose.append(
            "The file with the titles (u.item, movies.dat or movies.csv) is not next "
            "to the ratings."
        )
    return Section(
        "Recommendation: lists from events",
        prose=prose,
        facts=facts,
        tables=[found.table()],
        pictures=[_map(found, films)],
    )


def _map(found: Lists, films: Films) -> Picture:
    caption = "The films by their factors; larger points have more events."
    if films.titles is not None:
        caption += (
            " The colours are the first genre of each, which the model has not seen. "
            "Films near each other are liked by the same users."
        )
    return Picture(
        "interactions-map",
        item_map(
            found.als.item_factors_,
            films.genres,
            counts=found.als.item_counts_,
            labels=films.titles,
        ),
        caption=caption,
        alt="Points for films, the most liked ones with their titles.",
    )
