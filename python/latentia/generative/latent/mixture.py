"""A mixture of Gaussians on the codes of a model: a prior, a density, a class each."""

from __future__ import annotations

import numbers
from math import inf
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_count, draw_seed
from latentia.generative.data import class_indices
from latentia.generative.latent import storage
from latentia.generative.latent.choice import check_components
from latentia.generative.latent.coders import (
    Shape,
    as_coder,
    channels_first,
    channels_last,
    shape_of,
)
from latentia.generative.latent.codes import check_varied, codes_of, images_of
from latentia.generative.latent.fitting import Fitted, fit_prior, fit_priors
from latentia.generative.latent.prior import MixturePrior
from latentia.generative.noise import check_seed, normal
from latentia.mixture.covariance import CovarianceName, check_covariance_type


class LatentMixture(BaseEstimator):  # type: ignore[misc]
    """Mixture of Gaussians on the codes of images: what a trained model lacks.

    It makes a generator of any autoencoder, one that can be asked for classes if it is
    fitted with labels, and tells how usual an image is. The model is not trained again.

    Parameters
    ----------
    n_components : int or "auto", default="auto"
        Gaussians, of each class if there are classes. "auto" doubles them while a
        tenth of the codes, which is held out, becomes likelier; there are at most 100,
        and one for every ten codes a dimension, so that none learns images by heart; a
        number that is given is taken. A class with one Gaussian borrows from the
        others: n codes of d dimensions give (n·S + d·S₀) / (n + d), S being their
        covariance and S₀ that of all classes about their means.
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        As of `latentia.GaussianMixture`.
    temperature : float, default=1.0
        Samples lie that much farther from the means of their components than codes do:
        below 1 images are more usual and less varied; at 0 they are the means'.
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
        Shares of the images.
    n_components_ : list of int
        Of each prior.
    held_out_ : list of dict
        For each prior the mean log-likelihood of held-out codes, in nats, by the number
        of components tried; empty if it was given, or only one is allowed.

    References
    ----------
    Ghosh et al., "From variational to deterministic autoencoders", ICLR 2020, who call
    it ex-post density estimation.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import RAE, LatentMixture
    >>> digits = load_digits()
    >>> rae = RAE(latent_dim=8, random_state=0).fit(digits.images, epochs=1)
    >>> prior = LatentMixture(random_state=0).fit(rae, digits.images, digits.labels)
    >>> threes = prior.sample(5, y=3, seed=7)
    >>> strangest = prior.score_samples(digits.images).argmin()
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
            or whatever has ``encode``, of uint8 tensors (n, C, H, W), and ``decode``.
        X : array, tensor, path or torch Dataset
            Images, as those of the model's ``fit``.
        y : array-like of shape (n,), optional
            Labels. Those that X brings, as sub-folders or of a dataset, count as well.

        Raises
        ------
        TypeError
            If the model has no encoder.
        ValueError
            If an argument is wrong, codes are not finite, or all of them are the same.

        Warns
        -----
        UserWarning
            Dimensions in which all codes are the same are kept so; more components than
            images are cut down to these.
        """
        n_components = check_components(self.n_components)
        check_covariance_type(self.covariance_type)
        self._temperature()
        data = images_of(model, X, y, None, least=2)
        coder = as_coder(model, shape_of(data))
        codes = codes_of(coder, data)
        check_varied(codes)
        coder.decode(codes[:1].astype(np.float32))  # raises here rather than in sample
        seed = draw_seed(self.random_state)
        if data.labels is None:
            fits = [fit_prior(codes, n_components, self.covariance_type, seed)]
            shares = np.ones(1)
        else:
            labels = data.labels.numpy()
            fits = fit_priors(
                codes, labels, data.classes, n_components, self.covariance_type, seed
            )
            shares = np.bincount(labels) / len(labels)
        image_shape = channels_last(shape_of(data))
        self._set(model, image_shape, data.classes, shares, fits)
        return self

    def sample(
        self, n: int, y: ArrayLike | None = None, *, seed: int | None = None
    ) -> NDArray[np.uint8]:
        """Make images.

        Parameters
        ----------
        n : int
            How many.
        y : label or array-like of n labels, optional
            The classes; by default all in turn, as `labels_of` tells.
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
        noise = normal(seed, len(wanted), 1 + self._dim)
        codes = np.empty((len(wanted), self._dim), dtype=np.float32)
        for index in np.unique(wanted):
            own, prior = wanted == index, self.priors_[index]
            codes[own] = prior.of_noise(noise[own], self._temperature())
        return self._decode(codes)

    def labels_of(self, n: int, y: ArrayLike | None = None) -> NDArray[Any]:
        """Return the labels of the images that ``sample(n, y)`` makes."""
        wanted = self._indices(n, y)
        if not len(self.classes_):
            raise ValueError(
                "this mixture has no classes: it was fitted without labels"
            )
        labels: NDArray[Any] = self.classes_[wanted]
        return labels

    def score_samples(self, X: Any, y: Any = None) -> NDArray[np.float64]:
        """Return how usual images are: low for outliers.

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
            each = np.stack([prior.log_density(codes) for prior in self.priors_])
            weights = np.log(self.class_weights_)[:, np.newaxis]
            total: NDArray[np.float64] = logsumexp(each + weights, axis=0)
            return total
        wanted, found = self._indices(len(codes), y), np.empty(len(codes))
        for index in np.unique(wanted):
            own = wanted == index
            found[own] = self.priors_[index].log_density(codes[own])
        return found

    def component_images(self, y: Any = None) -> NDArray[np.uint8]:
        """Return the images of the components' means, the heaviest first.

        Parameters
        ----------
        y : label, optional
            Of this class only; by default of all in turn.

        Returns
        -------
        images : ndarray of uint8, shape (n_components, H, W) or (n_components, H, W, C)
        """
        means = np.concatenate([p.means[_heaviest(p)] for p in self._chosen(y)])
        return self._decode(means.astype(np.float32))

    def component_weights(self, y: Any = None) -> NDArray[np.float64]:
        """Return the weights of ``component_images``; those of a class add up to 1."""
        return np.concatenate([p.weights[_heaviest(p)] for p in self._chosen(y)])

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
        storage.save(self, Path(path), overwrite=overwrite)

    @classmethod
    def load(cls, path: str | PathLike[str], model: Any) -> Self:
        """Read a mixture that ``save`` wrote.

        Parameters
        ----------
        path : path
        model : object
            The one that it was fitted to.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is damaged or of another kind, or the model has other images.
        """
        return storage.load(cls, Path(path), model)

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
    def _dim(self) -> int:
        return int(self.priors_[0].means.shape[1])

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
        value = self.temperature
        real = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not real or not 0 <= float(value) < inf:
            raise ValueError(
                f"temperature must be a number of at least 0, got {value!r}"
            )
        return float(value)


def _heaviest(prior: MixturePrior) -> NDArray[np.intp]:
    return np.argsort(-prior.weights, kind="stable")
