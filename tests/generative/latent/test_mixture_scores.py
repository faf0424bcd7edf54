"""How usual an image is, by the density of its code."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

pytest.importorskip("torch")

from latentia.generative import LatentMixture


@pytest.fixture(scope="module")
def mixture(rae, X, names):
    return LatentMixture(2, random_state=0).fit(rae, X, names)


def of_classes(mixture, codes):
    """Return log p(z | y) for each class, by SciPy."""
    return np.array(
        [
            logsumexp(
                [
                    np.log(weight) + multivariate_normal(mean, L @ L.T).logpdf(codes)
                    for weight, mean, L in zip(
                        prior.weights,
                        prior.means,
                        prior.factors.astype(np.float64),
                        strict=True,
                    )
                ],
                axis=0,
            )
            for prior in mixture.priors_
        ]
    )


def test_without_labels_classes_are_weighted(mixture, rae, X):
    each = of_classes(mixture, rae.encode(X[:20]).astype(np.float64))
    expected = logsumexp(each + np.log(mixture.class_weights_)[:, None], axis=0)
    np.testing.assert_allclose(mixture.score_samples(X[:20]), expected, rtol=1e-8)


def test_with_labels_each_image_is_one_of_its_class(mixture, rae, X, names):
    each = of_classes(mixture, rae.encode(X[:20]).astype(np.float64))
    index = np.searchsorted(mixture.classes_, names[:20])
    expected = each[index, np.arange(20)]
    found = mixture.score_samples(X[:20], names[:20])
    np.testing.assert_allclose(found, expected, rtol=1e-8)
    zeros = mixture.score_samples(X[:20], "zero to three")
    np.testing.assert_allclose(zeros, each[2], rtol=1e-8)


def test_noise_is_less_usual_than_digits(vae, rae, digits):
    noise = np.random.default_rng(0).integers(0, 256, (50, 8, 8), dtype=np.uint8)
    others = digits.images[256:306]
    for model in (vae, rae):
        mixture = LatentMixture(random_state=0).fit(model, digits.images[:256])
        real, made = mixture.score_samples(others), mixture.score_samples(noise)
        # The chance that a digit has the higher score, after one epoch.
        assert (real[:, None] > made).mean() > 0.7


def test_a_class_scores_its_own_images_higher(digits):
    from sklearn.decomposition import PCA

    X, y = digits.images[:600], digits.labels[:600]
    pca = PCA(8, random_state=0).fit(X.reshape(600, -1) / 255)
    mixture = LatentMixture(1, random_state=0).fit(pca, X, y)
    others, truth = digits.images[600:800], digits.labels[600:800]
    scores = [mixture.score_samples(others, label) for label in range(10)]
    assert (np.argmax(scores, axis=0) == truth).mean() > 0.8


def test_a_score_does_not_depend_on_the_other_images(mixture, X):
    many = mixture.score_samples(X[:70])
    for n in (1, 9, 65):
        np.testing.assert_array_equal(mixture.score_samples(X[:n]), many[:n])


def test_labels_of_a_dataset_are_left_alone(mixture, X):
    dataset = [(image, 5) for image in X[:4]]
    np.testing.assert_array_equal(
        mixture.score_samples(dataset), mixture.score_samples(X[:4])
    )


def test_constant_dimensions_have_no_say(X):
    class Flat:
        def encode(self, X):
            codes = X.numpy().reshape(len(X), -1)[:, [20, 21, 28]] / 255.0
            codes[:, 1] = 0.5
            return codes

        def decode(self, z):
            return np.zeros((len(z), 8, 8), dtype=np.uint8)

    with pytest.warns(UserWarning, match="1 of 3 dimensions are the same in all codes"):
        mixture = LatentMixture(1, random_state=0).fit(Flat(), X)
    prior = mixture.priors_[0]
    codes = X.reshape(256, -1)[:, [20, 28]] / 255.0
    L = prior.factors[0][np.ix_([0, 2], [0, 2])].astype(np.float64)
    expected = multivariate_normal(prior.means[0, [0, 2]], L @ L.T).logpdf(codes)
    np.testing.assert_allclose(mixture.score_samples(X), expected, rtol=1e-8)
