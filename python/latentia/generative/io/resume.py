"""Trainings that are continued, and the check that they are the same training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latentia._run_manifest import LAST
from latentia.generative.training.checkpoint import Tensors
from latentia.generative.training.record import TrainingRecord, read_training
from latentia.generative.training.run_folder import checkpoint_in
from latentia.generative.training.tensors import part
from latentia.generative.training.trainer import Training

_FREE = ("device", "precision", "random_state", "verbose")
"""Parameters in which a continued training may differ from the earlier one."""

_RESOLVED = ("preset", "network", "batch_size", "learning_rate", "latent_dim")
"""Parameters that are compared as the configuration resolved them."""


@dataclass(frozen=True)
class ResumePoint:
    """A training that is to be continued."""

    path: Path
    tensors: Tensors
    record: TrainingRecord

    @classmethod
    def read(cls, path: Path) -> ResumePoint:
        """Read the last checkpoint of a folder, or a file."""
        file = checkpoint_in(path, LAST)
        tensors, record = read_training(file)
        if not part(tensors, "networks"):
            raise ValueError(f"{file} only samples: {LAST} is what can be continued")
        return cls(file, tensors, record)

    def check(self, record: TrainingRecord) -> None:
        """Raise if a training is not the same as this one."""
        theirs = self.record
        if theirs.model_class != record.model_class:
            raise ValueError(
                f"resume: {self.path} holds a {theirs.model_class}, "
                f"not a {record.model_class}"
            )
        for name, ours in record.parameters.items():
            if name in _FREE + _RESOLVED or name not in theirs.parameters:
                continue
            other = theirs.parameters[name]
            if _listed(other) != _listed(ours):
                raise ValueError(
                    f"resume: {self.path} was trained with {name}={other!r}, "
                    f"not {ours!r}"
                )
        if theirs.classes != record.classes:
            raise ValueError(
                f"resume: {self.path} was trained with the classes {theirs.classes}, "
                f"not {record.classes}"
            )
        config = theirs.config._asdict()
        for name, ours in record.config._asdict().items():
            if config[name] != ours:
                raise ValueError(
                    f"resume: {self.path} was trained with {name} = "
                    f"{config[name]}, here it is {ours}"
                )
        if theirs.images != record.images:
            raise ValueError(
                f"resume: {self.path} was trained on other images or labels; a Dataset "
                "with random transforms gives others each time it is read: leave the "
                "transforms out (GANs have augment=True), or keep the images that it "
                "gives once in an array and train on that"
            )

    def restore(self, training: Training) -> None:
        """Set a training to the state in which this one ended."""
        record, ours = self.record, training.current_record()
        if (record.n_images, record.held_out) != (ours.n_images, ours.held_out):
            raise ValueError(
                f"resume: {self.path} was trained on {record.n_images} images, here "
                f"on {ours.n_images}, or scored on others: validation must be the "
                "same"
            )
        try:
            training.resume(self.tensors, record.state)
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(
                f"resume: {self.path} cannot be continued: {error}"
            ) from error


def _listed(value: Any) -> Any:
    """Return a value as it comes back from JSON, where tuples are lists."""
    return list(value) if isinstance(value, tuple) else value
