"""Regularised autoencoders, with a mixture of Gaussians as the prior."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

from torch import Tensor

from latentia._arguments import check_real
from latentia.generative.data import ImageSet
from latentia.generative.latent.prior import MixturePrior
from latentia.generative.latent.private_prior import private_prior
from latentia.generative.models.autoencoder import Autoencoder, build_networks
from latentia.generative.recipes.rae_recipe import RAERecipe
from latentia.generative.training.model_config import ModelConfig
from latentia.privacy.spending_plan import SpendingPlan


class RAE(Autoencoder):
    """Regularised autoencoder whose codes are sampled from a mixture of Gaussians.

    The networks minimise ‖x − f(z)‖² + β/2 ‖z‖², with weight decay of the decoder and
    without noise. After training, `latentia.GaussianMixture` is fitted to the codes of
    the images.

    Parameters
    ----------
    latent_dim : int or "auto", default="auto"
        Length of a code. "auto" is between 16 and 64, the longer the more images there
        are and the more they vary: q (n / 1000)^¼ for n images, held-out ones
        included, of whose variance q principal components explain 80 %. With privacy it
        is 64.
    n_components : int or "auto", default="auto"
        Number of Gaussians of the prior. "auto" is 0.21 (n / d)^1.2 for n images and
        codes of length d, of at least 50 images each, at most 800, and fewer if d is
        above 64.
    beta : float, default=0.01
        Weight of the squared norm of codes.
    sharpen : float, default=0.5
        Share of the training, at its end, in which the decoder is trained on against a
        discriminator: images become sharper, and their squared error larger. The
        encoder and the codes do not change in it. 0 leaves it out, as do network="mlp",
        private trainings and those whose first stage would have fewer than 1000 steps.
    error_limit : float, default=1.5
        Decoders whose squared error on held-out images is larger than this multiple of
        the error before are not chosen.
    network : {"auto", "conv", "mlp"}, default="auto"
        "conv": convolutions, the choice of "auto"; "mlp": one hidden layer of 400 on
        either side.
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
        Seed of weights, order and mixture. The same seed on the same kind of device
        with the same number of threads gives the same bits.
    verbose : int, default=0
        Print the number and form of the images on standard error, and show a progress
        bar on a terminal.

    Attributes
    ----------
    image_shape_ : tuple of int
        (H, W) or (H, W, C).
    prior_ : MixturePrior
        Weights, means and factors L of the covariances L·Lᵀ, in latent space. One
        Gaussian after a training with ``privacy``, of which it gets a fifth of ε;
        N(0, I) if that training was interrupted.
    history_ : list of dict
        Losses, and scores where they were computed: "score" is the Fréchet distance of
        reconstructions to images, at most 2048 of them, in the features of a random
        convolution, and infinite beyond ``error_limit``. "held_out_error" is their
        squared error; with ``sharpen=0`` it is the score. "remark", in the last row,
        tells that there was no second stage, or that it made nothing better.
    skill_ : float or None
        The squared error of the chosen networks on a scale where that of one average
        image is 0 and no error is 1.
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
        The averaged encoder and decoder.

    References
    ----------
    Ghosh et al., "From variational to deterministic autoencoders", ICLR 2020.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import RAE
    >>> images = load_digits().images[:256]
    >>> rae = RAE(latent_dim=8, random_state=0).fit(images, epochs=1)
    >>> rae.sample(3, seed=7).shape
    (3, 8, 8)
    """

    spends_on_prior: ClassVar[bool] = True

    first_score_unit: ClassVar[str] = "squared error of an image (lower is better)"

    def __init__(
        self,
        *,
        latent_dim: int | str = "auto",
        n_components: int | str = "auto",
        beta: float = 0.01,
        sharpen: float = 0.5,
        error_limit: float = 1.5,
        network: str = "auto",
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
        self.n_components = n_components
        self.beta = beta
        self.sharpen = sharpen
        self.error_limit = error_limit
        self.network = network
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
        """Return minus the squared error of reconstructions; higher is better.

        The protocol: pixels in 0..1, reconstructions clipped to 0..1 but not rounded,
        summed over channels and pixels, mean over images. It does not depend on the
        prior.

        Parameters
        ----------
        X : array, tensor, path or torch Dataset of images
        y : ignored

        Returns
        -------
        score : float
        """

        def error(images: Tensor) -> Tensor:
            decoded = self.decode_tensor(self.encode_tensor(images), None).clamp(0, 1)
            return (decoded - images).square().flatten(1).sum(1)

        return -float(self.apply_batched(error, self.read_images(X)).double().mean())

    def check_parameters(self) -> None:
        """Raise if an argument of the constructor is wrong."""
        super().check_parameters()
        check_real(self.beta, "beta", least=0)

    def check_latent_dim(self) -> None:
        """Raise if the length of codes is wrong."""
        if not isinstance(self.latent_dim, Integral) and self.latent_dim != "auto":
            raise ValueError(
                f"latent_dim must be 'auto' or an integer, got {self.latent_dim!r}"
            )
        if self.latent_dim != "auto":
            super().check_latent_dim()

    def make_recipe(self, config: ModelConfig) -> RAERecipe:
        """Build the networks and their optimisers, on the CPU."""
        dim, sharpen = config.latent_dim, self.sharpening_share(config)
        return RAERecipe(
            build_networks(config, dim, discriminator=sharpen > 0),
            dim,
            float(self.beta),
            sharpen=sharpen,
            error_limit=float(self.error_limit),
        )

    def fit_private_prior(self, data: ImageSet, plan: SpendingPlan) -> MixturePrior:
        """Fit one Gaussian with noise, once the training has ended."""
        if not plan.has_ended(self.n_steps_):
            return super().fit_private_prior(data, plan)
        codes = self.prior_codes(data.images).double().numpy()
        return private_prior(codes, plan)

    def decode_tensor(self, codes: Tensor, labels: Tensor | None) -> Tensor:
        """Return the images (B, C, H, W) of codes, in 0..1 once they are clamped."""
        images: Tensor = self.networks_["decoder"](codes)
        return images
