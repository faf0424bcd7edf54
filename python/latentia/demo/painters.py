"""The generators that several sections show, each trained once."""

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
"""Of training on the largest collection."""

SMALL = 1 / 4
"""Share of these minutes that smaller collections get."""

N_SAMPLED = 1000
SMALLEST_SIDE = 8

Images = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Painter:
    """A trained model, and images that it made.

    Attributes
    ----------
    collection : Collection
        What it was trained on.
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
    def train(cls, model: Any, collection: Collection, share: float) -> Painter:
        """Train a model for a share of its minutes, and let it make images."""
        minutes = share * MINUTES[type(model).__name__]
        start = time.perf_counter()
        try:
            model.fit(collection.images, collection.labels, minutes=minutes)
        except ArithmeticError as error:  # it diverged: no mistake of the report's
            raise ValueError(str(error)) from None
        trained = time.perf_counter()
        images = model.sample(N_SAMPLED, seed=0)
        sampled = time.perf_counter()
        return cls(collection, model, trained - start, sampled - trained, images)


@dataclass(frozen=True)
class Painters:
    """What was trained on each collection of images large enough for networks.

    Attributes
    ----------
    autoencoders, rivals : list of Painter
        RAEs and ConditionalGANs, those of the largest collection last.
    """

    autoencoders: list[Painter]
    rivals: list[Painter]

    @classmethod
    def train(cls, every: Sequence[Collection]) -> Painters:
        """Train both kinds, or raise an ImportError without PyTorch."""
        from latentia.generative import RAE, ConditionalGAN

        large = [min(c.images.shape[1:]) >= SMALLEST_SIDE for c in every]
        collections = list(compress(every, large))
        shares = [SMALL] * (len(collections) - 1) + [1.0]

        def train(new_model: Callable[[], Any]) -> list[Painter]:
            return [
                Painter.train(new_model(), collection, share)
                for collection, share in zip(collections, shares, strict=True)
            ]

        # In so short a time small networks get further.
        autoencoders = train(lambda: RAE(preset="tiny", random_state=0))
        rivals = train(lambda: ConditionalGAN(preset="tiny", random_state=0))
        return cls(autoencoders, rivals)
