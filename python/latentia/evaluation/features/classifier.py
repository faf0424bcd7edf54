"""Features of a small classifier that is trained on the labels of the user."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from latentia._arguments import draw_seed
from latentia._model_file import read_model, write_model
from latentia._torch_state import building
from latentia.evaluation._images import check_images, check_labels
from latentia.evaluation.features import _classifier_network
from latentia.evaluation.features._classifier_network import Classifier
from latentia.evaluation.features._fingerprint import fingerprint
from latentia.evaluation.features._network import (
    as_tensor,
    choose_device,
    numbers_of,
    outputs,
)

KIND = "ClassifierFeatures"


class ClassifierFeatures:
    """Activations of the second to last layer of a classifier: 64 numbers per image.

    Created by :meth:`train` or :meth:`load`.

    Attributes
    ----------
    name : str
        "classifier" and a fingerprint of its weights: each one is another space.
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    image_shape : tuple of int
        Required shape of images, (H, W) or (H, W, C).

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.evaluation.features import ClassifierFeatures
    >>> digits = load_digits()
    >>> images, labels = digits.images[:50], digits.labels[:50]
    >>> space = ClassifierFeatures.train(images, labels, random_state=0)
    >>> space(digits.images[:3]).shape
    (3, 64)
    """

    def __init__(
        self,
        network: Classifier,
        classes: NDArray[Any],
        image_shape: tuple[int, ...],
        *,
        device: str = "auto",
    ) -> None:
        self._network = network
        self._device = choose_device(device)
        self.classes = classes
        self.image_shape = image_shape
        self.name = f"classifier {fingerprint(numbers_of(network))}"

    @classmethod
    def train(
        cls,
        images: ArrayLike,
        labels: ArrayLike,
        *,
        random_state: Any = None,
        device: str = "auto",
    ) -> Self:
        """Train a classifier on real images.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C)
            uint8, or float in 0..1.
        labels : array-like of shape (n,)
            Integers or strings, at least two different ones.
        random_state : int, Generator, RandomState or None
            The same seed on the same machine gives the same classifier.
        device : str, default="auto"
            "cpu", "cuda" or "cuda:1"; "auto" is CUDA if available, else the CPU.

        Returns
        -------
        ClassifierFeatures

        Raises
        ------
        ValueError, TypeError
            Images or labels of another form, or a device that is not available.
        """
        checked = check_images(images, "images", least=2)
        given = check_labels(labels, len(checked), "labels")
        classes, targets = np.unique(given, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                f"labels must have at least 2 classes, got {classes.tolist()}"
            )
        network = _classifier_network.train(
            as_tensor(checked),
            torch.from_numpy(targets.astype(np.int64)),
            len(classes),
            seed=draw_seed(random_state),
            device=choose_device(device),
        )
        return cls(network, classes, checked.shape[1:], device=device)

    def __call__(self, images: ArrayLike) -> NDArray[np.float32]:
        """Return the features of images, float32 (n, 64)."""
        return outputs(
            self._network,
            check_images(images, "images", shape=self.image_shape),
            self._device,
        )

    def predict(self, images: ArrayLike) -> NDArray[np.int64]:
        """Return the class of each image, as an index into ``classes`` (n,)."""
        features = torch.from_numpy(self(images)).to(self._device)
        with torch.inference_mode():
            logits = self._network.head(torch.relu(features))
        return logits.argmax(dim=1).cpu().numpy()  # type: ignore[no-any-return]

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the classifier to a ``.safetensors`` file, atomically.

        Raises
        ------
        ValueError
            The name has another ending.
        FileExistsError
            The file exists and ``overwrite`` is false.
        OSError
            The file cannot be written; an existing file stays unchanged.
        """
        state = self._network.state_dict()
        model = {
            "classes": self.classes.tolist(),
            "image_shape": list(self.image_shape),
        }
        tensors = {name: t.contiguous().cpu().numpy() for name, t in state.items()}
        write_model(Path(path), KIND, tensors, model, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path, *, device: str = "auto") -> Self:
        """Read a file that :meth:`save` wrote.

        Raises
        ------
        ValueError
            The file is damaged or holds something else.
        FileNotFoundError
            There is no such file.
        """
        _, tensors, model = read_model(Path(path), KIND)
        try:
            classes = check_labels(model["classes"], len(model["classes"]), "classes")
            shape = tuple(int(side) for side in model["image_shape"])
            n_channels = shape[2] if len(shape) == 3 else 1
            with building(0):  # the process's generator stays as it is
                network = Classifier(n_channels, len(classes))
            state = {name: torch.from_numpy(t) for name, t in tensors.items()}
            network.load_state_dict(state)
        except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
            raise ValueError(f"{path} holds no classifier: {error}") from None
        if not all(bool(torch.isfinite(t).all()) for t in state.values()):
            raise ValueError(f"{path} holds no classifier: weights are not finite")
        return cls(network.eval(), classes, shape, device=device)
