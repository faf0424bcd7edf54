"""The latent space of a model, in coordinates in which its prior is N(0, I)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import solve_triangular
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from latentia.generative.data import check_finite, to_numpy
from latentia.generative.models.autoencoder import Autoencoder
from latentia.generative.models.base import ImageModel
from latentia.generative.networks.inference import batched
from latentia.generative.training.compute import cpu_threads

Array = NDArray[np.float64]
Codes = NDArray[np.float32]
Labels = NDArray[np.int64] | None


class LatentSpace(NamedTuple):
    """z = centre + L·w with w about N(0, I): a step of 1 in w is one σ of the prior.

    For GANs w is z. For autoencoders centre and L·Lᵀ are the mean and covariance of
    their prior.

    Attributes
    ----------
    model : ImageModel
    centre : ndarray of shape (latent_dim,)
    factor : ndarray of shape (latent_dim, latent_dim)
        L, lower triangular.
    """

    model: Any
    centre: Array
    factor: Array

    @classmethod
    def of(cls, model: object) -> LatentSpace:
        """Return the space of a fitted model, or raise a TypeError."""
        if not isinstance(model, ImageModel):
            raise TypeError(
                "model must be a GAN, ConditionalGAN, VAE or RAE, got "
                f"{type(model).__name__}"
            )
        check_is_fitted(model, "n_steps_")
        if not isinstance(model, Autoencoder):
            dim = model.latent_dim_
            return cls(model, np.zeros(dim), np.eye(dim))
        check_is_fitted(model, "prior_", msg=_NO_PRIOR)
        centre, covariance = model.prior_.moments()
        # Not by their variances: rounding makes those of constant dimensions nonzero.
        varies = model.prior_.varies
        kept = np.ix_(varies, varies)
        if not varies.any():
            raise ValueError(
                f"the codes of this {type(model).__name__} are all the same: it has "
                "one image, and no directions"
            )
        factor = np.zeros_like(covariance)
        factor[kept] = np.linalg.cholesky(covariance[kept])
        return cls(model, centre, factor)

    @property
    def dim(self) -> int:
        """Length of a code."""
        return len(self.centre)

    def codes(self, seed: int, n: int) -> Codes:
        """Return the codes of the images that the model samples (n, latent_dim)."""
        found: Codes = self.model.draw_codes(seed, n)
        return found

    def whiten(self, codes: NDArray[Any]) -> Array:
        """Return w of codes z, row by row."""
        kept = np.diagonal(self.factor) > 0
        white = np.zeros(codes.shape)
        white[:, kept] = solve_triangular(
            self.factor[np.ix_(kept, kept)],
            (codes - self.centre)[:, kept].T.astype(np.float64),
            lower=True,
        ).T
        return white

    def colour(self, white: Array) -> Codes:
        """Return z of w, row by row."""
        return np.asarray(self.centre + white @ self.factor.T, dtype=np.float32)

    def labels(self, n: int, y: ArrayLike | None) -> Labels:
        """Return the classes of n images as indices; None without classes."""
        found: Labels = self.model.class_indices(n, y)
        return found

    def affine(self, codes: Codes, labels: Labels) -> NDArray[np.float32]:
        """Return the generator's output before its first rectifier (n, ...)."""
        return self._apply(self._stage("affine"), codes, labels).numpy()

    def features(self, codes: Codes, labels: Labels) -> NDArray[np.float32]:
        """Return the first maps that are not affine in the code (n, ...)."""
        return self._apply(self._stage("features"), codes, labels).numpy()

    def pixels(self, codes: Codes, labels: Labels) -> Tensor:
        """Return images (n, C, H, W) in 0..1, not rounded."""
        return self._apply(self.model.decode_tensor, codes, labels).clamp(0, 1)

    def images(self, codes: Codes, labels: Labels) -> NDArray[np.uint8]:
        """Return images (n, H, W) or (n, H, W, C)."""
        pixels = self.pixels(codes, labels)
        check_finite(pixels)
        return to_numpy(pixels)

    def _stage(self, name: str) -> Callable[..., Tensor]:
        networks = self.model.networks_
        if "generator" in networks:
            stage: Callable[..., Tensor] = getattr(networks["generator"], name)
            return stage
        decode = getattr(networks["decoder"], name)
        return lambda z, labels: decode(z)

    def _apply(
        self, function: Callable[..., Tensor], codes: Codes, labels: Labels
    ) -> Tensor:
        y = None if labels is None else torch.from_numpy(labels)
        z = torch.from_numpy(np.ascontiguousarray(codes))
        with cpu_threads():
            return batched(function, z, y, device=torch.device(self.model.device_))


_NO_PRIOR = (
    "this %(name)s is a checkpoint of a training that did not end: it has no prior, "
    "and therefore no directions; LatentMixture().fit(model, X) can sample from it"
)
