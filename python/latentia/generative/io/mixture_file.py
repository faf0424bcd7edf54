"""Latent mixtures in files: tensors of every prior, and a description in JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentia.generative.latent.prior import MixturePrior
from latentia.generative.latent.prior_fitting import Fitted
from latentia.generative.training.checkpoint import read_checkpoint, write_checkpoint

KIND = "LatentMixture"


class MixtureState(NamedTuple):
    """What is saved of a fitted mixture.

    Attributes
    ----------
    parameters : dict
        Arguments of its constructor.
    image_shape : tuple of int
        (H, W) or (H, W, C).
    classes : ndarray of shape (n_classes,)
    class_weights : ndarray of shape (len(fits),)
    fits : list of Fitted
    """

    parameters: dict[str, Any]
    image_shape: tuple[int, ...]
    classes: NDArray[Any]
    class_weights: NDArray[np.float64]
    fits: list[Fitted]


def save(state: MixtureState, path: Path, *, overwrite: bool) -> None:
    """Write a fitted mixture, atomically."""
    tensors = {
        f"{index}.{name}": tensor
        for index, fit in enumerate(state.fits)
        for name, tensor in fit.prior.tensors().items()
    }
    metadata = {
        "class": KIND,
        "parameters": state.parameters,
        "image_shape": list(state.image_shape),
        "classes": state.classes.tolist(),
        "class_weights": state.class_weights.tolist(),
        "held_out": [list(fit.held_out.items()) for fit in state.fits],
    }
    write_checkpoint(path, tensors, metadata, overwrite=overwrite)


def load(path: Path) -> MixtureState:
    """Read what ``save`` wrote, or raise a ValueError that names the file."""
    tensors, metadata = read_checkpoint(path, KIND)
    try:
        return _state(tensors, metadata)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no mixture of codes: {error}") from error


def _state(tensors: dict[str, Any], metadata: dict[str, Any]) -> MixtureState:
    fits = [
        Fitted(_prior(tensors, index), {int(k): float(v) for k, v in found})
        for index, found in enumerate(metadata["held_out"])
    ]
    weights = np.array(metadata["class_weights"], dtype=np.float64)
    classes = np.array(metadata["classes"] or np.empty(0, dtype=np.int64))
    dims = {fit.prior.means.shape[1] for fit in fits}
    if not fits or weights.shape != (len(fits),) or len(dims) != 1:
        raise ValueError("its priors do not fit each other")
    if classes.ndim != 1 or len(classes) not in (0, len(fits)):
        raise ValueError(f"classes of shape {classes.shape}, {len(fits)} priors")
    shape = tuple(int(side) for side in metadata["image_shape"])
    if len(shape) not in (2, 3):
        raise ValueError(f"images of shape {shape}")
    parameters = dict(metadata["parameters"])
    return MixtureState(parameters, shape, classes, weights, fits)


def _prior(tensors: dict[str, Any], index: int) -> MixturePrior:
    return MixturePrior.of_tensors(
        {name: tensors[f"{index}.{name}"] for name in MixturePrior._fields}
    )
