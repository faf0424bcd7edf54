"""``latentia recommend``: from a table of events to a list of items for each user."""

from __future__ import annotations

import csv
import math
import time as clock
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from latentia.cli.console import facts, say, warn, working
from latentia.cli.options import N_COMPONENTS

if TYPE_CHECKING:
    from latentia.cli.events import EventTable
    from latentia.cli.features import Described
    from latentia.recommend import RankingEvaluation, Recommender

MODELS = {
    "als": "ImplicitALS",
    "ease": "EASE",
    "rating": "RatingALS",
    "knn": "ItemKNN",
    "popular": "Popularity",
}
N_FACTORS = {"als": 64, "rating": 32}
METRICS = ("recall", "ndcg", "map", "hit_rate", "coverage")
"""Those that are shown; larger is better."""

_USERS_AT_ONCE = 1 << 16


def recommend(
    events: Annotated[
        Path,
        typer.Argument(
            help="A table with an event a row, and the names of the columns in its "
            "first line: .csv, .tsv, .csv.gz, .parquet or .feather.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="File (.csv) for user, item, score and rank."
        ),
    ],
    user: Annotated[str, typer.Option(help="Column of the users' ids.")] = "user",
    item: Annotated[str, typer.Option(help="Column of the items' ids.")] = "item",
    value: Annotated[
        str | None,
        typer.Option(
            help="Column of ratings, or of other values ≥ 0. Without it each event "
            "counts 1."
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(help="Column of times: numbers, or ISO 8601."),
    ] = None,
    n: Annotated[int, typer.Option("-n", help="Length of a list.")] = 10,
    model: Annotated[
        str,
        typer.Option(
            help="als (matrix factorisation), ease (item weights, for up to about "
            "20,000 items), rating (predicts ratings), knn (similar items) or popular."
        ),
    ] = "als",
    k: Annotated[
        int | None,
        typer.Option(
            *N_COMPONENTS,
            help="Number of factors of als and rating.",
            show_default=", ".join(f"{k} of {name}" for name, k in N_FACTORS.items()),
        ),
    ] = None,
    user_features: Annotated[
        Path | None,
        typer.Option(
            help="For als: a table with a user a row and the ids in the column --user, "
            "or else the first. The other columns are numbers, or texts such as "
            "countries. A user of this table who has no events gets a list too."
        ),
    ] = None,
    item_features: Annotated[
        Path | None,
        typer.Option(
            help="For als: the same of items. Items of this table that have no events "
            "can be recommended too."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Seed of the initial factors and of --evaluate.")
    ] = 0,
    threads: Annotated[
        int | None, typer.Option(help="Largest number of threads.", show_default="all")
    ] = None,
    evaluate: Annotated[
        bool,
        typer.Option(
            "--evaluate",
            help="First hold out a fifth of the items of each user, or with --time the "
            "last one, and show how well they are found.",
        ),
    ] = False,
    save: Annotated[
        Path | None, typer.Option(help="File (.safetensors) for the model.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the output files.")
    ] = False,
) -> None:
    """Recommend items to users: lists from a table of events."""
    from latentia import recommend as package
    from latentia._arguments import check_choice, check_count, check_seed
    from latentia._interrupt import ctrl_c_ends_all
    from latentia.cli.events import read_events
    from latentia.cli.features import described
    from latentia.cli.output import check_output

    class_name = MODELS[check_choice(model, "--model", tuple(MODELS))]
    given = {"user": user_features, "item": item_features}
    inputs = [events, *(path for path in given.values() if path is not None)]
    check_output(output, (".csv",), force=force, inputs=inputs)
    if save is not None:
        check_output(
            save, (".safetensors",), force=force, inputs=inputs, kind=class_name
        )
    for what, path in given.items():
        if path is not None and model != "als":
            raise ValueError(f"--{what}-features is for als, got --model {model}")
    n = check_count(n, "-n", least=1)
    if k is not None and model not in N_FACTORS:
        raise ValueError(f"-k is for {' and '.join(N_FACTORS)}, got --model {model}")
    if model == "rating" and value is None:
        raise ValueError("--model rating needs the column of the ratings: --value")
    options: dict[str, Any] = {"n_threads": threads}
    if threads is not None:
        check_count(threads, "--threads", least=1)
    if model in N_FACTORS:
        options["n_factors"] = check_count(
            N_FACTORS[model] if k is None else k, "/".join(N_COMPONENTS), least=1
        )
        options["random_state"] = check_seed(seed)
    estimator = getattr(package, class_name)(**options)

    with working(f"reading {events}"):
        table = read_events(events, user, item, value, time, ratings=model == "rating")
    if table.n_repeated:
        warn(
            f"{table.n_repeated:,} ratings are replaced by a later one of the same "
            "user and item"
        )
    with working("reading features"):
        known = described(
            table.data, user=(user_features, user), item=(item_features, item)
        )
    found: list[Any] = []
    with ctrl_c_ends_all():
        if evaluate:
            with working("evaluating"):
                found += _evaluated(estimator, model, known, seed)
        start = clock.perf_counter()
        with working(f"fitting {class_name}"):
            estimator.fit(known.data, **known.features)
        seconds = clock.perf_counter() - start
        with working(f"writing {output}"):
            n_rows, n_listed = _write(output, estimator, n)
            if save is not None:
                estimator.save(save, overwrite=True)  # check_output has allowed it
    say(
        *found,
        _report(table, known, class_name, seconds, n_rows, n_listed),
        f"user, item, score and rank are in {output}",
        *([] if save is None else [f"the model is in {save}"]),
    )


def _evaluated(
    estimator: Recommender, name: str, known: Described, seed: int
) -> list[Any]:
    """Return tables of metrics on held-out events, next to those of popularity."""
    import numpy as np
    from sklearn.base import clone

    from latentia.recommend import Popularity, evaluate_ranking, split

    data, features = known
    method: Any = "per-user" if data.times is None else "leave-last-out"
    train, test = split(data, method, random_state=seed)
    fitted = clone(estimator).fit(train, **features)
    models = {name: fitted}
    if name != "popular":
        models["popular"] = Popularity(n_threads=estimator.n_threads).fit(train)
    found: RankingEvaluation = evaluate_ranking(
        models, train, test, n_threads=estimator.n_threads
    )
    held_out = (
        "a fifth of the items" if data.times is None else "the last item"
    ) + f" of each of {found.n_users:,} user{'' if found.n_users == 1 else 's'}"
    tables: list[Any] = [_metrics(found)]
    if name == "rating":
        errors = fitted.errors(test)
        tables.append(
            facts(
                {
                    "RMSE": (f"{errors.rmse:.4f}", "of held-out ratings"),
                    "MAE": (f"{errors.mae:.4f}", "smaller is better"),
                }
            )
        )
    if (np.diff(data.matrix.tocsc().indptr) == 0).any():
        held_out += "; items without events can be in the lists, and are wrong there"
    return [*tables, f"held out: {held_out}; the lists are of a fit to all events\n"]


def _metrics(found: RankingEvaluation) -> Table:
    """Return metrics with a column for each model, so that a terminal has room."""
    table = Table("metric", box=None)
    for model in found.metrics:
        table.add_column(model, justify="right")
    for k in found.k:
        for name in METRICS:
            cells = []
            for metrics in found.metrics.values():
                value, low, high = vars(metrics[f"{name}@{k}"]).values()
                interval = "" if math.isnan(low) else f" ± {(high - low) / 2:.4f}"
                cells.append(f"{value:.4f}{interval}")
            table.add_row(f"{name}@{k}", *cells)
    return table


def _write(path: Path, model: Recommender, n: int) -> tuple[int, int]:
    """Write the lists of all users; return the numbers of rows and of users in them."""
    import numpy as np

    from latentia._files import replacing

    data = model.interactions_
    n_rows = n_listed = 0
    # Python leaves a carriage return in a cell without quotes.
    odd = any(isinstance(i, str) and "\r" in i for i in (*data.users, *data.items))
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        rows = csv.writer(
            file,
            lineterminator="\n",
            quoting=csv.QUOTE_NONNUMERIC if odd else csv.QUOTE_MINIMAL,
        )
        rows.writerow(("user", "item", "score", "rank"))
        for begin in range(0, data.shape[0], _USERS_AT_ONCE):
            lists = model.recommend(data.users[begin : begin + _USERS_AT_ONCE], n)
            columns = [np.asarray(lists[name]) for name in ("user", "item", "rank")]
            users, items, ranks = (column.tolist() for column in columns)
            scores = [float(f"{s:.7g}") for s in np.asarray(lists["score"]).tolist()]
            rows.writerows(zip(users, items, scores, ranks, strict=True))
            n_rows += len(ranks)
            n_listed += ranks.count(1)
    return n_rows, n_listed


def _report(
    table: EventTable,
    known: Described,
    class_name: str,
    seconds: float,
    n_rows: int,
    n_listed: int,
) -> Table:
    n_users, n_items = known.data.shape
    without_events = [
        f"{all_ - some:,} of them have features alone" if all_ > some else ""
        for all_, some in zip(known.data.shape, table.data.shape, strict=True)
    ]
    return facts(
        {
            "events": (f"{table.n_events:,}", f"{table.data.n_stored:,} different"),
            "users": (f"{n_users:,}", without_events[0]),
            "items": (f"{n_items:,}", without_events[1]),
            **{
                name.replace("_", " "): (f"{features.shape[1]:,}", "with one of ones")
                for name, features in known.features.items()
            },
            "model": class_name,
            "time of the fit": f"{seconds:.3g} s",
            "recommendations": (
                f"{n_rows:,}",
                f"for {n_listed:,} of {n_users:,} users; items that a user has events "
                "with are left out",
            ),
        }
    )
