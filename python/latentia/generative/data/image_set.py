"""Images of one size, with or without labels: what models train on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from latentia._arguments import check_real


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images of one size, in the form in which every model takes them.

    Attributes
    ----------
    images : Tensor of uint8, shape (n, C, H, W)
        On the CPU and contiguous; 0 is black and 255 white. It may share its memory
        with what the user gave, or with a read-only file: not to be written to.
    labels : Tensor of int64, shape (n,), or None
        Index into `classes`.
    classes : ndarray of int64 or str, shape (n_classes,)
        Sorted. Each has an image, except after `take`. Empty without labels.
    skipped : tuple of (Path, str)
        Files of a folder that were left out, and why.
    """

    images: torch.Tensor
    labels: torch.Tensor | None
    classes: NDArray[Any]
    skipped: tuple[tuple[Path, str], ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        n_channels, height, width = self.images.shape[1:]
        return n_channels, height, width

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of images, labels and classes, in hexadecimal digits."""
        digest = hashlib.sha256(repr(tuple(self.images.shape)).encode())
        digest.update(self.images.numpy().data)
        if self.labels is not None:
            digest.update(self.labels.numpy().data)
            digest.update(repr(self.classes.tolist()).encode())
        return digest.hexdigest()

    def take(self, indices: ArrayLike | torch.Tensor) -> ImageSet:
        """Return a copy of some of the images, in the given order.

        Parameters
        ----------
        indices : int array-like of shape (m,)

        Returns
        -------
        subset : ImageSet
            With the same `classes`, whether or not each still has an image.
        """
        chosen = torch.as_tensor(indices, dtype=torch.int64)
        labels = None if self.labels is None else self.labels[chosen]
        return ImageSet(self.images[chosen], labels, self.classes, self.skipped)

    def split(self, fraction: float, seed: int) -> tuple[ImageSet, ImageSet]:
        """Hold some images out, of every class about the same share.

        Parameters
        ----------
        fraction : float
            Share that is held out, above 0 and below 1.
        seed : int
            Decides which images these are.

        Returns
        -------
        train, held_out : ImageSet
            Each in the order of this set. At least one image is held out, and at least
            one of every class is left to train on.

        Raises
        ------
        ValueError
            `fraction` is not between 0 and 1, or no class has two images.
        """
        fraction = check_share(fraction, "fraction")
        n = len(self)
        labels = np.zeros(n) if self.labels is None else self.labels.numpy()
        by_class = np.random.default_rng(seed).permutation(n)
        by_class = by_class[np.argsort(labels[by_class], kind="stable")]
        # The first image of each class stays; of the others, evenly spaced ones go.
        first = np.diff(labels[by_class], prepend=-1) != 0
        others = by_class[~first]
        if not len(others):
            raise ValueError(
                f"fraction = {fraction!r}: none of {n} images can be held out, as "
                "every class needs one to train on"
            )
        n_held_out = min(max(1, round(fraction * n)), len(others))
        places = (np.arange(n_held_out) * len(others)) // n_held_out
        is_held_out = np.zeros(n, dtype=bool)
        is_held_out[others[places]] = True
        train, held_out = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
        return self.take(train), self.take(held_out)


def check_share(value: object, name: str) -> float:
    """Return a number above 0 and below 1, or raise."""
    share = check_real(value, name)
    if not 0 < share < 1:
        raise ValueError(f"{name} must be above 0 and below 1, got {value!r}")
    return share
