"""The folder of a run: checkpoints, metrics and sheets, each written whole.

====================  ==========================================================
``last.safetensors``  everything that going on needs
``best.safetensors``  the averaged networks with the best score
``metrics.jsonl``     a row for every fifty steps and every score
``samples/``          a sheet for every score, from the same noise
====================  ==========================================================
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._files import replacing
from latentia.datasets.sheets import sheet, write_png
from latentia.generative.training.tensorboard import TensorBoard

LAST, BEST = "last.safetensors", "best.safetensors"
METRICS = "metrics.jsonl"


class RunFolder:
    """Files of a run; a new folder, or that of the run which is continued."""

    def __init__(self, path: Path, *, resumed: bool, tensorboard: bool = False) -> None:
        if path.exists() and not path.is_dir():
            raise NotADirectoryError(f"run={str(path)!r} is a file, not a folder")
        if not resumed and any((path / name).exists() for name in (LAST, BEST)):
            raise FileExistsError(
                f"run={str(path)!r} holds a run: continue it with resume=, or choose "
                "another folder"
            )
        (path / "samples").mkdir(parents=True, exist_ok=True)
        # What a process that was killed while it wrote has left.
        for name in (LAST, BEST, METRICS):
            for begun in path.glob(f".{name}.*"):
                begun.unlink(missing_ok=True)
        self.path = path
        self.last, self.best = path / LAST, path / BEST
        self.tensorboard = TensorBoard(path) if tensorboard else None

    def write_metrics(self, history: list[dict[str, Any]]) -> None:
        """Write all rows so far: those of steps that a resume takes again go."""
        with replacing(self.path / METRICS) as temporary:
            temporary.write_text("".join(f"{json.dumps(row)}\n" for row in history))

    def write_sheet(self, images: NDArray[np.uint8], step: int) -> None:
        """Write a sheet of samples, named by the step."""
        write_png(self.path / "samples" / f"{step:07d}.png", sheet(images))


def checkpoint_in(path: str | Path, *names: str) -> Path:
    """Return the first of the files that is in a folder, or the file itself."""
    path = Path(path)
    if not path.is_dir():
        return path
    for name in names:
        if (path / name).is_file():
            return path / name
    raise FileNotFoundError(f"{path} holds no {' and no '.join(names)}")
