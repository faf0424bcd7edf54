"""Outputs of a network for images, computed by batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from latentia._torch_state import with_own_state
from latentia.evaluation._images import Images

_PIXELS = 2**19
"""Approximate pixels of a batch: 668 images of 28×28, 8 of 256×256."""


def choose_device(device: str) -> torch.device:
    """Return the device of this name; "auto" is CUDA if available, else the CPU."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(device)
    except RuntimeError:
        chosen = None
    if chosen is None or chosen.type not in ("cpu", "cuda"):
        raise ValueError(
            f"device must be 'auto', 'cpu', 'cuda' or 'cuda:N', got {device!r}"
        )
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            f"device must be 'cpu' or 'auto', got {device!r}; torch finds no CUDA "
            "device"
        )
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"device={device!r}: torch finds {torch.cuda.device_count()} CUDA devices"
        )
    return chosen


def as_tensor(images: Images) -> Tensor:
    """Return uint8 (n, H, W[, C]) as uint8 (n, C, H, W)."""
    array = images[..., np.newaxis] if images.ndim == 3 else images
    # Read-only arrays are copied, because torch does not support them.
    tensor = torch.from_numpy(np.require(array, requirements=["C", "W"]))
    return tensor.permute(0, 3, 1, 2)


@with_own_state
def outputs(
    network: nn.Module,
    images: Images,
    device: torch.device,
    *,
    n_pixels: int | None = None,
) -> NDArray[np.float32]:
    """Return the outputs of the network for images in 0..1, float32 (n, d).

    ``n_pixels`` is the size to which the network scales an image; it limits the batch.
    """
    size = max(1, _PIXELS // (n_pixels or images.shape[1] * images.shape[2]))
    network = network.to(device).eval()
    with torch.inference_mode():
        parts = [
            _as_features(
                network(as_tensor(images[i : i + size]).to(device).float() / 255)
            )
            for i in range(0, len(images), size)
        ]
    return torch.cat(parts).numpy()


def numbers_of(network: nn.Module) -> list[NDArray[Any]]:
    """Return parameters and buffers as arrays."""
    found = (tensor.detach().cpu() for tensor in network.state_dict().values())
    # NumPy has no bfloat16.
    return [(t.float() if t.dtype == torch.bfloat16 else t).numpy() for t in found]


class ToModerateSize(nn.Module):
    """Scales images (B, C, H, W) to 16..63 pixels on their shorter side.

    Pixels of smaller images are repeated; larger images are averaged over square cells.
    """

    def forward(self, images: Tensor) -> Tensor:
        """Return (B, C, H', W')."""
        side = min(images.shape[2:])
        if side < 16:
            return interpolate(images, scale_factor=-(-16 // side))
        return avg_pool2d(images, side // 32) if side > 63 else images


def _as_features(output: object) -> Tensor:
    if not isinstance(output, Tensor) or output.ndim < 2:
        shape = tuple(output.shape) if isinstance(output, Tensor) else type(output)
        raise ValueError(f"the module must return a tensor (B, d), got {shape}")
    return output.flatten(1).float().cpu()
