"""The bar of a training: images a second, losses, and the time that is left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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

from latentia.generative.data import ImageSet, mode_of
from latentia.generative.training.plan import State

_CLASSES = 6
"""Classes of which the number of images is told."""

_NOT_LOSSES = ("step", "epoch", "images", "seconds", "progress")


def opening_line(
    model: str, trained: ImageSet, held_out: ImageSet, labelled: bool
) -> None:
    """Tell on standard error what a training is given."""
    print(f"{model}: {_given(trained, held_out, labelled)}", file=sys.stderr)


def _given(trained: ImageSet, held_out: ImageSet, labelled: bool) -> str:
    """Return how many images there are, their size, mode and classes, what is not."""
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
        text += f"; {len(held_out):,} more to take scores on"
    if trained.skipped:
        file, reason = trained.skipped[0]
        text += f"; {len(trained.skipped):,} files left out, such as {file}: {reason}"
    # Names are the users': nothing in them is to be an order to the terminal.
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


@contextmanager
def training_bar(
    verbose: int, description: str
) -> Iterator[Callable[[State, float], None]]:
    """Give what a training reports to; if ``verbose``, a bar on a terminal."""
    console = Console(stderr=True)
    if not verbose or not (console.is_terminal or console.is_jupyter):
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
        console=console,
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
