"""The model that a report is about, with the images that it was trained on."""

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
from latentia.privacy import MembershipAudit
from latentia.report.cached_encoder import CachedEncoder

Images = NDArray[np.uint8]

N_COMPARED = 2000
"""Images in each set of a comparison: few enough to compare within seconds."""

N_SHOWN = 36
"""Images in a grid."""

N_ENCODED = 20_000
"""Number of images whose codes mixtures are fitted to."""


@dataclass(frozen=True, eq=False)
class ReportedModel:
    """A model, its images, and results that several sections use, computed once.

    Attributes
    ----------
    model : GAN, ConditionalGAN, VAE or RAE
        A trained model; its training need not have ended.
    images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        The training images.
    labels : ndarray of shape (n,), optional
    unseen : ndarray of uint8, optional
        Held-out real images.
    unseen_labels : ndarray of shape (n,), optional
    run : Path, optional
        The folder or file that the model was loaded from.
    name : str, default="images"
        What the images show: plural, lower case.
    seed : int, default=0
        Seed of all random numbers.
    unseen_labels : ndarray of shape (n,), optional
    audit : MembershipAudit, optional
        What attacks on the model found.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import VAE
    >>> from latentia.report import ReportedModel
    >>> images = load_digits().images[:128]
    >>> vae = VAE(latent_dim=4, random_state=0).fit(images, epochs=1)
    >>> reported = ReportedModel(vae, images, name="digits")
    >>> reported.has_encoder, reported.can_sample
    (True, True)
    """

    model: Any
    images: Images
    labels: NDArray[Any] | None = None
    unseen: Images | None = None
    run: Path | None = None
    name: str = "images"
    seed: int = 0
    unseen_labels: NDArray[Any] | None = None
    audit: MembershipAudit | None = None

    @property
    def kind(self) -> str:
        """Name of the model's class."""
        return type(self.model).__name__

    @property
    def has_encoder(self) -> bool:
        """Whether the model turns images into codes."""
        return hasattr(self.model, "encode")

    @property
    def can_sample(self) -> bool:
        """Whether the model has its prior, which autoencoders get after their training.

        Before, an RAE cannot sample, and a VAE draws from N(0, I), in the place of its
        mixture.
        """
        model = self.model
        if self.kind == "VAE" and model.prior == "mixture" and model.privacy_ is None:
            return not model.prior_.is_standard
        return self.kind != "RAE" or hasattr(model, "prior_")

    @property
    def n_compared(self) -> int:
        """Number of images in each set of a comparison."""
        most = min(N_COMPARED, len(self.images) // 2)
        return most if self.unseen is None else min(most, len(self.unseen))

    @cached_property
    def sampler(self) -> Any:
        """The model, or a mixture of its codes where the model cannot sample."""
        return self.model if self.can_sample else self.mixture

    @cached_property
    def generated(self) -> Images:
        """Generated images to show, with the class proportions of the real ones."""
        from latentia.generative.models.judging import draw

        return draw(self.sampler, N_SHOWN, self.labels, self.seed)[0]

    @cached_property
    def evaluation(self) -> Evaluation:
        """The scores that ``latentia evaluate`` gives."""
        from latentia.generative.models.judging import judge_model

        unseen = None
        if self.unseen is not None:
            unseen = self.unseen, self.unseen_labels
        real = self.images, self.labels
        return judge_model(self.sampler, real, unseen, seed=self.seed)

    @cached_property
    def verdict(self) -> Verdict | None:
        """The verdict of the evaluation; None if there are too few images for one."""
        try:
            return self.evaluation.verdict
        except (ValueError, ImportError):
            return None

    @cached_property
    def cached_encoder(self) -> CachedEncoder:
        """The model with the codes of randomly chosen images."""
        return CachedEncoder(self.model, self.images[self.choose(N_ENCODED)])

    @cached_property
    def mixture(self) -> Any:
        """A LatentMixture of the codes."""
        return self.fit_mixture("auto")

    def fit_mixture(self, n_components: int | str, *, by_class: bool = False) -> Any:
        """Fit a LatentMixture to all images, or one to each class."""
        from latentia.generative import LatentMixture

        y = None
        if by_class and self.labels is not None:
            y = self.labels[self.choose(N_ENCODED)]
        mixture = LatentMixture(n_components, random_state=self.seed)
        with warnings.catch_warnings():
            # It warns of constant dimensions, which have no effect on the images.
            warnings.simplefilter("ignore", UserWarning)
            return mixture.fit(self.cached_encoder, self.cached_encoder.images, y)

    @cached_property
    def space(self) -> Any:
        """The feature space of all comparisons, the default one of evaluations."""
        from latentia.evaluation.features import RandomConvFeatures

        return RandomConvFeatures()

    def choose(self, n: int) -> NDArray[np.intp]:
        """Return at most n randomly chosen rows of the images, in random order."""
        return np.random.default_rng(self.seed).permutation(len(self.images))[:n]
