"""Are generated images copies of training images."""

from __future__ import annotations

import numbers
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia.evaluation._distances import nearest
from latentia.evaluation._samples import check_features


@dataclass(frozen=True, eq=False)
class Memorisation:
    """Generated samples that are nearer to a training sample than real ones are.

    Attributes
    ----------
    share : float
        How many generated samples are suspicious, 0..1. For new samples of the real
        distribution, about percentile/100.
    threshold : float
        Distance below which a sample is suspicious.
    indices : ndarray of intp, shape (m,)
        Suspicious generated samples, the nearest first.
    neighbours : ndarray of intp, shape (m,)
        The training sample nearest to each.
    distances : ndarray of float64, shape (m,)
        Between the two, Euclidean.
    """

    share: float
    threshold: float
    indices: NDArray[np.intp]
    neighbours: NDArray[np.intp]
    distances: NDArray[np.float64]


def memorisation(
    training: ArrayLike,
    generated: ArrayLike,
    held_out: ArrayLike,
    *,
    percentile: float = 1.0,
) -> Memorisation:
    """Find generated samples that lie suspiciously near to a training sample.

    How near real samples come by chance is measured with real ones that were not
    trained on: suspicious is what is nearer to its nearest training sample than the
    given percentile of those are to theirs, and any exact copy.

    Parameters
    ----------
    training, generated, held_out : array-like of shape (n, d)
        Pixels, one image a row, or features of the same space.
    percentile : float, default=1
        Of the distances of held-out samples, between 0 and 100.

    Returns
    -------
    Memorisation

    Raises
    ------
    ValueError, TypeError
        Shapes that do not fit, fewer than two rows, values that are not finite, or
        another percentile.

    References
    ----------
    C. Meehan, K. Chaudhuri and S. Dasgupta, "A non-parametric test to detect
    data-copying in generative models", AISTATS 2020.
    """
    if not isinstance(percentile, numbers.Real) or not 0 < percentile < 100:
        raise ValueError(f"percentile must lie between 0 and 100, got {percentile!r}")
    T = check_features(training, "training")
    G = check_features(generated, "generated")
    H = check_features(held_out, "held_out")
    if not T.shape[1] == G.shape[1] == H.shape[1]:
        raise ValueError(
            "training, generated and held_out must come from one feature space, got "
            f"{T.shape[1]}, {G.shape[1]} and {H.shape[1]} features"
        )
    threshold = float(np.percentile(nearest(H, T)[1], percentile))
    neighbours, distances = nearest(G, T)
    suspicious = np.flatnonzero((distances < threshold) | (distances == 0))
    suspicious = suspicious[np.argsort(distances[suspicious], kind="stable")]
    return Memorisation(
        share=len(suspicious) / len(G),
        threshold=threshold,
        indices=suspicious,
        neighbours=neighbours[suspicious],
        distances=distances[suspicious],
    )
