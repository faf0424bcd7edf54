"""Latent mixtures in files: tensors of every prior, and a description in JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from latentia._model_file import parameters_of
from latentia.generative.latent.coders import as_coder, channels_first
from latentia.generative.latent.prior import MixturePrior
from latentia.generative.latent.prior_fitting import Fitted
from latentia.generative.training.checkpoint import read_checkpoint, write_checkpoint

if TYPE_CHECKING:
    from latentia.generative.latent.mixture import LatentMixture

M = TypeVar("M", bound="LatentMixture")


def save(mixture: LatentMixture, path: Path, *, overwrite: bool) -> None:
    """Write a fitted mixture, whole or not at all."""
    tensors = {
        f"{index}.{name}": tensor
        for index, prior in enumerate(mixture.priors_)
        for name, tensor in prior.tensors().items()
    }
    description = {
        "class": type(mixture).__name__,
        "parameters": parameters_of(mixture),
        "image_shape": list(mixture.image_shape_),
        "classes": mixture.classes_.tolist(),
        "class_weights": mixture.class_weights_.tolist(),
        "held_out": [list(found.items()) for found in mixture.held_out_],
    }
    write_checkpoint(path, tensors, description, overwrite=overwrite)


def load(cls: type[M], path: Path, model: Any) -> M:
    """Read what ``save`` wrote."""
    tensors, told = read_checkpoint(path, cls.__name__)
    try:
        mixture = cls(**told["parameters"])
        fits = [
            Fitted(_prior(tensors, index), {int(k): float(v) for k, v in found})
            for index, found in enumerate(told["held_out"])
        ]
        shares = np.array(told["class_weights"], dtype=np.float64)
        classes = np.array(told["classes"] or np.empty(0, dtype=np.int64))
        dims = {fit.prior.means.shape[1] for fit in fits}
        if not fits or len(shares) != len(fits) or len(dims) != 1:
            raise ValueError("its priors do not fit each other")
        if len(classes) not in (0, len(fits)):
            raise ValueError(f"{len(classes)} classes, {len(fits)} priors")
        shape = tuple(int(side) for side in told["image_shape"])
        if len(shape) not in (2, 3):
            raise ValueError(f"images of shape {shape}")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} holds no mixture of codes: {error}") from None
    coder = as_coder(model, channels_first(shape))
    theirs = getattr(model, "image_shape_", shape), getattr(model, "latent_dim_", *dims)
    if theirs != (shape, *dims):
        raise ValueError(
            f"{path} is for images of shape {shape} and codes of {dims.pop()} numbers, "
            f"the model has {theirs[0]} and {theirs[1]}"
        )
    coder.decode(fits[0].prior.means[:1].astype(np.float32))  # raises, if it cannot
    mixture._set(model, shape, classes, shares, fits)
    return mixture


def _prior(tensors: dict[str, Any], index: int) -> MixturePrior:
    return MixturePrior.of_tensors(
        {name: tensors[f"{index}.{name}"] for name in MixturePrior._fields}
    )
