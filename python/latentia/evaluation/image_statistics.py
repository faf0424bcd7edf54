"""Features of real images in a file, so that they are computed only once."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia._arguments import as_random
from latentia._model_file import Tensors, read_model, write_model
from latentia.evaluation._feature_checks import check_features
from latentia.evaluation._images import check_labels
from latentia.evaluation._spaces import fixed_space, named_space
from latentia.evaluation._splits import LEAST
from latentia.evaluation.features import FeatureSpace
from latentia.evaluation.inputs import ImageInput, ImagesOrFolder, read_images
from latentia.evaluation.shares import draw_by_class

KIND = "ImageStatistics"

MOST = 100_000
"""Most images whose features are stored: 100 MB of random convolutions, 800 MB of
Inception's.

Covariances are not enough: coverage, the kernel distance and the search for copies
compare single images, and every score uses as many real images as generated ones.
"""

_MOST_SIDE = 2**15


@dataclass(frozen=True, eq=False)
class ImageStatistics:
    """Features of real images in one space, for `evaluate`.

    Created by `image_statistics` or :meth:`load`.

    Attributes
    ----------
    space : str
        Name of the feature space.
    image_shape : tuple of int
        (H, W) or (H, W, C) of the images.
    n_images : int
        Number of images.
    features : ndarray of shape (n, d)
        Features of all images, or of 100 000 that were sampled by class.
    labels : ndarray of shape (n,) or None
        Classes of the images.
    held_out, held_out_labels : ndarrays of the same forms, or None
        Features and classes of real images that the generator was not trained on.
    probe : ndarray of shape (2, d)
        Features of two fixed noise images: they show whether two spaces with the same
        name are the same.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from latentia.datasets import load_digits
    >>> from latentia.evaluation import ImageStatistics, image_statistics
    >>> kept = image_statistics(load_digits().images[:200])
    >>> kept.n_images, kept.image_shape
    (200, (8, 8))
    >>> with TemporaryDirectory() as folder:
    ...     kept.save(Path(folder) / "digits.safetensors")
    ...     again = ImageStatistics.load(Path(folder) / "digits.safetensors")
    >>> again.space == kept.space
    True
    """

    space: str
    image_shape: tuple[int, ...]
    n_images: int
    features: NDArray[Any]
    labels: NDArray[Any] | None
    held_out: NDArray[Any] | None
    held_out_labels: NDArray[Any] | None
    probe: NDArray[Any]

    def __post_init__(self) -> None:
        """Raise unless features and labels match."""
        shape = self.image_shape
        if len(shape) not in (2, 3) or not (0 < min(shape) <= max(shape) <= _MOST_SIDE):
            raise ValueError(
                f"image_shape must be (H, W) or (H, W, C), up to {_MOST_SIDE}, got "
                f"{shape}"
            )
        check_features(self.features, "features", least=2 * LEAST)
        arrays = {"features": self.features, "probe": self.probe}
        if self.held_out is not None:
            arrays["held_out"] = self.held_out
        for name, side in arrays.items():
            least = 2 if name == "probe" else LEAST
            d = check_features(side, name, least=least).shape[1]
            if d != self.features.shape[1]:
                raise ValueError(
                    f"{name} must have {self.features.shape[1]} columns, got {d}"
                )
        if self.labels is not None:
            check_labels(self.labels, len(self.features), "labels")
        if self.held_out_labels is not None:
            n = 0 if self.held_out is None else len(self.held_out)
            check_labels(self.held_out_labels, n, "held_out_labels")
        if self.n_images < len(self.features):
            raise ValueError(
                f"n_images must be at least {len(self.features)}, got {self.n_images}"
            )

    def find_space(self, features: str | FeatureSpace) -> FeatureSpace:
        """Return the feature space of the statistics, or raise if ``features`` differs.

        Raises
        ------
        ValueError
            The space has another name or returns other features; or it cannot be built
            from its name, and ``features`` is "auto".
        """
        space: FeatureSpace | None
        if not isinstance(features, str):
            space = features
        elif features == "auto":
            space = named_space(self.space)
            if space is None:
                raise ValueError(
                    "features (--features) must be the feature space of the "
                    f"statistics, {self.space!r}, got 'auto'"
                )
        else:
            space = fixed_space(features)
        if space.name != self.space:
            raise ValueError(
                "features must be the feature space of the statistics, "
                f"{self.space!r}, got {space.name!r}"
            )
        found = _probe(space, self.image_shape)
        tolerance = 1e-3 * float(np.abs(self.probe).max())  # between machines
        if found.shape != self.probe.shape or not np.allclose(
            found, self.probe, rtol=1e-3, atol=tolerance
        ):
            raise ValueError(
                "features must be the feature space of the statistics, got another one "
                f"with the same name {self.space!r}"
            )
        return space

    def real_and_held_out(self) -> tuple[ImageInput, ImageInput | None]:
        """Return the features of the real and of the held-out images."""
        real = ImageInput(None, self.labels, self.features)
        if self.held_out is None:
            return real, None
        return real, ImageInput(None, self.held_out_labels, self.held_out)

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write a ``.safetensors`` file, atomically.

        Raises
        ------
        ValueError
            The name has another ending.
        FileExistsError
            The file exists and ``overwrite`` is false.
        OSError
            The file cannot be written; an existing file stays unchanged.
        """
        tensors: Tensors = {"features": self.features, "probe": self.probe}
        if self.held_out is not None:
            tensors["held_out"] = self.held_out
        model = {
            "space": self.space,
            "image_shape": list(self.image_shape),
            "n_images": self.n_images,
            "labels": None if self.labels is None else self.labels.tolist(),
            "held_out_labels": None
            if self.held_out_labels is None
            else self.held_out_labels.tolist(),
        }
        write_model(Path(path), KIND, tensors, model, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a file that :meth:`save` wrote.

        Raises
        ------
        ValueError
            The file is damaged, edited or holds something else.
        FileNotFoundError
            There is no such file.
        """
        _, tensors, model = read_model(Path(path), KIND)
        try:
            labels, held_out_labels = (
                None if model[name] is None else np.array(model[name])
                for name in ("labels", "held_out_labels")
            )
            return cls(
                space=str(model["space"]),
                image_shape=tuple(int(side) for side in model["image_shape"]),
                n_images=int(model["n_images"]),
                features=tensors["features"],
                labels=labels,
                held_out=tensors.get("held_out"),
                held_out_labels=held_out_labels,
                probe=tensors["probe"],
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"{path} holds no image statistics: {error}") from None


def image_statistics(
    real: ImagesOrFolder,
    *,
    features: str | FeatureSpace = "auto",
    labels: ArrayLike | None = None,
    held_out: Any = None,
    random_state: Any = None,
) -> ImageStatistics:
    """Compute the features of real images that `evaluate` needs.

    ``evaluate(generated, image_statistics(real))`` returns the same scores as
    ``evaluate(generated, real)``, bit by bit on the same machine. Only the scores of
    classifiers are left out.

    Parameters
    ----------
    real : array-like of shape (n, H, W) or (n, H, W, C), or path of a folder
        At least 8 images, as for `evaluate`. Features of at most 100 000 images are
        stored. Of more images 100 000 are sampled by class, and copies of the others
        are not found.
    features : str or FeatureSpace, default="auto"
        A space that does not depend on the images: "random" ("auto" is the same), or an
        object such as ``InceptionFeatures(path)``.
    labels : array-like of shape (n,), optional
        Classes of the images.
    held_out : images, or tuple (images, labels), optional
        Real images that the generator was not trained on.
    random_state : int, Generator, RandomState or None
        Seed for sampling more than 100 000 images.

    Returns
    -------
    ImageStatistics

    Raises
    ------
    ValueError, TypeError
        Images or labels of another form, or a space that is fitted to images.
    ImportError
        The space needs PyTorch, which is missing.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.evaluation import evaluate, image_statistics
    >>> digits = load_digits().images
    >>> kept = image_statistics(digits[:1500])
    >>> evaluate(digits[1500:], kept, random_state=0).verdict.grade
    'good'
    """
    space = fixed_space(features)
    given = read_images(real, labels, "real", name_of_labels="labels", least=2 * LEAST)
    assert given.images is not None
    shape = given.images.shape[1:]
    random = as_random(random_state)
    kept = _at_most(MOST, given, random)
    others = read_held_out(held_out, shape)
    if others is not None:
        others = _at_most(MOST, others, random)
    return ImageStatistics(
        space=space.name,
        image_shape=shape,
        n_images=given.n,
        features=np.asarray(space(kept.images)),  # type: ignore[arg-type]
        labels=kept.labels,
        held_out=None if others is None else np.asarray(space(others.images)),  # type: ignore[arg-type]
        held_out_labels=None if others is None else others.labels,
        probe=_probe(space, shape),
    )


def read_held_out(held_out: Any, shape: tuple[int, ...]) -> ImageInput | None:
    """Return held-out images and their labels if there are any, or raise."""
    if held_out is None:
        return None
    images, labels = held_out if isinstance(held_out, tuple) else (held_out, None)
    return read_images(
        images,
        labels,
        "held_out",
        name_of_labels="the labels of held_out",
        least=LEAST,
        shape=shape,
    )


def _at_most(n: int, given: ImageInput, random: Any) -> ImageInput:
    if given.n <= n:
        return given
    if given.labels is not None:
        return given.take(draw_by_class(given.labels, n, random))
    return given.take(np.sort(random.permutation(given.n)[:n]))


def _probe(space: FeatureSpace, shape: tuple[int, ...]) -> NDArray[Any]:
    noise = np.random.Generator(np.random.Philox(0))
    return np.asarray(space(noise.integers(0, 256, (2, *shape), dtype=np.uint8)))
