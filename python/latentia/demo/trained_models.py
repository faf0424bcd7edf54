"""The generative models that several sections show, each trained once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.demo.collection import Collection

MINUTES = {"RAE": 0.4, "ConditionalGAN": 0.7}
"""Training time on the largest collection."""

SMALL = 1 / 4
"""Fraction of these minutes for smaller collections."""

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

    @classmethod
    def train(cls, model: Any, collection: Collection, fraction: float) -> TrainedModel:
        """Train a model for a fraction of its minutes, and sample from it."""
        minutes = fraction * MINUTES[type(model).__name__]
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
            Time for all models together. Then an RAE is trained on the largest
            collection and a ConditionalGAN on the smallest: in a few seconds each the
            others would show nothing.

        Raises
        ------
        ImportError
            If PyTorch is not installed.
        """
        from latentia.generative import RAE, ConditionalGAN

        large = [min(c.images.shape[1:]) >= SMALLEST_SIDE for c in every]
        collections = list(compress(every, large))
        fractions = [SMALL] * (len(collections) - 1) + [1.0]
        every_rae = every_gan = list(zip(collections, fractions, strict=True))
        if seconds is not None and collections:
            share = seconds / (
                60 * (MINUTES["RAE"] + SMALL * MINUTES["ConditionalGAN"])
            )
            every_rae = [(collections[-1], min(share, 1.0))]
            every_gan = [(collections[0], SMALL * min(share, 1.0))]

        def train(
            new_model: Callable[[], Any], on: Sequence[tuple[Collection, float]]
        ) -> list[TrainedModel]:
            return [TrainedModel.train(new_model(), *each) for each in on]

        # In less than a minute small networks reach better images than large ones.
        autoencoders = train(lambda: RAE(preset="tiny", random_state=0), every_rae)
        conditional_gans = train(
            lambda: ConditionalGAN(preset="tiny", random_state=0), every_gan
        )
        return cls(autoencoders, conditional_gans)
