"""Features of real images in a file, so that they are found only once."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentia._arguments import as_random
from latentia._model_file import Tensors, read_model, write_model
from latentia.evaluation._given import Given, ImagesOrFolder, read_given
from latentia.evaluation._images import check_labels
from latentia.evaluation._samples import check_features
from latentia.evaluation._spaces import fixed_space, named_space
from latentia.evaluation._splits import LEAST
from latentia.evaluation.features import FeatureSpace
from latentia.evaluation.shares import draw_by_class

KIND = "ImageStatistics"

MOST = 100_000
"""Images whose features are kept: 100 MB of random convolutions, 800 MB of Inception's.

Covariances alone would not do: coverage, the kernel distance and the search for copies
compare single images, and every score compares as many real images as generated ones.
"""

_MOST_SIDE = 2**15


@dataclass(frozen=True, eq=False)
class ImageStatistics:
    """What `evaluate` needs of real images: their features in one space.

    Made by `image_statistics` or :meth:`load`.

    Attributes
    ----------
    space : str
        Name of the feature space.
    image_shape : tuple of int
        (H, W) or (H, W, C) of the images.
    n_images : int
        How many there were.
    features : ndarray of shape (n, d)
        Of all of them, or of 100 000 drawn by class where there were more.
    labels : ndarray of shape (n,) or None
        Their classes.
    held_out, held_out_labels : ndarrays of the same forms, or None
        Of real images that the generator was not trained on.
    probe : ndarray of shape (2, d)
        Features of two fixed images of noise: they tell spaces of one name apart.
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
        """Raise unless these are features and labels that fit together."""
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
        for name, array in arrays.items():
            least = 2 if name == "probe" else LEAST
            d = check_features(array, name, least=least).shape[1]
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
        """Return the space, or raise if the one that is asked for is another.

        Raises
        ------
        ValueError
            The space has another name or gives other features; or it cannot be made
            from its name, and ``features`` is "auto".
        """
        space: FeatureSpace | None
        if not isinstance(features, str):
            space = features
        elif features == "auto":
            space = named_space(self.space)
            if space is None:
                raise ValueError(
                    f"the statistics are of the feature space {self.space!r}, which "
                    "must be given: features=, --features"
                )
        else:
            space = fixed_space(features)
        if space.name != self.space:
            raise ValueError(
                f"the statistics are of the feature space {self.space!r}, not "
                f"{space.name!r}: scores of two spaces cannot be compared"
            )
        found = _probe(space, self.image_shape)
        tolerance = 1e-3 * float(np.abs(self.probe).max())  # other machines round so
        if found.shape != self.probe.shape or not np.allclose(
            found, self.probe, rtol=1e-3, atol=tolerance
        ):
            raise ValueError(
                f"the statistics are of a feature space of the name {self.space!r} "
                "that gives other features than this one"
            )
        return space

    def real_and_held_out(self) -> tuple[Given, Given | None]:
        """Return the real images and those held out, as evaluations have them."""
        real = Given(None, self.labels, self.features)
        if self.held_out is None:
            return real, None
        return real, Given(None, self.held_out_labels, self.held_out)

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write a ``.safetensors`` file, whole or not at all.

        Raises
        ------
        ValueError
            The name has another ending.
        FileExistsError
            There is a file of that name, and ``overwrite`` is false.
        OSError
            It cannot be written; an earlier file stays.
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
        """Read what :meth:`save` wrote.

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
    """Return what `evaluate` needs of real images, to be kept in a file.

    ``evaluate(generated, image_statistics(real))`` gives the scores that
    ``evaluate(generated, real)`` gives, bit by bit on the same machine, as the same
    features are drawn from; only the scores of classifiers are left out.

    Parameters
    ----------
    real : array-like of shape (n, H, W) or (n, H, W, C), or path of a folder
        At least 8 images, as `evaluate` takes them. Features of at most 100 000 are
        kept; of more images these are drawn, by class, and copies of the others are not
        found.
    features : str or FeatureSpace, default="auto"
        A space that does not depend on which images are compared: "random", which is
        "auto", or an object, such as ``InceptionFeatures(path)``.
    labels : array-like of shape (n,), optional
        Classes of the images.
    held_out : images, or tuple (images, labels), optional
        Real images that the generator was not trained on.
    random_state : int, Generator, RandomState or None
        What is drawn where there are more than 100 000 images.

    Returns
    -------
    ImageStatistics

    Raises
    ------
    ValueError, TypeError
        Images or labels of another form, or a space that is fitted to images.
    ImportError
        The space needs PyTorch, and it is missing.

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
    given = read_given(real, labels, "real", name_of_labels="labels", least=2 * LEAST)
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


def read_held_out(held_out: Any, shape: tuple[int, ...]) -> Given | None:
    """Return images, or images and labels, that were held out, or raise."""
    if held_out is None:
        return None
    images, labels = held_out if isinstance(held_out, tuple) else (held_out, None)
    return read_given(
        images,
        labels,
        "held_out",
        name_of_labels="the labels of held_out",
        least=LEAST,
        shape=shape,
    )


def _at_most(n: int, given: Given, random: Any) -> Given:
    if given.n <= n:
        return given
    if given.labels is not None:
        return given.take(draw_by_class(given.labels, n, random))
    return given.take(np.sort(random.permutation(given.n)[:n]))


def _probe(space: FeatureSpace, shape: tuple[int, ...]) -> NDArray[Any]:
    noise = np.random.Generator(np.random.Philox(0))
    return np.asarray(space(noise.integers(0, 256, (2, *shape), dtype=np.uint8)))
