"""The classic examples, as a user of plain PyTorch writes them.

A DataLoader, eager float32, the customary losses, widths and rates: what the models of
latentia are measured against.

The conditional DCGAN works on 32×32 pixels, with embedded labels next to z and next to
the image: Radford, Metz and Chintala, "Unsupervised representation learning with deep
convolutional generative adversarial networks", ICLR 2016; Mirza and Osindero,
"Conditional generative adversarial nets", arXiv:1411.1784.

The MLP VAE is that of every tutorial, 784-400-20 and back with Bernoulli pixels: Kingma
and Welling, "Auto-encoding variational Bayes", ICLR 2014.
"""

import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

N = TypeVar("N", bound=nn.Module)

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]

Step = Callable[[Tensor, Tensor], None]
"""One training step on a batch of images (B, 1, H, W), 0..1, and their labels."""

BATCH_SIZE = 128
LATENT_DIM, WIDTH = 100, 32  # of the DCGAN
_SIZE = 32  # of the images that its networks know; smaller ones get a black border
_HIDDEN, _VAE_LATENT_DIM = 400, 20


class Trained(NamedTuple):
    """How long a training took, and how many images it saw, repetitions included."""

    seconds: float
    n_images: int


def train_for(
    step: Step, images: Images, labels: Labels, seconds: float, device: torch.device
) -> Trained:
    """Take steps on images (n, H, W), epoch after epoch, until a time is over.

    At least one step is taken.
    """
    scaled = torch.from_numpy(images).unsqueeze(1).float() / 255
    loader = DataLoader(
        TensorDataset(scaled, torch.from_numpy(labels)),
        batch_size=BATCH_SIZE,
        shuffle=True,
        drop_last=len(images) >= BATCH_SIZE,
        pin_memory=device.type == "cuda",
    )
    begin, n_images = time.perf_counter(), 0
    while True:
        for batch, batch_labels in loader:
            step(
                batch.to(device, non_blocking=True),
                batch_labels.to(device, non_blocking=True),
            )
            n_images += len(batch)
            if time.perf_counter() - begin >= seconds:
                if device.type == "cuda":
                    torch.cuda.synchronize(device)
                return Trained(time.perf_counter() - begin, n_images)


