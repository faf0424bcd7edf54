"""Three sizes of networks and batches, chosen by device and resolution."""

from __future__ import annotations

from typing import NamedTuple

import torch

from latentia._arguments import check_choice


class Preset(NamedTuple):
    """Width and batch size.

    Attributes
    ----------
    width : int
        Channels of the largest map that is convolved several times; half of them in
        the discriminators of "conv".
    batch_size : int
        Images of a step.
    """

    width: int
    batch_size: int


PRESETS = {
    "tiny": Preset(width=16, batch_size=64),
    "small": Preset(width=32, batch_size=128),
    "base": Preset(width=64, batch_size=256),
}


def choose_preset(preset: object, device: torch.device, shape: tuple[int, ...]) -> str:
    """Return the name of a preset.

    "auto" is "base" on CUDA; on a CPU "small" up to 32 × 32 pixels, beyond it "tiny".
    """
    name = check_choice(preset, "preset", ("auto", *PRESETS))
    if name != "auto":
        return name
    if device.type == "cuda":
        return "base"
    return "small" if shape[-2] * shape[-1] <= 32 * 32 else "tiny"
