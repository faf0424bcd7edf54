"""The likelihood-ratio attack against its formula, and on models that copy."""

import numpy as np
import pytest
from scipy.stats import norm

from latentia.privacy import audit_by_shadow_models
from latentia.privacy.audit.shadow_models import OWN_SPREAD, likelihood_ratio


def membership(n_shadow, n, seed=0):
    half = np.arange(n_shadow) % 2 == 0
    random = np.random.default_rng(seed)
    return np.stack([random.permuted(half) for _ in range(n)], axis=1)


@pytest.mark.parametrize("n_shadow", [4, OWN_SPREAD])
def test_ratio_like_its_formula(n_shadow):
    random = np.random.default_rng(0)
    inside = membership(n_shadow, 5)
    shadow = random.normal(size=(n_shadow, 5)) * np.arange(1, 6) + 2 * inside
    target = random.normal(size=5)
    found = likelihood_ratio(target, shadow, inside)
    pairs = [(shadow[inside[:, i], i], shadow[~inside[:, i], i]) for i in range(5)]
    spread = np.array([[side.std() for side in pair] for pair in pairs])
    if n_shadow < OWN_SPREAD:
        spread[:] = np.sqrt((spread**2).mean(axis=0))
    expected = [
        norm.logpdf(x, a.mean(), s[0]) - norm.logpdf(x, b.mean(), s[1])
        for x, (a, b), s in zip(target, pairs, spread, strict=True)
    ]
    np.testing.assert_allclose(found, expected)


def test_scores_that_never_vary():
    inside = membership(4, 3)
    found = likelihood_ratio(np.ones(3), np.ones((4, 3)), inside)
    np.testing.assert_allclose(found, 0)


@pytest.fixture
def overfitted(sampler):
    class Model(sampler):
        """Repeats what it was fitted to, blurred by noise."""

        def __init__(self):
            self.fitted = 0

        def fit(self, images, y=None):
            super().__init__(images, 0.15)
            self.fitted += 1
            self.labels = y
            return self

    return Model


def test_members_are_found(overfitted, noise_images):
    made = []

    def make():
        made.append(overfitted())
        return made[-1]

    found = audit_by_shadow_models(
        make, noise_images(2200), n_shadow=4, n_samples=3000, random_state=0
    )
    assert [model.fitted for model in made] == [1] * 5
    assert found.n_members + found.n_non_members == 2200
    assert found.best.rates[0].tpr.value > 0.5
    assert found.epsilon_lower > 1
    assert "likelihood ratio" in found.best.meaning
    # Every image is in half of the shadow models, and the target has its own coins.
    assert [len(model.images) for model in made[1:]] == [1100] * 4
    assert len(made[0].images) == found.n_members


def test_a_model_that_learns_nothing_is_safe(overfitted, noise_images):
    class Deaf(overfitted):
        def fit(self, images, y=None):
            return super().fit(noise_images(50, seed=9))

    found = audit_by_shadow_models(
        Deaf, noise_images(2200), n_shadow=4, n_samples=100, random_state=0
    )
    assert found.verdict.grade == "good"
    assert found.epsilon_lower == 0


def test_labels_are_given_to_fit(overfitted, noise_images):
    made = []

    def make():
        made.append(overfitted())
        return made[-1]

    labels = np.arange(40) % 3
    with pytest.warns(UserWarning, match="cannot be told from 0"):
        audit_by_shadow_models(
            make, (noise_images(40), labels), n_shadow=4, n_samples=9, random_state=0
        )
    assert all(len(model.labels) == len(model.images) for model in made)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_shadow": 2}, "n_shadow must be at least 4"),
        ({"n_shadow": 5}, "n_shadow must be even, got 5"),
        ({"n_samples": 0}, "n_samples must be at least 1"),
        ({"delta": 2}, "delta must be"),
        ({"confidence": 0}, "confidence must be"),
    ],
)
def test_bad_arguments(overfitted, noise_images, options, message):
    with pytest.raises(ValueError, match=message):
        audit_by_shadow_models(overfitted, noise_images(20), **options)


def test_too_few_images(overfitted, noise_images):
    with pytest.raises(ValueError, match="images must be at least 4 images, got 3"):
        audit_by_shadow_models(overfitted, noise_images(3))


@pytest.mark.parametrize("n_shadow", [4, OWN_SPREAD])
def test_a_density_of_zero_is_a_low_score(n_shadow):
    random = np.random.default_rng(0)
    inside = membership(n_shadow, 6)
    shadow = random.normal(size=(n_shadow, 6)) + 3 * inside
    target = random.normal(size=6)
    shadow[~inside[:, 2], 2] = -1.7976931348623157e308
    target[2] = -np.inf
    found = likelihood_ratio(target, shadow, inside)
    assert np.isfinite(found).all()
    assert found[2] < 0  # such a score is that of models without the record
