"""Saved models: ``best.safetensors`` and ``last.safetensors`` in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import torch

from latentia._files import check_link
from latentia._model_file import check_model_path
from latentia._run_manifest import BEST, LAST
from latentia.generative.models.trainable import TrainableModel
from latentia.generative.training.compute import choose_compute
from latentia.generative.training.moving_average import averaged_copy
from latentia.generative.training.record import read_training, write_training
from latentia.generative.training.run_folder import checkpoint_in
from latentia.generative.training.tensors import load_networks, part

M = TypeVar("M", bound=TrainableModel)


def save(model: TrainableModel, folder: Path, *, overwrite: bool) -> None:
    """Write ``best.safetensors`` and, of a model that was trained, the last state."""
    check_link(folder)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"path={str(folder)!r} is a file, not a folder")
    for name in (BEST, LAST):
        check_model_path(folder / name, overwrite=overwrite)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"averaged.{k}": v for k, v in model.networks_.state_dict().items()}
    tensors |= {f"extras.{k}": v for k, v in model.extra_tensors().items()}
    write_training(folder / BEST, tensors, model.record_, overwrite=overwrite)
    if model.last_checkpoint_ is not None:
        write_training(folder / LAST, *model.last_checkpoint_, overwrite=overwrite)
    elif (folder / LAST).exists() and not _is_of(model, folder / LAST):
        (folder / LAST).unlink()  # else it would be continued in place of this model


def _is_of(model: TrainableModel, checkpoint: Path) -> bool:
    """Return whether a checkpoint is of the training of the model."""
    try:
        _, record = read_training(checkpoint, type(model).__name__)
    except ValueError:
        return False
    ours = model.record_
    return (record.seed, record.images, record.config) == (
        ours.seed,
        ours.images,
        ours.config,
    )


def load(cls: type[M], path: Path, device: str) -> M:
    """Read a model, and put it on a device."""
    file = checkpoint_in(path, BEST, LAST)
    tensors, record = read_training(file, cls.__name__)
    compute = choose_compute(device, "float32", train=False)
    try:
        model = cls(**record.parameters)
        model.check_parameters()
        recipe = model.build_recipe(record.config, 0, torch.device("cpu"))
        networks = averaged_copy(recipe.networks, recipe.averaged)
        load_networks(tensors, "averaged", networks)
        model.set_fitted(networks.to(compute.device), record, compute)
        model.restore_extras(part(tensors, "extras"))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{file} holds no {cls.__name__} that can be read: {error}"
        ) from error
    return model
