"""The folder of a run: checkpoints, metrics and samples, each written whole.

====================  ==========================================================
``last.safetensors``  everything that is needed to continue
``best.safetensors``  the averaged networks with the best score
``metrics.jsonl``     a row for every fifty steps and every score; null stands for a
                      number that is not finite, which JSON does not have
``samples/``          a grid of samples for every score, from the same noise
``run.json``          the list of these files
====================  ==========================================================
"""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia import _run_manifest as manifest
from latentia._files import replacing
from latentia._run_manifest import ASIDE, BEST, LAST, METRICS, SAMPLES
from latentia.datasets.headings import with_headings
from latentia.datasets.image_grid import image_grid, write_png
from latentia.generative.training.checkpoint import Tensors
from latentia.generative.training.record import TrainingRecord, write_training
from latentia.generative.training.tensorboard import TensorBoard

MOST_COLUMNS = 20
"""More classes than this share rows, without names."""


def check_is_new(path: Path) -> None:
    """Raise if there is a run in the folder."""
    if there := manifest.clashes(path):
        raise FileExistsError(
            f"run={str(path)!r} holds a run: continue it with resume=, or choose "
            f"another folder ({there[0]} is there)"
        )


class RunFolder:
    """Files of a run; a new folder, or that of the run which is continued.

    The caller has locked the folder.
    """

    def __init__(self, path: Path, *, resumed: bool, tensorboard: bool = False) -> None:
        if not resumed:
            check_is_new(path)
        self.path, self.resumed = path, resumed
        self.last, self.best = path / LAST, path / BEST
        manifest.add(path, (LAST, BEST, METRICS))
        (path / SAMPLES).mkdir(exist_ok=True)
        # Temporary files of a process that was killed while it wrote.
        for name in (LAST, BEST, METRICS):
            for begun in path.glob(f".{name}.*"):
                begun.unlink(missing_ok=True)
        before = _event_files(path)
        self.tensorboard = TensorBoard(path) if tensorboard else None
        manifest.add(path, _event_files(path) - before)

    def write_last(self, tensors: Tensors, record: TrainingRecord) -> None:
        """Replace the checkpoint that can be continued."""
        write_training(self.last, tensors, record, overwrite=True)

    def write_best(self, tensors: Tensors, record: TrainingRecord) -> None:
        """Replace the checkpoint of the best score."""
        write_training(self.best, tensors, record, overwrite=True)

    def write_metrics(self, history: list[dict[str, Any]]) -> None:
        """Write all rows so far, without those of steps that a resume repeats."""
        with replacing(self.path / METRICS) as temporary:
            temporary.write_text("".join(f"{_json(row)}\n" for row in history))

    def write_grid(
        self, images: NDArray[np.uint8], step: int, classes: list[str]
    ) -> None:
        """Write a grid of samples, named by the step; a column for each class."""
        name = f"{SAMPLES}/{step:07d}.png"
        manifest.add(self.path, (name,))
        if 1 < len(classes) <= MOST_COLUMNS:
            whole_rows = images[: len(images) // len(classes) * len(classes)]
            page = with_headings(image_grid(whole_rows, len(classes)), classes)
        else:
            page = image_grid(images)
        write_png(self.path / name, page)

    def discard(self) -> None:
        """Remove a run that could not begin; one that was continued stays."""
        if not self.resumed:
            manifest.remove(self.path)


def _json(row: dict[str, Any]) -> str:
    """Return a row as JSON."""
    known = {
        name: None if isinstance(value, float) and not isfinite(value) else value
        for name, value in row.items()
    }
    return json.dumps(known, allow_nan=False)


def _event_files(path: Path) -> set[str]:
    files = (path / "tensorboard").glob("events.out.tfevents.*")
    return {f"tensorboard/{file.name}" for file in files}


def checkpoint_in(path: str | Path, *names: str) -> Path:
    """Return the first of the files that is in a folder, or the file itself."""
    path = Path(path)
    if not path.is_dir():
        return path
    for name in names:
        if (path / name).is_file():
            return path / name
    hint = ""
    if (path / ASIDE).is_dir():
        hint = f"; {path / ASIDE} holds a run, which the next training there restores"
    raise FileNotFoundError(f"{path} holds no {' and no '.join(names)}{hint}")
