"""The rows of a run for TensorBoard, next to those in ``metrics.jsonl``."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any


def require_tensorboard() -> None:
    """Raise if the package is missing."""
    if find_spec("tensorboard") is None:
        raise ImportError("tensorboard=True needs it: pip install tensorboard")


class TensorBoard:
    """Writes event files into ``tensorboard/`` of a run's folder."""

    def __init__(self, folder: Path) -> None:
        require_tensorboard()
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(folder / "tensorboard"))

    def add(self, row: dict[str, Any]) -> None:
        """Write the numbers of a row at its step."""
        for name, value in row.items():
            if isinstance(value, float):
                self._writer.add_scalar(name, value, row["step"])
        self._writer.flush()
