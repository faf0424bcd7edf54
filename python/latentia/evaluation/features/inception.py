"""Features of Inception v3, with weights from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from latentia.evaluation._images import check_images
from latentia.evaluation.features._fingerprint import fingerprint
from latentia.evaluation.features._inception_network import InceptionV3
from latentia.evaluation.features._network import choose_device, numbers_of, outputs

_NOT_NEEDED = ("AuxLogits.", "fc.")


class InceptionFeatures:
    """Activations of the last pooling layer of Inception v3: 2048 numbers per image.

    Grey images become RGB, and all are scaled to 299×299 pixels, bilinearly. Published
    FIDs use other weights, ported from TensorFlow. Compare scores in this space only
    with each other.

    Parameters
    ----------
    path : path-like
        A ``.safetensors`` file with the state dictionary of torchvision's
        ``inception_v3``; its classification layers are ignored. Pickled files
        (``.pth``, ``.pt``) are refused, because they can run code. To convert one:
        ``safetensors.torch.save_file(torch.load(FILE, weights_only=True), PATH)``.
    device : str, default="auto"
        "cpu", "cuda" or "cuda:1"; "auto" is CUDA if available, else the CPU.

    Attributes
    ----------
    name : str
        "Inception v3" and a fingerprint of the weights.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is damaged or does not hold these weights.

    References
    ----------
    C. Szegedy et al., "Rethinking the Inception architecture for computer vision",
    CVPR 2016.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.evaluation.features import InceptionFeatures
    >>> space = InceptionFeatures("inception.safetensors")  # doctest: +SKIP
    >>> space(load_digits().images[:3]).shape  # doctest: +SKIP
    """

    def __init__(self, path: str | Path, *, device: str = "auto") -> None:
        self._device = choose_device(device)
        with torch.device("meta"):  # the weights come from the file
            self._network = InceptionV3()
        state = _read_weights(Path(path))
        _check_weights(state, self._network.state_dict(), path)
        self._network.load_state_dict(state, assign=True)
        self.name = f"Inception v3 {fingerprint(numbers_of(self._network))}"

    def __call__(self, images: ArrayLike) -> NDArray[np.float32]:
        """Return the features of images, float32 (n, 2048).

        Raises
        ------
        ValueError, TypeError
            Images of another form, or of two or four channels.
        """
        checked = check_images(images, "images")
        if checked.ndim == 3:
            checked = checked[..., np.newaxis]
        if checked.shape[3] not in (1, 3):
            raise ValueError(
                f"images must be grey or RGB, got {checked.shape[3]} channels"
            )
        colour = np.broadcast_to(checked, (*checked.shape[:3], 3))
        return outputs(self._network, colour, self._device, n_pixels=299 * 299)


def _read_weights(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        state = load_file(path)
    except SafetensorError as error:
        raise ValueError(
            f"{path} is not a whole safetensors file ({error}); pickled weights are "
            "refused, because they can run code"
        ) from None
    return {k: v for k, v in state.items() if not k.startswith(_NOT_NEEDED)}


def _check_weights(
    state: dict[str, Tensor], expected: dict[str, Tensor], path: str | Path
) -> None:
    wrong = f"{path} does not hold the weights of torchvision's inception_v3: "
    for name in sorted(expected.keys() ^ state.keys()):
        raise ValueError(
            wrong + f"{name} is {'missing' if name in expected else 'unexpected'}"
        )
    for name, tensor in state.items():
        if tensor.shape != expected[name].shape:
            raise ValueError(
                wrong + f"{name} has the shape {tuple(tensor.shape)}, not "
                f"{tuple(expected[name].shape)}"
            )
        if not bool(torch.isfinite(tensor).all()):
            raise ValueError(wrong + f"{name} is not finite")
