"""The Wasserstein loss: D estimates an optimal transport distance.

It needs a gradient penalty, which keeps D 1-Lipschitz. Arjovsky et al., "Wasserstein
GAN", ICML 2017; Gulrajani et al., "Improved training of Wasserstein GANs",
NeurIPS 2017.
"""

from torch import Tensor


def discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Return E D(G(z)) − E D(x)."""
    return fake.mean() - real.mean()


def generator(real: Tensor, fake: Tensor) -> Tensor:
    """Return −E D(G(z))."""
    return -fake.mean()
