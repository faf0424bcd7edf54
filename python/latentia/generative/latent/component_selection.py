"""The number of Gaussians, chosen by the likelihood of held-out codes."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from latentia._arguments import check_count
from latentia._interrupt import ctrl_c_ends_all
from latentia.mixture import GaussianMixture
from latentia.mixture.covariance import CovarianceName
from latentia.rows import as_rows
from latentia.rows.torch import on_device

MOST_COMPONENTS = 100
"""60 000 images do not suffice for more full covariances in 32 to 64 dimensions."""

CODES_PER_COMPONENT = 10
"""Codes of a component for each of their dimensions; with fewer, a covariance of its
own overfits."""

SAMPLED, POWER_SAMPLED = 0.21, 1.2
"""a (n / d)^p components where only samples are drawn, see below."""

LEAST_CODES_SAMPLED, MOST_SAMPLED, MOST_NUMBERS_SAMPLED = 50, 800, 800 * 64**2
"""But each has so many codes, and there are at most so many components and numbers in
their covariances (7 MB in a saved model)."""

_HELD_OUT = 0.1
REG_COVAR = 1e-4
"""Added to the variances of standardised codes."""

MAX_ITER, MAX_ITER_SAMPLED = 30, 10
"""After ten, more add at most 0.2 nats to the likelihood of held-out codes. Samples are
as good without them: 60,000 codes of clothing, 800 components, Fréchet distance after
4, 8, 15 and 30 iterations 0.96, 0.96, 0.99 and 0.98, in 9, 14, 23 and 43 seconds."""

_MAX_ITER_OF_CHOICE = 10
"""After these the order of two numbers of components seldom changes."""

Codes = NDArray[np.float32]


def check_components(
    n_components: object, names: tuple[str, ...] = ("auto",)
) -> int | str:
    """Return a number of components or one of the names, or raise."""
    if isinstance(n_components, str):
        if n_components not in names:
            named = ", ".join(map(repr, names))
            raise ValueError(
                f"n_components must be {named} or an integer, got {n_components!r}"
            )
        return n_components
    return check_count(n_components, "n_components", least=1)


def most_components(n_codes: int, dim: int) -> int:
    """Return the largest number of components that does not overfit the codes."""
    return min(max(1, n_codes // (CODES_PER_COMPONENT * dim)), MOST_COMPONENTS)


def sampled_components(n_codes: int, dim: int) -> int:
    """Return the number of components of which samples are drawn.

    More than held-out codes are likeliest under: where a Gaussian of many codes
    reaches beyond them, decoded draws are blurred mixtures of kinds of images. With
    more of them the Fréchet distance of samples falls. The share of samples that are
    nearer to images of the training than to as many others, 1/2 if none is copied,
    grows, and the more so the fewer images there are. So their number grows faster than
    that of codes: it is a (n / d)^p for n codes of d dimensions.

    ===================  ===  ===============  ================  ===================
    images               n/d  components       Fréchet distance  nearer
    ===================  ===  ===============  ================  ===================
    1,347 digits          21  2, 8             0.80, 0.55        0.49, 0.55
    60,000 of clothing   938  375, 800, 1,200  1.29, 1.15, 1.02  0.506, 0.510, 0.515
    50,000 of clothing,  781  400, 800, 1,600  0.69, 0.59, 0.46  0.529, 0.552, 0.568
    trained for longer
    ===================  ===  ===============  ================  ===================

    Compared are 10,000 images of the training, here a fifth of them, with as many
    others: if all samples were copies, the last row would have 0.6. It has more than
    the second, as longer trained networks reconstruct their images better. Yet by
    `latentia.evaluation.memorisation` of pixels none is a suspected copy: the share of
    samples below its threshold is 0.2 % with 800 components, and 1.1 % with 3,200 and a
    distance of 0.41, where new images have 1 %.

    Covariances shrunk towards their mean do not help: they raise the distance more than
    they lower the share. Of 1,200 components some have a single code. In few dimensions
    a component needs more codes for each, hence the least number.
    """
    wanted = int(SAMPLED * (n_codes / dim) ** POWER_SAMPLED)
    most = min(MOST_SAMPLED, MOST_NUMBERS_SAMPLED // dim**2)
    return max(1, min(wanted, n_codes // LEAST_CODES_SAMPLED, most))


def rows_on(values: NDArray[np.float32], device: str) -> Any:
    """Return rows as a fit reads them: on a CUDA device if the model is there."""
    if torch.device(device).type != "cuda":
        return values
    return on_device(as_rows(values), device)


def choose_components(
    codes: Codes, covariance_type: CovarianceName, seed: int, device: str = "cpu"
) -> tuple[int, dict[int, float]]:
    """Double the number of components while held-out codes become likelier.

    Parameters
    ----------
    codes : ndarray of float32, shape (n, dim)
        Standardised. A tenth of them is held out.
    covariance_type : str
    seed : int
    device : str
        Where the model is; on CUDA the mixtures are fitted there.

    Returns
    -------
    n_components : int
    held_out : dict of int to float
        Mean log-likelihood of held-out codes, in nats, by the number of components; of
        one only if there are too few codes for more.
    """
    limit = most_components(*codes.shape)
    if limit == 1:
        return 1, {}
    shuffled = codes[np.random.default_rng(seed).permutation(len(codes))]
    n_held_out = max(1, round(_HELD_OUT * len(codes)))
    held_out, rest = shuffled[:n_held_out], shuffled[n_held_out:]
    found: dict[int, float] = {}
    k, last = 1, -np.inf
    while True:
        mixture = fit_mixture(
            rest, k, covariance_type, seed, _MAX_ITER_OF_CHOICE, device
        )
        found[k] = mixture.score(held_out)
        if found[k] <= last or k == limit:
            return max(found, key=found.__getitem__), found
        k, last = min(2 * k, limit), found[k]


def fit_mixture(
    codes: Codes,
    k: int,
    covariance_type: CovarianceName,
    seed: int,
    max_iter: int = MAX_ITER,
    device: str = "cpu",
) -> GaussianMixture:
    """Fit a mixture to standardised codes (n, dim)."""
    mixture = GaussianMixture(
        k,
        covariance_type=covariance_type,
        reg_covar=REG_COVAR,
        max_iter=max_iter,
        random_state=seed,
    )
    with warnings.catch_warnings(), ctrl_c_ends_all():
        # A prior that has not fully converged samples as well as one that has.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(rows_on(codes, device))
