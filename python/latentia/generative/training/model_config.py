"""The configuration that a fit chooses before it builds the networks."""

from __future__ import annotations

from typing import Any, NamedTuple

from latentia._arguments import check_count, check_real
from latentia.generative.data import ImageSet
from latentia.generative.training.compute import Compute
from latentia.generative.training.presets import PRESETS, choose_preset


class ModelConfig(NamedTuple):
    """The sizes of networks and steps.

    Attributes
    ----------
    shape : (int, int, int)
        Channels, height and width of the images.
    n_classes : int
        0 for models without labels.
    preset, network : str
        As chosen where the argument is "auto".
    width : int
        Channels of the largest map that is convolved several times.
    batch_size : int
    learning_rate : float
    latent_dim : int
        Length of a code.
    """

    shape: tuple[int, int, int]
    n_classes: int
    preset: str
    network: str
    width: int
    batch_size: int
    learning_rate: float
    latent_dim: int

    @classmethod
    def of(cls, fields: dict[str, Any]) -> ModelConfig:
        """Return the configuration that a checkpoint's JSON holds."""
        return cls(**(fields | {"shape": tuple(fields["shape"])}))


def choose_config(
    data: ImageSet,
    compute: Compute,
    *,
    preset: object,
    network: str,
    n_classes: int,
    batch_size: object,
    learning_rate: object,
    default_rate: float,
    latent_dim: int,
) -> ModelConfig:
    """Resolve the arguments of a model, or raise a ValueError that names one."""
    name = choose_preset(preset, compute.device, data.images.shape)
    width, batch = PRESETS[name]
    if batch_size is not None:
        batch = check_count(batch_size, "batch_size", least=2)
    if batch % compute.n_processes:
        raise ValueError(
            f"batch_size={batch} must be a multiple of the {compute.n_processes} "
            "processes"
        )
    n_channels, height, across = data.images.shape[1:]
    rate = default_rate
    if learning_rate is not None:
        rate = check_real(learning_rate, "learning_rate", above=0)
    return ModelConfig(
        (n_channels, height, across),
        n_classes,
        name,
        network,
        width,
        batch,
        rate,
        latent_dim,
    )
