"""The score of a training: classes in the shares of the held-out images."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from latentia.datasets import load_digits
from latentia.evaluation.shares import apportion
from latentia.generative.data import as_image_set
from latentia.generative.recipes import frechet_score
from latentia.generative.recipes.frechet_score import FrechetScore


@pytest.fixture
def unbalanced():
    """70 images of "a", 25 of "b" and 5 of "c", in an order that has a period of 4."""
    random = np.random.default_rng(0)
    labels = np.array(list("abac" * 5 + "abaa" * 20))
    images = random.integers(0, 256, (100, 8, 8), dtype=np.uint8)
    return as_image_set(images, labels, labelled=True)


@pytest.mark.parametrize("n", [10, 25, 40, 100])
def test_classes_have_their_shares(unbalanced, monkeypatch, n):
    monkeypatch.setattr(frechet_score, "IMAGES", n)
    found = FrechetScore(unbalanced, True, torch.device("cpu"))
    counts = np.bincount(found.labels, minlength=3)
    expected = apportion(np.bincount(unbalanced.labels), n)
    assert counts.sum() == found.n == n
    assert abs(counts - expected).max() <= 1


def test_without_classes_images_are_spread_evenly(unbalanced, monkeypatch):
    monkeypatch.setattr(frechet_score, "IMAGES", 25)
    found = FrechetScore(unbalanced, False, torch.device("cpu"))
    np.testing.assert_array_equal(found.labels, unbalanced.labels[::4])


def test_training_and_evaluation_use_one_space(unbalanced):
    from latentia.evaluation.features import RandomConvFeatures

    found = FrechetScore(unbalanced, True, torch.device("cpu"))
    assert found._features.name == RandomConvFeatures().name


@pytest.mark.parametrize("n", [100, 400])
def test_other_real_images_are_as_good_as_real_ones(n):
    digits = load_digits().images
    found = FrechetScore(as_image_set(digits[:n]), False, torch.device("cpu"))
    others = found.score(digits[n : 2 * n])["score"]
    assert found.skill(others) == pytest.approx(1, abs=0.04)
    # Without the reference, a hundred images would be a fifth of the way off.
    assert found.skill(0.0) == 1
