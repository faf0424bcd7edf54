"""``latentia nmf``: split a file into non-negative factors."""

from __future__ import annotations

import math
import re
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from latentia import NMF, cross_validate_rank
from latentia._arguments import check_choice, check_count, check_seed, check_tol
from latentia.cli.console import facts, say, warn, working
from latentia.cli.matrix import (
    KINDS_OF_FILE,
    Columns,
    Delimiter,
    Header,
    IndexColumn,
    Memory,
    read_matrix,
    table_options,
)
from latentia.cli.output import check_output, write_npz
from latentia.decomposition.nmf.data import DataSize

FORMAT_VERSION = 1
LOSSES = {"frobenius": "frobenius", "kl": "kullback-leibler", "is": "itakura-saito"}
SOLVERS = ("mu", "hals")
MISSING = {"nan": "nan", "unobserved": "unobserved", "none": None}


def nmf(
    file: Annotated[
        Path,
        typer.Argument(
            help=f"Matrix without negative entries, dense or sparse: {KINDS_OF_FILE}."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="W and components (.npz), or the model (.safetensors).",
        ),
    ],
    k: Annotated[int | None, typer.Option("-k", help="The rank.")] = None,
    ranks: Annotated[
        str | None,
        typer.Option(
            metavar="FROM:TO[:STEP]",
            help="Choose the rank among these by the error on held-out entries.",
        ),
    ] = None,
    loss: Annotated[
        str, typer.Option(help="frobenius, kl, is, or the β of a β-divergence.")
    ] = "frobenius",
    solver: Annotated[
        str | None,
        typer.Option(help="hals (the default for frobenius) or mu (for all losses)."),
    ] = None,
    missing: Annotated[
        str,
        typer.Option(
            help="What is unknown: none (NaN is an error), nan, or unobserved (also "
            "what a sparse file does not store)."
        ),
    ] = "none",
    alpha_w: Annotated[
        str,
        typer.Option(
            "--alpha-W",
            help="What sizes of W cost, a number; auto is 0, but where entries are "
            "unobserved as much as about one more known entry in a row.",
        ),
    ] = "auto",
    alpha_h: Annotated[
        str,
        typer.Option("--alpha-H", help="The same of the components, or same as for W."),
    ] = "same",
    l1_ratio: Annotated[
        float,
        typer.Option(
            "--l1-ratio",
            help="Share of those costs, given as numbers, that makes factors sparse.",
        ),
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of the random start.")] = 0,
    max_iter: Annotated[int, typer.Option(help="Iterations at most.")] = 200,
    tol: Annotated[
        float, typer.Option(help="Stop when ten iterations gain less, relatively.")
    ] = 1e-4,
    memory: Memory = None,
    header: Header = None,
    index_column: IndexColumn = None,
    columns: Columns = None,
    delimiter: Delimiter = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the output file.")
    ] = False,
) -> None:
    """Split a matrix in a file into non-negative factors W and components."""
    check_output(
        output, (".npz", ".safetensors"), force=force, inputs=[file], kind="NMF"
    )
    table = table_options(header, index_column, columns, delimiter)
    candidates = _candidates(k, ranks)
    beta_loss = _loss(loss)
    parameters: dict[str, Any] = {
        "beta_loss": beta_loss,
        "solver": _solver(solver, beta_loss),
        "missing": MISSING[check_choice(missing, "--missing", tuple(MISSING))],
        "alpha_W": _alpha(alpha_w, "--alpha-W", ("auto",)),
        "alpha_H": _alpha(alpha_h, "--alpha-H", ("auto", "same")),
        "l1_ratio": _share(l1_ratio),
        "max_iter": check_count(max_iter, "--max-iter", least=1),
        "tol": check_tol(tol),
        "random_state": check_seed(seed),
    }
    with working(f"reading {file}"):
        rows = read_matrix(
            file,
            memory,
            table,
            whole=ranks is not None,
            missing=parameters["missing"] is not None,
        )
    validation = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        if ranks is not None:
            with working(f"trying {len(candidates)} ranks"):
                validation = cross_validate_rank(rows, candidates, **parameters)
        rank = candidates[0] if validation is None else validation.best_rank
        model = NMF(rank, verbose=int(Console(stderr=True).is_terminal), **parameters)
        start = time.perf_counter()
        state, size = model._fit(rows, None, None)
        W = state.result()
        seconds = time.perf_counter() - start
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        warn(message)
    if output.suffix == ".npz":
        write_npz(output, _arrays(model, W))
    else:
        model.save(output, overwrite=True)  # check_output has allowed it
    what = "W and components are" if output.suffix == ".npz" else "the model is"
    say(
        *([] if validation is None else [f"{validation}\n"]),
        _report(model, size, seconds),
        f"{what} in {output}",
    )


