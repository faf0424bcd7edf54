"""Image generators: adversarial networks and autoencoders, on a CPU or on CUDA."""

try:
    import torch  # noqa: F401
except ModuleNotFoundError as _error:
    raise ImportError(
        'latentia.generative needs PyTorch: pip install "latentia[generative]"'
    ) from _error

from latentia.datasets.animations import save_animation
from latentia.generative.io.loading import load
from latentia.generative.latent.directions import LatentDirections, latent_directions
from latentia.generative.latent.interpolation import interpolate, latent_walk
from latentia.generative.latent.mixture import LatentMixture
from latentia.generative.latent.projection import Projection, project
from latentia.generative.models.conditional_gan import ConditionalGAN
from latentia.generative.models.gan import GAN
from latentia.generative.models.rae import RAE
from latentia.generative.models.vae import VAE
from latentia.generative.training.divergence import TrainingDivergedError

__all__ = [
    "GAN",
    "RAE",
    "VAE",
    "ConditionalGAN",
    "LatentDirections",
    "LatentMixture",
    "Projection",
    "TrainingDivergedError",
    "interpolate",
    "latent_directions",
    "latent_walk",
    "load",
    "project",
    "save_animation",
]
