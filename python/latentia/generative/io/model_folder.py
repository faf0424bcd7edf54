"""Models in folders: what a checkpoint says of a model, and back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from latentia._files import check_link
from latentia._model_file import check_model_path, parameters_of
from latentia._run_manifest import BEST, LAST
from latentia.generative.data import ImageSet
from latentia.generative.training.checkpoint import (
    Tensors,
    read_checkpoint,
    write_checkpoint,
)
from latentia.generative.training.compute import choose_compute
from latentia.generative.training.model_config import Setting
from latentia.generative.training.moving_average import averaged_copy
from latentia.generative.training.plan import Budget, Plan, State
from latentia.generative.training.run_folder import checkpoint_in
from latentia.generative.training.tensors import load_networks, part

if TYPE_CHECKING:
    from latentia.generative.models.base import ImageModel
    from latentia.generative.training.trainer import Training

M = TypeVar("M", bound="ImageModel")

_FREE = ("device", "precision", "random_state", "verbose")
"""Parameters in which a continued training may differ from the earlier one."""

_RESOLVED = ("preset", "network", "batch_size", "learning_rate")
"""Parameters that the setting holds as they were resolved, and is compared."""


def identity(model: ImageModel, setting: Setting, data: ImageSet) -> dict[str, Any]:
    """Return what makes a training this one: model, parameters, images."""
    return {
        "class": type(model).__name__,
        "parameters": parameters_of(model),
        "setting": setting._asdict(),
        "classes": data.classes.tolist() if setting.n_classes else [],
        "images": data.fingerprint,
    }


def describe(
    identity: dict[str, Any], plan: Plan, held_out: str, state: State
) -> dict[str, Any]:
    """Return the description of a checkpoint."""
    return identity | {
        "budget": asdict(plan.budget),
        "seed": plan.seed,
        "n_images": plan.n,
        "held_out": held_out,
        "state": state.as_dict(),
    }


@dataclass(frozen=True)
class Earlier:
    """A training that is to be continued."""

    path: Path
    tensors: Tensors
    description: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Earlier:
        """Read the last checkpoint of a folder, or a file."""
        file = checkpoint_in(path, LAST)
        tensors, description = read_checkpoint(file)
        if not part(tensors, "networks"):
            raise ValueError(f"{file} only samples: {LAST} is what can be continued")
        return cls(file, tensors, description)

    @property
    def budget(self) -> Budget:
        """How long that training was to last."""
        return Budget(**self.description["budget"])

    @property
    def start(self) -> dict[str, Any] | None:
        """What that training says of the model it started from, if there is one."""
        found: dict[str, Any] | None = self.description.get("start")
        return found

    @property
    def setting(self) -> Setting:
        """What that training had chosen."""
        return Setting.of(self.description["setting"])

    def check(self, identity: dict[str, Any]) -> int:
        """Return the training's seed, or raise if it is not the same training."""
        told = self.description
        if told["class"] != identity["class"]:
            raise ValueError(
                f"resume: {self.path} holds a {told['class']}, "
                f"not a {identity['class']}"
            )
        theirs, ours = told["parameters"], _listed(identity["parameters"])
        for name in (n for n in ours if n not in _FREE + _RESOLVED and n in theirs):
            if theirs[name] != ours[name]:
                raise ValueError(
                    f"resume: {self.path} was trained with {name}={theirs[name]!r}, "
                    f"not {ours[name]!r}"
                )
        if told["classes"] != identity["classes"]:
            raise ValueError(
                f"resume: {self.path} was trained with the classes {told['classes']}, "
                f"not {identity['classes']}"
            )
        for name, chosen in _listed(identity["setting"]).items():
            if told["setting"][name] != chosen:
                raise ValueError(
                    f"resume: {self.path} was trained with {name} = "
                    f"{told['setting'][name]}, here it is {chosen}"
                )
        if told["images"] != identity["images"]:
            raise ValueError(
                f"resume: {self.path} was trained on other images or labels; a Dataset "
                "with random transforms gives others each time it is read: leave the "
                "transforms out (GANs have augment=True), or keep the images that it "
                "gives once in an array and train on that"
            )
        return int(told["seed"])

    def take_up(self, training: Training) -> None:
        """Bring a training to where this one ended."""
        told = self.description
        if (told["n_images"], told["held_out"]) != (
            training.plan.n,
            training.held_out.fingerprint,
        ):
            raise ValueError(
                f"resume: {self.path} was trained on {told['n_images']} images, here "
                f"on {training.plan.n}, or scored on others: validation must be the "
                "same"
            )
        try:
            training.resume(self.tensors, self.description["state"])
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(
                f"resume: {self.path} cannot be continued: {error}"
            ) from None


def save(model: ImageModel, folder: Path, *, overwrite: bool) -> None:
    """Write ``best.safetensors`` and, of a model that was trained, the last state."""
    check_link(folder)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"path={str(folder)!r} is a file, not a folder")
    for name in (BEST, LAST):
        check_model_path(folder / name, overwrite=overwrite)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"averaged.{k}": v for k, v in model.networks_.state_dict().items()}
    tensors |= {f"extras.{k}": v for k, v in model._extras().items()}
    write_checkpoint(folder / BEST, tensors, model._description, overwrite=overwrite)
    if model._last is not None:
        write_checkpoint(folder / LAST, *model._last, overwrite=overwrite)


def load(cls: type[M], path: Path, device: str) -> M:
    """Read a model, and put it on a device."""
    file = checkpoint_in(path, BEST, LAST)
    tensors, description = read_checkpoint(file, cls.__name__)
    compute = choose_compute(device, "float32", train=False)
    try:
        parameters = description["parameters"]
        if parameters["size"] is not None:
            parameters["size"] = tuple(parameters["size"])
        model = cls(**parameters)
        setting = Setting.of(description["setting"])
        recipe = model._build(setting, 0, torch.device("cpu"))
        networks = averaged_copy(recipe.networks, recipe.averaged)
        load_networks(tensors, "averaged", networks)
        model._set(networks.to(compute.device), description, compute)
        model._restore(part(tensors, "extras"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{file} holds no {cls.__name__}: {error}") from None
    return model


def _listed(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields as they come back from JSON, where tuples are lists."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in fields.items()}
