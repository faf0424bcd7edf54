"""Generative adversarial networks."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentia._arguments import check_choice, check_count, check_flag, check_real
from latentia.generative.latent.noise import normal
from latentia.generative.losses import LOSSES, PENALTY_OF
from latentia.generative.models.base import ImageModel
from latentia.generative.networks import dcgan, mlp, resnet, strided
from latentia.generative.recipes.gan_recipe import Game, Rules
from latentia.generative.training.model_config import Setting

NETWORKS = ("strided", "resnet", "dcgan", "mlp")
PENALTIES = ("r1r2", "r1", "finite", "gradient", "none")

LEARNING_RATE = {"strided": 1.6e-3, "resnet": 2e-4, "dcgan": 2e-4, "mlp": 2e-4}

GAMMA = {"gradient": 10.0}
"""Default weights; 0.5 for the others."""

EVERY = 8
"""Steps from one penalty of ‖∇D‖² to the next on networks for a CPU."""


class GAN(ImageModel):
    """Generative adversarial network: images of noise.

    Parameters
    ----------
    latent_dim : int, default=64
        Numbers that an image is made of.
    network : {"auto", "strided", "resnet", "dcgan", "mlp"}, default="auto"
        "strided": strided convolutions, the choice of "auto" on a CPU. "resnet":
        residual networks without normalisation, the choice of "auto" on CUDA. "dcgan":
        the networks of Radford et al. (2016). "mlp": perceptrons with two hidden
        layers.
    loss : {"relativistic", "nonsaturating", "hinge", "wasserstein", "minimax"}
        The game; see `latentia.generative.losses`.
    penalty : {"auto", "r1r2", "r1", "finite", "gradient", "none"}, default="auto"
        On the discriminator's gradient: its square at real and generated images, at
        real ones, both by finite differences; or the distance of its norm from 1.
        "auto" takes what belongs to the loss, and none for "dcgan", whose
        normalisation mixes the images of a batch.
    gamma : float, optional
        Weight of the penalty; by default 0.5, for "gradient" 10.
    augment : bool, default=False
        Judge images brighter, shifted and with parts cut out, so that a few hundred
        images are not learnt by heart.
    preset : {"auto", "tiny", "small", "base"}, default="auto"
        Width of the networks and size of a batch.
    size : (int, int), optional
        Height and width that images of a folder or a dataset are converted to.
    mode : {"L", "RGB", "RGBA"}, optional
        Grey, colour or colour with transparency, which images are converted to; by
        default what they are, and "RGB" in a folder of several.
    batch_size : int, optional
        Images of a step; the preset's by default.
    learning_rate : float, optional
        Of Adam, at the start; by default 1.6e-3 for "strided", 2e-4 for the others.
    device : {"auto", "cpu", "cuda", "mps"} or "cuda:N", default="auto"
        Where to train; "mps" is Apple's GPU, on which it was not tried.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Of the products inside networks; "auto" takes bfloat16 where it is faster.
    random_state : int, Generator, RandomState or None
        Seed of weights, noise and order. The same seed on the same kind of device with
        the same number of threads gives the same bits.
    verbose : int, default=0
        Tell on standard error what is trained on, and show a bar on a terminal.

    Attributes
    ----------
    image_shape_ : tuple of int
        (H, W) or (H, W, C).
    classes_ : ndarray
        The labels, sorted; empty without them.
    history_ : list of dict
        Losses, and scores where they were taken: "score" is the Fréchet distance to
        real images in the features of a random convolution.
    skill_ : float or None
        Where the best score lies: 0 is that of one average image, 1 that of real
        images. None where that can't be told, as with fewer than 30 scored images.
    n_steps_, n_images_seen_ : int
        Steps taken, and images in them.
    started_from_ : dict or None
        The model that ``start`` was: its name, the images and the seed of its training,
        the step of its weights, and how many images these had seen.
    latent_dim_ : int
        Length of a code.
    preset_, device_ : str
        What "auto" chose.
    setting_ : Setting
        All that was chosen.
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
    >>> gan = GAN(random_state=0).fit(load_digits().images, epochs=1)
    >>> gan.sample(3, seed=7).shape
    (3, 8, 8)
    """

    _least_scored: ClassVar[int] = 100

    score_unit: ClassVar[str] = "Fréchet distance of random features (lower is better)"

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

    def _check(self) -> None:
        check_count(self.latent_dim, "latent_dim", least=1)
        check_choice(self.network, "network", ("auto", *NETWORKS))
        check_choice(self.loss, "loss", tuple(LOSSES))
        check_choice(self.penalty, "penalty", ("auto", *PENALTIES))
        check_flag(self.augment, "augment")
        if self.gamma is not None:
            check_real(self.gamma, "gamma", least=0)
        if self.network == "dcgan" and self.penalty not in ("auto", "none"):
            raise ValueError(
                f"penalty={self.penalty!r} needs a discriminator that judges every "
                "image by itself; network='dcgan' normalises batches"
            )

    def _network(self, device: torch.device) -> str:
        if self.network != "auto":
            return self.network
        return "resnet" if device.type == "cuda" else "strided"

    def _rate(self, network: str) -> float:
        return LEARNING_RATE[network]

    def _recipe(self, setting: Setting) -> Game:
        penalty = self.penalty
        if penalty == "auto":
            penalty = "none" if setting.network == "dcgan" else PENALTY_OF[self.loss]
        gamma = GAMMA.get(penalty, 0.5) if self.gamma is None else float(self.gamma)
        lazily = setting.network != "resnet" and penalty != "gradient"
        rules = Rules(
            loss=self.loss,
            penalty=penalty,
            gamma=gamma,
            every=EVERY if lazily else 1,
            augment=bool(self.augment),
            latent_dim=self.latent_dim,
            n_classes=setting.n_classes,
        )
        return Game(*build_networks(setting, self.latent_dim), rules)

    def _codes(self, seed: int, n: int, truncation: float = 1.0) -> NDArray[Any]:
        codes = normal(seed, n, self.latent_dim_)
        codes *= np.float32(truncation)
        return codes

    def _decode(self, codes: Tensor, labels: Tensor | None) -> Tensor:
        images: Tensor = self.networks_["generator"](codes, labels)
        return (images + 1) / 2


def build_networks(setting: Setting, latent_dim: int) -> tuple[nn.Module, nn.Module]:
    """Return the generator and the discriminator of a setting."""
    shape, n_classes, width = setting.shape, setting.n_classes, setting.width
    match setting.network:
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
                strided.StridedGenerator(shape, latent_dim, n_classes, width),
                strided.StridedDiscriminator(shape, n_classes, width),
            )
