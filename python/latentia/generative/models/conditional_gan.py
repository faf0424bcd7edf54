"""Generative adversarial networks that make images of a wanted class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_count, check_flag
from latentia.generative.data import class_indices
from latentia.generative.latent.given_codes import check_codes
from latentia.generative.models.gan import GAN


class ConditionalGAN(GAN):
    """Generative adversarial network with classes: images of noise and a label.

    The label's embedding is joined to the noise, and the discriminator judges by a
    projection on it; the real and the generated image of a pair share their label.
    Parameters and attributes are those of :class:`GAN`, and ``balance_classes``;
    ``fit`` needs labels, given as ``y``, as sub-folders or by a dataset.

    Parameters
    ----------
    balance_classes : bool, default=False
        See every class equally often in training, however rare it is, instead of every
        image: those of a rare class come again more often, and are learnt by heart more
        easily. An epoch is as many images as before. Scores stay in the shares of the
        data. ``sample`` without ``y`` makes all classes in turn either way.

    References
    ----------
    Mirza and Osindero, "Conditional generative adversarial nets", 2014.
    Miyato and Koyama, "cGANs with projection discriminator", ICLR 2018.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import ConditionalGAN
    >>> digits = load_digits()
    >>> gan = ConditionalGAN(random_state=0).fit(digits.images, digits.labels, epochs=1)
    >>> threes = gan.sample(5, y=3, seed=7)
    """

    _labelled: ClassVar[bool] = True

    def __init__(
        self,
        *,
        latent_dim: int = 64,
        network: str = "auto",
        loss: str = "relativistic",
        penalty: str = "auto",
        gamma: float | None = None,
        augment: bool = False,
        balance_classes: bool = False,
        preset: str = "auto",
        size: tuple[int, int] | None = None,
        mode: str | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        device: str = "auto",
        precision: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            latent_dim=latent_dim,
            network=network,
            loss=loss,
            penalty=penalty,
            gamma=gamma,
            augment=augment,
            preset=preset,
            size=size,
            mode=mode,
            batch_size=batch_size,
            learning_rate=learning_rate,
            device=device,
            precision=precision,
            random_state=random_state,
            verbose=verbose,
        )
        self.balance_classes = balance_classes

    def _check(self) -> None:
        super()._check()
        check_flag(self.balance_classes, "balance_classes")

    def sample(
        self,
        n: int,
        y: ArrayLike | None = None,
        *,
        seed: int | None = None,
        truncation: float = 1.0,
    ) -> NDArray[np.uint8]:
        """Make images.

        Parameters
        ----------
        n : int
            How many.
        y : label or array-like of n labels, optional
            The classes; by default all in turn, as `labels_of` tells, however often
            each was seen in training; `proportional_labels` of `latentia.evaluation`
            gives labels in the shares of the data.
        seed : int, optional
            Image i of a seed and class is the same for every n; drawn from
            ``random_state`` by default.
        truncation : float, default=1.0
            Codes lie that much as far from their mean, above 0 and at most 1: below 1
            images are more usual and less varied.

        Returns
        -------
        images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)

        Raises
        ------
        ValueError
            If a class is unknown, or there are not n labels.
        """
        return self._sample(n, seed, self._indices(n, y), truncation)

    def sample_blocks(
        self,
        n: int,
        y: ArrayLike | None = None,
        *,
        seed: int | None = None,
        truncation: float = 1.0,
    ) -> Iterator[NDArray[np.uint8]]:
        """Make the images of ``sample`` and give them 64 at a time."""
        return self._sample_blocks(n, seed, self._indices(n, y), truncation)

    def decode(self, z: Any, y: ArrayLike | None = None) -> NDArray[np.uint8]:
        """Return the images of codes.

        Parameters
        ----------
        z : array-like of shape (n, latent_dim)
        y : label or array-like of n labels, optional
            The classes; by default all in turn, as `labels_of` tells.

        Returns
        -------
        images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)

        Raises
        ------
        TypeError, ValueError
            If z has another type or shape, or numbers that are not finite; a class is
            unknown, or there are not n labels.
        """
        check_is_fitted(self, "n_steps_")
        codes = check_codes(z, self.latent_dim_)
        return self._decode_all(codes, self._indices(len(codes), y))

    def labels_of(self, n: int, y: ArrayLike | None = None) -> NDArray[Any]:
        """Return the labels of the images that ``sample(n, y)`` makes."""
        labels: NDArray[Any] = self.classes_[self._indices(n, y)]
        return labels

    def _indices(self, n: int, y: ArrayLike | None) -> NDArray[np.int64]:
        check_is_fitted(self, "n_steps_")
        n = check_count(n, "n", least=1)
        if y is None:
            return np.arange(n) % len(self.classes_)
        return class_indices(y, self.classes_, n)
