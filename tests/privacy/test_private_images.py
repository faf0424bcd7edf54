"""PrivateImages: likeness, budget, sensitivity of its sums, files, bad input."""

import math
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from latentia.privacy import PrivacyWarning, PrivateImages
from latentia.privacy import class_clusters as clusters
from latentia.privacy import class_moments as steps
from latentia.privacy.image_basis import ImageBasis


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return np.rint(X.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8), y


def fitted(X, y, **changes):
    arguments = {"epsilon": 10.0, "delta": 1e-5, "classes": range(10)} | changes
    return PrivateImages(**arguments).fit(X, y)


def accuracy(model, X, y):
    """Of a classifier that is trained on generated images."""
    labels = np.arange(2000) % 10
    made = model.sample(2000, labels, seed=0).reshape(2000, -1) / 255
    classifier = LogisticRegression(C=0.1, max_iter=200).fit(made, labels)
    return classifier.score(X.reshape(len(X), -1) / 255, y)


def test_generated_images_teach_a_classifier(digits):
    assert accuracy(fitted(*digits, epsilon=math.inf), *digits) > 0.85
    assert accuracy(fitted(*digits), *digits) > 0.6


def test_the_budget_is_spent_and_not_exceeded(digits):
    model = fitted(*digits)
    assert 9.99 < model.privacy_.epsilon <= 10
    assert model.privacy_.adjacency == "one image added or removed"
    assert len(model.privacy_.mechanisms) == 3
    model.fit(*digits)
    assert len(model.privacy_.mechanisms) == 6
    assert model.privacy_.epsilon > 14


def test_images_of_a_seed_do_not_depend_on_their_number(digits):
    model = fitted(*digits)
    some = model.sample(300, 3, seed=5)
    np.testing.assert_array_equal(model.sample(40, 3, seed=5), some[:40])
    assert some.dtype == np.uint8
    assert not np.array_equal(model.sample(40, 3), some[:40])
    np.testing.assert_array_equal(model.labels_of(12), np.arange(12) % 10)
    np.testing.assert_array_equal(model.labels_of(2, ["4", "5"]), [4, 5])


def test_colour_without_classes_and_other_shapes():
    random = np.random.default_rng(0)
    X = random.random((500, 6, 9, 3)) * np.linspace(0, 1, 9)[:, None]
    model = PrivateImages(epsilon=math.inf, delta=1e-5, n_frequencies=1000).fit(X)
    made = model.sample(1000, seed=0)
    assert made.shape == (1000, 6, 9, 3)
    np.testing.assert_allclose(made.mean(axis=0) / 255, X.mean(axis=0), atol=0.06)
    assert model.axes_.shape[0] == 6 * 9 * 3
    with pytest.raises(ValueError, match="y must be among no classes"):
        model.sample(2, "cat")


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (2, 1, 3)])
def test_images_of_few_pixels(shape):
    X = np.random.default_rng(0).integers(0, 256, (60, *shape), dtype=np.uint8)
    model = PrivateImages(epsilon=math.inf, delta=1e-5).fit(X)
    np.testing.assert_allclose(model.sample(2000, seed=0).mean(0), X.mean(0), atol=15)


def test_string_classes(digits):
    X, y = digits
    names = np.array([f"digit {c}" for c in range(10)])
    model = fitted(X, names[y], classes=names)
    assert model.labels_of(2).tolist() == ["digit 0", "digit 1"]
    assert model.sample(2, "digit 7").shape == (2, 8, 8)
    with pytest.raises(ValueError, match="did you mean 'digit 7'"):
        model.sample(1, "digit7")


def looks(A, y, n_classes, basis, means, norms):
    """The three sums without noise, all in steps of the grid, and sensitivities."""
    found = []

    class Silent:
        def integers(self, shape, std):
            return np.zeros(shape, dtype=np.int64)

        symmetric = integers

    steps_noise = Silent()
    counts, sums, _, first = steps._means(
        A, y, n_classes, basis.radius, math.inf, steps_noise
    )
    found.append(
        (np.c_[counts * steps.COUNT * basis.radius, sums * counts[:, None]], first)
    )
    differences = A - means[y]
    found.append(steps._squares(differences, norms[0], math.inf, steps_noise))
    found.append(
        steps._second_moments(
            differences, y, n_classes, norms[1], math.inf, steps_noise, 1
        )
    )
    return found


@pytest.mark.parametrize("seed", range(100))
def test_one_image_changes_each_sum_by_at_most_its_sensitivity(seed):
    random = np.random.default_rng(seed)
    n, n_classes = random.integers(2, 8), random.integers(1, 4)
    shape = (random.integers(1, 9), random.integers(1, 9))
    X = random.integers(0, 256, (n, *shape)).astype(np.uint8)
    kind = random.integers(4)
    if kind == 0:
        X[:] = random.choice([0, 255])
    if kind == 1:
        X[:] = X[:1]
    if kind == 2:
        X = random.choice([0, 255], X.shape).astype(np.uint8)
    y = random.integers(0, n_classes, n)
    # Counts are at least 1: two rows of each class that nothing removes.
    X, y = (
        np.r_[X, X[:1].repeat(2 * n_classes, 0)],
        np.r_[y, np.arange(n_classes).repeat(2)],
    )
    basis = ImageBasis.of(shape, 40)
    means = random.normal(size=(n_classes, len(basis.axes)))
    norms = random.uniform(0.01, 3, 2) * basis.radius
    gone = random.integers(n)
    both = [
        looks(basis.coefficients(x), c, n_classes, basis, means, norms)
        for x, c in ((X, y), (np.delete(X, gone, 0), np.delete(y, gone)))
    ]
    for (with_it, mechanism), (without, _) in zip(*both, strict=True):
        moved = np.linalg.norm(with_it - without)
        assert moved <= mechanism.sensitivity * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_one_image_changes_the_sums_of_clusters_by_at_most_their_sensitivity(seed):
    random = np.random.default_rng(seed)
    n, m, k = random.integers(2, 9), random.integers(1, 30), random.integers(2, 5)
    z = random.normal(size=(n, m)) * 10.0 ** random.integers(-2, 3)
    z[random.integers(n)] = random.choice([0.0, 1e200])
    y = random.integers(0, 2, n)
    seen = []

    class Listening:
        def seed(self):
            return 0

        def integers(self, shape, std):
            return np.zeros(shape, dtype=np.int64)

    def listen(sums, sensitivity, mu, noise):
        seen.append(sums)
        return sums, sensitivity / mu

    gone = random.integers(n)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clusters, "with_noise", listen)
        patch.setattr(clusters, "_N_ITER", 1)  # later starts depend on the first sums
        for rows in (np.arange(n), np.delete(np.arange(n), gone)):
            _, (mechanism,) = clusters.find_clusters(
                z[rows], y[rows], 2, k, np.ones(m), 1.5, 1.0, Listening()
            )
    unit = 1.5 / 2**14
    moved = np.linalg.norm((seen[0] - seen[1]).astype(float)) * unit
    assert moved <= mechanism.sensitivity


