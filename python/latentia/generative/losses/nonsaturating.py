"""The non-saturating loss: the generator maximises log σ(D(G(z))).

Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, section 3.
"""

import torch.nn.functional as F
from torch import Tensor


def discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Return −E log σ(D(x)) − E log(1 − σ(D(G(z))))."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def generator(real: Tensor, fake: Tensor) -> Tensor:
    """Return −E log σ(D(G(z)))."""
    return F.softplus(-fake).mean()
