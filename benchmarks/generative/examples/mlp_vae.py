"""The MLP VAE that every tutorial begins with: 784-400-20 and back, Bernoulli pixels.

Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from latentia.benchmarks.generative.examples.training import (
    Trained,
    default_device,
    train_for,
)

_HIDDEN, _LATENT_DIM = 400, 20


class VAE(nn.Module):
    """Images (B, n_pixels) in 0..1 → their reconstruction, and the posterior of z."""

    def __init__(self, n_pixels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(n_pixels, _HIDDEN)
        self.fc_mean = nn.Linear(_HIDDEN, _LATENT_DIM)
        self.fc_logvar = nn.Linear(_HIDDEN, _LATENT_DIM)
        self.fc3 = nn.Linear(_LATENT_DIM, _HIDDEN)
        self.fc4 = nn.Linear(_HIDDEN, n_pixels)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of z (B, 20)."""
        hidden = functional.relu(self.fc1(x))
        return self.fc_mean(hidden), self.fc_logvar(hidden)

    def decode(self, z: Tensor) -> Tensor:
        """Return the probabilities of ink (B, n_pixels)."""
        return torch.sigmoid(self.fc4(functional.relu(self.fc3(z))))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return what one sample of z decodes to, and z's mean and log variance."""
        mean, logvar = self.encode(x)
        z = mean + torch.randn_like(mean) * torch.exp(logvar / 2)
        return self.decode(z), mean, logvar


def negative_elbo(
    reconstruction: Tensor, x: Tensor, mean: Tensor, logvar: Tensor
) -> Tensor:
    """Return cross-entropy and Kullback–Leibler divergence, summed over the batch."""
    cross_entropy = functional.binary_cross_entropy(reconstruction, x, reduction="sum")
    divergence = -0.5 * torch.sum(1 + logvar - mean.pow(2) - logvar.exp())
    return cross_entropy + divergence


@dataclass(frozen=True, slots=True)
class MLPVAE:
    """What the training leaves: the network, and the size of its images."""

    network: VAE
    image_shape: tuple[int, int]
    trained: Trained


def train(
    images: NDArray[np.uint8], labels: NDArray[np.int64], seconds: float, seed: int
) -> MLPVAE:
    """Train for a time.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, H, W)
    labels : ndarray of int64, shape (n,)
        Not looked at.
    seconds : float
    seed : int

    Returns
    -------
    MLPVAE
    """
    torch.manual_seed(seed)
    device = default_device()
    network = VAE(images[0].size).to(device)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)

    def step(batch: Tensor, _: Tensor) -> None:
        x = batch.flatten(1)
        optimiser.zero_grad()
        reconstruction, mean, logvar = network(x)
        loss = negative_elbo(reconstruction, x, mean, logvar)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    trained = train_for(step, images, labels, seconds, device)
    return MLPVAE(network, images.shape[1:], trained)


def sample(model: MLPVAE, n: int, seed: int) -> NDArray[np.uint8]:
    """Decode draws from the prior.

    Parameters
    ----------
    model : MLPVAE
    n : int
    seed : int

    Returns
    -------
    ndarray of uint8, shape (n, H, W)
    """
    torch.manual_seed(seed)
    network = model.network.eval()
    device = next(network.parameters()).device
    with torch.no_grad():
        shades = network.decode(torch.randn(n, _LATENT_DIM, device=device)).cpu()
    return (shades * 255).round().byte().view(-1, *model.image_shape).numpy()


def mean_elbo(model: MLPVAE, images: NDArray[np.uint8], seed: int) -> float:
    """Estimate the evidence lower bound with one sample of z an image.

    Grey values 0..1 are taken for probabilities of ink: cross-entropy.

    Parameters
    ----------
    model : MLPVAE
    images : ndarray of uint8, shape (n, H, W)
    seed : int

    Returns
    -------
    float
        Nats an image.
    """
    torch.manual_seed(seed)
    network = model.network.eval()
    device = next(network.parameters()).device
    total = 0.0
    with torch.no_grad():
        for batch in torch.split(torch.from_numpy(images), 500):
            x = batch.flatten(1).float().to(device) / 255
            total -= negative_elbo(*_paired(network, x)).item()
    return total / len(images)


def _paired(network: VAE, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    reconstruction, mean, logvar = network(x)
    return reconstruction, x, mean, logvar
