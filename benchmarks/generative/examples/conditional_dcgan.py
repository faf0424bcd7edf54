"""The conditional DCGAN on 32×32 pixels: embedded labels beside z and beside the image.

Radford, Metz and Chintala, "Unsupervised representation learning with deep
convolutional generative adversarial networks", ICLR 2016; Mirza and Osindero,
"Conditional generative adversarial nets", arXiv:1411.1784.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from latentia.benchmarks.generative.examples.training import (
    Step,
    Trained,
    default_device,
    train_for,
)

LATENT_DIM = 100
WIDTH = 32
_SIZE = 32  # of the images that the networks know; smaller ones get a black border


class Generator(nn.Module):
    """z (B, 100) and labels (B,) → images (B, 1, 32, 32) in −1..1."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_classes, LATENT_DIM)
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(2 * LATENT_DIM, 4 * WIDTH, 4, 1, 0, bias=False),
            nn.BatchNorm2d(4 * WIDTH),
            nn.ReLU(inplace=True),  # 4×4
            nn.ConvTranspose2d(4 * WIDTH, 2 * WIDTH, 4, 2, 1, bias=False),
            nn.BatchNorm2d(2 * WIDTH),
            nn.ReLU(inplace=True),  # 8×8
            nn.ConvTranspose2d(2 * WIDTH, WIDTH, 4, 2, 1, bias=False),
            nn.BatchNorm2d(WIDTH),
            nn.ReLU(inplace=True),  # 16×16
            nn.ConvTranspose2d(WIDTH, 1, 4, 2, 1),
            nn.Tanh(),  # 32×32
        )
        self.apply(_initialise)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Generate an image of each label."""
        joined = torch.cat([z, self.embedding(labels)], dim=1)
        images: Tensor = self.layers(joined[:, :, None, None])
        return images


class Discriminator(nn.Module):
    """Images (B, 1, 32, 32) in −1..1 and labels (B,) → logits (B,)."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_classes, _SIZE * _SIZE)
        self.layers = nn.Sequential(
            nn.Conv2d(2, WIDTH, 4, 2, 1),
            nn.LeakyReLU(0.2, inplace=True),  # 16×16
            nn.Conv2d(WIDTH, 2 * WIDTH, 4, 2, 1, bias=False),
            nn.BatchNorm2d(2 * WIDTH),
            nn.LeakyReLU(0.2, inplace=True),  # 8×8
            nn.Conv2d(2 * WIDTH, 4 * WIDTH, 4, 2, 1, bias=False),
            nn.BatchNorm2d(4 * WIDTH),
            nn.LeakyReLU(0.2, inplace=True),  # 4×4
            nn.Conv2d(4 * WIDTH, 1, 4, 1, 0),
        )
        self.apply(_initialise)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Judge whether each image is a real one of its label."""
        channel = self.embedding(labels).view(-1, 1, _SIZE, _SIZE)
        logits: Tensor = self.layers(torch.cat([images, channel], dim=1))
        return logits.view(-1)


@dataclass(frozen=True, slots=True)
class ConditionalDCGAN:
    """What the training leaves: the generator, and the size of its images."""

    generator: Generator
    image_shape: tuple[int, int]
    trained: Trained


def train(
    images: NDArray[np.uint8], labels: NDArray[np.int64], seconds: float, seed: int
) -> ConditionalDCGAN:
    """Train for a time.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, H, W)
        H and W are 32 at most.
    labels : ndarray of int64, shape (n,)
        From 0.
    seconds : float
    seed : int

    Returns
    -------
    ConditionalDCGAN
    """
    torch.manual_seed(seed)
    device = default_device()
    n_classes = int(labels.max()) + 1
    generator = Generator(n_classes).to(device)
    discriminator = Discriminator(n_classes).to(device)
    step = training_step(generator, discriminator)
    trained = train_for(step, images, labels, seconds, device)
    return ConditionalDCGAN(generator, images.shape[1:], trained)


def training_step(generator: Generator, discriminator: Discriminator) -> Step:
    """Return the step that trains a pair of networks: the discriminator comes first."""
    rate, betas = 2e-4, (0.5, 0.999)
    d_optimiser = torch.optim.Adam(discriminator.parameters(), lr=rate, betas=betas)
    g_optimiser = torch.optim.Adam(generator.parameters(), lr=rate, betas=betas)
    criterion = nn.BCEWithLogitsLoss()

    def step(images: Tensor, labels: Tensor) -> None:
        real = 2 * _pad(images) - 1
        ones = torch.ones(len(real), device=real.device)
        zeros = torch.zeros(len(real), device=real.device)
        z = torch.randn(len(real), LATENT_DIM, device=real.device)
        fake = generator(z, labels)

        d_optimiser.zero_grad()
        d_loss = criterion(discriminator(real, labels), ones)
        d_loss = d_loss + criterion(discriminator(fake.detach(), labels), zeros)
        d_loss.backward()
        d_optimiser.step()

        g_optimiser.zero_grad()
        g_loss = criterion(discriminator(fake, labels), ones)
        g_loss.backward()
        g_optimiser.step()

    return step


def sample(
    model: ConditionalDCGAN, labels: NDArray[np.int64], seed: int
) -> NDArray[np.uint8]:
    """Generate an image of each label.

    Parameters
    ----------
    model : ConditionalDCGAN
    labels : ndarray of int64, shape (n,)
    seed : int

    Returns
    -------
    ndarray of uint8, shape (n, H, W)
    """
    torch.manual_seed(seed)
    # In training mode, as the classic examples never leave it: the statistics are those
    # of the batch.
    generator = model.generator.train()
    device = next(generator.parameters()).device
    batches = []
    with torch.no_grad():
        for batch in torch.split(torch.from_numpy(labels), 500):
            z = torch.randn(len(batch), LATENT_DIM, device=device)
            batches.append(generator(z, batch.to(device)).cpu())
    framed = ((torch.cat(batches) + 1) / 2 * 255).round().byte().squeeze(1)
    height, width = model.image_shape
    top, left = (_SIZE - height) // 2, (_SIZE - width) // 2
    return framed[:, top : top + height, left : left + width].contiguous().numpy()


def _pad(images: Tensor) -> Tensor:
    height, width = images.shape[2:]
    top, left = (_SIZE - height) // 2, (_SIZE - width) // 2
    sides = (left, _SIZE - width - left, top, _SIZE - height - top)
    return functional.pad(images, sides)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)
