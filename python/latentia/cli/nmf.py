"""``latentia nmf``: factorise a file into non-negative factors."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from latentia.cli.console import facts, say, warn, working
from latentia.cli.options import (
    MATRICES,
    N_COMPONENTS,
    Columns,
    Delimiter,
    Device,
    Header,
    IndexColumn,
    Memory,
)

if TYPE_CHECKING:
    from latentia import NMF
    from latentia.decomposition.nmf.scan import DataSize

FORMAT_VERSION = 1
_NOT_CONVERGED = "a larger --max-iter can reduce the error"
MISSING = {"nan": "nan", "unobserved": "unobserved", "none": None}


def nmf(
    file: Annotated[
        Path,
        typer.Argument(help=f"Non-negative matrix, dense or sparse: {MATRICES}."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="W and components (.npz), or the model (.safetensors).",
        ),
    ],
    k: Annotated[
        int | None, typer.Option(*N_COMPONENTS, help="Number of components.")
    ] = None,
    ranks: Annotated[
        str | None,
        typer.Option(
            metavar="FROM:TO[:STEP]",
            help="Choose the number of components from this range by the error on "
            "held-out entries.",
        ),
    ] = None,
    beta_loss: Annotated[
        str,
        typer.Option(
            help="frobenius, kullback-leibler (kl), itakura-saito (is), or the β of a "
            "β-divergence."
        ),
    ] = "frobenius",
    solver: Annotated[
        str | None,
        typer.Option(
            help="hals (or cd, the same; default for frobenius), or mu (multiplicative "
            "updates; for all losses)."
        ),
    ] = None,
    missing: Annotated[
        str,
        typer.Option(
            help="Which entries are missing: none (NaN is an error), nan, or "
            "unobserved (NaN and the unstored entries of a sparse file)."
        ),
    ] = "none",
    alpha_w: Annotated[
        str,
        typer.Option(
            "--alpha-W",
            help="Weight of the penalty on W: a number, or auto (0; if entries are "
            "missing, about the weight of one observed entry per row).",
        ),
    ] = "auto",
    alpha_h: Annotated[
        str,
        typer.Option(
            "--alpha-H",
            help="Weight of the penalty on the components: a number, auto, or same (as "
            "for W).",
        ),
    ] = "same",
    l1_ratio: Annotated[
        float,
        typer.Option(
            "--l1-ratio",
            help="Share of L1 in the penalties, from 0 to 1. L1 makes the factors "
            "sparse.",
        ),
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of the initial factors.")] = 0,
    max_iter: Annotated[int, typer.Option(help="Largest number of iterations.")] = 200,
    tol: Annotated[
        float,
        typer.Option(
            help="Stop when 10 iterations reduce the error by less than this share of "
            "the initial error (mu), or by less than a tenth of this share of the "
            "current error (hals)."
        ),
    ] = 1e-4,
    memory: Memory = None,
    device: Device = None,
    header: Header = None,
    index_column: IndexColumn = None,
    columns: Columns = None,
    delimiter: Delimiter = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the output file.")
    ] = False,
) -> None:
    """Factorise a non-negative matrix in a file into W and components."""
    from latentia import NMF, cross_validate_rank
    from latentia._arguments import (
        check_choice,
        check_count,
        check_real,
        check_seed,
        check_tol,
    )
    from latentia.cli.matrix import placed, read_matrix, table_options
    from latentia.cli.output import check_output, write_npz
    from latentia.decomposition.nmf.options import check_alpha

    check_output(
        output, (".npz", ".safetensors"), force=force, inputs=[file], kind="NMF"
    )
    table = table_options(header, index_column, columns, delimiter)
    candidates = _candidates(k, ranks)
    loss = _number_or_word(beta_loss)
    parameters: dict[str, Any] = {
        "beta_loss": loss,
        "solver": _solver(solver, loss),
        "missing": MISSING[check_choice(missing, "--missing", tuple(MISSING))],
        "alpha_W": check_alpha(_number_or_word(alpha_w), "--alpha-W", ("auto",)),
        "alpha_H": check_alpha(_number_or_word(alpha_h), "--alpha-H", ("auto", "same")),
        "l1_ratio": check_real(l1_ratio, "--l1-ratio", least=0, most=1),
        "max_iter": check_count(max_iter, "--max-iter", least=1),
        "tol": check_tol(tol, "--tol"),
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
        state, size = model._fit(placed(rows, device), None, None)
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
    """Return the numbers of components to choose from; one, if it is given."""
    from latentia._arguments import check_count

    if (k is None) == (ranks is None):
        given = "neither" if k is None else "both"
        raise ValueError(f"one of -k and --ranks must be given, got {given}")
    if k is not None:
        return [check_count(k, "/".join(N_COMPONENTS), least=1)]
    match = re.fullmatch(r"(\d+):(\d+)(?::(\d+))?", str(ranks))
    if match is None:
        raise ValueError(f"--ranks must look like 2:20 or 2:20:3, got {ranks!r}")
    least, most, step = (int(number or 1) for number in match.groups())
    if not (1 <= least <= most and step >= 1):
        raise ValueError(
            f"--ranks must be FROM:TO[:STEP] with 1 ≤ FROM ≤ TO and STEP ≥ 1, got "
            f"{ranks!r}"
        )
    return range(least, most + 1, step)


def _number_or_word(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _solver(solver: str | None, beta_loss: str | float) -> str:
    """Return the solver, by default the best one for the loss, or raise."""
    from latentia.decomposition.nmf.options import check_beta_loss, check_solver

    if solver is None:
        beta = check_beta_loss(beta_loss, "mu", name="--beta-loss")
        return "hals" if beta == 2 else "mu"
    checked = check_solver(solver, "--solver")
    check_beta_loss(beta_loss, checked, name="--beta-loss", solver_name="--solver")
    return checked


def _arrays(model: NMF, W: Any) -> dict[str, Any]:
    import numpy as np

    return {
        "W": W,
        "components": model.components_,
        "reconstruction_err": np.array(model.reconstruction_err_),
        "format_version": np.array(FORMAT_VERSION),
    }


def _report(model: NMF, size: DataSize, seconds: float) -> Table:
    error = model.reconstruction_err_
    found: dict[str, str | tuple[str, str]] = {
        "rank": (str(model.n_components_), "number of components"),
        "loss": str(model.beta_loss),
    }
    if model.beta_loss in ("frobenius", 2):
        relative = f"{100 * error / size.norm:.3g} %" if size.norm > 0 else "-"
        found["relative error"] = relative, "‖X − W·H‖ / ‖X‖; smaller is better"
    else:
        # The divergence of X from zero can be infinite, so there is no relative one.
        divergence = f"{error**2 / 2 / size.n_observed:.4g}"
        found["mean divergence"] = (
            divergence,
            "per entry; smaller is better, 0 is exact",
        )
    converged = "yes" if model.converged_ else "no"
    return facts(
        found
        | {
            "iterations": (str(model.n_iter_), f"of at most {model.max_iter}"),
            "converged": (converged, "" if model.converged_ else _NOT_CONVERGED),
            "time": f"{seconds:.3g} s",
        }
    )
