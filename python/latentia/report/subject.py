"""What a report is about: a trained model and the images that it was trained on."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.evaluation import Evaluation
from latentia.evaluation.verdict import Verdict
from latentia.report.coded import Coded

Images = NDArray[np.uint8]

N_COMPARED = 2000
"""Images of a side in comparisons: few enough to compare within seconds."""

N_SHOWN = 36
"""Images of a sheet."""

N_ENCODED = 20_000
"""Images whose codes mixtures are fitted to."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A model, its images, and what several sections need of both, made only once.

    Attributes
    ----------
    model : GAN, ConditionalGAN, VAE or RAE
        Trained, perhaps not to the end.
    images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        Those of the training.
    labels : ndarray of shape (n,), optional
    unseen : ndarray of uint8, optional
        Real images that were not trained on.
    unseen_labels : ndarray of shape (n,), optional
    run : Path, optional
        The folder or file that the model is from.
    name : str, default="images"
        What they show: plural, lower case.
    seed : int, default=0
        Of all that is random.
    """

    model: Any
    images: Images
    labels: NDArray[Any] | None = None
    unseen: Images | None = None
    run: Path | None = None
    name: str = "images"
    seed: int = 0
    unseen_labels: NDArray[Any] | None = None

    @property
    def kind(self) -> str:
        """Name of the model's class."""
        return type(self.model).__name__

    @property
    def has_encoder(self) -> bool:
        """Whether the model turns images into codes."""
        return hasattr(self.model, "encode")

    @property
    def samples_by_itself(self) -> bool:
        """Whether the model can sample: an RAE cannot before its training has ended."""
        return self.kind != "RAE" or hasattr(self.model, "prior_")

    @property
    def n_compared(self) -> int:
        """Images of a side in comparisons: of two sides that are real, too."""
        most = min(N_COMPARED, len(self.images) // 2)
        return most if self.unseen is None else min(most, len(self.unseen))

    @cached_property
    def sampler(self) -> Any:
        """Whatever samples: the model, or a mixture where it cannot by itself."""
        return self.model if self.samples_by_itself else self.mixture

    @cached_property
    def drawn(self) -> Images:
        """Images that the model makes, to show; classes by their shares."""
        from latentia.generative.models.judging import draw

        return draw(self.sampler, N_SHOWN, self.labels, self.seed)[0]

    @cached_property
    def evaluation(self) -> Evaluation:
        """The scores that ``latentia evaluate`` gives, in the same space and number."""
        from latentia.generative.models.judging import judge_model

        unseen = None
        if self.unseen is not None:
            unseen = self.unseen, self.unseen_labels
        real = self.images, self.labels
        return judge_model(self.sampler, real, unseen, seed=self.seed)

    @cached_property
    def verdict(self) -> Verdict | None:
        """What the scores amount to; None where there are none, as of few images."""
        try:
            return self.evaluation.verdict
        except (ValueError, ImportError):
            return None

    @cached_property
    def coded(self) -> Coded:
        """The model and its codes of images chosen at random."""
        return Coded(self.model, self.images[self.choose(N_ENCODED)])

    @cached_property
    def mixture(self) -> Any:
        """A LatentMixture of these codes."""
        return self.fit_mixture("auto")

    def fit_mixture(self, n_components: int | str, *, by_class: bool = False) -> Any:
        """Fit a LatentMixture, one for all images or one a class."""
        from latentia.generative import LatentMixture

        y = None
        if by_class and self.labels is not None:
            y = self.labels[self.choose(N_ENCODED)]
        mixture = LatentMixture(n_components, random_state=self.seed)
        with warnings.catch_warnings():
            # Dimensions in which all codes are the same change nothing in pictures.
            warnings.simplefilter("ignore", UserWarning)
            return mixture.fit(self.coded, self.coded.images, y)

    @cached_property
    def space(self) -> Any:
        """The feature space of all comparisons, which is evaluations' by default."""
        from latentia.evaluation.features import RandomConvFeatures

        return RandomConvFeatures()

    def choose(self, n: int) -> NDArray[np.intp]:
        """Return rows of images chosen at random, n at most, in random order."""
        return np.random.default_rng(self.seed).permutation(len(self.images))[:n]