def _candidates(k: int | None, ranks: str | None) -> Sequence[int]:
    """Return the ranks to choose from: one, if it is given."""
    if (k is None) == (ranks is None):
        raise ValueError("give either the rank, -k, or ranks to choose from, --ranks")
    if k is not None:
        return [check_count(k, "-k", least=1)]
    match = re.fullmatch(r"(\d+):(\d+)(?::(\d+))?", str(ranks))
    if match is None:
        raise ValueError(f"--ranks must look like 2:20 or 2:20:3, got {ranks!r}")
    least, most, step = (int(number or 1) for number in match.groups())
    if not (1 <= least <= most and step >= 1):
        raise ValueError(f"--ranks must go up from at least 1, got {ranks!r}")
    return range(least, most + 1, step)


def _loss(loss: str) -> str | float:
    if loss in LOSSES:
        return LOSSES[loss]
    try:
        beta = float(loss)
    except ValueError:
        beta = math.nan
    if beta == 2:
        return "frobenius"
    if not math.isfinite(beta):
        raise ValueError(
            f"--loss must be {', '.join(LOSSES)} or a finite number, got {loss!r}"
        )
    return beta


def _solver(solver: str | None, beta_loss: str | float) -> str:
    """Return the solver; if none is asked for, the best that knows the loss."""
    if solver is None:
        return "hals" if beta_loss == "frobenius" else "mu"
    checked = check_choice(solver, "--solver", SOLVERS)
    if checked == "hals" and beta_loss != "frobenius":
        raise ValueError("--solver hals knows only --loss frobenius; take --solver mu")
    return checked


def _alpha(alpha: str, option: str, words: tuple[str, ...]) -> str | float:
    """Return a penalty's price, or a word for it."""
    if alpha in words:
        return alpha
    try:
        price = float(alpha)
    except ValueError:
        price = math.nan
    if not 0 <= price < math.inf:
        raise ValueError(
            f"{option} must be {' or '.join(words)} or a number of at least 0, got "
            f"{alpha!r}"
        )
    return price


def _share(l1_ratio: float) -> float:
    if not 0 <= l1_ratio <= 1:
        raise ValueError(f"--l1-ratio must be from 0 to 1, got {l1_ratio}")
    return l1_ratio


def _arrays(model: NMF, W: Any) -> dict[str, Any]:
    return {
        "W": W,
        "components": model.components_,
        "reconstruction_err": np.array(model.reconstruction_err_),
        "format_version": np.array(FORMAT_VERSION),
    }


def _report(model: NMF, size: DataSize, seconds: float) -> Table:
    error = model.reconstruction_err_
    found = {"rank": str(model.n_components_), "loss": str(model.beta_loss)}
    if model.beta_loss == "frobenius":
        relative = f"{100 * error / size.norm:.3g} %" if size.norm > 0 else "-"
        found["relative error"] = relative
    else:
        # Of other divergences X has no size, as it can be infinitely far from zero.
        found["mean divergence"] = f"{error**2 / 2 / size.n_known:.4g}"
    found |= {
        "iterations": str(model.n_iter_),
        "converged": "yes" if model.converged_ else "no",
        "time": f"{seconds:.3g} s",
    }
    return facts(found)
