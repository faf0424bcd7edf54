"""The penalty of an implicit ALS, by the numbers of its users, items and events.

The penalty of both sides is 2λ√(r_u r_i)·‖UVᵀ‖_* where their ridges are λ·r_u and
λ·r_i: singular values of the gradient up to λ√(r_u r_i) leave nothing (Srebro, Rennie
and Jaakkola, NIPS 2004; Cai, Candès and Shen, 2010). λ is chosen so that this holds for
what is weaker than noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia.recommend.implicit_options import AUTO, Options

_OF_NOISE = 0.75
"""The singular value that λ sets to zero, over the largest of noise.

What is best for held-out events lies at 0.4 to 0.7 for MovieLens 100K, with seen pairs
of 2 to 50 times the weight of others, and at 0.8 to 1.5 for ``make_interactions``.
"""

_OF_BLOCK = 0.5
"""The same, at most, over that of users who have all the same items."""


def automatic_regularization(confidences: Any, options: Options) -> float:
    """Return the λ at which factors vanish that are weaker than noise.

    At random places, the largest singular value of the gradient is g·(√a + √b), where
    g² is the mean of its squares at events and a, b are the mean numbers of events of
    users and items. If users have the same a items, and these the same b users, it is
    g·√(a·b): of very few events that is less.

    Parameters
    ----------
    confidences : csr_array of shape (n_users, n_items)
    options : Options

    Raises
    ------
    ValueError
        If there is none in the range of float64.
    """
    if not (confidences.data + options.extra).any():
        return 1.0  # whatever it is, all factors are zero
    n_users, n_items = confidences.shape
    by_user = np.diff(confidences.indptr)
    by_item = np.bincount(confidences.indices, minlength=n_items)
    counts = by_user[by_user > 0], by_item[by_item > 0]
    size = _gradient_size(confidences, options)
    roots = [np.sqrt(one.mean()) for one in counts]  # √a, √b
    found = size * min(_OF_NOISE * sum(roots), _OF_BLOCK * float(np.prod(roots)))
    per_one = options._replace(regularization=1.0)
    for one, others in zip(counts, (n_items, n_users), strict=True):
        found /= np.sqrt(per_one.ridge(one, others).mean())
    if not 0 < found < np.inf:
        raise ValueError(
            f"regularization must be a number, as {AUTO!r} finds none for these values "
            "of X and this unobserved_weight"
        )
    return float(found)


def _gradient_size(confidences: Any, options: Options) -> float:
    """Return g, the root mean square of the gradient at events.

    If events follow the popularity of users and items alone, a score is best at
    q / (1 + q), where q is the expected weight of the pair over α₀, and an event of the
    weight w leaves the gradient w / (1 + q).
    """
    weights: NDArray[np.float64] = confidences.data.astype(np.float64) + options.extra
    unit = weights.max()
    weights /= unit
    unobserved = options.unobserved_weight / unit
    if unobserved:
        n_users, n_items = confidences.shape
        rows = np.repeat(np.arange(n_users), np.diff(confidences.indptr))
        of_user = np.bincount(rows, weights, n_users)
        of_item = np.bincount(confidences.indices, weights, n_items)
        expected = of_user[rows] / weights.sum() * of_item[confidences.indices]
        with np.errstate(over="ignore"):
            weights /= 1 + expected / unobserved
    largest = weights.max() or 1.0  # squares may be out of range
    # No BLAS, whose bits depend on its number of threads.
    return float(unit * largest * np.sqrt(np.square(weights / largest).mean()))
