"""Relativistic loss: the logit of a real image against that of a generated one.

min_G max_D  E −softplus(−(D(x) − D(G(z))))

Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019; with R1 and R2 it
converges locally: Huang et al., "The GAN is dead; long live the GAN!", NeurIPS 2024.
"""

import torch.nn.functional as F
from torch import Tensor


def discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Return E softplus(D(G(z)) − D(x))."""
    return F.softplus(fake - real).mean()


def generator(real: Tensor, fake: Tensor) -> Tensor:
    """Return E softplus(D(x) − D(G(z)))."""
    return F.softplus(real - fake).mean()
