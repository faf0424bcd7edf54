"""What a checkpoint says of a training besides its tensors."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from latentia.generative.training.checkpoint import (
    Tensors,
    read_checkpoint,
    write_checkpoint,
)
from latentia.generative.training.model_config import ModelConfig
from latentia.generative.training.plan import Budget, State
from latentia.privacy.spending_plan import SpendingPlan

VERSION = 6
"""Of these metadata and of the networks that they describe. The formats before 3 had no
number of their own."""


@dataclass(frozen=True)
class TrainingRecord:
    """What a training is and how far it got.

    Attributes
    ----------
    model_class : str
    parameters : dict
        Arguments of the model's constructor.
    config : ModelConfig
    classes : list
        Labels, sorted; empty for a model without classes.
    images : str
        Fingerprint of the images and labels of ``fit``.
    start : dict or None
        What is known of the model whose weights the training started from.
    budget : Budget
    seed : int
    n_images : int
        Images in an epoch.
    held_out : str
        Fingerprint of the images that scores are computed on.
    state : State
    privacy : dict or None
        The spending plan of a private training, of which no fingerprints are stored.
    """

    model_class: str
    parameters: dict[str, Any]
    config: ModelConfig
    classes: list[Any]
    images: str
    start: dict[str, Any] | None
    budget: Budget
    seed: int
    n_images: int
    held_out: str
    state: State
    privacy: dict[str, Any] | None = None

    def at(self, state: State) -> TrainingRecord:
        """Return the record with a copy of another state."""
        return replace(self, state=deepcopy(state))

    def of_images(self, n_images: int, held_out: str) -> TrainingRecord:
        """Return the record with the images that the training uses."""
        return replace(self, n_images=n_images, held_out=held_out)

    def metadata(self) -> dict[str, Any]:
        """Return the record as JSON can hold it, for ``write_checkpoint``."""
        fields = asdict(self) | {"config": self.config._asdict()}
        if self.privacy is None:
            del fields["privacy"]
        return {
            "class": fields.pop("model_class"),
            "training_version": VERSION,
        } | fields

    @classmethod
    def of(cls, metadata: dict[str, Any]) -> TrainingRecord:
        """Return the record that the metadata of a checkpoint hold.

        Raises
        ------
        ValueError
            If they are of another version, or a field is missing or of another type.
        """
        fields = dict(metadata)
        version = fields.pop("training_version", "before 3")
        if version != VERSION:
            raise ValueError(
                f"its training format is version {version}, this latentia reads "
                f"version {VERSION}; train the model again"
            )
        try:
            if (privacy := fields.get("privacy")) is not None:
                SpendingPlan.from_dict(privacy)
            return cls(
                model_class=fields.pop("class"),
                parameters=_restored(fields.pop("parameters")),
                config=ModelConfig.of(fields.pop("config")),
                budget=Budget(**fields.pop("budget")),
                state=State(**fields.pop("state")),
                **fields,
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"its training record is damaged: {error}") from error


def write_training(
    path: Path, tensors: Tensors, record: TrainingRecord, *, overwrite: bool = False
) -> None:
    """Write a checkpoint of a training, as ``write_checkpoint`` does."""
    write_checkpoint(path, tensors, record.metadata(), overwrite=overwrite)


def read_training(
    path: Path, kind: str | None = None
) -> tuple[Tensors, TrainingRecord]:
    """Return the tensors and the record of a checkpoint.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is another file, not of that class, of another version or damaged.
    """
    tensors, metadata = read_checkpoint(path, kind)
    try:
        return tensors, TrainingRecord.of(metadata)
    except ValueError as error:
        name = metadata["class"]
        raise ValueError(f"{path} holds no {name} that can be read: {error}") from error


def _restored(parameters: Any) -> dict[str, Any]:
    """Return parameters as the constructor takes them: JSON has lists for tuples."""
    found = dict(parameters)
    if found.get("size") is not None:
        found["size"] = tuple(found["size"])
    return found
