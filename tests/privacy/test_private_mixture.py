"""PrivateGaussianMixture: results, budget, storage, files, bad input."""

import math

import dask.array as da
import numpy as np
import pytest

import latentia.rows
from latentia import GaussianMixture
from latentia.privacy import PrivacyWarning, PrivateGaussianMixture

MEANS = np.array([[4.0, 0.0, 0.0], [-4.0, 0.0, 0.0]])


@pytest.fixture(scope="module")
def X():
    random = np.random.default_rng(0)
    return random.normal(size=(6000, 3)) * [1, 0.5, 0.2] + MEANS[np.arange(6000) % 2]


def fitted(X, k=2, **changes):
    arguments = {"epsilon": 4.0, "delta": 1e-6, "row_norm": 8.0} | changes
    return PrivateGaussianMixture(k, **arguments).fit(X)


def test_one_component_has_the_moments_of_the_rows(X):
    found = fitted(X, 1, epsilon=math.inf)
    np.testing.assert_allclose(found.means_[0], X.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(found.covariances_[0], np.cov(X.T), atol=0.02)
    assert len(found.privacy_.mechanisms) == 1


@pytest.mark.parametrize("epsilon", [2.0, math.inf])
def test_components_are_found(X, epsilon, seeded):
    found = fitted(X, epsilon=epsilon, random_state=0)
    order = np.argsort(-found.means_[:, 0])
    np.testing.assert_allclose(found.means_[order], MEANS, atol=0.3)
    np.testing.assert_allclose(found.weights_, 0.5, atol=0.05)
    best = GaussianMixture(2, random_state=0).fit(X).score(X)
    assert found.score(X) > best - 0.7
    assert (found.predict(X[:2]) == order).all()
    assert found.predict_proba(X[:5]).shape == (5, 2)
    assert found.score_samples(X[:5]).shape == (5,)
    rows, component = found.sample(2000, seed=0)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=0.4)
    assert set(component) == {0, 1}


def test_the_budget_is_spent_and_not_exceeded(X):
    mixture = fitted(X, n_iter=3)
    assert len(mixture.privacy_.mechanisms) == 4
    assert 3.99 < mixture.privacy_.epsilon <= 4.0
    mixture.fit(X)
    assert mixture.privacy_.epsilon > 5.5


def test_storage_does_not_matter(X, tmp_path, seeded):
    stored = tmp_path / "X.npy"
    np.save(stored, X)
    expected = fitted(X, random_state=0)
    chunked = latentia.rows.open(stored, memory="64KB")
    for rows in (chunked, da.from_array(X, chunks=(1700, 3))):
        found = fitted(rows, random_state=0)
        np.testing.assert_array_equal(found.means_, expected.means_)
        np.testing.assert_array_equal(found.covariances_, expected.covariances_)


def test_file(X, tmp_path):
    mixture = fitted(X, center=[0.1, 0.0, 0.0])
    mixture.save(tmp_path / "mixture.safetensors")
    again = PrivateGaussianMixture.load(tmp_path / "mixture.safetensors")
    assert again.privacy_ == mixture.privacy_
    np.testing.assert_array_equal(again.score_samples(X), mixture.score_samples(X))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"row_norm": None}, "without looking at X"),
        ({"n_iter": 0}, "n_iter must be"),
        ({"k": 0}, "n_components must be"),
        ({"epsilon": -1.0}, "epsilon must be"),
    ],
)
def test_bad_arguments(X, changes, message):
    with pytest.raises(ValueError, match=message):
        fitted(X, **changes)


def test_noise_that_drowns_components_is_said(X, seeded):
    with pytest.warns(PrivacyWarning, match="lost in the noise"):
        mixture = fitted(X[:60], 4, epsilon=0.2, random_state=0)
    assert np.isfinite(mixture.score(X))
    assert mixture.sample(3)[0].shape == (3, 3)
