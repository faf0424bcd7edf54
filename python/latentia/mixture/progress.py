"""What a fit tells while it runs, if it is asked to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from latentia.mixture.arguments import Settings

Report = Callable[[int, float], None]


@contextmanager
def progress(verbose: int, settings: Settings) -> Iterator[Callable[[int], Report]]:
    """Give a function from a start's number to what its iterations report to.

    If ``verbose``, a bar on standard error for every start, brought up to date with
    the mean log-likelihood every ``verbose_interval`` iterations.
    """
    if not verbose:
        yield lambda _: lambda iteration, lower_bound: None
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("log-likelihood {task.fields[found]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        auto_refresh=False,  # but when an iteration is due, and at the end
    )

    def begin(run: int) -> Report:
        task = bar.add_task(
            f"EM {run + 1}/{settings.n_init}", total=settings.max_iter, found="-"
        )

        def report(iteration: int, lower_bound: float) -> None:
            due = iteration == 1 or iteration % settings.verbose_interval == 0
            found = f"{lower_bound:.6g}"
            bar.update(task, completed=iteration, found=found, refresh=due)

        return report

    with bar:
        yield begin
