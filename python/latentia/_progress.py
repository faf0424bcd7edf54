"""Progress bars of fits with ``verbose``."""

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

Report = Callable[[int, float], None]
"""(iteration, value of the measure) -> None"""


@contextmanager
def progress(
    verbose: int, *, total: int, interval: int, measure: str
) -> Iterator[Callable[[str], Report]]:
    """Yield a function that starts a run by its name and returns its report function.

    If ``verbose``, every run of ``total`` iterations has a bar on standard error, which
    shows the ``measure`` and is updated every ``interval`` iterations.
    """
    if not verbose:
        yield lambda _: lambda iteration, found: None
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{measure} {{task.fields[found]}}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        auto_refresh=False,  # refreshed every ``interval`` iterations and at the end
    )

    def begin(name: str) -> Report:
        task = bar.add_task(name, total=total, found="-")

        def report(iteration: int, found: float) -> None:
            due = iteration == 1 or iteration % interval == 0
            bar.update(task, completed=iteration, found=f"{found:.6g}", refresh=due)

        return report

    with bar:
        yield begin
