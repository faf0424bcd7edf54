"""The length of codes, chosen by the number and the variety of images."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from latentia.decomposition import PCA

SHORTEST, LONGEST = 16, 64

EXPLAINED = 0.8
"""Share of the variance of pixels that the principal components counted explain."""

COMPARED, SIDE = 1000, 32
"""Most images that they are fitted to, and most pixels along a side."""

BLOCK = 32
"""Images that are reduced at a time."""


def chosen_latent_dim(images: Tensor) -> int:
    """Return the length of codes for uint8 images (n, C, H, W).

    A covariance of d dimensions needs many times d codes. With few images, short codes
    leave room for more Gaussians; too short ones cannot tell the images apart. A
    measure of the latter is the number q of principal components that explain 80 % of
    the variance. The length is q (n / 1000)^¼, between 16 and 64.

    Fréchet distance (random features) / coverage of samples after the default training,
    in the last case after ten minutes:

    =====================  ==  =============  ==================
    images                  q  64 numbers     fewer
    =====================  ==  =============  ==================
    1,000 of clothing      24  0.217 / 0.831  24: 0.161 / 0.953
    10,000 of clothing     23  0.121 / 0.971  42: 0.088 / 0.965
    1,000 drawn shapes     23  0.065 / 0.918  24: 0.052 / 0.961
    1,347 digits           13  0.707 / 1.000  16: 0.587 / 1.000
    1,000 emoji            37  0.217 / 0.676  37: 0.273 / 0.657
    3,141 emoji            39  0.169 / 0.869  51: 0.181 / 0.866
    =====================  ==  =============  ==================

    Emoji are the exception by this measure: to the eye their faces and flags are
    clearer with 37, and grainier. With 16 they are not told apart (0.482).
    """
    n, (height, width) = len(images), images.shape[-2:]
    # Not every k-th image: classes may take turns.
    rows = torch.from_numpy(np.random.default_rng(0).permutation(n)[:COMPARED])
    side = min(height, SIDE), min(width, SIDE)
    # In blocks: large images are not all float32 at once.
    blocks = (images[some].float() for some in torch.split(rows, BLOCK))
    small = torch.cat([adaptive_avg_pool2d(block, side) for block in blocks])
    pixels = small.flatten(1).numpy()
    if not (pixels != pixels[0]).any():
        return SHORTEST
    q: int = PCA(EXPLAINED, random_state=0).fit(pixels).n_components_
    length: int = round(q * (n / 1000) ** 0.25)
    return min(max(length, SHORTEST), LONGEST)
