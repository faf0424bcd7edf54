"""SeFa: singular vectors of the generator's first affine layer.

Shen and Zhou, "Closed-form factorization of latent semantics in GANs", CVPR 2021. They
use the weight of the first layer. Here it is the whole affine part, with the
normalisation after the layer if there is one, which changes the scale of its outputs.
"""

from __future__ import annotations

import numpy as np

from latentia.decomposition import randomized_svd
from latentia.generative.latent.space import Array, LatentSpace

_NONE = 1e-6
"""Singular values below this share of the largest are rounding errors of float32."""


def sefa(space: LatentSpace, n: int) -> tuple[Array, Array]:
    """Return directions w (n, latent_dim) of length 1, and their shares of variance.

    With w from N(0, I), A·w has variance s² along the singular directions of A.
    """
    steps = space.factor.T.astype(np.float32)
    origin = np.zeros((1, space.dim), dtype=np.float32)
    codes = np.concatenate([origin, steps])
    # The label adds a constant, which the difference is free of.
    labels = None if (y := space.labels(1, None)) is None else np.repeat(y, len(codes))
    values = space.affine(codes, labels).reshape(len(codes), -1).astype(np.float64)
    A = (values[1:] - values[0]).T
    _, s, Vt = randomized_svd(A, min(A.shape), random_state=0)
    if s[0] == 0:
        raise ValueError("the generator's first layer does not depend on its code")
    n = min(n, int((s > s[0] * _NONE).sum()))
    return Vt[:n], s[:n] ** 2 / (s @ s)
