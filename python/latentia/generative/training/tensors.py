"""The tensors of a training by name: from its objects, and back into them.

``networks.*`` and ``averaged.*`` are state dicts; ``optimisers.NAME.INDEX.KEY`` is the
optimiser's state of its parameter number INDEX.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from latentia.generative.training.checkpoint import Tensors
from latentia.generative.training.recipe import Recipe


def gather(recipe: Recipe, averaged: nn.ModuleDict) -> Tensors:
    """Return the tensors, not copied."""
    tensors = {f"networks.{k}": v for k, v in recipe.networks.state_dict().items()}
    tensors |= {f"averaged.{k}": v for k, v in averaged.state_dict().items()}
    for name, optimiser in recipe.optimisers.items():
        for index, kept in optimiser.state_dict()["state"].items():
            for key, value in kept.items():
                tensors[f"optimisers.{name}.{index}.{key}"] = torch.as_tensor(value)
    return tensors


def restore(tensors: Tensors, recipe: Recipe, averaged: nn.ModuleDict) -> None:
    """Load copies of the tensors that ``gather`` returned, or raise a ValueError."""
    load_networks(tensors, "networks", recipe.networks)
    load_networks(tensors, "averaged", averaged)
    for name, optimiser in recipe.optimisers.items():
        trained = [p for group in optimiser.param_groups for p in group["params"]]
        kept: dict[int, dict[str, Tensor]] = {}
        for key, value in part(tensors, f"optimisers.{name}").items():
            index, what = key.split(".", 1)
            copy = _laid_out_like(trained[int(index)], value)
            kept.setdefault(int(index), {})[what] = copy
        groups = optimiser.state_dict()["param_groups"]
        optimiser.load_state_dict({"state": kept, "param_groups": groups})


def _laid_out_like(parameter: Tensor, value: Tensor) -> Tensor:
    """Copy a value; the fused Adam takes it to lie in memory as its parameter does."""
    if value.shape != parameter.shape:
        return value.clone()
    return torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def load_networks(tensors: Tensors, prefix: str, networks: nn.Module) -> None:
    """Load a state dict, or raise a ValueError that says what does not fit."""
    try:
        networks.load_state_dict(part(tensors, prefix))
    except RuntimeError as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise ValueError(
            f"it was saved by a model with a different architecture: {first}"
        ) from error


def part(tensors: Tensors, prefix: str) -> Tensors:
    """Return the tensors below a prefix, without it."""
    begin = f"{prefix}."
    return {k.removeprefix(begin): v for k, v in tensors.items() if k.startswith(begin)}
