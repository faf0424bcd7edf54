"""Regularised autoencoders, with a mixture of Gaussians as the prior."""

from __future__ import annotations

from typing import Any, ClassVar

from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from latentia._arguments import check_real
from latentia.generative.data import ImageSet
from latentia.generative.latent.component_selection import check_components
from latentia.generative.latent.prior import MixturePrior
from latentia.generative.latent.prior_fitting import fit_prior
from latentia.generative.models.autoencoder import Autoencoder, build_networks
from latentia.generative.recipes.rae_recipe import RAERecipe
from latentia.generative.training.checkpoint import Tensors
from latentia.generative.training.model_config import Setting


class RAE(Autoencoder):
    """Regularised autoencoder: sharp images of codes, which a mixture then draws.

    The networks minimise ‖x − f(z)‖² + β/2 ‖z‖², with a decay of the decoder's weights
    and no noise. When they are trained, `latentia.GaussianMixture` is fitted to the
    codes of the images.

    Parameters
    ----------
    latent_dim : int, default=64
        Length of a code.
    n_components : int or "auto", default="auto"
        Gaussians of the prior. "auto" doubles them while held-out codes become
        likelier, as `LatentMixture` does.
    beta : float, default=0.01
        Weight of the size of codes.
    network : {"auto", "mlp"}, default="auto"
        Convolutions, or one hidden layer of 400 on either side.
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
        Of Adam, at its height; 2e-3 by default.
    device : {"auto", "cpu", "cuda", "mps"} or "cuda:N", default="auto"
        Where to train; "mps" is Apple's GPU, on which it was not tried.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Of the products inside networks; "auto" takes bfloat16 where it is faster.
    random_state : int, Generator, RandomState or None
        Seed of weights, order and mixture. The same seed on the same kind of device
        with the same number of threads gives the same bits.
    verbose : int, default=0
        Tell on standard error what is trained on, and show a bar on a terminal.

    Attributes
    ----------
    image_shape_ : tuple of int
        (H, W) or (H, W, C).
    prior_ : MixturePrior
        Weights, means and factors L of the covariances L·Lᵀ, in latent space.
    history_ : list of dict
        The errors, and scores where they were taken: "score" is the squared error per
        image of reconstructions of at most 2048 images.
    skill_ : float or None
        Where the best score lies: 0 is that of one average image, 1 the best there is.
    sample_skill_ : float or None
        The same of samples, by their Fréchet distance to images of the training in the
        features of a random convolution; None with fewer than 30 images.
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
        The averaged encoder and decoder.

    References
    ----------
    Ghosh et al., "From variational to deterministic autoencoders", ICLR 2020.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import RAE
    >>> rae = RAE(latent_dim=8, random_state=0).fit(load_digits().images, epochs=1)
    >>> rae.sample(3, seed=7).shape
    (3, 8, 8)
    """

    prior_: MixturePrior

    _codes_are: ClassVar[str] = "codes of images, drawn from a mixture elsewhere"

    score_unit: ClassVar[str] = "squared error of an image (lower is better)"

    def __init__(
        self,
        *,
        latent_dim: int = 64,
        n_components: int | str = "auto",
        beta: float = 0.01,
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
        summed over channels and pixels, mean over images. It tells nothing of the
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
            decoded = self._decode(self._mean_codes(images), None).clamp(0, 1)
            return (decoded - images).square().flatten(1).sum(1)

        return -float(self._blocks(error, self._images(X)).double().mean())

    def _check(self) -> None:
        super()._check()
        check_components(self.n_components)
        check_real(self.beta, "beta", least=0)

    def _recipe(self, setting: Setting) -> RAERecipe:
        networks = build_networks(setting, self.latent_dim, self.latent_dim)
        return RAERecipe(networks, float(self.beta))

    def _finish(self, data: ImageSet) -> None:
        codes = self._blocks(self._mean_codes, data.images).double().numpy()
        seed = int(self._description["seed"]) % 2**31
        self.prior_, _ = fit_prior(codes, self.n_components, "full", seed)
        super()._finish(data)

    def _extras(self) -> Tensors:
        return self.prior_.tensors()

    def _restore(self, extras: Tensors) -> None:
        if extras:
            self.prior_ = MixturePrior.of_tensors(extras)

    def _codes(self, seed: int, n: int, truncation: float = 1.0) -> NDArray[Any]:
        check_is_fitted(self, "prior_", msg=_NO_PRIOR)
        return self.prior_.sample(seed, n, temperature=truncation)

    def _decode(self, codes: Tensor, labels: Tensor | None) -> Tensor:
        images: Tensor = self.networks_["decoder"](codes)
        return images


_NO_PRIOR = (
    "this %(name)s is a checkpoint of a training that did not end: it encodes and "
    "decodes, and LatentMixture().fit(it, X) samples"
)
