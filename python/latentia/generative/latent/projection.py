"""GAN inversion: codes of images for generators without an encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from latentia._arguments import check_count
from latentia._progress import progress
from latentia._torch_state import with_own_state
from latentia.generative.data import to_numpy
from latentia.generative.latent.noise import check_seed
from latentia.generative.latent.search import (
    Judge,
    descend,
    n_blocks,
    nearest_random,
)
from latentia.generative.latent.space import LatentSpace
from latentia.generative.models.autoencoder import Autoencoder
from latentia.generative.networks.inference import exactly
from latentia.generative.training.compute import cpu_threads

STEPS = 300


@dataclass(frozen=True, eq=False)
class Projection:
    """Codes from which a model generates images like given ones.

    Attributes
    ----------
    images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        The given images, in the size and mode of the model.
    codes : ndarray of float32, shape (n, latent_dim)
        Input of ``model.decode``.
    y : ndarray of shape (n,) or None
        Classes of the codes, of a ConditionalGAN: the given ones, or for each image
        the one that is nearest to it.
    reconstructions : ndarray of uint8, of the shape of ``images``
        The images of the codes.
    pixel_errors : ndarray of shape (n,)
        Root mean square of the difference of pixels, in levels of 255.
    feature_errors : ndarray of shape (n,)
        ‖φ(reconstruction) − φ(image)‖ / ‖φ(image)‖ in the features φ of a random
        convolution, `latentia.evaluation.features.RandomConvFeatures`.
    random_pixel_errors, random_feature_errors : ndarray of shape (n,)
        The same for the nearest random code, from which the search starts.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import VAE, project
    >>> images = load_digits().images[:128]
    >>> vae = VAE(latent_dim=4, random_state=0).fit(images, epochs=1)
    >>> found = project(vae, images[:2], steps=3)
    >>> found.codes.shape, found.reconstructions.shape
    ((2, 4), (2, 8, 8))
    >>> found.pixel_errors.shape, found.random_pixel_errors.shape
    ((2,), (2,))
    """

    images: NDArray[np.uint8]
    codes: NDArray[np.float32]
    y: NDArray[Any] | None
    reconstructions: NDArray[np.uint8]
    pixel_errors: NDArray[np.float64]
    feature_errors: NDArray[np.float64]
    random_pixel_errors: NDArray[np.float64]
    random_feature_errors: NDArray[np.float64]


@with_own_state
def project(
    model: Any,
    X: Any,
    y: ArrayLike | None = None,
    *,
    steps: int = STEPS,
    seed: int = 0,
    verbose: int = 0,
) -> Projection:
    """Find codes from which a model generates images like given ones.

    The error ‖x − G(z)‖² of pixels plus that of features is minimised over the code z
    by Adam, with noise on the code in the first three quarters of the steps, from the
    nearest of many random codes. The result is the best of several such searches; for a
    VAE or an RAE one of them starts at the encoder's code. The model is not changed. An
    image that the model cannot generate keeps a large error.

    Parameters
    ----------
    model : GAN, ConditionalGAN, VAE or RAE
        Fitted.
    X : array, tensor, path, list of paths or torch Dataset
        Images, as those of the model's ``fit``. Image files are converted to the size
        and mode of the model.
    y : label or array-like of n labels, optional
        Classes of the images, of a ConditionalGAN. By default all classes are tried
        with random codes, and searches start in the classes of the nearest ones.
    steps : int, default=300
        Number of steps of Adam.
    seed : int, default=0
        Seed of the random codes and the noise. The result for an image depends on the
        image, the model and the seed, but not on other images.
    verbose : int, default=0
        Show a bar on standard error.

    Returns
    -------
    Projection

    Raises
    ------
    TypeError
        If it is another model, or an argument has another type.
    ValueError
        If an argument or an image is wrong, or the model is not fitted.
    MemoryError
        If a step does not fit into memory.

    References
    ----------
    Karras et al., "Analyzing and improving the image quality of StyleGAN", CVPR 2020,
    appendix D, for the schedules of step size and noise. Abdal, Qin and Wonka,
    "Image2StyleGAN", ICCV 2019.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import VAE, project
    >>> images = load_digits().images[:128]
    >>> vae = VAE(latent_dim=4, random_state=0).fit(images, epochs=1)
    >>> found = project(vae, images[:2], steps=3)  # 300 by default
    >>> vae.decode(found.codes).shape
    (2, 8, 8)
    """
    space = LatentSpace.of(model)
    steps = check_count(steps, "steps", least=1)
    seed = check_seed(seed)
    targets = model.read_images(X)
    n = len(targets)
    wanted = None if y is None else space.labels(n, y)
    judge = Judge(targets.shape[1], torch.device(model.device_))
    bar = progress(verbose, total=n_blocks(n) * steps, interval=10, measure="error")
    with cpu_threads(), exactly(), bar as begin:
        starts = nearest_random(space, judge, targets, wanted, seed)
        nearest = starts.codes[:, 0].copy()
        of_nearest = None if starts.labels is None else starts.labels[:, 0]
        if isinstance(model, Autoencoder):
            starts.codes[:, -1] = model.encode(targets)
        report = begin("projecting")
        codes, labels = descend(space, judge, targets, starts, steps, seed, report)
    images, of_random = space.images(codes, labels), space.images(nearest, of_nearest)
    return Projection(
        to_numpy(targets),
        codes,
        None if labels is None else model.classes_[labels],
        images,
        *judge.errors(images, targets),
        *judge.errors(of_random, targets),
    )
