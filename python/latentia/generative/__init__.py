"""Image generators: adversarial networks and autoencoders, on a CPU or on CUDA."""

try:
    import torch  # noqa: F401
except ModuleNotFoundError as _error:
    raise ImportError(
        'latentia.generative needs PyTorch: pip install "latentia[generative]"'
    ) from _error

from latentia.datasets.animations import save_animation
from latentia.generative.conditional_gan import ConditionalGAN
from latentia.generative.gan import GAN
from latentia.generative.latent.directions import LatentDirections, latent_directions
from latentia.generative.latent.interpolation import interpolate, latent_walk
from latentia.generative.latent.mixture import LatentMixture
from latentia.generative.latent.projection import Projection, project
from latentia.generative.loading import load
from latentia.generative.rae import RAE
from latentia.generative.training.health import TrainingDivergedError
from latentia.generative.vae import VAE

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
