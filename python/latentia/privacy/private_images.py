"""PrivateImages: images of classes from noisy moments, in seconds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from latentia._arguments import check_count, draw_seed
from latentia._model_file import read_model, write_model
from latentia._threads import n_threads as resolve_n_threads
from latentia._warnings import warn_caller
from latentia.privacy.accounting import PrivacySpent, check_delta, mu_of
from latentia.privacy.class_covariances import ClassCovariances, class_covariances
from latentia.privacy.class_moments import ClassMoments, class_moments
from latentia.privacy.image_arrays import check_images, class_indices, known_classes
from latentia.privacy.image_basis import ImageBasis
from latentia.privacy.image_sampling import draw_images
from latentia.privacy.noise import NoiseSource, PrivacyWarning, warn_delta
from latentia.privacy.saved import with_earlier

IMAGE = "one image added or removed"

_TENSORS = ("weights_", "means_", "axes_", "covariances_", "rest_", "n_images_")


class PrivateImages(BaseEstimator):  # type: ignore[misc]
    """A generator of images that is (ε, δ)-differentially private.

    Whoever has the fitted model, and everything it generates, can hardly tell whether
    any one image was in the data. Each class is a Gaussian of low frequencies, or
    several where noise is small, whose means and covariances come from a few noisy sums
    over the images. The fit takes seconds on a CPU.

    Parameters
    ----------
    epsilon : float
        Privacy budget ε > 0 of a fit. Below 1 is strong, above 10 weak; infinite adds
        no noise.
    delta : float
        Probability with which ε may fail, well below 1/n_images.
    classes : array-like of labels, optional
        All labels that could occur, which are public. By default those of ``y``, with a
        warning.
    n_frequencies : int, default=150
        Number of cosine coefficients of an image, lowest frequencies first.
    random_state : int, RandomState, Generator or None
        None takes noise from the operating system. A seed is for tests only: the result
        is then not private. ``sample`` has a seed of its own, which hides nothing.
    n_threads : int, optional
        Number of threads. The results do not depend on it.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; empty if there were none.
    n_images_ : ndarray of shape (n_classes,)
        Noisy numbers of images, at least 1.
    weights_ : ndarray of shape (n_classes, n_clusters)
        Shares of the Gaussians of each class: one, or several where noise is small.
    means_ : ndarray of shape (n_classes · n_clusters, n_frequencies)
        Of the cosine coefficients of values 0..1 about grey.
    axes_ : ndarray of shape (n_frequencies, n_components)
        Components that stand out from the noise.
    covariances_ : ndarray of shape (n_classes · n_clusters, n_components, n_components)
    rest_ : ndarray of shape (n_frequencies,)
        Variance of coefficients outside the components.
    image_shape_ : tuple of int
        (H, W) or (H, W, C).
    privacy_ : PrivacySpent
        What all fits of this object have spent together: every fit spends anew, also on
        the same images. A clone starts at nothing.

    Notes
    -----
    Shares of the budget, clip norms and shrinkage are constants that were chosen on
    enlarged digits and drawn shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from latentia.privacy import PrivateImages
    >>> X, y = load_digits(return_X_y=True)
    >>> model = PrivateImages(epsilon=10, delta=1e-5, classes=range(10))
    >>> model.fit(X.reshape(-1, 8, 8) / 16, y).sample(3, y=7).shape
    (3, 8, 8)
    """

    privacy_: PrivacySpent

    def __init__(
        self,
        *,
        epsilon: float,
        delta: float,
        classes: ArrayLike | None = None,
        n_frequencies: int = 150,
        random_state: Any = None,
        n_threads: int | None = None,
    ) -> None:
        self.epsilon = epsilon
        self.delta = delta
        self.classes = classes
        self.n_frequencies = n_frequencies
        self.random_state = random_state
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the model, and spend ``epsilon`` and ``delta``.

        Parameters
        ----------
        X : array-like of shape (n, H, W) or (n, H, W, C)
            Integers 0..255 or floats 0..1.
        y : array-like of shape (n,), optional
            Integers or strings; every label must be among ``classes``.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If an argument, an image or a label is not as it must be.

        Warns
        -----
        PrivacyWarning
            If a seed was given, classes were not, δ is not below 1/n, or noise hides a
            class or all components.
        """
        mu = mu_of(self.epsilon, self.delta)
        m = check_count(self.n_frequencies, "n_frequencies", least=1)
        threads = resolve_n_threads(self.n_threads)
        images = check_images(X)
        classes = known_classes(self.classes, y, len(images))
        n_classes = max(len(classes), 1)
        indices = np.zeros(len(images), dtype=np.int64)
        if len(classes):
            indices = class_indices(y, classes, len(images))
        basis = ImageBasis.of(images.shape[1:], m)
        noise = NoiseSource(self.random_state)
        moments, mechanisms = class_moments(
            basis.coefficients(images),
            indices,
            n_classes,
            basis,
            mu,
            noise,
            n_threads=threads,
        )
        covariances = class_covariances(moments)
        spent = PrivacySpent.of(
            mechanisms, self.delta, adjacency=IMAGE, seeded=noise.seeded
        )
        self.classes_ = classes
        self.image_shape_ = images.shape[1:]
        self.n_images_ = moments.counts
        self.weights_ = moments.clusters.weights
        self.means_ = moments.cluster_means
        self.axes_ = covariances.axes
        self.covariances_ = covariances.within
        self.rest_ = covariances.rest
        self.privacy_ = with_earlier(self, spent)
        self._warn(moments, covariances)
        return self

    def sample(
        self, n: int, y: ArrayLike | None = None, *, seed: int | None = None
    ) -> NDArray[np.uint8]:
        """Generate images, which costs no privacy.

        Parameters
        ----------
        n : int
            Number of images.
        y : label or array-like of n labels, optional
            The classes; by default they alternate.
        seed : int, optional
            Image i of a seed and class is the same for every n; random by default.

        Returns
        -------
        images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)

        Raises
        ------
        ValueError
            If a class is unknown, or the number of labels is not n.
        """
        return np.concatenate(list(self.sample_blocks(n, y, seed=seed)))

    def sample_blocks(
        self, n: int, y: ArrayLike | None = None, *, seed: int | None = None
    ) -> Iterator[NDArray[np.uint8]]:
        """Generate the images of ``sample``, a few at a time."""
        indices = self._indices(n, y)
        random = np.random.default_rng(draw_seed(None) if seed is None else seed)
        return draw_images(self, indices, random)

    def labels_of(self, n: int, y: ArrayLike | None = None) -> NDArray[Any]:
        """Return the labels of the images of ``sample(n, y)``."""
        indices = self._indices(n, y)
        return self.classes_[indices] if len(self.classes_) else indices

    def input_format(self, X: Any) -> dict[str, Any]:
        """Return the size and mode of images, to which commands convert others."""
        check_is_fitted(self)
        modes = {1: "L", 3: "RGB", 4: "RGBA"}
        mode = modes.get((*self.image_shape_, 1)[2])
        return {"size": self.image_shape_[:2], "mode": mode}

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the model, and what was spent, as ``PCA.save`` does."""
        check_is_fitted(self)
        model = {
            "epsilon": None if math.isinf(self.epsilon) else self.epsilon,
            "delta": self.delta,
            "n_frequencies": self.n_frequencies,
            "classes": self.classes_.tolist(),
            "image_shape": list(self.image_shape_),
            "privacy": self.privacy_.to_dict(),
        }
        tensors = {name: np.asarray(getattr(self, name)) for name in _TENSORS}
        write_model(Path(path), "PrivateImages", tensors, model, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read what ``save`` wrote; nothing in the file is run."""
        _, tensors, found = read_model(Path(path), "PrivateImages")
        try:
            epsilon = math.inf if found["epsilon"] is None else found["epsilon"]
            made = cls(
                epsilon=epsilon,
                delta=found["delta"],
                classes=found["classes"] or None,
                n_frequencies=found["n_frequencies"],
            )
            made.classes_ = np.array(found["classes"] or np.array([], dtype=np.int64))
            made.image_shape_ = tuple(int(side) for side in found["image_shape"])
            for name in _TENSORS:
                setattr(made, name, tensors[name])
            made._check()
            made.privacy_ = PrivacySpent.from_dict(found["privacy"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} holds no PrivateImages: {error}") from error
        return made

    def _indices(self, n: int, y: ArrayLike | None) -> NDArray[np.int64]:
        check_is_fitted(self)
        n = check_count(n, "n", least=1)
        if y is None:
            return np.arange(n) % max(len(self.classes_), 1)
        return class_indices(y, self.classes_, n)

    def _check(self) -> None:
        """Raise if the tensors do not belong together."""
        c, (m, k) = max(len(self.classes_), 1), self.axes_.shape
        groups = c * self.weights_.shape[1]
        shapes = {
            "weights_": (c, groups // c),
            "means_": (groups, m),
            "axes_": (m, k),
            "covariances_": (groups, k, k),
            "rest_": (m,),
            "n_images_": (c,),
        }
        for name, shape in shapes.items():
            tensor = getattr(self, name)
            if tensor.shape != shape or tensor.dtype != np.float64:
                raise ValueError(f"{name} must be float64 of shape {shape}")
            if not np.isfinite(tensor).all():
                raise ValueError(f"{name} must be finite")
        sides = self.image_shape_
        if len(sides) not in (2, 3) or min(sides) < 1 or m > math.prod(sides):
            raise ValueError(f"images of shape {sides} have no {m} frequencies")

    def _warn(self, moments: ClassMoments, covariances: ClassCovariances) -> None:
        n = float(moments.counts.sum())
        warn_delta(check_delta(self.delta), n)
        lost = moments.counts <= 3 * moments.count_std
        if lost.any() and len(self.classes_):
            names = ", ".join(map(str, self.classes_[lost]))
            warn_caller(
                f"classes without images, or too few to be told from noise: {names}. "
                "Their images look like those of all classes",
                PrivacyWarning,
            )
        if not covariances.axes.shape[1]:
            warn_caller(
                f"no component exceeds the noise: about {n:.0f} images are too few for "
                f"epsilon={self.epsilon:g}. Images are blurred means with random "
                "texture",
                PrivacyWarning,
            )
