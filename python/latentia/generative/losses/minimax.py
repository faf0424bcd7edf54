"""The original minimax loss: the generator minimises log(1 − σ(D(G(z)))).

Its gradient vanishes where the discriminator is certain; it is here because textbooks
use it. Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, equation 1.
"""

import torch.nn.functional as F
from torch import Tensor

from latentia.generative.losses.nonsaturating import discriminator

__all__ = ["discriminator", "generator"]


def generator(real: Tensor, fake: Tensor) -> Tensor:
    """Return E log(1 − σ(D(G(z)))) = −E softplus(D(G(z)))."""
    return -F.softplus(fake).mean()
