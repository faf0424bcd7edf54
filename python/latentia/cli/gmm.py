"""``latentia gmm``: fit a mixture of Gaussians to the rows of a file."""

from __future__ import annotations

import math
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
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
    from numpy.typing import NDArray

    from latentia import GaussianMixture
    from latentia.rows import RowSource

    Array = NDArray[Any]

FORMAT_VERSION = 1
N_LISTED = 12


def gmm(
    file: Annotated[
        Path,
        typer.Argument(help=f"Dense matrix, one sample a row: {MATRICES}."),
    ],
    k: Annotated[
        int,
        typer.Option(
            *N_COMPONENTS,
            help="Number of components; with --select, the largest number.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="File for the model (.safetensors), or for its parameters and the "
            "label "
            "and log-likelihood of each row (.npz).",
        ),
    ],
    covariance_type: Annotated[
        str | None,
        typer.Option(
            help="full (the default), tied, diag or spherical; with --select all of "
            "them "
            "are compared unless one is given.",
        ),
    ] = None,
    select: Annotated[
        bool,
        typer.Option(
            "--select", help="Choose the number of components from 1 to k by BIC."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the random start.")] = 0,
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
    """Fit a mixture of Gaussians to the rows of a matrix in a file."""
    from sklearn.exceptions import ConvergenceWarning

    from latentia import GaussianMixture, select_mixture
    from latentia._arguments import check_count, check_seed
    from latentia.cli.matrix import placed, read_matrix, table_options
    from latentia.cli.output import check_output, write_npz
    from latentia.mixture.covariance import COVARIANCE_NAMES, check_covariance_type
    from latentia.rows import total

    check_output(
        output,
        (".safetensors", ".npz"),
        force=force,
        inputs=[file],
        kind="GaussianMixture",
    )
    table = table_options(header, index_column, columns, delimiter)
    k = check_count(k, "/".join(N_COMPONENTS), least=1)
    types = COVARIANCE_NAMES
    if covariance_type is not None:
        types = (check_covariance_type(covariance_type, "--covariance-type").name,)
    seed = check_seed(seed)
    with working(f"reading {file}"):
        rows = placed(read_matrix(file, memory, table), device)
    start = time.perf_counter()
    work = _work(rows, k, select=select)
    with warnings.catch_warnings(record=True) as caught, working(work):
        warnings.simplefilter("always", ConvergenceWarning)
        selection = (
            select_mixture(rows, range(1, k + 1), types, random_state=seed)
            if select
            else None
        )
        model = (
            GaussianMixture(k, covariance_type=types[0], random_state=seed).fit(rows)
            if selection is None
            else selection.best
        )
    seconds = time.perf_counter() - start
    for warning in caught:
        warn(warning.message)
    if output.suffix == ".safetensors":
        model.save(output, overwrite=True)  # check_output has allowed it
    with working("scoring the rows"):
        scores = model.score_samples(rows)
        likelihood = total(rows.state_from_array(scores))[0] / len(scores)
        if output.suffix == ".npz":
            write_npz(output, _arrays(model, model.predict(rows), scores))
    say(
        *([] if selection is None else [f"{selection}\n"]),
        _components(model),
        "",
        _report(model, rows.shape[0], likelihood, seconds),
        f"the mixture is in {output}",
    )


def _work(rows: RowSource, k: int, *, select: bool) -> str:
    n, d = rows.shape
    components = f"1..{k}" if select else str(k)
    return f"fitting {components} components to {n} × {d}"


def _arrays(model: GaussianMixture, labels: Array, scores: Array) -> dict[str, Any]:
    import numpy as np

    return {
        "weights": model.weights_,
        "means": model.means_,
        "covariances": model.covariances_,
        # If k equals n_features, tied and diag have the same shape.
        "covariance_type": np.array(model.covariance_type),
        "labels": labels,
        "log_likelihood": scores,
        "format_version": np.array(FORMAT_VERSION),
    }


def _components(model: GaussianMixture) -> Table:
    """Return the components and their weights, the largest first."""
    import numpy as np

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


def _report(model: GaussianMixture, n: int, likelihood: float, seconds: float) -> Table:
    bic = model._n_parameters() * math.log(n) - 2 * n * likelihood
    return facts(
        {
            "covariance type": model.covariance_type,
            "mean log-likelihood": (f"{likelihood:.6g}", "per row; larger is better"),
            "BIC": (f"{bic:.6g}", "smaller is better, for the same rows"),
            "iterations": (str(model.n_iter_), f"of at most {model.max_iter}"),
            "converged": "yes" if model.converged_ else "no",
            "time": f"{seconds:.3g} s",
        }
    )
