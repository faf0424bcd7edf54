"""The hinge loss: logits beyond a margin of one have no loss.

Lim and Ye, "Geometric GAN", 2017; Miyato et al., "Spectral normalization", ICLR 2018.
"""

import torch.nn.functional as F
from torch import Tensor


def discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Return E max(0, 1 − D(x)) + E max(0, 1 + D(G(z)))."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def generator(real: Tensor, fake: Tensor) -> Tensor:
    """Return −E D(G(z))."""
    return -fake.mean()
