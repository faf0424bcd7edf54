"""The scores of a model; all commands draw and compare its images in this way."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia import evaluation
from latentia.evaluation import Evaluation, ImageStatistics, proportional_labels
from latentia.evaluation.shares import draw_by_class

N = 10_000
"""Most images of a model that are compared."""

RealImages = tuple[NDArray[np.uint8], NDArray[Any] | None]
"""Images and their labels, as `real_images` returns them."""


def judge_model(
    model: Any,
    real: RealImages | ImageStatistics,
    held_out: RealImages | None = None,
    *,
    n: int | None = None,
    features: Any = "auto",
    seed: int = 0,
) -> Evaluation:
    """Sample images of a model and compare them with real ones.

    Parameters
    ----------
    model : GAN, ConditionalGAN, VAE, RAE or LatentMixture
    real : tuple (images, labels) or ImageStatistics
        Images of its training.
    held_out : tuple (images, labels), optional
        Images that were not in its training; statistics have their own.
    n : int, optional
        Number of samples; by default 10 000, or as many as there are real images on
        each side. Classes have the shares that they have among ``real``.
    features : str or FeatureSpace, default="auto"
        As `latentia.evaluation.evaluate` takes it.
    seed : int, default=0
        Seed of the samples and of the evaluation.

    Returns
    -------
    Evaluation
        Its notes have what it would warn of.
    """
    if isinstance(real, ImageStatistics):
        n_real, labels, others = len(real.features), real.labels, real.held_out
    else:
        n_real, labels = len(real[0]), real[1]
        others = None if held_out is None else held_out[0]
    if n is None:
        n = min(N, n_real // 2 if others is None else len(others))
    return _judge(draw(model, n, labels, seed), real, held_out, features, seed)


def judge_samples(
    samples: RealImages,
    real: RealImages | ImageStatistics,
    held_out: RealImages | None = None,
    *,
    n: int | None = None,
    features: Any = "auto",
    seed: int = 0,
) -> Evaluation:
    """Compare images of any origin with real ones.

    Parameters
    ----------
    samples : tuple (images, labels)
        Labels are those that they were generated for, or None. They are ignored if the
        real images have no labels.
    real, held_out, features, seed
        As of `judge_model`.
    n : int, optional
        Number of samples that are compared, chosen at random; by default all, at most
        10 000.

    Returns
    -------
    Evaluation
        Its notes have what it would warn of.
    """
    images, labels = samples
    of_real = real.labels if isinstance(real, ImageStatistics) else real[1]
    labels = None if of_real is None else labels
    n = N if n is None else n
    if n < len(images):
        random = np.random.default_rng(seed)
        rows = np.sort(random.permutation(len(images))[:n])
        if labels is not None:
            rows = draw_by_class(labels, n, random)
            labels = labels[rows]
        images = images[rows]
    return _judge((images, labels), real, held_out, features, seed)


def _judge(
    generated: RealImages,
    real: RealImages | ImageStatistics,
    held_out: RealImages | None,
    features: Any,
    seed: int,
) -> Evaluation:
    images, labels = (real, None) if isinstance(real, ImageStatistics) else real
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return evaluation.evaluate(
            generated[0],
            images,
            features=features,
            labels=labels,
            generated_labels=generated[1],
            held_out=held_out,
            random_state=seed,
        )


def draw(
    model: Any, n: int, labels: NDArray[Any] | None, seed: int
) -> tuple[NDArray[np.uint8], NDArray[Any] | None]:
    """Return images, and the labels that they were generated for, if there are classes.

    The shares of the classes are those among ``labels``, without the classes that the
    model does not know. Without labels the classes alternate.
    """
    known = model.classes_
    if not len(known):
        images: NDArray[np.uint8] = model.sample(n, seed=seed)
        return images, None
    wanted = None
    if labels is not None:
        there = np.isin(labels.astype(str), known.astype(str))
        if there.any():
            wanted = proportional_labels(labels[there], n)
    asked_for = model.labels_of(n) if wanted is None else wanted
    images = model.sample(n, asked_for, seed=seed)
    return images, asked_for
