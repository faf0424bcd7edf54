"""What a training writes while it runs; a full disk does not end it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._warnings import warn_caller
from latentia.generative.training.checkpoint import Tensors
from latentia.generative.training.record import TrainingRecord
from latentia.generative.training.run_folder import RunFolder


class RunWriter:
    """Writes into the folder of a run, if there is one."""

    def __init__(self, folder: RunFolder | None) -> None:
        self._folder = folder

    def last(
        self,
        tensors: Tensors,
        record: TrainingRecord,
        history: list[dict[str, Any]],
        *,
        required: bool,
    ) -> None:
        """Write the checkpoint that can be continued, and the metrics.

        Raises
        ------
        OSError
            If they are ``required`` and cannot be written.
        """
        folder = self._folder
        if folder is None:
            return
        try:
            folder.write_last(tensors, record)
            folder.write_metrics(history)
        except OSError as error:
            if required:
                raise
            _warn("checkpoint", error)

    def best(self, tensors: Tensors, record: TrainingRecord) -> None:
        """Write the checkpoint of the best score."""
        if self._folder is not None:
            try:
                self._folder.write_best(tensors, record)
            except OSError as error:
                _warn("checkpoint", error)

    def samples(
        self, draw: Callable[[], NDArray[np.uint8]], step: int, classes: list[Any]
    ) -> None:
        """Write a grid of samples, which are drawn only if there is a folder."""
        if self._folder is not None:
            images = draw()
            try:
                self._folder.write_grid(images, step, [str(name) for name in classes])
            except OSError as error:
                _warn("grid of samples", error)

    def metrics(self, row: dict[str, Any]) -> None:
        """Write a row for TensorBoard, if that was asked for."""
        if self._folder is not None and self._folder.tensorboard is not None:
            try:
                self._folder.tensorboard.add(row)
            except OSError as error:
                _warn("row for TensorBoard", error)


def _warn(what: str, error: OSError) -> None:
    warn_caller(f"no {what} could be written: {error}", RuntimeWarning)
