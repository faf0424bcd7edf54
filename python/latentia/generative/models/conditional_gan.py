"""Generative adversarial networks that generate images of a given class."""

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
    """Generative adversarial network with classes: images from noise and a label.

    The label's embedding is appended to the noise, and the discriminator projects on
    it; the real and the generated image of a pair have the same label. Parameters and
    attributes are those of :class:`GAN`, and ``balance_classes``. ``fit`` needs labels:
    ``y``, sub-folders or a dataset with labels.

    Parameters
    ----------
    balance_classes : bool, default=False
        Train on every class equally often, instead of on every image equally often.
        Images of a rare class are then repeated more often, and memorised more easily.
        The length of an epoch does not change. Scores are computed with the class
        shares of the data. ``sample`` without ``y`` alternates the classes in any case.

    References
    ----------
    Mirza and Osindero, "Conditional generative adversarial nets", 2014.
    Miyato and Koyama, "cGANs with projection discriminator", ICLR 2018.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.generative import ConditionalGAN
    >>> digits = load_digits()
    >>> images, labels = digits.images[:256], digits.labels[:256]
    >>> gan = ConditionalGAN(random_state=0).fit(images, labels, epochs=1)
    >>> gan.sample(5, y=3, seed=7).shape
    (5, 8, 8)
    """

    labelled: ClassVar[bool] = True

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

    def check_parameters(self) -> None:
        """Raise if an argument of the constructor is wrong."""
        super().check_parameters()
        check_flag(self.balance_classes, "balance_classes")

    def sample(
        self,
        n: int,
        y: ArrayLike | None = None,
        *,
        seed: int | None = None,
        truncation: float = 1.0,
    ) -> NDArray[np.uint8]:
        """Generate images.

        Parameters
        ----------
        n : int
            Number of images.
        y : label or array-like of n labels, optional
            The classes; by default they alternate, as `labels_of` returns them. Use
            `latentia.evaluation.proportional_labels` for the class shares of the data.
        seed : int, optional
            Image i of a seed and class is the same for every n; drawn from
            ``random_state`` by default.
        truncation : float, default=1.0
            Distance of codes from their mean, as a share of the usual one, above 0 and
            at most 1. Below 1 images are more typical and less varied.

        Returns
        -------
        images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)

        Raises
        ------
        ValueError
            If a class is unknown, or the number of labels is not n.
        """
        labels = self.class_indices(n, y)
        codes = self.sample_codes(n, seed=seed, truncation=truncation)
        return self.decode_codes(codes, labels)

    def sample_blocks(
        self,
        n: int,
        y: ArrayLike | None = None,
        *,
        seed: int | None = None,
        truncation: float = 1.0,
    ) -> Iterator[NDArray[np.uint8]]:
        """Generate the images of ``sample``, 64 at a time."""
        labels = self.class_indices(n, y)
        codes = self.sample_codes(n, seed=seed, truncation=truncation)
        return self.decode_blocks(codes, labels)

    def decode(self, z: Any, y: ArrayLike | None = None) -> NDArray[np.uint8]:
        """Return the images of codes.

        Parameters
        ----------
        z : array-like of shape (n, latent_dim)
        y : label or array-like of n labels, optional
            The classes; by default they alternate, as `labels_of` returns them.

        Returns
        -------
        images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)

        Raises
        ------
        TypeError, ValueError
            If z has another type or shape, or numbers that are not finite; a class is
            unknown, or the number of labels is not n.
        """
        check_is_fitted(self, "n_steps_")
        codes = check_codes(z, self.latent_dim_)
        return self.decode_codes(codes, self.class_indices(len(codes), y))

    def labels_of(self, n: int, y: ArrayLike | None = None) -> NDArray[Any]:
        """Return the labels of the images of ``sample(n, y)``."""
        labels: NDArray[Any] = self.classes_[self.class_indices(n, y)]
        return labels

    def class_indices(self, n: int, y: ArrayLike | None) -> NDArray[np.int64]:
        """Return the classes of n images as indices; by default they alternate."""
        check_is_fitted(self, "n_steps_")
        n = check_count(n, "n", least=1)
        if y is None:
            return np.arange(n) % len(self.classes_)
        return class_indices(y, self.classes_, n)
