"""Saved models of any class."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from latentia._run_manifest import BEST, LAST
from latentia.generative.models.base import ImageModel
from latentia.generative.models.conditional_gan import ConditionalGAN
from latentia.generative.models.gan import GAN
from latentia.generative.models.rae import RAE
from latentia.generative.models.vae import VAE
from latentia.generative.training.checkpoint import read_checkpoint
from latentia.generative.training.run_folder import checkpoint_in

MODELS: dict[str, type[ImageModel]] = {
    model.__name__: model for model in (GAN, ConditionalGAN, VAE, RAE)
}


def load(path: str | PathLike[str], *, device: str = "auto") -> ImageModel:
    """Read a model that ``save`` wrote, or the folder of a run.

    Parameters
    ----------
    path : path
        The folder, of which the best checkpoint is read, or one of the files.
    device : str, default="auto"
        Where the model is to run.

    Returns
    -------
    GAN, ConditionalGAN, VAE or RAE
        The class of the saved model.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, edited, or of another kind.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from latentia import generative
    >>> from latentia.datasets import load_digits
    >>> vae = generative.VAE(latent_dim=4, random_state=0)
    >>> vae = vae.fit(load_digits().images[:128], epochs=1)
    >>> with TemporaryDirectory() as folder:
    ...     vae.save(Path(folder) / "digits")
    ...     again = generative.load(Path(folder) / "digits")
    >>> bool((again.sample(3, seed=7) == vae.sample(3, seed=7)).all())
    True
    """
    file = checkpoint_in(Path(path), BEST, LAST)
    _, description = read_checkpoint(file)
    name = description["class"]
    if name not in MODELS:
        raise ValueError(f"{file} holds a saved {name}, not one of {', '.join(MODELS)}")
    return MODELS[name].load(file, device=device)
