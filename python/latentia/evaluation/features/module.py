"""Features of a network of the user."""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import nn

from latentia.evaluation._images import check_images
from latentia.evaluation.features._fingerprint import fingerprint
from latentia.evaluation.features._network import choose_device, numbers_of, outputs


class ModuleFeatures:
    """Outputs of a network for images.

    Parameters
    ----------
    module : torch.nn.Module
        Its input is float32 images (B, C, H, W) in 0..1, its output a tensor (B, ...),
        which is flattened to (B, d). It is copied and set to evaluation mode.
    device : str, default="auto"
        "cpu", "cuda" or "cuda:1"; "auto" is CUDA if available, else the CPU.

    Attributes
    ----------
    name : str
        The class of the module and a fingerprint of its weights.

    Raises
    ------
    ValueError, TypeError
        Not a module, or a device that is not available.

    Examples
    --------
    >>> from torch import nn
    >>> from latentia.datasets import load_digits
    >>> from latentia.evaluation.features import ModuleFeatures
    >>> space = ModuleFeatures(nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU()))
    >>> space(load_digits().images[:3]).shape  # 4 channels of 6 × 6
    (3, 144)
    """

    def __init__(self, module: nn.Module, *, device: str = "auto") -> None:
        if not isinstance(module, nn.Module):
            raise TypeError(f"module must be a torch.nn.Module, got {module!r}")
        self._device = choose_device(device)
        self._module = copy.deepcopy(module)
        self.name = f"{type(module).__name__} {fingerprint(numbers_of(module))}"

    def __call__(self, images: ArrayLike) -> NDArray[np.float32]:
        """Return the features of images, float32 (n, d)."""
        return outputs(self._module, check_images(images, "images"), self._device)
