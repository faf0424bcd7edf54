"""Image generators: adversarial networks and autoencoders, on a CPU or on CUDA."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from latentia._extras import install_hint
from latentia._lazy import lazy

try:  # an import hook may raise
    if find_spec("torch") is None:
        raise ModuleNotFoundError("torch")
except ModuleNotFoundError as _error:
    raise ImportError(
        f"latentia.generative needs PyTorch: {install_hint('generative')}"
    ) from _error

if TYPE_CHECKING:
    from latentia.datasets.animations import save_animation
    from latentia.generative.io.loading import load
    from latentia.generative.latent.directions import (
        LatentDirections,
        latent_directions,
    )
    from latentia.generative.latent.interpolation import interpolate, latent_walk
    from latentia.generative.latent.mixture import LatentMixture
    from latentia.generative.latent.projection import Projection, project
    from latentia.generative.models.conditional_gan import ConditionalGAN
    from latentia.generative.models.gan import GAN
    from latentia.generative.models.rae import RAE
    from latentia.generative.models.vae import VAE
    from latentia.generative.training.divergence import TrainingDivergedError
else:
    __getattr__, __dir__ = lazy(
        __name__,
        {
            "latentia.datasets.animations": ["save_animation"],
            "latentia.generative.io.loading": ["load"],
            "latentia.generative.latent.directions": [
                "LatentDirections",
                "latent_directions",
            ],
            "latentia.generative.latent.interpolation": ["interpolate", "latent_walk"],
            "latentia.generative.latent.mixture": ["LatentMixture"],
            "latentia.generative.latent.projection": ["Projection", "project"],
            "latentia.generative.models.conditional_gan": ["ConditionalGAN"],
            "latentia.generative.models.gan": ["GAN"],
            "latentia.generative.models.rae": ["RAE"],
            "latentia.generative.models.vae": ["VAE"],
            "latentia.generative.training.divergence": ["TrainingDivergedError"],
        },
    )

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
