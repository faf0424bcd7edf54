"""GANSpace: the directions in which the generator's activations vary most.

Härkönen et al., "GANSpace: discovering interpretable GAN controls", NeurIPS 2020: PCA
of activations, and least squares back to the latent space.
"""

from __future__ import annotations

import numpy as np

from latentia.decomposition import PCA
from latentia.generative.latent.component_selection import rows_on
from latentia.generative.latent.space import Array, LatentSpace

_CODES_PER_DIMENSION = 50
_MOST_VALUES = 2**25
"""Of all activations together: 128 MiB."""


def ganspace(space: LatentSpace, n: int, seed: int) -> tuple[Array, Array]:
    """Return directions w (n, latent_dim) of length 1, and their shares of variance.

    With coordinates x (N, n) of activations and codes w (N, latent_dim), both centred,
    the directions are the rows of argmin_U ‖w − x U‖: as coordinates are orthogonal,
    xᵀw / ‖x‖², of which only the direction is kept. If activations are nearly affine in
    the code, components of small variance give nearly the directions of others.
    """
    first = space.features(space.codes(seed, 1), space.labels(1, None))
    n_codes = min(_CODES_PER_DIMENSION * space.dim, _MOST_VALUES // first.size)
    codes = space.codes(seed, max(n_codes, n + 1))
    features = space.features(codes, space.labels(len(codes), None))
    # Components beyond the rank would be rounding noise.
    pca = PCA(min(n, first.size), random_state=seed)
    maps = features.reshape(len(codes), -1)
    coordinates = pca.fit_transform(rows_on(maps, space.model.device_))
    white = space.whiten(codes)
    directions = coordinates.T.astype(np.float64) @ (white - white.mean(0))
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    used = lengths[:, 0] > 0
    if not used.any():
        raise ValueError("the generator's first maps do not depend on its code")
    shares = np.asarray(pca.explained_variance_ratio_, dtype=np.float64)
    return directions[used] / lengths[used], shares[used]
