"""Generative adversarial networks."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentia._arguments import check_choice, check_count, check_flag, check_real
from latentia.generative.data import class_indices
from latentia.generative.latent.noise import normal
from latentia.generative.losses import LOSSES, PENALTY_OF
from latentia.generative.models.base import ImageModel
from latentia.generative.models.discriminator import has_discriminator, judge
from latentia.generative.networks import conv_gan, dcgan, mlp, resnet
from latentia.generative.recipes.gan_recipe import GANOptions, GANRecipe
from latentia.generative.training.model_config import ModelConfig

NETWORKS = ("conv", "resnet", "dcgan", "mlp")
PENALTIES = ("r1r2", "r1", "finite", "gradient", "none")

PRIVATE_LOSSES = ("nonsaturating", "hinge", "minimax")
"""Losses of private trainings; the others compare pairs or need a penalty."""

LEARNING_RATE = {"conv": 2.5e-3, "resnet": 2e-4, "dcgan": 2e-4, "mlp": 2e-4}

GAMMA = {"gradient": 10.0}
"""Default weights of the penalties; 0.5 for the others."""

EVERY = 8
"""Steps from one penalty of ‖∇D‖² to the next on networks for a CPU."""


class GAN(ImageModel):
    """Generative adversarial network: generates images from noise.

    Parameters
    ----------
    latent_dim : int, default=64
        Length of a code.
    network : {"auto", "conv", "resnet", "dcgan", "mlp"}, default="auto"
        "conv": the decoder of an `RAE`, and its encoder with half the width as the
        discriminator, the choice of "auto" where there is no CUDA. "resnet": larger
        residual networks, the choice of "auto" on CUDA. Neither normalises. "dcgan":
        the networks of Radford et al. (2016). "mlp": perceptrons with two hidden
        layers.
    loss : {"relativistic", "nonsaturating", "hinge", "wasserstein", "minimax"}
        The adversarial loss; see `latentia.generative.losses`.
    penalty : {"auto", "r1r2", "r1", "finite", "gradient", "none"}, default="auto"
        Penalty on the discriminator's gradient: "r1r2" its square at real and generated
        images, "r1" at real images only, "finite" as "r1r2" by finite differences,
        "gradient" the distance of its norm from 1. "auto" is the usual penalty of the
        loss, and none for "dcgan", whose batch normalisation mixes images.
    gamma : float, optional
        Weight of the penalty; by default 0.5, for "gradient" 10.
    augment : bool, default=False
        The discriminator sees images with random brightness, shifts and cut-outs, so
        that it does not memorise a few hundred images.
    preset : {"auto", "tiny", "small", "base"}, default="auto"
        Width of the networks and batch size.
    size : (int, int), optional
        Height and width that images are converted to.
    mode : {"L", "RGB", "RGBA"}, optional
        Grey, colour, or colour with transparency, that images are converted to. By
        default they keep their mode; a folder with images of several modes gives "RGB".
    batch_size : int, optional
        Images per step; by default that of the preset.
    learning_rate : float, optional
        Initial learning rate of Adam; by default 2.5e-3 for "conv", 2e-4 for the
        others.
    device : {"auto", "cpu", "cuda", "mps"} or "cuda:N", default="auto"
        Where to train; "mps" is Apple's GPU, on which it was not tested.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Precision of products inside networks; "auto" is bfloat16 where it is faster.
    random_state : int, Generator, RandomState or None
        Seed of weights, noise and order. The same seed on the same kind of device with
        the same number of threads gives the same bits.
    verbose : int, default=0
        Print the number and form of the images on standard error, and show a progress
        bar on a terminal.

    Attributes
    ----------
    image_shape_ : tuple of int
        (H, W) or (H, W, C).
    classes_ : ndarray
        The labels, sorted; empty without them.
    history_ : list of dict
        Losses, and scores where they were computed: "score" is the Fréchet distance to
        real images in the features of a random convolution.
    skill_ : float or None
        The best score on a scale where one average image has 0 and real images have 1.
        None if it cannot be computed, as with fewer than 30 scored images.
    n_steps_, n_images_seen_ : int
        Steps taken, and images in them.
    started_from_ : dict or None
        The model given as ``start``: its name, the images and the seed of its training,
        the step of its weights, and the number of images they were trained on.
    privacy_ : PrivacySpent or None
        What a training with ``privacy`` has spent; None without it.
    latent_dim_ : int
        Length of a code.
    preset_, device_ : str
        Values that "auto" chose.
    config_ : ModelConfig
        All values that were chosen.
    record_ : TrainingRecord
        What the saved file says of the training: parameters, seed, images, state.
    networks_ : nn.ModuleDict
        The averaged generator that samples.

    References
    ----------
    Goodfellow et al., "Generative adversarial nets", NeurIPS 2014. The defaults follow
    Huang et al., "The GAN is dead; long live the GAN!", NeurIPS 2024.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import GAN
    >>> images = load_digits().images[:256]
    >>> gan = GAN(random_state=0).fit(images, epochs=1)
    >>> gan.sample(3, seed=7).shape
    (3, 8, 8)
    """

    least_scored: ClassVar[int] = 100

    def __init__(
        self,
        *,
        latent_dim: int = 64,
        network: str = "auto",
        loss: str = "relativistic",
        penalty: str = "auto",
        gamma: float | None = None,
        augment: bool = False,
        preset: str = "auto",
        size: tuple[int, int] | None = None,
        mode: str | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        device: str = "auto",
        precision: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.latent_dim = latent_dim
        self.network = network
        self.loss = loss
        self.penalty = penalty
        self.gamma = gamma
        self.augment = augment
        self.preset = preset
        self.size = size
        self.mode = mode
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.device = device
        self.precision = precision
        self.random_state = random_state
        self.verbose = verbose

    @property
    def score_unit(self) -> str:
        """What "score" in ``history_`` counts, and which way is better."""
        return "Fréchet distance of random features (lower is better)"

    @property
    def few_images_advice(self) -> str:
        """What helps a training with few images."""
        advice = "more images give better samples"
        return advice if self.augment else f"{advice}, and augment=True varies them"

    def check_parameters(self) -> None:
        """Raise if an argument of the constructor is wrong."""
        check_count(self.latent_dim, "latent_dim", least=1)
        check_choice(self.network, "network", ("auto", *NETWORKS))
        check_choice(self.loss, "loss", tuple(LOSSES))
        check_choice(self.penalty, "penalty", ("auto", *PENALTIES))
        check_flag(self.augment, "augment")
        if self.gamma is not None:
            check_real(self.gamma, "gamma", least=0)
        if self.network == "dcgan" and self.penalty not in ("auto", "none"):
            raise ValueError(
                f"penalty={self.penalty!r} needs a discriminator without batch "
                "normalisation, which network='dcgan' has: choose penalty='none'"
            )

    def check_private(self) -> None:
        """Raise if an argument does not go with gradients of each image."""
        if self.loss not in PRIVATE_LOSSES:
            raise ValueError(
                f"loss must be one of {', '.join(PRIVATE_LOSSES)} with privacy, a sum "
                "over real and over generated images that needs no penalty, got "
                f"{self.loss!r}"
            )
        if self.penalty not in ("auto", "none"):
            raise ValueError(
                "penalty must be 'auto' or 'none' with privacy, because a penalty on "
                "the gradient does not go with gradients of each image, got "
                f"{self.penalty!r}"
            )
        if self.network == "dcgan":
            raise ValueError(
                "network must not be 'dcgan' with privacy: its discriminator "
                "normalises by batches, which mixes images"
            )

    def resolve_network(self, device: torch.device) -> str:
        """Return the name of the networks, chosen by the device for "auto"."""
        if self.network != "auto":
            return self.network
        return "resnet" if device.type == "cuda" else "conv"

    def default_rate(self, network: str) -> float:
        """Return the learning rate of networks, if none is given."""
        return LEARNING_RATE[network]

    def make_recipe(self, config: ModelConfig) -> GANRecipe:
        """Build the networks and their optimisers, on the CPU."""
        penalty = self.penalty
        if penalty == "auto":
            penalty = "none" if config.network == "dcgan" else PENALTY_OF[self.loss]
        gamma = GAMMA.get(penalty, 0.5) if self.gamma is None else float(self.gamma)
        lazily = config.network != "resnet" and penalty != "gradient"
        options = GANOptions(
            loss=self.loss,
            penalty=penalty,
            gamma=gamma,
            every=EVERY if lazily else 1,
            augment=bool(self.augment),
            latent_dim=config.latent_dim,
            n_classes=config.n_classes,
        )
        return GANRecipe(*build_networks(config), options)

    @property
    def has_discriminator(self) -> bool:
        """Whether the discriminator of the training is there."""
        last = self.last_checkpoint_
        return last is not None and has_discriminator(last[0])

    def discriminate(self, X: Any, y: Any = None) -> NDArray[np.float64]:
        """Return the last discriminator's logits of images, for audits.

        Parameters
        ----------
        X : array, tensor, path or torch Dataset of n images
        y : label or array-like of n labels, optional
            Their classes, if the model has classes; by default each image gets its
            largest logit.

        Returns
        -------
        logits : ndarray of shape (n,)
            Higher for images that the discriminator takes for real.

        Raises
        ------
        ValueError
            If the model was loaded from a file that only samples.
        """
        images = self.read_images(X)
        if not self.has_discriminator:
            raise ValueError(
                f"this {type(self).__name__} only samples: the discriminator is in the "
                "model that was trained, not in a loaded one"
            )
        labels = None
        if y is not None and len(self.classes_):
            labels = class_indices(y, self.classes_, len(images))
        return judge(self, images, labels)

    def draw_codes(self, seed: int, n: int, truncation: float = 1.0) -> NDArray[Any]:
        """Draw n codes, shape (n, latent_dim)."""
        codes = normal(seed, n, self.latent_dim_)
        codes *= np.float32(truncation)
        return codes

    def decode_tensor(self, codes: Tensor, labels: Tensor | None) -> Tensor:
        """Return the images (B, C, H, W) of codes, in 0..1 once they are clamped."""
        images: Tensor = self.networks_["generator"](codes, labels)
        return (images + 1) / 2


def build_networks(config: ModelConfig) -> tuple[nn.Module, nn.Module]:
    """Return the generator and the discriminator of a config."""
    shape, n_classes, width = config.shape, config.n_classes, config.width
    latent_dim = config.latent_dim
    match config.network:
        case "mlp":
            return (
                mlp.MLPGenerator(shape, latent_dim, n_classes),
                mlp.MLPDiscriminator(shape, n_classes),
            )
        case "dcgan":
            return (
                dcgan.DCGenerator(shape, latent_dim, n_classes, width),
                dcgan.DCDiscriminator(shape, n_classes, width),
            )
        case "resnet":
            return (
                resnet.ResidualGenerator(shape, latent_dim, n_classes, width),
                resnet.ResidualDiscriminator(shape, n_classes, width),
            )
        case _:
            return (
                conv_gan.ConvGenerator(shape, latent_dim, n_classes, width),
                conv_gan.ConvDiscriminator(shape, n_classes, width // 2),
            )
