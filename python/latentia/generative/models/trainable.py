"""What a training needs of a model, and what it leaves in it."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from latentia._torch_state import building
from latentia.generative.data import ImageSet, as_image_set, mode_of
from latentia.generative.training.checkpoint import Tensors
from latentia.generative.training.code_length import LONGEST, chosen_latent_dim
from latentia.generative.training.compute import Compute
from latentia.generative.training.model_config import ModelConfig, choose_config
from latentia.generative.training.recipe import Recipe
from latentia.generative.training.record import TrainingRecord
from latentia.generative.training.trainer import Training
from latentia.privacy.accounting import PrivacySpent
from latentia.privacy.spending_plan import SpendingPlan


class TrainableModel(BaseEstimator):  # type: ignore[misc]
    """Base of the image models: what subclasses define, and the fitted attributes.

    Attributes
    ----------
    record_ : TrainingRecord
        What a checkpoint says of the training; the other fitted attributes are set
        from it.
    last_checkpoint_ : tuple (tensors, TrainingRecord) or None
        What ``fit(resume=)`` needs to continue. None if the model was loaded.
    """

    labelled: ClassVar[bool] = False
    """Whether the model needs labels."""

    half_life: ClassVar[float] = 20_000.0
    """Half-life of the moving average of the weights, in images."""

    least_scored: ClassVar[int] = 0
    """Fewest held-out images on which a score is reliable."""

    has_encoder: ClassVar[bool] = False
    """Whether the model has ``encode``."""

    spends_on_prior: ClassVar[bool] = False
    """Whether a private training spends a part of ε on a prior of the codes."""

    balance_classes: bool = False
    """A parameter of models with labels."""

    record_: TrainingRecord
    last_checkpoint_: tuple[Tensors, TrainingRecord] | None = None
    latent_dim_: int
    privacy_: PrivacySpent | None
    """What a private training has spent; None if it was not private."""

    latent_dim: int | str
    network: str
    preset: str
    size: tuple[int, int] | None
    mode: str | None
    batch_size: int | None
    learning_rate: float | None
    device: str
    precision: str
    random_state: Any
    verbose: int

    # What every model defines.

    @property
    def score_unit(self) -> str:
        """What "score" in ``history_`` counts, and which way is better."""
        raise self._abstract()

    @property
    def codes_description(self) -> str:
        """Distribution of the codes, in words."""
        return "standard normal"

    @property
    def few_images_advice(self) -> str:
        """What helps a training with few images."""
        return "more images give better samples"

    def check_parameters(self) -> None:
        """Raise if an argument of the constructor is wrong."""

    def check_private(self) -> None:
        """Raise if an argument of the constructor does not go with privacy."""

    def resolve_network(self, device: torch.device) -> str:
        """Return the name of the networks, chosen by the device for "auto"."""
        return "auto"

    def default_rate(self, network: str) -> float:
        """Return the learning rate of networks, if none is given."""
        return 2e-3

    def make_recipe(self, config: ModelConfig) -> Recipe:
        """Build the networks and their optimisers, on the CPU."""
        raise self._abstract()

    def finish_training(self, data: ImageSet) -> None:
        """Do what remains when the networks are trained."""

    def extra_tensors(self) -> Tensors:
        """Return the tensors that ``finish_training`` made."""
        return {}

    def restore_extras(self, extras: Tensors) -> None:
        """Set what ``extra_tensors`` returned; nothing if training had not ended."""

    def draw_codes(self, seed: int, n: int, truncation: float = 1.0) -> NDArray[Any]:
        """Draw n codes, shape (n, latent_dim)."""
        raise self._abstract()

    def decode_tensor(self, codes: Tensor, labels: Tensor | None) -> Tensor:
        """Return the images (B, C, H, W) of codes, in 0..1 once they are clamped."""
        raise self._abstract()

    def encode_tensor(self, images: Tensor) -> Tensor:
        """Return the codes (B, latent_dim) of images (B, C, H, W) in 0..1."""
        raise TypeError(f"a {type(self).__name__} has no encoder")

    def class_indices(self, n: int, y: ArrayLike | None) -> NDArray[np.int64] | None:
        """Return the classes of n images as indices; None for models without classes.

        Raises
        ------
        ValueError
            If ``y`` is given and the model has no classes.
        """
        if y is not None:
            raise ValueError(f"y asks for classes: this {type(self).__name__} has none")
        return None

    def _abstract(self) -> TypeError:
        return TypeError(f"{type(self).__name__} is not a model by itself")

    # What a training calls.

    def choose_config(
        self,
        data: ImageSet,
        compute: Compute,
        like: ModelConfig | None,
        *,
        private: bool,
    ) -> ModelConfig:
        """Return the configuration; what is "auto" is as in ``like``, if given.

        That of a private training does not depend on the values of pixels.
        """
        network, preset = self.resolve_network(compute.device), self.preset
        latent_dim = self.latent_dim
        if isinstance(latent_dim, str):
            if like is not None:
                latent_dim = like.latent_dim
            elif private:
                latent_dim = LONGEST
            else:
                latent_dim = int(compute.broadcast(chosen_latent_dim(data.images)))
        if like is not None:
            network = like.network if self.network == "auto" else network
            preset = like.preset if preset == "auto" else preset
        return choose_config(
            data,
            compute,
            preset=preset,
            network=network,
            n_classes=len(data.classes) if self.labelled else 0,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            default_rate=self.default_rate(network),
            latent_dim=int(latent_dim),
        )

    def build_recipe(
        self, config: ModelConfig, seed: int, device: torch.device
    ) -> Recipe:
        """Build the recipe; its initial weights depend on the seed alone."""
        with building(seed):
            recipe = self.make_recipe(config)
        recipe.networks.to(device)
        if device.type != "mps":  # where channels_last is neither tested nor faster
            recipe.networks.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return recipe

    def take_over(self, training: Training, trained: ImageSet) -> Self:
        """Become the trained model; stay the one before if finishing it fails."""
        before = self.__dict__.copy()
        try:
            networks = training.averages.networks
            networks.load_state_dict(training.best or networks.state_dict())
            self.set_fitted(networks, training.current_record(), training.compute)
            self.last_checkpoint_ = training.snapshot
            self.finish_training(trained)
        except BaseException:
            self.__dict__ = before
            raise
        return self

    def set_fitted(
        self, networks: nn.ModuleDict, record: TrainingRecord, compute: Compute
    ) -> None:
        """Set the fitted attributes."""
        state, config = record.state, record.config
        n_channels, height, width = config.shape
        self.record_ = record
        self.config_ = config
        self.networks_ = networks
        self.preset_ = config.preset
        self.latent_dim_ = config.latent_dim
        self.device_ = str(compute.device)
        self.image_shape_ = (height, width, n_channels)[: 2 + (n_channels > 1)]
        self.classes_ = np.array(record.classes)
        self.started_from_ = record.start
        self.history_ = state.history
        self.n_steps_ = state.step
        self.skill_, self.sample_skill_ = state.best_skill, state.sample_skill
        self.n_images_seen_ = state.step * config.batch_size
        self.privacy_ = None
        if record.privacy is not None:
            self.privacy_ = SpendingPlan.from_dict(record.privacy).spent(state.step)

    def set_sample_skill(self, skill: float | None) -> None:
        """Set the skill of samples, in the record too."""
        state = replace(self.record_.state, sample_skill=skill)
        self.record_ = replace(self.record_, state=state)
        self.sample_skill_ = skill

    # Images that a fitted model is given.

    def input_format(self, X: Any) -> dict[str, Any]:
        """Return the size and mode that images are converted to, for `as_image_set`.

        The mode is the model's. The size is the model's for image files, and for all
        images if ``size`` was given to the model. Otherwise it is None, which leaves
        arrays as they are.
        """
        n_channels, *size = self.config_.shape
        files = X if isinstance(X, list | tuple) else [X]
        sized = self.record_.parameters.get("size") is not None
        sized |= bool(files) and all(isinstance(file, str | PathLike) for file in files)
        return {"size": tuple(size) if sized else None, "mode": mode_of(n_channels)}

    def read_images(self, X: Any) -> Tensor:
        """Return images (n, C, H, W) of the fitted shape, or raise a ValueError."""
        check_is_fitted(self, "n_steps_")
        images = as_image_set(X, **self.input_format(X), least=1).images
        if tuple(images.shape[1:]) != self.config_.shape:
            raise ValueError(
                f"X holds images of shape {tuple(images.shape[1:])} (channels, height, "
                f"width), the model was fitted to {self.config_.shape}"
            )
        return images
