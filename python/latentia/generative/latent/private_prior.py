"""A private Gaussian of codes, the prior of a privately trained RAE."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from latentia.generative.latent.prior import MixturePrior
from latentia.privacy import Mechanism, PrivateGaussianMixture
from latentia.privacy.accounting import epsilon_of
from latentia.privacy.spending_plan import SpendingPlan


def private_prior(codes: NDArray[np.float64], plan: SpendingPlan) -> MixturePrior:
    """Return one Gaussian of codes (n, latent_dim), clipped to norm √latent_dim.

    It spends what the plan has set apart. The norm is that of most codes of N(0, I).
    """
    dim = codes.shape[1]
    mixture = PrivateGaussianMixture(
        1,
        epsilon=epsilon_of([Mechanism("codes", plan.prior_mu, 1.0)], plan.delta),
        delta=plan.delta,
        row_norm=math.sqrt(dim),
        random_state=plan.seed,
    ).fit(codes)
    values, axes = np.linalg.eigh(mixture.covariances_[0])
    # Σ = A·Aᵀ = RᵀR of Aᵀ = Q·R, also where Σ is singular.
    _, root = np.linalg.qr((axes * np.sqrt(np.maximum(values, 0))).T)
    root *= np.where(np.diagonal(root) < 0, -1, 1)[:, np.newaxis]
    factors = root.T.astype(np.float32)[np.newaxis]
    return MixturePrior(np.ones(1), mixture.means_[:1], factors)