def test_a_class_of_many_images_has_clusters(tmp_path, seeded):
    random = np.random.default_rng(0)
    bright = random.integers(0, 2, 6000)
    X = np.zeros((6000, 4, 4))
    X[bright == 0, :2] = 0.8  # the upper half, or the lower one
    X[bright == 1, 2:] = 0.8
    X += random.uniform(0, 0.1, X.shape)
    model = PrivateImages(epsilon=20.0, delta=1e-6, random_state=0).fit(X)
    assert model.weights_.shape == (1, 10)
    assert len(model.privacy_.mechanisms) == 7
    assert 19.9 < model.privacy_.epsilon <= 20
    made = model.sample(1000, seed=0) / 255
    difference = made[:, :2].mean(axis=(1, 2)) - made[:, 2:].mean(axis=(1, 2))
    # One Gaussian would have most of its images between the two.
    assert (np.abs(difference) > 0.4).mean() > 0.9
    assert 0.4 < (difference > 0).mean() < 0.6
    model.save(tmp_path / "model.safetensors")
    again = PrivateImages.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.sample(9, seed=1), model.sample(9, seed=1))


def test_coefficients_of_an_image_do_not_depend_on_other_images():
    X = np.random.default_rng(0).integers(0, 256, (5000, 11, 13)).astype(np.uint8)
    basis = ImageBasis.of((11, 13), 60)
    some = basis.coefficients(X)
    for rows in (slice(7, 8), slice(0, 4099), [3, 4998]):
        np.testing.assert_array_equal(basis.coefficients(X[rows]), some[rows])
    np.testing.assert_allclose(basis.axes @ basis.axes.T, np.eye(60), atol=1e-4)


def test_file(digits, tmp_path):
    model = fitted(*digits)
    model.save(tmp_path / "model.safetensors")
    again = PrivateImages.load(tmp_path / "model.safetensors")
    assert again.privacy_ == model.privacy_
    np.testing.assert_array_equal(again.sample(20, seed=1), model.sample(20, seed=1))
    with pytest.raises(FileExistsError):
        model.save(tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epsilon": 0.0}, "epsilon must be"),
        ({"delta": 1.0}, "delta must be"),
        ({"n_frequencies": 0}, "n_frequencies must be"),
        ({"classes": range(5)}, "y must be among 0, 1, 2, 3, 4, got '5'"),
        ({"classes": []}, "classes must"),
    ],
)
def test_bad_arguments(digits, changes, message):
    with pytest.raises((TypeError, ValueError), match=message):
        fitted(*digits, **changes)


def test_bad_images(digits):
    X, y = digits
    with pytest.raises(ValueError, match="NaN"):
        fitted(np.full((10, 8, 8), np.nan), y[:10])
    with pytest.raises(ValueError, match="shape"):
        fitted(X.reshape(-1, 64), y)
    with pytest.raises(ValueError, match="labels for"):
        fitted(X, y[:5])
    with pytest.raises(ValueError, match="without y"):
        fitted(X, None)


def test_classes_that_are_read_from_the_data_are_said(digits):
    with pytest.warns(PrivacyWarning, match="classes were not given"):
        model = fitted(*digits, classes=None)
    assert model.classes_.tolist() == list(range(10))


def test_a_class_without_images_is_said_and_can_be_drawn(digits):
    X, y = digits
    with pytest.warns(PrivacyWarning, match="too few to be told from noise: 11, 12"):
        model = fitted(X, y, classes=[*range(10), 11, 12], epsilon=50.0)
    assert model.sample(3, 12).shape == (3, 8, 8)


def test_noise_that_drowns_everything_is_said(digits):
    X, y = digits
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = fitted(X[:20], y[:20], epsilon=0.05, delta=0.1, random_state=0)
    said = " ".join(str(w.message) for w in caught)
    assert "no component exceeds the noise" in said
    assert "delta=0.1" in said
    assert model.sample(10).shape == (10, 8, 8)


def test_a_seed_repeats_the_noise_and_is_said(digits):
    with pytest.warns(PrivacyWarning, match="random_state was given"):
        one = fitted(*digits, random_state=1)
    with pytest.warns(PrivacyWarning, match="random_state was given"):
        two = fitted(*digits, random_state=1)
    np.testing.assert_array_equal(one.means_, two.means_)
    assert one.privacy_.seeded
    assert not np.array_equal(one.means_, fitted(*digits).means_)
