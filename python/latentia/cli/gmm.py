"""``latentia gmm``: fit a mixture of Gaussians to the rows of a file."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sklearn.exceptions import ConvergenceWarning

from latentia import GaussianMixture, select_mixture
from latentia._arguments import check_choice, check_count
from latentia.cli.output import check_output, write_npz
from latentia.datasets import load_matrix
from latentia.mixture.covariance import COVARIANCES

FORMAT_VERSION = 1
COVARIANCE_TYPES = tuple(COVARIANCES)
N_LISTED = 12


def gmm(
    file: Annotated[
        Path,
        typer.Argument(
            help="Matrix, one sample a row: .npy, .npz, .mtx, .csv, an image or a "
            "folder of images."
        ),
    ],
    k: Annotated[
        int, typer.Option("-k", help="How many components; with --select, at most.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="The model (.safetensors), or its parameters with the label and the "
            "log-likelihood of each row (.npz).",
        ),
    ],
    covariance: Annotated[
        str | None,
        typer.Option(
            help="full (the default), tied, diag or spherical; with --select, all of "
            "them unless one is given.",
        ),
    ] = None,
    select: Annotated[
        bool, typer.Option("--select", help="Keep the best of 1..k components by BIC.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the random start.")] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the output file.")
    ] = False,
) -> None:
    """Fit a mixture of Gaussians to the rows of a matrix in a file."""
    check_output(output, (".safetensors", ".npz"), force=force)
    k = check_count(k, "-k", least=1)
    types = COVARIANCE_TYPES
    if covariance is not None:
        types = (check_choice(covariance, "--covariance", COVARIANCE_TYPES),)
    progress = Console(stderr=True)
    with progress.status(escape(f"reading {file}")):
        X = load_matrix(file)
    start = time.perf_counter()
    work = _work(X, k, select=select)
    with warnings.catch_warnings(record=True) as caught, progress.status(work):
        warnings.simplefilter("always", ConvergenceWarning)
        selection = (
            select_mixture(X, range(1, k + 1), types, random_state=seed)
            if select
            else None
        )
        model = (
            GaussianMixture(k, covariance_type=types[0], random_state=seed).fit(X)
            if selection is None
            else selection.best
        )
    seconds = time.perf_counter() - start
    for warning in caught:
        typer.echo(f"latentia: {warning.message}", err=True)
    if output.suffix == ".npz":
        write_npz(output, _arrays(model, X))
    else:
        model.save(output)
    if selection is not None:
        typer.echo(f"{selection}\n")
    console = Console()
    console.print(_components(model))
    console.print()
    console.print(_report(model, X, seconds))
    typer.echo(f"the mixture is in {output}")


def _work(X: Any, k: int, *, select: bool) -> str:
    n, d = X.shape
    components = f"1..{k}" if select else str(k)
    return f"fitting {components} components to {n} × {d}"


def _arrays(model: GaussianMixture, X: Any) -> dict[str, Any]:
    return {
        "weights": model.weights_,
        "means": model.means_,
        "covariances": model.covariances_,
        # Their shape alone does not tell tied from diag where k equals n_features.
        "covariance_type": np.array(model.covariance_type),
        "labels": model.predict(X),
        "log_likelihood": model.score_samples(X),
        "format_version": np.array(FORMAT_VERSION),
    }


def _components(model: GaussianMixture) -> Table:
    """Return the components by weight, the heaviest first."""
    weights = model.weights_
    table = Table("component", box=None)
    table.add_column("weight", justify="right")
    heaviest = np.argsort(-weights, kind="stable")[:N_LISTED]
    for index in heaviest:
        table.add_row(str(index), f"{100 * weights[index]:.2f} %")
    rest = len(weights) - len(heaviest)
    if rest:
        share = 1 - weights[heaviest].sum()
        table.add_row(f"{rest} more", f"{100 * share:.2f} %")
    return table


def _report(model: GaussianMixture, X: Any, seconds: float) -> Table:
    table = Table(show_header=False, box=None)
    facts = {
        "covariance": model.covariance_type,
        "mean log-likelihood": f"{model.score(X):.6g}",
        "BIC": f"{model.bic(X):.6g}",
        "iterations": str(model.n_iter_),
        "converged": "yes" if model.converged_ else "no",
        "time": f"{seconds:.3g} s",
    }
    for name, value in facts.items():
        table.add_row(name, value)
    return table
