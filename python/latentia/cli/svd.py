"""``latentia svd``: decompose a file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from latentia.cli.console import facts, say, working
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
    from latentia.decomposition.svd import Decomposition
    from latentia.rows import Summary

FORMAT_VERSION = 1
_METHODS = {
    "krylov": "block Krylov iteration",
    "power": "power iteration",
    "gram": "eigenvectors of AᵀA",
    "lapack": "LAPACK, exact",
    "arpack": "ARPACK, to rounding accuracy",
}


def svd(
    file: Annotated[
        Path,
        typer.Argument(help=f"Dense or sparse matrix: {MATRICES}."),
    ],
    k: Annotated[int, typer.Option(*N_COMPONENTS, help="Number of singular triplets.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="File (.npz) for U, s, Vt, error_bound and mean."
        ),
    ],
    center: Annotated[
        bool, typer.Option("--center", help="Subtract the column means (PCA).")
    ] = False,
    tol: Annotated[
        float,
        typer.Option(
            help="Accuracy: ‖A − U·S·Vt‖ may exceed its smallest possible value by "
            "this "
            "share. Smaller is more exact and slower."
        ),
    ] = 1e-4,
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
    """Compute the leading singular triplets of a matrix in a file."""
    import numpy as np

    from latentia._arguments import check_rank, check_seed, check_tol
    from latentia._threads import n_threads
    from latentia.cli.matrix import placed, read_matrix, table_options
    from latentia.cli.output import check_output, write_npz
    from latentia.decomposition.svd import SVDOptions, decompose
    from latentia.rows import summarise

    check_output(output, (".npz",), force=force, inputs=[file])
    table = table_options(header, index_column, columns, delimiter)
    seed, tol = check_seed(seed), check_tol(tol, "--tol")
    threads = n_threads()
    with working(f"reading {file}"):
        rows = placed(read_matrix(file, memory, table), device)
        check_rank(k, rows.shape)
        summary = summarise(rows, name=str(file), n_threads=threads)
    start = time.perf_counter()
    with working(f"decomposing {rows.shape[0]} × {rows.shape[1]}, rank {k}"):
        result = decompose(
            rows,
            summary,
            k,
            SVDOptions(tol=tol, n_iter=0, n_oversamples=0, seed=seed),
            method="auto",
            center=center,
            scale=False,
            want_U=True,
            n_threads=threads,
        )
    seconds = time.perf_counter() - start
    arrays: dict[str, Any] = {
        "U": result.take_U().result(),
        "s": result.s,
        "Vt": result.V.T,
        "error_bound": result.error_bound,
        "mean": summary.mean if center else np.zeros(rows.shape[1]),
        "format_version": np.array(FORMAT_VERSION),
    }
    write_npz(output, arrays)
    say(
        _report(result, summary, center=center, seconds=seconds),
        f"U, s, Vt, error_bound and mean are in {output}",
    )


def _report(
    result: Decomposition, summary: Summary, *, center: bool, seconds: float
) -> Table:
    import numpy as np

    square = summary.centred_square if center else summary.square_about_zero
    total = float(square.sum())
    kept = float(((result.s.astype(np.float64) * summary.scale) ** 2).sum())
    share = f"{100 * kept / total:.2f} %" if total > 0 else "-"
    positive = result.s > 0
    bounds = result.error_bound[positive] / result.s[positive]
    return facts(
        {
            "singular values": (
                f"{result.s[0]:.6g} … {result.s[-1]:.6g}",
                f"the largest and the smallest of {len(result.s)}",
            ),
            "error bound": (
                f"{bounds.max():.2g}" if len(bounds) else "0",
                "of each singular value, relative; smaller is better",
            ),
            "variance explained" if center else "share of ‖A‖²": (
                share,
                "of all columns" if center else "of U·S·Vt; 100 % is an exact result",
            ),
            "method": (_METHODS[result.method], ""),
            "passes over the data": (f"{result.n_passes}", ""),
            "time": (f"{seconds:.3g} s", ""),
        }
    )
