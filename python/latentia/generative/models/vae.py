"""Variational autoencoders."""

from __future__ import annotations

from math import log
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from latentia._arguments import check_choice, check_count, check_real
from latentia.generative.data import ImageSet
from latentia.generative.latent.noise import normal
from latentia.generative.latent.prior import MixturePrior
from latentia.generative.models.autoencoder import Autoencoder, build_networks
from latentia.generative.recipes import elbo
from latentia.generative.recipes.likelihoods import LIKELIHOODS
from latentia.generative.recipes.vae_recipe import VAERecipe
from latentia.generative.training.checkpoint import Tensors
from latentia.generative.training.model_config import ModelConfig

PRIORS = ("mixture", "normal")

_ACTIVE = 0.01
"""Variance of a code's mean over the images, above which its dimension is in use."""


class VAE(Autoencoder):
    """Variational autoencoder: encodes images, and generates others from codes.

    Parameters
    ----------
    latent_dim : int, default=32
        Length of a code.
    prior : {"mixture", "normal"}, default="mixture"
        What codes of samples are drawn from: a mixture of Gaussians fitted to codes of
        the images, each drawn from its q(z | x); or N(0, I), to which the training
        pulls them, and whose samples are worse. Private trainings use N(0, I).
    n_components : int or "auto", default="auto"
        Number of Gaussians of the mixture. "auto" is 0.21 (n / latent_dim)^1.2
        for n images, of at least 50 images each, at most 800, and fewer if latent_dim
        is above 64.
    likelihood : {"gaussian", "bernoulli"}, default="gaussian"
        Distribution of pixels in 0..1 given a code: normal with one variance for all
        pixels, estimated with the networks; or Bernoulli, whose cross-entropy is a
        log-probability only for pixels that are 0 or 1.
    network : {"auto", "conv", "mlp"}, default="auto"
        "conv": convolutions, the choice of "auto"; "mlp": one hidden layer of 400 on
        either side.
    beta : float, default=1.0
        Weight of the divergence from the prior in training. Above 1, codes hold less
        information on an image, in fewer and more independent dimensions (the β-VAE).
        Below 1 they hold more, and samples are worse. ``score`` is the ELBO for every
        ``beta``, with the weight 1.
    warmup : float, default=0.1
        Share of the first stage in which that weight grows from 0 to ``beta``.
    sharpen : float, default=0.5
        Share of the training, at its end, in which the decoder is trained on against a
        discriminator: images become sharper, and their squared error larger, which
        lowers the ELBO. The encoder and the codes do not change in it. 0 leaves it out,
        as do network="mlp", private trainings and those whose first stage would have
        fewer than 1000 steps.
    error_limit : float, default=1.5
        Decoders whose squared error on held-out images is larger than this multiple of
        the error before are not chosen.
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
        Highest learning rate of Adam; 2e-3 by default.
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
    prior_ : MixturePrior
        Weights, means and factors L of the covariances L·Lᵀ, in latent space; one
        component with mean 0 and L = I for N(0, I), which is also the prior of a
        checkpoint of a training that did not end.
    history_ : list of dict
        The ELBO and its parts, and scores where they were computed: "score" is the
        Fréchet distance of reconstructions to images, at most 2048 of them, in the
        features of a random convolution, and infinite beyond ``error_limit``.
        "held_out_error" is their squared error, "held_out_loss" minus their ELBO with
        the divergence times ``beta``; with ``sharpen=0`` the latter is the score.
        "remark", in the last row, tells that there was no second stage, or that it made
        nothing better.
    skill_ : float or None
        The ELBO at the best score, on a scale where one average image has 0 and the
        best possible ELBO has 1.
    sample_skill_ : float or None
        The same scale for samples, by their Fréchet distance to training images in the
        features of a random convolution; None with fewer than 30 images.
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
        The averaged encoder, decoder and likelihood.

    References
    ----------
    Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014. The Gaussian
    likelihood is that of Rybkin, Daniilidis and Levine, "Simple and effective VAE
    training with calibrated decoders", ICML 2021; ``beta`` is that of Higgins et al.,
    "beta-VAE: learning basic visual concepts with a constrained variational framework",
    ICLR 2017.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import VAE
    >>> images = load_digits().images[:256]
    >>> vae = VAE(latent_dim=8, random_state=0).fit(images, epochs=1)
    >>> vae.sample(3, seed=7).shape, vae.encode(images[:5]).shape
    ((3, 8, 8), (5, 8))
    """

    first_score_unit: ClassVar[str] = (
        "nats an image, minus the ELBO with beta as weight (lower is better)"
    )

    def __init__(
        self,
        *,
        latent_dim: int = 32,
        prior: str = "mixture",
        n_components: int | str = "auto",
        likelihood: str = "gaussian",
        network: str = "auto",
        beta: float = 1.0,
        warmup: float = 0.1,
        sharpen: float = 0.5,
        error_limit: float = 1.5,
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
        self.prior = prior
        self.n_components = n_components
        self.likelihood = likelihood
        self.network = network
        self.beta = beta
        self.warmup = warmup
        self.sharpen = sharpen
        self.error_limit = error_limit
        self.preset = preset
        self.size = size
        self.mode = mode
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.device = device
        self.precision = precision
        self.random_state = random_state
        self.verbose = verbose

    def score(self, X: Any, y: object = None) -> float:
        """Return the evidence lower bound, in nats per image; higher is better.

        The divergence has the weight 1 here, for every ``beta``.

        The protocol: log p(x | z) − KL(q(z | x) ‖ p(z)), summed over channels and
        pixels, the divergence in closed form, at one code z of each image (the same
        ones at every call), mean over X. With the Gaussian likelihood p is the density
        of pixel values in 0..1, not dequantised; with the Bernoulli likelihood
        log p is minus the cross-entropy with the grey values, which are not binarised.

        Parameters
        ----------
        X : array, tensor, path or torch Dataset of images
        y : ignored

        Returns
        -------
        elbo : float
        """
        images = self.read_images(X)
        noise = torch.from_numpy(normal(0, len(images), self.latent_dim_))
        return float(self._per_image(elbo.bound, images, noise).mean())

    def importance_weighted_bound(self, X: Any, n_samples: int = 50) -> float:
        """Return a tighter bound on the log-likelihood, in nats per image.

        The protocol is that of ``score``, with log mean p(x | z) p(z) / q(z | x) over
        ``n_samples`` codes of each image in the place of the ELBO. It grows towards
        log p(x) with their number (Burda, Grosse and Salakhutdinov, "Importance
        weighted autoencoders", ICLR 2016).

        Parameters
        ----------
        X : array, tensor, path or torch Dataset of images
        n_samples : int, default=50

        Returns
        -------
        bound : float
        """
        n_samples = check_count(n_samples, "n_samples", least=1)
        images = self.read_images(X)
        total = torch.full((len(images),), -torch.inf, dtype=torch.float64)
        for seed in range(n_samples):
            noise = torch.from_numpy(normal(seed, len(images), self.latent_dim_))
            weights = self._per_image(elbo.log_weight, images, noise)
            total = torch.logaddexp(total, weights)
        return float((total - log(n_samples)).mean())

    def active_units(self, X: Any) -> int:
        """Count the dimensions of the codes that are active.

        Their mean has a variance above 0.01 over X (Burda, Grosse and Salakhutdinov,
        2016).
        """
        codes = self.encode(X).astype(np.float64)
        return int((codes.var(axis=0) > _ACTIVE).sum())

    def _per_image(self, value: Any, images: Tensor, noise: Tensor) -> Tensor:
        """Return a function of `elbo` for every image, in float64."""

        def of_block(images: Tensor, noise: Tensor) -> Tensor:
            encoded = self.networks_["encoder"](images)
            found: Tensor = value(self.networks_, encoded, images, noise)
            return found

        return self.apply_batched(of_block, images, noise).double()

    def check_parameters(self) -> None:
        """Raise if an argument of the constructor is wrong."""
        super().check_parameters()
        check_choice(self.prior, "prior", PRIORS)
        check_choice(self.likelihood, "likelihood", tuple(LIKELIHOODS))
        check_real(self.beta, "beta", least=0)
        check_real(self.warmup, "warmup", least=0, most=1)

    def make_recipe(self, config: ModelConfig) -> VAERecipe:
        """Build the networks and their optimisers, on the CPU."""
        dim, sharpen = config.latent_dim, self.sharpening_share(config)
        networks = build_networks(config, 2 * dim, discriminator=sharpen > 0)
        networks["likelihood"] = LIKELIHOODS[self.likelihood]()
        return VAERecipe(
            networks,
            dim,
            float(self.beta),
            float(self.warmup),
            sharpen=sharpen,
            error_limit=float(self.error_limit),
            mixture=self.prior == "mixture",
        )

    def fit_prior(self, data: ImageSet) -> MixturePrior:
        """Fit a mixture to codes of images, if that is the prior."""
        if self.prior == "normal":
            return MixturePrior.standard(self.latent_dim_)
        return super().fit_prior(data)

    def prior_codes(self, images: Tensor) -> Tensor:
        """Draw a code of each image from its q(z | x), with noise of the seed 0."""
        noise = torch.from_numpy(normal(0, len(images), self.latent_dim_))

        def draw(images: Tensor, noise: Tensor) -> Tensor:
            return elbo.draw(*elbo.posterior(self.networks_["encoder"](images)), noise)

        return self.apply_batched(draw, images, noise)

    def restore_extras(self, extras: Tensors) -> None:
        """Set the prior; N(0, I) if training had not ended."""
        self.prior_ = MixturePrior.standard(self.latent_dim_)
        super().restore_extras(extras)

    def decode_tensor(self, codes: Tensor, labels: Tensor | None) -> Tensor:
        """Return the images (B, C, H, W) of codes, in 0..1 once they are clamped."""
        output = self.networks_["decoder"](codes)
        mean: Tensor = self.networks_["likelihood"].mean(output)  # type: ignore[operator]
        return mean
