"""Search for generated images that are copies of training images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia._arguments import check_real
from latentia.evaluation._feature_checks import check_features
from latentia.evaluation.distances import nearest


@dataclass(frozen=True, eq=False)
class Memorisation:
    """Generated samples that are suspected copies of training samples.

    Attributes
    ----------
    share : float
        Share of suspected copies among the generated samples, 0..1. About
        percentile/100 for new samples of the real distribution.
    threshold : float
        A sample nearer to a training sample than this is a suspected copy.
    indices : ndarray of intp, shape (m,)
        Rows of the suspected copies, the nearest first.
    neighbours : ndarray of intp, shape (m,)
        Row of the training sample nearest to each.
    distances : ndarray of float64, shape (m,)
        Euclidean distances between the two.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.evaluation import memorisation
    >>> training, held_out, new = np.random.default_rng(0).normal(size=(3, 200, 5))
    >>> generated = np.concatenate([training[:3], new])
    >>> found = memorisation(training, generated, held_out)
    >>> found.indices[:3].tolist(), found.neighbours[:3].tolist()
    ([0, 1, 2], [0, 1, 2])
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
    """Find generated samples that are suspected copies of training samples.

    It finds copies, and proves no privacy where it finds none: a model can tell who was
    trained on though no sample is near to a training sample (Yao et al., 2025).
    `latentia.privacy.audit_membership` attacks the model, and only a proof of
    differential privacy holds against every attack.

    Held-out real samples show how near samples are to training samples by chance. A
    generated sample is a suspected copy if its distance to the nearest training sample
    is below the given percentile of these distances, or 0.

    Parameters
    ----------
    training, generated, held_out : array-like of shape (n, d)
        Pixels, one image a row, or features of the same space.
    percentile : float, default=1
        Percentile of the distances of held-out samples, above 0 and below 100.

    Returns
    -------
    Memorisation

    Raises
    ------
    ValueError, TypeError
        Shapes that do not match, fewer than two rows, values that are not finite, or a
        percentile out of its range.

    References
    ----------
    C. Meehan, K. Chaudhuri and S. Dasgupta, "A non-parametric test to detect
    data-copying in generative models", AISTATS 2020.
    Z. Yao, N. Krčo, G. Ganev and Y.-A. de Montjoye, "The DCR delusion: measuring the
    privacy risk of synthetic data", arXiv 2505.01524, 2025.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.evaluation import memorisation
    >>> training, held_out, new = np.random.default_rng(0).normal(size=(3, 200, 5))
    >>> memorisation(training, training, held_out).share
    1.0
    >>> memorisation(training, new, held_out).share < 0.05
    True
    """
    percentile = check_real(percentile, "percentile", above=0, below=100)
    T = check_features(training, "training")
    G = check_features(generated, "generated")
    H = check_features(held_out, "held_out")
    if not T.shape[1] == G.shape[1] == H.shape[1]:
        raise ValueError(
            "training, generated and held_out must be of one feature space, got "
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
