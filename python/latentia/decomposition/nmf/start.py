"""Where the factors begin.

References
----------
C. Boutsidis and E. Gallopoulos, "SVD based initialization: a head start for
nonnegative matrix factorization", Pattern Recognition 41 (2008).
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._arguments import as_random, draw_seed
from latentia.decomposition.nmf.arguments import Settings
from latentia.decomposition.nmf.data import Data
from latentia.decomposition.svd import Settings as SvdSettings
from latentia.decomposition.svd import decompose
from latentia.rows import summarise

Array = NDArray[Any]

LEAST = 1e-6
"""What is less in a start by NNDSVD counts as zero."""


def start(
    data: Data, settings: Settings, W: Array | None, H: Array | None, n_threads: int
) -> tuple[Array, Array]:
    """Return the first W (m × k) and Ht (n × k), C-ordered and of the rows' type.

    What is given of W (m × k) and H (k × n), in the data's unit, is taken as it is.
    """
    if W is not None and H is not None:
        return _writable(W, data), _writable(H.T, data)
    if settings.init == "random" or W is not None or H is not None:
        random_W, random_Ht = _random(data, settings)
        return (
            random_W if W is None else _writable(W, data),
            random_Ht if H is None else _writable(H.T, data),
        )
    return _nndsvd(data, settings, n_threads)


def encoding_start(data: Data, H: Array, solver: str) -> tuple[Array, Array]:
    """Return a W (m × k) to begin with where H (k × n) is given, and Ht (n × k).

    Coordinate descent begins at zero; multiplicative updates could not leave it.
    """
    (m, _), k = data.rows.shape, len(H)
    size = np.sqrt(data.mean / k) if solver == "mu" else 0.0
    return np.full((m, k), size, dtype=data.rows.dtype), _writable(
        H.T * np.sqrt(data.unit), data
    )


def _writable(factor: Array, data: Data) -> Array:
    """Return a copy that the passes may write to."""
    return np.array(factor, dtype=data.rows.dtype, order="C")


def _random(data: Data, settings: Settings) -> tuple[Array, Array]:
    """|N(0, 1)|·√(mean/k): products are of the data's size."""
    (m, n), k, dtype = data.rows.shape, settings.n_components, data.rows.dtype
    size = np.sqrt(data.mean / k)
    random = as_random(settings.random_state)
    H = np.abs(size * random.standard_normal(size=(k, n)))
    W = np.abs(size * random.standard_normal(size=(m, k)))
    return W.astype(dtype), np.ascontiguousarray(H.T, dtype=dtype)


def _nndsvd(data: Data, settings: Settings, n_threads: int) -> tuple[Array, Array]:
    """Of each singular pair the larger of its non-negative parts."""
    k = settings.n_components
    seed = draw_seed(settings.random_state)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a start need not have converged
        svd = decompose(
            data.rows,
            summarise(data.rows, n_threads=n_threads),
            k,
            SvdSettings(tol=1e-4, n_iter=0, n_oversamples=10, seed=seed),
            method="auto",
            center=False,
            scale=False,
            n_threads=n_threads,
        )
    W, Ht = _larger_parts(svd.U, svd.s, svd.V)
    random = as_random(settings.random_state)
    for factor in (W, Ht):
        factor[factor < LEAST] = 0
        zero = factor == 0
        if settings.init == "nndsvda":
            factor[zero] = data.mean
        elif settings.init == "nndsvdar":
            noise = random.standard_normal(size=int(zero.sum()))
            factor[zero] = np.abs(data.mean * noise / 100)
    return W, Ht


def _larger_parts(U: Array, s: Array, V: Array) -> tuple[Array, Array]:
    """Return √(σ·s)·u, √(σ·s)·v: u·σ·vᵀ is the larger of U₊V₊ᵀ and U₋V₋ᵀ."""
    W, Ht = np.empty_like(U, order="C"), np.empty_like(V, order="C")
    for j, singular_value in enumerate(s):
        u, v = U[:, j].astype(np.float64), V[:, j].astype(np.float64)
        if j == 0:  # non-negative but for the sign and rounding
            parts = [(np.abs(u), np.abs(v))]
        else:
            parts = [
                (np.maximum(sign * u, 0), np.maximum(sign * v, 0)) for sign in (1, -1)
            ]
        sizes = [np.linalg.norm(x) * np.linalg.norm(y) for x, y in parts]
        (u, v), size = parts[int(np.argmax(sizes))], max(sizes)
        scale = np.sqrt(float(singular_value) * size)
        W[:, j] = scale * u / max(np.linalg.norm(u), LEAST)
        Ht[:, j] = scale * v / max(np.linalg.norm(v), LEAST)
    return W, Ht