def default_device() -> torch.device:
    """Return CUDA where there is any, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


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


def _initialise(module: nn.Module) -> None:
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


class Example(NamedTuple, Generic[N]):
    """What a training leaves: the network that samples, and the size of its images."""

    network: N
    image_shape: tuple[int, ...]
    trained: Trained


def train_dcgan(
    images: Images, labels: Labels, seconds: float, seed: int
) -> Example[Generator]:
    """Train on images (n, H, W) of 32×32 pixels at most, labels from 0, for a time."""
    torch.manual_seed(seed)
    device, n_classes = default_device(), int(labels.max()) + 1
    generator = Generator(n_classes).to(device)
    step = training_step(generator, Discriminator(n_classes).to(device))
    trained = train_for(step, images, labels, seconds, device)
    return Example(generator, images.shape[1:], trained)


def training_step(generator: Generator, discriminator: Discriminator) -> Step:
    """Return the step that trains a pair of networks: the discriminator comes first."""
    rate, betas = 2e-4, (0.5, 0.999)
    d_optimiser = torch.optim.Adam(discriminator.parameters(), lr=rate, betas=betas)
    g_optimiser = torch.optim.Adam(generator.parameters(), lr=rate, betas=betas)
    criterion = nn.BCEWithLogitsLoss()

    def step(images: Tensor, labels: Tensor) -> None:
        top, left = _border(images.shape[2:])
        height, width = images.shape[2:]
        sides = (left, _SIZE - width - left, top, _SIZE - height - top)
        real = 2 * functional.pad(images, sides) - 1
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


def _border(shape: tuple[int, ...]) -> tuple[int, int]:
    return (_SIZE - shape[0]) // 2, (_SIZE - shape[1]) // 2


def sample_dcgan(model: Example[Generator], labels: Labels, seed: int) -> Images:
    """Generate an image (H, W) of each label."""
    torch.manual_seed(seed)
    # In training mode, as the classic examples never leave it: the statistics are those
    # of the batch.
    generator = model.network.train()
    device = next(generator.parameters()).device
    batches = []
    with torch.no_grad():
        for batch in torch.split(torch.from_numpy(labels), 500):
            z = torch.randn(len(batch), LATENT_DIM, device=device)
            batches.append(generator(z, batch.to(device)).cpu())
    framed = ((torch.cat(batches) + 1) / 2 * 255).round().byte().squeeze(1)
    height, width = model.image_shape
    top, left = _border(model.image_shape)
    return framed[:, top : top + height, left : left + width].contiguous().numpy()


class VAE(nn.Module):
    """Images (B, n_pixels) in 0..1 → their reconstruction, and the posterior of z."""

    def __init__(self, n_pixels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(n_pixels, _HIDDEN)
        self.fc_mean = nn.Linear(_HIDDEN, _VAE_LATENT_DIM)
        self.fc_logvar = nn.Linear(_HIDDEN, _VAE_LATENT_DIM)
        self.fc3 = nn.Linear(_VAE_LATENT_DIM, _HIDDEN)
        self.fc4 = nn.Linear(_HIDDEN, n_pixels)

    def decode(self, z: Tensor) -> Tensor:
        """Return the probabilities of ink (B, n_pixels)."""
        return torch.sigmoid(self.fc4(functional.relu(self.fc3(z))))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return what one sample of z decodes to, and z's mean and log variance."""
        hidden = functional.relu(self.fc1(x))
        mean, logvar = self.fc_mean(hidden), self.fc_logvar(hidden)
        z = mean + torch.randn_like(mean) * torch.exp(logvar / 2)
        return self.decode(z), mean, logvar


def _negative_elbo(network: VAE, x: Tensor) -> Tensor:
    """Return cross-entropy and Kullback–Leibler divergence, summed over the batch."""
    reconstruction, mean, logvar = network(x)
    cross_entropy = functional.binary_cross_entropy(reconstruction, x, reduction="sum")
    divergence = -0.5 * torch.sum(1 + logvar - mean.pow(2) - logvar.exp())
    return cross_entropy + divergence


def train_vae(
    images: Images, labels: Labels, seconds: float, seed: int
) -> Example[VAE]:
    """Train on images (n, H, W) for a time; labels are not looked at."""
    torch.manual_seed(seed)
    device = default_device()
    network = VAE(images[0].size).to(device)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)

    def step(batch: Tensor, _: Tensor) -> None:
        optimiser.zero_grad()
        loss = _negative_elbo(network, batch.flatten(1))
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    trained = train_for(step, images, labels, seconds, device)
    return Example(network, images.shape[1:], trained)


def sample_vae(model: Example[VAE], n: int, seed: int) -> Images:
    """Decode draws from the prior to images (n, H, W)."""
    torch.manual_seed(seed)
    network = model.network.eval()
    device = next(network.parameters()).device
    with torch.no_grad():
        shades = network.decode(torch.randn(n, _VAE_LATENT_DIM, device=device)).cpu()
    return (shades * 255).round().byte().view(-1, *model.image_shape).numpy()


def mean_elbo(model: Example[VAE], images: Images, seed: int) -> float:
    """Estimate the evidence lower bound in nats an image, with one sample of z each.

    Grey values 0..1 are taken for probabilities of ink: cross-entropy.
    """
    torch.manual_seed(seed)
    network = model.network.eval()
    device = next(network.parameters()).device
    total = 0.0
    with torch.no_grad():
        for batch in torch.split(torch.from_numpy(images), 500):
            x = batch.flatten(1).float().to(device) / 255
            total -= _negative_elbo(network, x).item()
    return total / len(images)
