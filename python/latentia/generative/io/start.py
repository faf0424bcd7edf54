"""A training that starts from the weights of a trained model, on other images."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from latentia._model_file import parameters_of
from latentia._run_manifest import BEST, LAST
from latentia.generative.data import ImageSet, mode_of
from latentia.generative.models.trainable import TrainableModel
from latentia.generative.networks.mlp import MLPDiscriminator, MLPGenerator
from latentia.generative.training.checkpoint import Tensors
from latentia.generative.training.model_config import ModelConfig
from latentia.generative.training.record import TrainingRecord, read_training
from latentia.generative.training.run_folder import checkpoint_in
from latentia.generative.training.tensors import load_networks, part
from latentia.generative.training.trainer import Training


@dataclass(frozen=True)
class Start:
    """A trained model whose weights a new training starts from.

    Attributes
    ----------
    name : str
        Its path or its class, for messages and records.
    tensors : dict of str to Tensor
        Of its checkpoint.
    record : TrainingRecord
        Of its checkpoint.
    """

    name: str
    tensors: Tensors
    record: TrainingRecord

    @classmethod
    def read(cls, start: object, model: TrainableModel) -> Start:
        """Read the weights of a fitted model, of a folder or of a file.

        Raises
        ------
        ValueError
            If it is of another class than ``model``, or its codes have another meaning.
        """
        found = cls._of(start)
        record = found.record
        if record.model_class != type(model).__name__:
            raise ValueError(
                f"start: {found.name} holds a {record.model_class}, not a "
                f"{type(model).__name__}"
            )
        theirs = record.parameters.get("likelihood")
        ours = parameters_of(model).get("likelihood")
        if theirs != ours:
            raise found._differs("likelihood", theirs, ours)
        return found

    @classmethod
    def _of(cls, start: object) -> Start:
        if isinstance(start, str | PathLike):
            file = checkpoint_in(Path(start), LAST, BEST)
            return cls(str(start), *read_training(file))
        if not isinstance(start, TrainableModel):
            raise TypeError(
                "start must be a fitted GAN, ConditionalGAN, VAE or RAE or the path of "
                f"a saved one, got {start!r:.100}"
            )
        check_is_fitted(start, "n_steps_")
        name = f"a fitted {type(start).__name__}"
        if start.last_checkpoint_ is not None:
            return cls(name, *start.last_checkpoint_)
        tensors = {f"averaged.{k}": v for k, v in start.networks_.state_dict().items()}
        return cls(name, tensors, start.record_)

    def summary(self) -> dict[str, Any]:
        """Return what the record of the new training says of it."""
        record = self.record
        before = (record.start or {}).get("images_seen", 0)
        step = record.state.step
        return {
            "model": self.name,
            "images": record.images,
            "seed": record.seed,
            "step": step,
            "images_seen": before + step * record.config.batch_size,
        }

    def check(self, config: ModelConfig) -> None:
        """Raise if the networks of a configuration cannot have these weights."""
        theirs = self.record.config
        if config.shape != theirs.shape:
            n_channels, *size = theirs.shape
            ways = [f"size={tuple(size)}"]
            if (mode := mode_of(n_channels)) is not None:
                ways.append(f"mode={mode!r}")
            raise ValueError(
                f"start: {self.name} generates images of {_form(theirs.shape)}, X has "
                f"images of {_form(config.shape)}: {' and '.join(ways)} convert them"
            )
        for name in ("network", "preset", "width", "latent_dim"):
            if getattr(config, name) != getattr(theirs, name):
                raise self._differs(name, getattr(theirs, name), getattr(config, name))

    def put_into(self, training: Training, data: ImageSet) -> None:
        """Set the weights of a training that has not begun, and their moving average.

        Weights that belong to a class are matched by the class's name; those of new
        classes stay as they were drawn.
        """
        averaged = part(self.tensors, "averaged")
        live = part(self.tensors, "networks") or averaged
        networks, fresh = training.recipe.networks, training.recipe.fresh
        there = {key.split(".", 1)[0] for key in live}
        missing = sorted(networks.keys() - there - {*fresh})
        if missing:
            raise ValueError(
                f"start: {self.name} only samples, without the {missing[0]}: give a "
                f"model that was not loaded, or the folder of a run ({LAST})"
            )
        known = {str(label): i for i, label in enumerate(self.record.classes)}
        classes = [str(label) for label in data.classes.tolist()] if known else []
        rows = [known.get(label) for label in classes]
        for module, trained in (
            (networks, live),
            (training.averages.networks, averaged),
        ):
            own = {k: v for k, v in module.state_dict().items() if k.startswith(fresh)}
            trained = {k: v for k, v in trained.items() if not k.startswith(fresh)}
            fitted = _by_class(trained | own, module, rows, len(known))
            try:
                load_networks(fitted, "networks", module)
            except ValueError as error:
                raise ValueError(f"start: {self.name}: {error}") from error

    def _differs(self, name: str, theirs: object, ours: object) -> ValueError:
        return ValueError(
            f"start: {self.name} was trained with {name}={theirs!r}, not {ours!r}"
        )


def _by_class(
    trained: Tensors, networks: nn.ModuleDict, rows: list[int | None], n_theirs: int
) -> Tensors:
    """Return tensors as ``load_networks`` takes them, those of classes reordered."""
    state = networks.state_dict()
    axes = _class_axes(networks) if rows else {}
    return {
        f"networks.{name}": _reordered(value, state[name], axes[name], rows, n_theirs)
        if name in axes
        else value
        for name, value in trained.items()
    }


def _reordered(
    theirs: Tensor, drawn: Tensor, axis: int, rows: list[int | None], n_theirs: int
) -> Tensor:
    """Return ``drawn`` with the values of ``theirs``; classes are last along axis."""
    found = drawn.clone()
    n_shared = drawn.shape[axis] - len(rows)
    first = theirs.shape[axis] - n_theirs
    found.narrow(axis, 0, n_shared).copy_(theirs.narrow(axis, 0, first))
    for i, row in enumerate(rows):
        if row is not None:
            found.select(axis, n_shared + i).copy_(theirs.select(axis, first + row))
    return found


def _class_axes(networks: nn.ModuleDict) -> dict[str, int]:
    """Return the axis along which weights belong to classes, by the weights' names."""
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
