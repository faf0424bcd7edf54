"""What a fit chooses before it builds the networks."""

from __future__ import annotations

import numbers
from math import inf
from typing import Any, NamedTuple

from latentia._arguments import check_count
from latentia.generative.data import ImageSet
from latentia.generative.training.compute import Compute
from latentia.generative.training.presets import PRESETS, choose_preset


class Setting(NamedTuple):
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
        Channels of the largest map.
    batch_size : int
    learning_rate : float
    """

    shape: tuple[int, int, int]
    n_classes: int
    preset: str
    network: str
    width: int
    batch_size: int
    learning_rate: float

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Setting:
        """Return the setting that a checkpoint's JSON holds."""
        return cls(**(fields | {"shape": tuple(fields["shape"])}))


def choose_setting(
    data: ImageSet,
    compute: Compute,
    *,
    preset: object,
    network: str,
    n_classes: int,
    batch_size: object,
    learning_rate: object,
    default_rate: float,
) -> Setting:
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
    shape = (int(side) for side in data.images.shape[1:])
    rate = default_rate if learning_rate is None else check_rate(learning_rate)
    return Setting(tuple(shape), n_classes, name, network, width, batch, rate)  # type: ignore[arg-type]


def check_rate(rate: object) -> float:
    """Return a learning rate above 0, or raise."""
    real = isinstance(rate, numbers.Real) and not isinstance(rate, bool)
    if not real or not 0 < float(rate) < inf:  # type: ignore[arg-type]
        raise ValueError(f"learning_rate must be a number above 0, got {rate!r}")
    return float(rate)  # type: ignore[arg-type]
