"""The prior of a regularised autoencoder: a mixture of Gaussians in latent space."""

from __future__ import annotations

import warnings
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr
from sklearn.exceptions import ConvergenceWarning

from latentia._warnings import warn_caller
from latentia.generative.noise import normal
from latentia.generative.training.checkpoint import Tensors
from latentia.mixture import GaussianMixture

MOST_COMPONENTS = 100
"""Of full covariances in 32 to 64 dimensions 60 000 images feed no more."""

CODES_PER_COMPONENT = 10
"""Codes of a component for each of their dimensions, below which a covariance of its
own says more of the codes than of where they come from."""

_REG_COVAR = 1e-4
"""Added to the variances of standardised codes."""

_MAX_ITER = 30
"""Later iterations still gain likelihood, but samples no longer change to the eye."""

Array = NDArray[np.float64]


class MixturePrior(NamedTuple):
    """p(z) = Σ w_k N(m_k, L_k L_kᵀ).

    Attributes
    ----------
    weights : ndarray of float64, shape (n_components,)
    means : ndarray of float64, shape (n_components, latent_dim)
    factors : ndarray of float64, shape (n_components, latent_dim, latent_dim)
        L_k. A dimension in which all codes are the same has a row of zeros.
    """

    weights: Array
    means: Array
    factors: Array

    @classmethod
    def fit(
        cls, codes: Array, n_components: int | str, covariance_type: str, seed: int
    ) -> Self:
        """Fit a mixture to standardised codes (n, latent_dim).

        With "auto" components there are as many as ten codes for each of their
        dimensions allow, up to 100. More than codes are cut down to these, with a
        warning.
        """
        n, dim = codes.shape
        if n_components == "auto":
            n_components = min(
                max(1, n // (CODES_PER_COMPONENT * dim)), MOST_COMPONENTS
            )
        k = min(int(n_components), n)
        if k < int(n_components):
            warn_caller(
                f"n_components={n_components}, but there are {n} images: the prior has "
                f"{k} components",
                UserWarning,
            )
        centre, spread = codes.mean(0), codes.std(0)
        spread = np.where(spread > 1e-6 * spread.max(), spread, 0.0)
        standard = (codes - centre) / np.where(spread > 0, spread, 1.0)
        mixture = GaussianMixture(
            k,
            covariance_type=covariance_type,
            reg_covar=_REG_COVAR,
            max_iter=_MAX_ITER,
            random_state=seed,
        )
        with warnings.catch_warnings():
            # A prior that could be a little likelier samples as well.
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixture.fit(standard.astype(np.float32))
        factors = np.linalg.cholesky(_full(mixture).astype(np.float64))
        return cls(
            mixture.weights_,
            centre + spread * mixture.means_,
            spread[:, np.newaxis] * factors,
        )

    def sample(self, seed: int, n: int) -> NDArray[np.float32]:
        """Draw n codes (n, latent_dim); code i of a seed is the same for every n."""
        dim = self.means.shape[1]
        noise = normal(seed, n, dim + 1).astype(np.float64)
        ends = np.cumsum(self.weights)
        component = np.searchsorted(ends, ndtr(noise[:, 0]) * ends[-1])
        component = np.minimum(component, len(ends) - 1)
        codes: Array = self.means[component]
        # Not a matrix product: its last bit would depend on the number of rows.
        for j in range(dim):
            codes += self.factors[component, :, j] * noise[:, j + 1, np.newaxis]
        return np.asarray(codes, dtype=np.float32)

    def tensors(self) -> Tensors:
        """Return what ``of_tensors`` makes the same prior of."""
        return {name: torch.from_numpy(part) for name, part in self._asdict().items()}

    @classmethod
    def of_tensors(cls, tensors: Tensors) -> Self:
        """Take the prior out of a checkpoint, or raise a ValueError."""
        prior = cls(**{name: tensors[name].numpy() for name in cls._fields})
        k, dim = prior.means.shape
        if prior.weights.shape != (k,) or prior.factors.shape != (k, dim, dim):
            raise ValueError("weights, means and factors of its prior do not fit")
        return prior


def _full(mixture: GaussianMixture) -> Array:
    """Return all covariances as matrices."""
    covariances: Array = mixture.covariances_
    k, dim = mixture.means_.shape
    match mixture.covariance_type:
        case "full":
            return covariances
        case "tied":
            return np.broadcast_to(covariances, (k, dim, dim))
        case _:
            variances = covariances.reshape(k, -1, 1)
            return variances * np.eye(dim)
