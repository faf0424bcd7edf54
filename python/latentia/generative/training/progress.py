"""Progress of a training: a bar on a terminal, otherwise a line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column

from latentia.generative.data import ImageSet, mode_of

LINE_SECONDS = 10.0
"""Time between lines, where there is no terminal."""

_CLASSES = 6
"""Most classes whose numbers of images are printed."""

_NOT_LOSSES = ("step", "epoch", "images", "seconds", "progress")

Report = Callable[[dict[str, Any], float], None]
"""(row of the history, progress) -> None"""


def opening_line(
    model: str, trained: ImageSet, held_out: ImageSet, labelled: bool
) -> None:
    """Print the images of a training on standard error."""
    print(f"{model}: {_given(trained, held_out, labelled)}", file=sys.stderr)


def _given(trained: ImageSet, held_out: ImageSet, labelled: bool) -> str:
    """Return the number, size, mode and classes of the images, and skipped files."""
    n_channels, height, width = trained.image_shape
    mode = {"L": "grey", None: "two channels"}.get(name := mode_of(n_channels), name)
    text = f"{len(trained):,} images of {height}×{width}, {mode}"
    if labelled and trained.labels is not None:
        counts = np.bincount(trained.labels.numpy(), minlength=len(trained.classes))
        n_classes = len(counts)
        text += f", {n_classes} class{'' if n_classes == 1 else 'es'}"
        if n_classes <= _CLASSES:
            pairs = zip(trained.classes.tolist(), counts, strict=True)
            text += f" ({', '.join(f'{c}: {n:,}' for c, n in pairs)})"
        else:
            text += f" ({counts.min():,} to {counts.max():,} images each)"
    else:
        text += ", no classes"
    if held_out is not trained:
        text += f"; {len(held_out):,} more to compute scores on"
    if trained.skipped:
        file, reason = trained.skipped[0]
        text += f"; {len(trained.skipped):,} files left out, such as {file}: {reason}"
    # Names of classes and files must not control the terminal.
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


@contextmanager
def training_bar(
    verbose: int, description: str, console: Console | None = None
) -> Iterator[Report]:
    """Give the function that a training reports to.

    If ``verbose``, reports are shown on standard error: on a terminal as a bar,
    otherwise as a line with the losses every ten seconds.
    """
    console = console or Console(stderr=True, highlight=False, markup=False)
    if not verbose:
        yield lambda row, progress: None
    elif not (console.is_terminal or console.is_jupyter):
        yield _lines(console, description)
    else:
        with _bar(console) as bar:
            task = bar.add_task(description, total=1.0, found="")

            def report(row: dict[str, Any], progress: float) -> None:
                if "event" in row:
                    console.print(f"{description}: {row['event']}")
                bar.update(task, completed=progress, found=found_in(row))

            yield report


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=16),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
        TextColumn(
            "{task.fields[found]}",
            markup=False,
            table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
        ),
        console=console,
        expand=True,
    )


def _lines(console: Console, description: str) -> Report:
    last = time.monotonic()

    def report(row: dict[str, Any], progress: float) -> None:
        nonlocal last
        event = row.get("event")
        if event is None and time.monotonic() - last < LINE_SECONDS:
            return
        last = time.monotonic()
        spent = row["seconds"]
        left = spent * (1 - progress) / max(progress, 1e-9)
        console.print(
            f"{description}: step {row['step']:,}, {100 * progress:.0f} %, "
            f"{_clock(spent)} spent, about {_clock(left)} left, "
            f"{event or found_in(row)}",
            soft_wrap=True,
        )

    return report


def found_in(row: dict[str, Any]) -> str:
    """Return speed, losses and score of a row of the history."""
    speed = row["images"] / max(row["seconds"], 1e-9)
    losses = (
        f"{name} {value:.3g}"
        for name, value in row.items()
        if name not in _NOT_LOSSES and isinstance(value, float)
    )
    return "  ".join([f"{speed:,.0f} images/s", *losses])


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
