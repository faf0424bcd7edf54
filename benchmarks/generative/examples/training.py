"""What every example does around its steps: a DataLoader, and a look at the clock."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

Step = Callable[[Tensor, Tensor], None]
"""One training step on a batch of images (B, 1, H, W), 0..1, and their labels."""

BATCH_SIZE = 128


class Trained(NamedTuple):
    """How long a training took, and how many images it saw, repetitions included."""

    seconds: float
    n_images: int


def train_for(
    step: Step,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    seconds: float,
    device: torch.device,
) -> Trained:
    """Take steps, epoch after epoch, until a time is over.

    Parameters
    ----------
    step : callable
    images : ndarray of uint8, shape (n, H, W)
    labels : ndarray of int64, shape (n,)
    seconds : float
        At least one step is taken.
    device : torch.device
        Where the batches go.

    Returns
    -------
    Trained
    """
    scaled = torch.from_numpy(images).unsqueeze(1).float() / 255
    loader = DataLoader(
        TensorDataset(scaled, torch.from_numpy(labels)),
        batch_size=BATCH_SIZE,
        shuffle=True,
        drop_last=len(images) >= BATCH_SIZE,
        pin_memory=device.type == "cuda",
    )
    begin, n_images = time.perf_counter(), 0
    while True:
        for batch, batch_labels in loader:
            step(
                batch.to(device, non_blocking=True),
                batch_labels.to(device, non_blocking=True),
            )
            n_images += len(batch)
            if time.perf_counter() - begin >= seconds:
                finish(device)
                return Trained(time.perf_counter() - begin, n_images)


def finish(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def default_device() -> torch.device:
    """Return CUDA where there is any, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
