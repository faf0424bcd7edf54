"""Images from a trained model: of random codes, or of given ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_count, draw_seed
from latentia._torch_state import with_own_state
from latentia.generative.data import check_finite, to_numpy
from latentia.generative.latent.given_codes import check_codes
from latentia.generative.latent.noise import check_seed, check_truncation
from latentia.generative.models.trainable import TrainableModel
from latentia.generative.networks.inference import iterate_batches
from latentia.generative.training.compute import cpu_threads

Labels = NDArray[np.int64] | None


class SamplingModel(TrainableModel):
    """Base of the image models: sample and decode."""

    def sample(
        self, n: int, *, seed: int | None = None, truncation: float = 1.0
    ) -> NDArray[np.uint8]:
        """Generate images.

        Parameters
        ----------
        n : int
            Number of images.
        seed : int, optional
            Image i of a seed is the same for every n; drawn from ``random_state`` by
            default.
        truncation : float, default=1.0
            Distance of codes from their mean, as a share of the usual one, above 0 and
            at most 1. Below 1 images are more typical and less varied (Karras et al.,
            "A style-based generator architecture", CVPR 2019). For a VAE or RAE the
            mean is that of the code's Gaussian: codes near the mean of all Gaussians
            may give no image.

        Returns
        -------
        images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        """
        codes = self.sample_codes(n, seed=seed, truncation=truncation)
        return self.decode_codes(codes, None)

    def sample_blocks(
        self, n: int, *, seed: int | None = None, truncation: float = 1.0
    ) -> Iterator[NDArray[np.uint8]]:
        """Generate the images of ``sample``, 64 at a time.

        For more images than fit into memory; the parameters are those of ``sample``.

        Yields
        ------
        images : ndarray of uint8, shape (m, H, W) or (m, H, W, C)
        """
        codes = self.sample_codes(n, seed=seed, truncation=truncation)
        return self.decode_blocks(codes, None)

    def sample_codes(
        self, n: int, *, seed: int | None = None, truncation: float = 1.0
    ) -> NDArray[np.float32]:
        """Return the codes of the images that ``sample`` generates.

        The parameters are those of ``sample``.

        Returns
        -------
        z : ndarray of float32, shape (n, latent_dim)
        """
        check_is_fitted(self, "n_steps_")
        n = check_count(n, "n", least=1)
        seed = draw_seed(self.random_state) if seed is None else check_seed(seed)
        truncation = check_truncation(truncation)
        codes: NDArray[np.float32] = self.draw_codes(seed, n, truncation)
        return codes

    def decode(self, z: Any) -> NDArray[np.uint8]:
        """Return the images of codes.

        Parameters
        ----------
        z : array-like of shape (n, latent_dim)

        Returns
        -------
        images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)

        Raises
        ------
        TypeError, ValueError
            If z has another type or shape, or numbers that are not finite.
        """
        check_is_fitted(self, "n_steps_")
        return self.decode_codes(check_codes(z, self.latent_dim_), None)

    @with_own_state
    def decode_codes(
        self, codes: NDArray[np.float32], labels: Labels
    ) -> NDArray[np.uint8]:
        """Return the images of checked codes and class indices."""
        images: NDArray[np.uint8] | None = None
        begin = 0
        for block in self.decode_blocks(codes, labels):
            if images is None:
                images = np.empty((len(codes), *block.shape[1:]), np.uint8)
            images[begin : begin + len(block)] = block
            begin += len(block)
        assert images is not None
        return images

    def decode_blocks(
        self, codes: NDArray[np.float32], labels: Labels
    ) -> Iterator[NDArray[np.uint8]]:
        """Yield the images of checked codes and class indices, 64 at a time."""
        z = torch.from_numpy(codes)
        y = None if labels is None else torch.from_numpy(labels)
        device = torch.device(self.device_)
        blocks = iterate_batches(self.decode_tensor, z, y, device=device)
        # Between blocks PyTorch has the caller's settings.
        draw = with_own_state(lambda: next(blocks, None))
        while True:
            with cpu_threads():
                found = draw()
            if found is None:
                return
            begin, images = found
            check_finite(images, begin)
            yield to_numpy(images)
