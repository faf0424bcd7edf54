"""Fits of priors to codes: one to all codes, or one to each class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentia._warnings import warn_caller
from latentia.generative.latent.component_selection import (
    MAX_ITER,
    MAX_ITER_SAMPLED,
    choose_components,
    fit_mixture,
    sampled_components,
)
from latentia.generative.latent.prior import MixturePrior
from latentia.mixture import GaussianMixture
from latentia.mixture.covariance import CovarianceName

Array = NDArray[np.float64]

_CONSTANT = 1e-6
"""A dimension is constant up to rounding if its standard deviation is below this share
of the largest one, or below 1e-12 of its mean."""


class Fitted(NamedTuple):
    """A prior, and the held-out likelihoods by which its components were chosen."""

    prior: MixturePrior
    held_out: dict[int, float]


class Standardizer(NamedTuple):
    """Codes with mean 0 and variance 1, without the dimensions that do not vary."""

    centre: Array
    spread: Array
    kept: NDArray[np.bool_]

    @classmethod
    def of(cls, codes: Array) -> Standardizer:
        """Measure codes (n, latent_dim)."""
        centre, spread = codes.mean(0), codes.std(0)
        rounding = _CONSTANT**2 * np.abs(centre)
        kept = spread > np.maximum(_CONSTANT * spread.max(), rounding)
        return cls(centre, np.where(kept, spread, 0.0), kept)

    def apply(self, codes: Array) -> NDArray[np.float32]:
        """Return standardised codes (n, n_kept)."""
        kept = self.kept
        standard = (codes[:, kept] - self.centre[kept]) / self.spread[kept]
        return standard.astype(np.float32)

    def undo(self, weights: Array, means: Array, covariances: Array) -> MixturePrior:
        """Return the prior in latent space of a mixture of standardised codes."""
        k, dim = len(weights), len(self.centre)
        centres, factors = np.tile(self.centre, (k, 1)), np.zeros((k, dim, dim))
        centres[:, self.kept] += self.spread[self.kept] * means
        kept = np.ix_(np.arange(k), self.kept, self.kept)
        factors[kept] = np.linalg.cholesky(covariances)
        factors *= self.spread[:, np.newaxis]
        return MixturePrior(weights, centres, factors.astype(np.float32))

    def point(self) -> MixturePrior:
        """Return the prior of codes that are all the same."""
        dim = len(self.centre)
        factors = np.zeros((1, dim, dim), np.float32)
        return MixturePrior(np.ones(1), self.centre[None], factors)


def check_finite(codes: Array) -> None:
    """Raise unless codes (n, latent_dim) are finite."""
    bad = ~np.isfinite(codes).all(axis=1)
    if bad.any():
        raise ValueError(
            f"the code of image {int(bad.argmax())} is not finite: the encoder has "
            "diverged"
        )


def fit_prior(
    codes: Array,
    n_components: int | str,
    covariance_type: CovarianceName,
    seed: int,
    device: str = "cpu",
) -> Fitted:
    """Fit a mixture to codes (n, latent_dim), on a CUDA device if that is given.

    "auto" chooses the number of components by held-out likelihood, "samples" is that of
    `sampled_components`, and takes fewer iterations of EM. A given number is reduced to
    that of the codes, with a warning, if there are fewer.
    """
    check_finite(codes)
    standard = Standardizer.of(codes)
    if not standard.kept.any():
        return Fitted(standard.point(), {})
    rows = standard.apply(codes)
    k, held_out = _count(rows, n_components, covariance_type, seed, "images", device)
    n_iter = _iterations(n_components)
    mixture = fit_mixture(rows, k, covariance_type, seed, n_iter, device)
    return Fitted(_in_latent_space(standard, mixture), held_out)


def fit_priors(
    codes: Array,
    labels: NDArray[np.int64],
    classes: NDArray[np.int64 | np.str_],
    n_components: int | str,
    covariance_type: CovarianceName,
    seed: int,
    device: str = "cpu",
) -> list[Fitted]:
    """Fit a mixture to the codes of each class.

    The covariance of a class with one component is shrunk towards that of all classes:
    it is (n·S + d·S₀) / (n + d) for n codes of d dimensions, with their covariance S
    and the covariance S₀ of all classes about their means.
    """
    check_finite(codes)
    standard = Standardizer.of(codes)
    if not standard.kept.any():
        return [Fitted(standard.point(), {}) for _ in classes]
    rows = standard.apply(codes)
    shared = _within(rows.astype(np.float64), labels, len(classes))
    fits = []
    for index, label in enumerate(classes):
        own, of = rows[labels == index], f"images of {label}"
        k, held_out = _count(own, n_components, covariance_type, seed, of, device)
        if k == 1:
            alone = shrink(own.astype(np.float64), shared, covariance_type)
            prior = standard.undo(*alone)
        else:
            n_iter = _iterations(n_components)
            mixture = fit_mixture(own, k, covariance_type, seed, n_iter, device)
            prior = _in_latent_space(standard, mixture)
        fits.append(Fitted(prior, held_out))
    return fits


def _count(
    rows: NDArray[np.float32],
    n_components: int | str,
    covariance_type: CovarianceName,
    seed: int,
    of: str,
    device: str,
) -> tuple[int, dict[int, float]]:
    """Return the number of components, and the held-out likelihoods."""
    if n_components == "samples":
        return sampled_components(*rows.shape), {}
    if isinstance(n_components, str):
        return choose_components(rows, covariance_type, seed, device)
    if n_components > len(rows):
        warn_caller(
            f"n_components={n_components} is reduced to {len(rows)}, the number of "
            f"{of}",
            UserWarning,
        )
    return min(int(n_components), len(rows)), {}


def _iterations(n_components: int | str) -> int:
    """Return how many iterations of EM there are at most."""
    return MAX_ITER_SAMPLED if n_components == "samples" else MAX_ITER


def _in_latent_space(standard: Standardizer, mixture: GaussianMixture) -> MixturePrior:
    covariances = full_covariances(mixture)
    return standard.undo(mixture.weights_, mixture.means_, covariances)


def _within(rows: Array, labels: NDArray[np.int64], n_classes: int) -> Array:
    """Return the covariance about the classes' means (d, d).

    It is shrunk towards I, the covariance of all codes, in the same way.
    """
    dim = rows.shape[1]
    means = np.stack([rows[labels == c].mean(0) for c in range(n_classes)])
    off = rows - means[labels]
    freedom = len(rows) - n_classes
    shrunk: Array = (off.T @ off + dim * np.eye(dim)) / (freedom + dim)
    return shrunk


def shrink(
    own: Array, shared: Array, covariance_type: CovarianceName
) -> tuple[Array, Array, Array]:
    """Return weights, means and covariances of one Gaussian with shrinkage."""
    n, dim = own.shape
    mean = own.mean(0, keepdims=True)
    off = own - mean
    covariance = (off.T @ off + dim * shared) / (n + dim)
    if covariance_type == "diag":
        covariance = np.diag(np.diagonal(covariance))
    elif covariance_type == "spherical":
        covariance = np.diagonal(covariance).mean() * np.eye(dim)
    return np.ones(1), mean, covariance[np.newaxis]


def full_covariances(mixture: GaussianMixture) -> Array:
    """Return all covariances as matrices (K, d, d)."""
    covariances: Array = np.asarray(mixture.covariances_, dtype=np.float64)
    k, dim = mixture.means_.shape
    match mixture.covariance_type:
        case "full":
            return covariances
        case "tied":
            return np.broadcast_to(covariances, (k, dim, dim))
        case _:
            variances = covariances.reshape(k, -1, 1)
            return variances * np.eye(dim)
