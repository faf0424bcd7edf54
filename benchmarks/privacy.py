"""The privacy suite: classifiers trained on private images, tested on real ones.

A fit takes its noise from the operating system, so results differ a little from run to
run; the accuracy is the mean of several fits.
"""

import math
import warnings
from collections.abc import Iterator
from functools import cache, partial
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from latentia import PCA, datasets
from latentia.benchmarks.results import (
    LATENTIA,
    Measures,
    MethodResult,
    Quantity,
    Size,
    Target,
)
from latentia.benchmarks.runner import Found, Step, limits_step
from latentia.benchmarks.timing import Timing, timed, unconverged
from latentia.privacy import PrivacyWarning, PrivateImages, PrivatePCA

REAL = "real images"
ACCURACY, NETWORK = "accuracy", "accuracy of a convolutional network"

DELTA = 1e-6
EPSILONS = (0.5, 1.0, 4.0, 10.0, math.inf)
N_FITS: dict[Size, int] = {"small": 1, "full": 3}

_TARGETS = {1.0: Target("≥", 0.78), 10.0: Target("≥", 0.82)}
_FASTEST = Target("≤", 60.0)


class Split(NamedTuple):
    """Images to fit to, images to test on, and how many to generate."""

    images: NDArray[np.uint8]
    labels: NDArray[Any]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[Any]
    n_generated: int
    epochs: int


def _digits() -> Split:
    found = datasets.load_digits()
    order = np.random.default_rng(0).permutation(len(found.images))
    train, test = order[:1297], order[1297:]
    X, y = found.images, found.labels
    return Split(X[train], y[train], X[test], y[test], 4000, 20)


def _fashion() -> Split:
    train = datasets.load_fashion_mnist()
    test = datasets.load_fashion_mnist(split="test")
    return Split(
        train.images, train.labels, test.images, test.labels, len(train.images), 6
    )


SETS = {"digits": _digits, "Fashion-MNIST": _fashion}
IN_SIZE: dict[Size, tuple[str, ...]] = {
    "small": ("digits",),
    "full": ("digits", "Fashion-MNIST"),
}


def perceptron_accuracy(
    images: NDArray[np.uint8], labels: NDArray[Any], split: Split, seed: int
) -> float:
    """Return the share of test images that a perceptron of 256 units gets right."""
    network = MLPClassifier(
        256,
        batch_size=min(256, len(images)),
        max_iter=split.epochs,
        alpha=0.0,
        random_state=seed,
    )
    unconverged(network.fit, _rows(images), labels)
    return float(network.score(_rows(split.test_images), split.test_labels))


def _rows(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


@cache
def real_accuracy(name: str) -> Timing[float]:
    """Time a perceptron trained on the real images, and return its accuracy."""
    split = SETS[name]()
    return timed(partial(perceptron_accuracy, split.images, split.labels, split, 0))


@cache
def real_network(name: str) -> Quantity:
    """Return what the convolutional network reaches on the real images."""
    split = SETS[name]()
    return _network_accuracy(split.images, split.labels, split)


def _network_accuracy(
    images: NDArray[np.uint8], labels: NDArray[Any], split: Split
) -> Quantity:
    from latentia.evaluation import train_on_generated

    value = train_on_generated(
        images, labels, split.test_images, split.test_labels, random_state=0
    )
    return Quantity(value)


def _images(name: str, set_name: str, epsilon: float, size: Size) -> Found:
    """Measure private images of a set at an ε."""
    split = SETS[set_name]()
    is_judged = size == "full" and set_name == "Fashion-MNIST" and epsilon in _TARGETS
    with_network = is_judged and find_spec("torch") is not None
    times: list[float] = []
    accuracies, network = [], None
    labels = np.arange(split.n_generated) % 10
    for i in range(N_FITS[size]):
        model = PrivateImages(epsilon=epsilon, delta=DELTA, classes=range(10))
        # That classes are lost in noise is measured.
        with warnings.catch_warnings(action="ignore", category=PrivacyWarning):
            fit = partial(model.fit, split.images, split.labels)
            times += timed(fit).times
        made = model.sample(split.n_generated, labels, seed=i)
        accuracies.append(perceptron_accuracy(made, labels, split, i))
        if with_network and network is None:
            network = _network_accuracy(made, labels, split)
    target = _TARGETS.get(epsilon) if set_name == "Fashion-MNIST" else None
    ours: Measures = {ACCURACY: Quantity(float(np.mean(accuracies)), target=target)}
    perceptron = real_accuracy(set_name)
    real: Measures = {ACCURACY: Quantity(perceptron.result)}
    if network is not None:
        ours[NETWORK] = network
        real[NETWORK] = real_network(set_name)
    return Found(
        methods=[
            MethodResult(name, LATENTIA, tuple(times), ours),
            MethodResult(name, REAL, perceptron.times, real),
        ],
        limits={f"longest fit, {name}": Quantity(max(times), "s", _FASTEST)},
    )


def _components(set_name: str) -> Measures:
    """Return the share of the variance that private components keep, at ε = 1."""
    split = SETS[set_name]()
    X = _rows(split.images)
    # Public: pixels are within ½ of grey.
    norm = math.sqrt(X.shape[1]) / 2
    pca = PrivatePCA(10, epsilon=1.0, delta=DELTA, row_norm=norm, center=0.5)
    with warnings.catch_warnings(action="ignore", category=PrivacyWarning):
        pca.fit(X)
    centred = X - X.mean(axis=0)
    total = float((centred**2).sum())
    kept = float(((centred @ pca.components_.T) ** 2).sum()) / total
    exact = float(PCA(10).fit(X).explained_variance_ratio_.sum())
    what = f"variance in 10 components of {set_name}"
    return {
        f"{what}, ε = 1": Quantity(kept),
        f"{what}, not private": Quantity(exact),
    }


def steps(size: Size) -> Iterator[Step]:
    """List the sets and budgets."""
    for set_name in IN_SIZE[size]:
        for epsilon in EPSILONS:
            budget = "∞" if math.isinf(epsilon) else f"{epsilon:g}"
            name = f"{set_name}, ε = {budget}"
            yield Step(name, partial(_images, name, set_name, epsilon, size))
        yield limits_step(f"PCA of {set_name}", partial(_components, set_name))
