"""How many principal components the data supports, by Bayesian evidence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

FLOOR = 1e-15
"""Variances, and gaps between them, below this part of the largest are rounding."""


def evidence(spectrum: NDArray[Any], rank: int, n_samples: float) -> float:
    """Return the log evidence that ``rank`` of the d variances are signal.

    Laplace's approximation, equation 30 of T. Minka, "Automatic choice of
    dimensionality for PCA", NIPS 2000, with λ the sample variances and v the mean of
    those beyond the rank:

        log p(U) − N/2·Σ_{i≤k} log λ_i − N(d − k)/2·log v + (m + k)/2·log 2π
                 − 1/2·log|A| − k/2·log N,      m = dk − k(k + 1)/2.

    Where two variances are equal the directions between them are free and log|A| is
    −∞; as far as rounding can tell their gap is ``FLOOR``, which is put in its place.
    """
    d, floor = len(spectrum), FLOOR * float(spectrum[0])
    if spectrum[rank - 1] <= floor:
        return -np.inf
    noise = max(float(spectrum[rank:].mean()), floor)
    i = np.arange(1, rank + 1)
    prior = -rank * np.log(2) + np.sum(
        gammaln((d - i + 1) / 2) - np.log(np.pi) * (d - i + 1) / 2
    )
    likelihood = (
        -n_samples / 2 * (np.log(spectrum[:rank]).sum() + (d - rank) * np.log(noise))
    )
    free = d * rank - rank * (rank + 1) / 2
    fitted = np.concatenate([spectrum[:rank], np.full(d - rank, noise)])
    curvature = 0.0
    for a in range(rank):
        gap = np.maximum(spectrum[a] - spectrum[a + 1 :], floor)
        gap_of_fit = np.maximum(fitted[a] - fitted[a + 1 :], floor)
        curvature += np.sum(
            np.log(gap) + np.log(gap_of_fit / fitted[a] / fitted[a + 1 :])
        ) + (d - a - 1) * np.log(n_samples)
    return float(
        prior
        + likelihood
        + (free + rank) / 2 * np.log(2 * np.pi)
        - curvature / 2
        - rank / 2 * np.log(n_samples)
    )


def most_likely_rank(spectrum: NDArray[Any], n_samples: float) -> int:
    """Return the rank from 1 to d − 1 of greatest evidence.

    Ranks that would divide equal variances are no candidates. Where there is no
    candidate (one feature, no variance) it is 0, as in scikit-learn.
    """
    floor = np.finfo(spectrum.dtype).eps * spectrum[0]
    scores = [
        evidence(spectrum, rank, n_samples)
        if spectrum[rank - 1] - spectrum[rank:].max() > floor
        else -np.inf
        for rank in range(1, len(spectrum))
    ]
    if not scores or max(scores) == -np.inf:
        return 0
    return int(np.argmax(scores)) + 1
