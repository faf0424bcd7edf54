"""Checkpoints: tensors and JSON in one file, written whole, that cannot run code.

A checksum over both tells a damaged file from a whole one.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor

from latentia._model_file import read_model, write_model

FORMAT = "latentia.generative"
VERSION = 1

Tensors = dict[str, Tensor]


def write_checkpoint(path: Path, tensors: Tensors, description: dict[str, Any]) -> None:
    """Write a checkpoint in the place of an earlier one, whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written, a full disk among the reasons; the earlier file stays.
    """
    arrays = {
        name: tensor.detach().cpu().contiguous().numpy()
        for name, tensor in tensors.items()
    }
    model = {"checksum": _checksum(arrays, description), "content": description}
    try:
        write_model(path, arrays, model, format=FORMAT, version=VERSION)
    except SafetensorError as error:
        raise OSError(f"{path} could not be written: {error}") from None


def read_checkpoint(path: Path) -> tuple[Tensors, dict[str, Any]]:
    """Return tensors and description.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is another file, a pickle among them, or not what was written.
    """
    arrays, model = read_model(path, format=FORMAT, version=VERSION)
    try:
        checksum, content = model["checksum"], model["content"]
    except (KeyError, TypeError):
        raise ValueError(f"{path} has no checksum") from None
    if checksum != _checksum(arrays, content):
        raise ValueError(f"{path} was damaged or edited: its checksum is another")
    return {name: torch.from_numpy(array) for name, array in arrays.items()}, content


def _checksum(arrays: dict[str, NDArray[Any]], description: Any) -> str:
    digest = hashlib.sha256(json.dumps(description, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
