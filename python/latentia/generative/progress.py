"""The bar of a training: images a second, losses, and the time that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from latentia.generative.training.plan import State

_NOT_LOSSES = ("step", "epoch", "images", "seconds", "progress")


@contextmanager
def training_bar(
    verbose: int, description: str
) -> Iterator[Callable[[State, float], None]]:
    """Give what a training reports to; if ``verbose``, a bar on standard error."""
    if not verbose:
        yield lambda state, progress: None
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
        TextColumn("{task.fields[found]}"),
        console=Console(stderr=True),
    )
    task = bar.add_task(description, total=1.0, found="")

    def report(state: State, progress: float) -> None:
        row = state.history[-1]
        speed = row["images"] / max(row["seconds"], 1e-9)
        losses = (
            f"{name} {value:.3g}"
            for name, value in row.items()
            if name not in _NOT_LOSSES and isinstance(value, float)
        )
        found = f"{speed:,.0f} images/s  {'  '.join(losses)}"
        bar.update(task, completed=progress, found=found)

    with bar:
        yield report
