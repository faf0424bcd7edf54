"""A training that starts from the weights of a trained model, on other images."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from latentia._model_file import parameters_of
from latentia._run_manifest import BEST, LAST
from latentia.generative.data import ImageSet, mode_of
from latentia.generative.networks.mlp import MLPDiscriminator, MLPGenerator
from latentia.generative.training.checkpoint import Tensors, read_checkpoint
from latentia.generative.training.model_config import Setting
from latentia.generative.training.run_folder import checkpoint_in
from latentia.generative.training.tensors import load_networks, part

if TYPE_CHECKING:
    from latentia.generative.models.base import ImageModel
    from latentia.generative.training.trainer import Training

_SHAPING = ("latent_dim", "likelihood")
"""Parameters that decide what the weights mean, besides the setting."""


@dataclass(frozen=True)
class Start:
    """A trained model whose weights a new training starts from.

    Attributes
    ----------
    name : str
        What messages and records call it: its path, or its class.
    tensors : dict of str to Tensor
        Of a checkpoint.
    description : dict
        Of the same.
    """

    name: str
    tensors: Tensors
    description: dict[str, Any]

    @classmethod
    def read(cls, start: object, model: ImageModel) -> Start:
        """Take the weights of a fitted model, of a folder or of a file.

        Raises
        ------
        ValueError
            If it is of another class than ``model``, or its codes have another meaning.
        """
        found = cls._of(start)
        told = found.description
        if told["class"] != type(model).__name__:
            raise ValueError(
                f"start: {found.name} holds a {told['class']}, not a "
                f"{type(model).__name__}"
            )
        ours, theirs = parameters_of(model), told["parameters"]
        for name in _SHAPING:
            if name in theirs and theirs[name] != ours[name]:
                raise found._differs(name, theirs[name], ours[name])
        return found

    @classmethod
    def _of(cls, start: object) -> Start:
        if isinstance(start, str | PathLike):
            file = checkpoint_in(Path(start), LAST, BEST)
            return cls(str(start), *read_checkpoint(file))
        from latentia.generative.models.base import ImageModel  # which imports this

        if not isinstance(start, ImageModel):
            raise TypeError(
                "start must be a fitted GAN, ConditionalGAN, VAE or RAE or the path of "
                f"a saved one, got {start!r:.100}"
            )
        check_is_fitted(start, "n_steps_")
        name = f"a fitted {type(start).__name__}"
        if start._last is not None:
            return cls(name, *start._last)
        tensors = {f"averaged.{k}": v for k, v in start.networks_.state_dict().items()}
        return cls(name, tensors, start._description)

    @property
    def setting(self) -> Setting:
        """What that training had chosen."""
        return Setting.of(self.description["setting"])

    def record(self) -> dict[str, Any]:
        """Return what the description of the new training says of it."""
        told = self.description
        before = (told.get("start") or {}).get("images_seen", 0)
        step = told["state"]["step"]
        return {
            "model": self.name,
            "images": told["images"],
            "seed": told["seed"],
            "step": step,
            "images_seen": before + step * self.setting.batch_size,
        }

    def check(self, setting: Setting) -> None:
        """Raise if the networks of a setting cannot have these weights."""
        theirs = self.setting
        if setting.shape != theirs.shape:
            n_channels, *size = theirs.shape
            ways = [f"size={tuple(size)}"]
            if (mode := mode_of(n_channels)) is not None:
                ways.append(f"mode={mode!r}")
            raise ValueError(
                f"start: {self.name} makes images of {_form(theirs.shape)}, X has "
                f"images of {_form(setting.shape)}: {' and '.join(ways)} bring them to "
                "it"
            )
        for name in ("network", "preset", "width"):
            if getattr(setting, name) != getattr(theirs, name):
                raise self._differs(name, getattr(theirs, name), getattr(setting, name))

    def put_into(self, training: Training, data: ImageSet) -> None:
        """Give a training that has not begun the weights, and their moving average.

        Of models with classes, what belongs to a class is taken over by the class's
        name; that of new classes stays as it was drawn.
        """
        averaged = part(self.tensors, "averaged")
        live = part(self.tensors, "networks") or averaged
        networks = training.recipe.networks
        missing = sorted(networks.keys() - {key.split(".", 1)[0] for key in live})
        if missing:
            raise ValueError(
                f"start: {self.name} only samples, without the {missing[0]}: give a "
                f"model that was not loaded, or the folder of a run ({LAST})"
            )
        known = {str(label): i for i, label in enumerate(self.description["classes"])}
        classes = [str(label) for label in data.classes.tolist()] if known else []
        rows = [known.get(label) for label in classes]
        for module, trained in (
            (networks, live),
            (training.averages.networks, averaged),
        ):
            fitted = _by_class(trained, module, rows, len(known))
            try:
                load_networks(fitted, "networks", module)
            except ValueError as error:
                raise ValueError(f"start: {self.name}: {error}") from None

    def _differs(self, name: str, theirs: object, ours: object) -> ValueError:
        return ValueError(
            f"start: {self.name} was trained with {name}={theirs!r}, not {ours!r}"
        )


def _by_class(
    trained: Tensors, networks: nn.ModuleDict, rows: list[int | None], n_theirs: int
) -> Tensors:
    """Return tensors as ``load_networks`` takes them, those of classes rearranged."""
    state = networks.state_dict()
    axes = _class_axes(networks) if rows else {}
    return {
        f"networks.{name}": _rearranged(value, state[name], axes[name], rows, n_theirs)
        if name in axes
        else value
        for name, value in trained.items()
    }


def _rearranged(
    theirs: Tensor, drawn: Tensor, axis: int, rows: list[int | None], n_theirs: int
) -> Tensor:
    """Return ``drawn`` with what ``theirs`` has; classes are last along the axis."""
    found = drawn.clone()
    n_shared = drawn.shape[axis] - len(rows)
    first = theirs.shape[axis] - n_theirs
    found.narrow(axis, 0, n_shared).copy_(theirs.narrow(axis, 0, first))
    for i, row in enumerate(rows):
        if row is not None:
            found.select(axis, n_shared + i).copy_(theirs.select(axis, first + row))
    return found


def _class_axes(networks: nn.ModuleDict) -> dict[str, int]:
    """Return along which axis weights belong to classes, by the names of these."""
    found = {}
    for name, module in networks.named_modules():
        if isinstance(module, nn.Embedding):
            found[f"{name}.weight"] = 0
        elif isinstance(module, MLPGenerator | MLPDiscriminator):
            found[f"{name}.layers.0.weight"] = 1  # of one-hot labels
    return found


def _form(shape: tuple[int, int, int]) -> str:
    n_channels, height, width = shape
    return f"{height}×{width} with {n_channels} channel{'s' if n_channels > 1 else ''}"
