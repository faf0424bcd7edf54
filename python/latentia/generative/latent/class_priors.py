"""Codes and densities under several priors, one for each class or one for all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from latentia.generative.latent.noise import normal
from latentia.generative.latent.prior import MixturePrior

Array = NDArray[np.float64]


def sample_codes(
    priors: list[MixturePrior],
    wanted: NDArray[np.int64],
    seed: int,
    temperature: float,
) -> NDArray[np.float32]:
    """Draw code i from the prior ``wanted[i]``; it is the same for every number."""
    n, dim = len(wanted), priors[0].means.shape[1]
    noise = normal(seed, n, 1 + dim)
    codes = np.empty((n, dim), dtype=np.float32)
    for index in np.unique(wanted):
        own = wanted == index
        codes[own] = priors[index].of_noise(noise[own], temperature)
    return codes


def total_log_density(
    priors: list[MixturePrior], weights: Array, codes: Array
) -> Array:
    """Return log Σ_c w_c p(z | c) of codes (n, latent_dim), in nats (n,)."""
    each = np.stack([prior.log_density(codes) for prior in priors])
    total: Array = logsumexp(each + np.log(weights)[:, np.newaxis], axis=0)
    return total


def class_log_density(
    priors: list[MixturePrior], wanted: NDArray[np.int64], codes: Array
) -> Array:
    """Return log p(z | c) of codes (n, latent_dim) with class c = wanted[i] (n,)."""
    found = np.empty(len(codes))
    for index in np.unique(wanted):
        own = wanted == index
        found[own] = priors[index].log_density(codes[own])
    return found


def heaviest_first(prior: MixturePrior) -> NDArray[np.intp]:
    """Return the components in the order of their weights."""
    return np.argsort(-prior.weights, kind="stable")
