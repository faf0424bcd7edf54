"""A mixture of Gaussians on the codes of a model: a prior and a density."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_count, check_real, draw_seed
from latentia._model_file import parameters_of
from latentia.generative.data import class_indices
from latentia.generative.io import mixture_file
from latentia.generative.latent.class_priors import (
    class_log_density,
    heaviest_first,
    sample_codes,
    total_log_density,
)
from latentia.generative.latent.coders import (
    Shape,
    as_coder,
    channels_first,
    channels_last,
    device_of,
    shape_of,
)
from latentia.generative.latent.component_selection import check_components
from latentia.generative.latent.image_codes import (
    check_model,
    check_not_private,
    check_varied,
    codes_of,
    images_of,
)
from latentia.generative.latent.noise import check_seed
from latentia.generative.latent.prior import MixturePrior
from latentia.generative.latent.prior_fitting import Fitted, fit_prior, fit_priors
from latentia.mixture.covariance import CovarianceName, check_covariance_type


class LatentMixture(BaseEstimator):  # type: ignore[misc]
    """Mixture of Gaussians on the codes of images, as a prior for a trained model.

    It turns any autoencoder into a generator, conditional on the class if it is fitted
    with labels, and scores how typical an image is. The model is not trained again.

    Parameters
    ----------
    n_components : int, "auto" or "samples", default="auto"
        Number of Gaussians, of each class if there are classes. "samples" is
        0.21 (n / d)^1.2 for n codes of d dimensions, of at least 50 codes each, at most
        800, and fewer if d is above 64: samples are better, but the densities of codes
        are those of an overfitted mixture. "auto" doubles it while the likelihood of a
        held-out tenth of the codes increases. It is then at most 100, and at most one
        for every ten codes per dimension, so that the mixture does not overfit. The
        covariance of a class with one Gaussian is shrunk towards that of all classes:
        n codes of d dimensions give (n·S + d·S₀) / (n + d), with their covariance S and
        the covariance S₀ of all classes about their means.
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        As of `latentia.GaussianMixture`.
    temperature : float, default=1.0
        Factor on the distance of samples from the means of their components. Below 1
        images are more typical and less varied; at 0 they are those of the means.
    random_state : int, Generator, RandomState or None
        Seed of the fit, and of samples for which none is given.

    Attributes
    ----------
    model_ : object
        The model of ``fit``.
    image_shape_ : tuple of int
        (H, W) or (H, W, C).
    classes_ : ndarray
        The labels, sorted; empty without them.
    priors_ : list of MixturePrior
        One, or one a class: weights, means and factors L of the covariances L·Lᵀ.
    class_weights_ : ndarray of shape (len(priors_),)
        Shares of the images in each class.
    n_components_ : list of int
        Of each prior.
    held_out_ : list of dict
        For each prior the mean log-likelihood of held-out codes, in nats, by the number
        of components tried; empty if the number was given, or can only be one.

    References
    ----------
    Ghosh et al., "From variational to deterministic autoencoders", ICLR 2020, who call
    it ex-post density estimation.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import RAE, LatentMixture
    >>> digits = load_digits()
    >>> images, labels = digits.images[:256], digits.labels[:256]
    >>> rae = RAE(latent_dim=8, random_state=0).fit(images, epochs=1)
    >>> prior = LatentMixture(random_state=0).fit(rae, images, labels)
    >>> prior.sample(5, y=3, seed=7).shape
    (5, 8, 8)
    >>> prior.score_samples(images).shape  # low: an unusual image
    (256,)
    """

    priors_: list[MixturePrior]
    classes_: NDArray[Any]

    def __init__(
        self,
        n_components: int | str = "auto",
        *,
        covariance_type: CovarianceName = "full",
        temperature: float = 1.0,
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.temperature = temperature
        self.random_state = random_state

    def fit(self, model: Any, X: Any, y: Any = None) -> Self:
        """Fit the mixture to the codes of images.

        Parameters
        ----------
        model : object
            A fitted VAE or RAE; a pair (encoder, decoder) of torch modules, between
            images (B, C, H, W) in 0..1 and codes (B, d); a fitted transformer of rows
            of pixels in 0..1 (channels first) with ``inverse_transform``, such as PCA;
            or an object with ``encode``, of uint8 tensors (n, C, H, W), and ``decode``.
        X : array, tensor, path or torch Dataset
            Images, as those of the model's ``fit``.
        y : array-like of shape (n,), optional
            Labels. By default those of X: its sub-folders, or those of a dataset.

        Raises
        ------
        TypeError
            If the model has no encoder.
        ValueError
            If an argument is wrong, codes are not finite, or all of them are the same;
            or the model was trained with privacy, which the mixture would end.

        Warns
        -----
        UserWarning
            Some dimensions are the same in all codes, or there are more components than
            images.
        """
        n_components = check_components(self.n_components, ("auto", "samples"))
        check_covariance_type(self.covariance_type)
        self._temperature()
        check_not_private(model)
        data = images_of(model, X, y, None, least=2)
        coder = as_coder(model, shape_of(data))
        codes = codes_of(coder, data)
        check_varied(codes)
        coder.decode(codes[:1].astype(np.float32))  # raises here rather than in sample
        seed, device = draw_seed(self.random_state), device_of(coder)
        if data.labels is None:
            fits = [fit_prior(codes, n_components, self.covariance_type, seed, device)]
            shares = np.ones(1)
        else:
            labels = data.labels.numpy()
            fits = fit_priors(
                codes,
                labels,
                data.classes,
                n_components,
                self.covariance_type,
                seed,
                device,
            )
            shares = np.bincount(labels) / len(labels)
        image_shape = channels_last(shape_of(data))
        self._set(model, image_shape, data.classes, shares, fits)
        return self

    def sample(
        self, n: int, y: ArrayLike | None = None, *, seed: int | None = None
    ) -> NDArray[np.uint8]:
        """Generate images.

        Parameters
        ----------
        n : int
            Number of images.
        y : label or array-like of n labels, optional
            The classes; by default they alternate, as `labels_of` returns them.
        seed : int, optional
            Image i of a seed and class is the same for every n; drawn from
            ``random_state`` by default.

        Returns
        -------
        images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)

        Raises
        ------
        ValueError
            If a class is unknown, or there are none.
        """
        wanted = self._indices(n, y)
        seed = draw_seed(self.random_state) if seed is None else check_seed(seed)
        codes = sample_codes(self.priors_, wanted, seed, self._temperature())
        return self._decode(codes)

    def labels_of(self, n: int, y: ArrayLike | None = None) -> NDArray[Any]:
        """Return the labels of the images of ``sample(n, y)``."""
        wanted = self._indices(n, y)
        if not len(self.classes_):
            raise ValueError(
                "this mixture has no classes: it was fitted without labels"
            )
        labels: NDArray[Any] = self.classes_[wanted]
        return labels

    def score_samples(self, X: Any, y: Any = None) -> NDArray[np.float64]:
        """Return the log-density of images; it is low for outliers.

        Parameters
        ----------
        X : array, tensor, path or torch Dataset of n images
        y : label or array-like of n labels, optional
            Score each image as one of this class.

        Returns
        -------
        log_density : ndarray of shape (n,)
            log p(z) of the codes in nats, or log p(z | y).
        """
        check_is_fitted(self, "priors_")
        data = images_of(self.model_, X, None, self.image_shape_, least=1)
        if shape_of(data) != self._shape:
            raise ValueError(
                f"X holds images of shape {shape_of(data)} (channels, height, width), "
                f"the mixture was fitted to {self._shape}"
            )
        codes = codes_of(as_coder(self.model_, self._shape), data)
        if y is None:
            return total_log_density(self.priors_, self.class_weights_, codes)
        return class_log_density(self.priors_, self._indices(len(codes), y), codes)

    def component_images(self, y: Any = None) -> NDArray[np.uint8]:
        """Return the images of the components' means, the heaviest first.

        Parameters
        ----------
        y : label, optional
            Only of this class; by default of all classes, one after another.

        Returns
        -------
        images : ndarray of uint8, shape (n_components, H, W) or (n_components, H, W, C)
        """
        means = np.concatenate([p.means[heaviest_first(p)] for p in self._chosen(y)])
        return self._decode(means.astype(np.float32))

    def component_weights(self, y: Any = None) -> NDArray[np.float64]:
        """Return the weights of ``component_images``; those of a class add up to 1."""
        return np.concatenate([p.weights[heaviest_first(p)] for p in self._chosen(y)])

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the mixture to a ``.safetensors`` file; the model has its own.

        Raises
        ------
        ValueError
            If the name has another ending.
        FileExistsError
            If there is a file of that name, and ``overwrite`` is false.
        OSError
            If it cannot be written; an earlier file stays.
        """
        check_is_fitted(self, "priors_")
        state = mixture_file.MixtureState(
            parameters_of(self),
            self.image_shape_,
            self.classes_,
            self.class_weights_,
            [Fitted(*fit) for fit in zip(self.priors_, self.held_out_, strict=True)],
        )
        mixture_file.save(state, Path(path), overwrite=overwrite)

    @classmethod
    def load(cls, path: str | PathLike[str], model: Any) -> Self:
        """Read a mixture that ``save`` wrote.

        Parameters
        ----------
        path : path
        model : object
            The model that it was fitted to.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is damaged or of another kind, or the model has other images.
        """
        state = mixture_file.load(Path(path))
        shape, fits = state.image_shape, state.fits
        try:
            mixture = cls(**state.parameters)
        except TypeError as error:
            raise ValueError(f"{path} holds no mixture of codes: {error}") from error
        check_model(model, shape, fits[0].prior, str(path))
        mixture._set(model, shape, state.classes, state.class_weights, fits)
        return mixture

    def _set(
        self,
        model: Any,
        image_shape: tuple[int, ...],
        classes: NDArray[Any],
        shares: NDArray[np.float64],
        fits: list[Fitted],
    ) -> None:
        self.model_ = model
        self.image_shape_ = image_shape
        self.classes_ = classes
        self.class_weights_ = shares
        self.priors_ = [fit.prior for fit in fits]
        self.held_out_ = [fit.held_out for fit in fits]
        self.n_components_ = [len(prior.weights) for prior in self.priors_]

    @property
    def _shape(self) -> Shape:
        return channels_first(self.image_shape_)

    def _decode(self, codes: NDArray[np.float32]) -> NDArray[np.uint8]:
        return as_coder(self.model_, self._shape).decode(codes)

    def _indices(self, n: int, y: ArrayLike | None) -> NDArray[np.int64]:
        """Return which prior each image is drawn from."""
        check_is_fitted(self, "priors_")
        n = check_count(n, "n", least=1)
        if y is None:
            return np.arange(n) % len(self.priors_)
        if not len(self.classes_):
            raise ValueError("y asks for classes: this mixture was fitted without any")
        return class_indices(y, self.classes_, n)

    def _chosen(self, y: Any) -> list[MixturePrior]:
        check_is_fitted(self, "priors_")
        return self.priors_ if y is None else [self.priors_[self._indices(1, y)[0]]]

    def _temperature(self) -> float:
        return check_real(self.temperature, "temperature", least=0)
