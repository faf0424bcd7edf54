"""Checkpoints: files of ``latentia._model_file`` with tensors of PyTorch.

The description holds the model's class, by the name of ``class``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from latentia._model_file import read_model, write_model

Tensors = dict[str, Tensor]


def write_checkpoint(
    path: Path,
    tensors: Tensors,
    description: dict[str, Any],
    *,
    overwrite: bool = False,
) -> None:
    """Write a checkpoint, atomically.

    Raises
    ------
    FileExistsError
        If there is a file of that name and ``overwrite`` is false.
    OSError
        If it cannot be written, for example on a full disk; the earlier file stays.
    """
    arrays = {
        name: tensor.detach().cpu().contiguous().numpy()
        for name, tensor in tensors.items()
    }
    model = {name: value for name, value in description.items() if name != "class"}
    write_model(path, description["class"], arrays, model, overwrite=overwrite)


def read_checkpoint(
    path: Path, kind: str | None = None
) -> tuple[Tensors, dict[str, Any]]:
    """Return tensors and description.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is another file, such as a pickle, of another class, or damaged.
    """
    found, arrays, model = read_model(path, kind)
    if not isinstance(model, dict):
        raise ValueError(f"{path} holds no {found}: its description is {model!r:.100}")
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    return tensors, model | {"class": found}
