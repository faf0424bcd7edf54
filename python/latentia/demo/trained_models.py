"""The generative models that several sections show, each trained once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.demo.collection import Collection
from latentia.evaluation.verdict import Verdict

MINUTES = {"RAE": 0.4, "ConditionalGAN": 0.7}
"""Training time on the largest collection."""

SMALL = 1 / 4
"""Fraction of these minutes for smaller collections."""

QUICK_LATENT_DIM = 32
QUICK_SHARE = {"RAE": 0.45, "ConditionalGAN": 0.55}
"""Shares of the training time where it is limited."""

N_SAMPLED = 1000
SMALLEST_SIDE = 8

Images = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A trained model, and images that it generated.

    Attributes
    ----------
    collection : Collection
        The training images.
    model : RAE or ConditionalGAN
    fit_time, sample_time : float
        Seconds.
    images : ndarray of shape (N_SAMPLED, H, W), uint8
    """

    collection: Collection
    model: Any
    fit_time: float
    sample_time: float
    images: Images

    @cached_property
    def verdict(self) -> Verdict:
        """Whether the training was long enough for images worth showing."""
        from latentia.generative.models.outcome import outcome

        return outcome(self.model)

    @property
    def shortcoming(self) -> str:
        """A sentence on a training that was too short or failed; else nothing."""
        if self.verdict.grade == "good":
            return ""
        name = f"{type(self.model).__name__} of {self.collection.name}"
        return f"{name}: {'; '.join(self.verdict.reasons)}."

    @property
    def failed(self) -> bool:
        """Whether the images are noise."""
        return self.verdict.grade == "failed"

    @classmethod
    def train(cls, model: Any, collection: Collection, minutes: float) -> TrainedModel:
        """Train a model for so many minutes, and sample from it."""
        start = time.perf_counter()
        try:
            model.fit(collection.images, collection.labels, minutes=minutes)
        except ArithmeticError as error:  # the training diverged: the page says so
            raise ValueError(str(error)) from None
        trained = time.perf_counter()
        images = model.sample(N_SAMPLED, seed=0)
        sampled = time.perf_counter()
        return cls(collection, model, trained - start, sampled - trained, images)


@dataclass(frozen=True)
class TrainedModels:
    """Trained models of collections whose images have at least 8 pixels on a side.

    Attributes
    ----------
    autoencoders, conditional_gans : list of TrainedModel
        Those of the largest collection last.
    """

    autoencoders: list[TrainedModel]
    conditional_gans: list[TrainedModel]

    @classmethod
    def train(
        cls, every: Sequence[Collection], seconds: float | None = None
    ) -> TrainedModels:
        """Train an RAE and a ConditionalGAN for each collection.

        Parameters
        ----------
        every : sequence of Collection
        seconds : float, optional
            Time for all models together. Then an RAE of one hidden layer is trained on
            the largest collection and a ConditionalGAN on the smallest: in a few
            seconds each the others would show nothing.

        Raises
        ------
        ImportError
            If PyTorch is not installed.
        """
        from latentia.generative import RAE, ConditionalGAN

        collections = [c for c in every if min(c.images.shape[1:]) >= SMALLEST_SIDE]
        # In less than a minute small networks reach better images than large ones.
        gan: dict[str, Any] = {"preset": "tiny", "random_state": 0}
        if seconds is None:
            fractions = [SMALL] * (len(collections) - 1) + [1.0]
            minutes = [
                {name: fraction * m for name, m in MINUTES.items()}
                for fraction in fractions
            ]
            rae = gan
            rae_on = gan_on = list(zip(collections, minutes, strict=True))
        else:
            short = {name: s * seconds / 60 for name, s in QUICK_SHARE.items()}
            rae = gan | {"network": "mlp", "latent_dim": QUICK_LATENT_DIM}
            rae_on, gan_on = ([(c, short)] for c in (collections[-1], collections[0]))
        return cls(
            [TrainedModel.train(RAE(**rae), c, m["RAE"]) for c, m in rae_on],
            [
                TrainedModel.train(ConditionalGAN(**gan), c, m["ConditionalGAN"])
                for c, m in gan_on
            ],
        )
