"""The discriminator of a trained GAN, which samples need not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentia._run_manifest import LAST
from latentia._torch_state import with_own_state
from latentia.generative.models.trainable import TrainableModel
from latentia.generative.networks.inference import batched
from latentia.generative.training.checkpoint import Tensors
from latentia.generative.training.compute import cpu_threads
from latentia.generative.training.record import read_training
from latentia.generative.training.tensors import load_networks, part

NAME = "discriminator"


def has_discriminator(tensors: Tensors) -> bool:
    """Tell whether the tensors of a checkpoint hold a discriminator."""
    return bool(part(tensors, f"networks.{NAME}"))


def read_discriminator(model: TrainableModel, folder: Path) -> None:
    """Give a loaded model the last checkpoint of its run, if the folder has one.

    The file that samples holds no discriminator.
    """
    file = folder / LAST
    if file.is_file():
        model.last_checkpoint_ = read_training(file, type(model).__name__)


@with_own_state
def judge(
    model: TrainableModel, images: Tensor, labels: NDArray[np.int64] | None
) -> NDArray[np.float64]:
    """Return the logits of images (n, C, H, W), with their classes if there are any.

    Without labels a model with classes gives the largest logit of all classes.
    """
    assert model.last_checkpoint_ is not None
    tensors, record = model.last_checkpoint_
    device = torch.device(model.device_)
    recipe = model.build_recipe(record.config, 0, torch.device("cpu"))
    load_networks(tensors, f"networks.{NAME}", recipe.networks[NAME])
    network = recipe.networks[NAME].to(device).eval()
    n_classes = record.config.n_classes
    with cpu_threads():
        if n_classes and labels is None:
            found = [_logits(network, images, [c], device) for c in range(n_classes)]
            largest: NDArray[np.float64] = np.max(found, axis=0)
            return largest
        return _logits(network, images, labels, device)


def _logits(
    network: nn.Module,
    images: Tensor,
    labels: NDArray[np.int64] | list[int] | None,
    device: torch.device,
) -> NDArray[np.float64]:
    y = None
    if labels is not None:
        y = torch.as_tensor(np.broadcast_to(np.asarray(labels), len(images)).copy())

    def of_block(images: Tensor, y: Tensor | None = None) -> Tensor:
        logits: Tensor = network(2 * images - 1, y)
        return logits

    found: NDArray[np.float64] = (
        batched(of_block, images, y, device=device).double().numpy()
    )
    return found
