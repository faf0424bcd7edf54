"""Bounds of private models stay below what was proven, 20 times of 20."""

import warnings

import numpy as np
import pytest

from latentia.datasets import load_digits
from latentia.privacy import (
    DPSGD,
    PrivateImages,
    audit_by_shadow_models,
    audit_membership,
)

RUNS = range(20)


def halves(seed):
    digits = load_digits()
    inside = np.random.default_rng(seed).random(len(digits.images)) < 0.5
    return [(digits.images[m], digits.labels[m]) for m in (inside, ~inside)]


def audits(make_fitted):
    found = []
    for seed in RUNS:
        members, others = halves(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            model = make_fitted(*members, seed)
            found.append(audit_membership(model, members, others, random_state=seed))
    return found


def check(found):
    assert len(found) == 20
    for audit in found:
        assert audit.proven is not None
        assert audit.epsilon_lower < audit.proven.epsilon
        assert audit.verdict.grade != "failed"


@pytest.mark.slow
@pytest.mark.parametrize("epsilon", [1.0, 10.0])
def test_private_images(epsilon):
    def fitted(images, labels, seed):
        model = PrivateImages(epsilon=epsilon, delta=1e-5, classes=range(10))
        return model.fit(images, labels)

    check(audits(fitted))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["VAE", "GAN"])
def test_networks(name):
    pytest.importorskip("opacus")
    from latentia import generative

    options = {"loss": "nonsaturating"} if name == "GAN" else {}

    def fitted(images, labels, seed):
        cls = getattr(generative, name)
        model = cls(network="mlp", batch_size=64, random_state=seed, **options)
        privacy = DPSGD(8, 1e-5, n_images=900)
        return model.fit(images, epochs=10, privacy=privacy)

    check(audits(fitted))


@pytest.mark.slow
def test_shadow_models():
    digits = load_digits()

    def make():
        return PrivateImages(epsilon=1.0, delta=1e-5, classes=range(10))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = audit_by_shadow_models(
            make, (digits.images, digits.labels), n_shadow=16, random_state=0
        )
    assert found.epsilon_lower < 1
    assert found.verdict.grade != "failed"
