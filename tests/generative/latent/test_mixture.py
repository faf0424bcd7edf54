"""The mixture as a generator: images of a seed, of classes, of components."""

import numpy as np
import pytest
from sklearn.base import clone

pytest.importorskip("torch")

from latentia._arguments import draw_seed
from latentia.datasets import load_image_folder
from latentia.datasets.image_grid import write_png
from latentia.generative import RAE, LatentMixture
from latentia.generative.latent.prior_fitting import fit_prior


@pytest.fixture(scope="module")
def plain(rae, X):
    return LatentMixture(3, random_state=0).fit(rae, X)


@pytest.fixture(scope="module")
def classes(rae, X, names):
    return LatentMixture(2, random_state=0).fit(rae, X, names)


def test_what_a_fit_leaves(plain, rae, X):
    assert plain.model_ is rae
    assert plain.image_shape_ == (8, 8)
    assert plain.classes_.tolist() == []
    assert plain.class_weights_.tolist() == [1.0]
    assert plain.n_components_ == [3]
    assert plain.held_out_ == [{}]
    seed = draw_seed(0)
    expected = fit_prior(rae.encode(X).astype(np.float64), 3, "full", seed)
    assert len(plain.priors_) == 1
    for found, part in zip(plain.priors_[0], expected.prior, strict=True):
        np.testing.assert_array_equal(found, part)


def test_what_a_fit_with_labels_leaves(classes, names):
    labels, counts = np.unique(names, return_counts=True)
    assert classes.classes_.tolist() == labels.tolist()
    np.testing.assert_allclose(classes.class_weights_, counts / 256)
    assert classes.n_components_ == [2, 2, 2]


def test_auto_keeps_what_it_tried(rae, X):
    mixture = LatentMixture(random_state=0).fit(rae, X)
    (tried,) = mixture.held_out_
    assert max(tried, key=tried.get) == mixture.n_components_[0] <= 256 // 60


def test_samples_are_decoded_draws_of_the_prior(plain, rae):
    expected = rae.decode(plain.priors_[0].sample(5, 40))
    np.testing.assert_array_equal(plain.sample(40, seed=5), expected)


def test_an_image_of_a_seed_is_the_same_for_every_number(plain, classes):
    for mixture in (plain, classes):
        many = mixture.sample(70, seed=3)
        assert many.shape == (70, 8, 8)
        assert many.dtype == np.uint8
        for n in (1, 7, 64, 65):
            np.testing.assert_array_equal(mixture.sample(n, seed=3), many[:n])
        assert (mixture.sample(70, seed=4) != many).any()


def test_an_image_of_a_seed_and_class_is_the_same_among_others(classes, names):
    of_each = {name: classes.sample(20, name, seed=3) for name in classes.classes_}
    mixed = names[:20]
    for i, image in enumerate(classes.sample(20, mixed, seed=3)):
        np.testing.assert_array_equal(image, of_each[mixed[i]][i])
    turns = classes.labels_of(20)
    assert turns.tolist() == np.resize(classes.classes_, 20).tolist()
    np.testing.assert_array_equal(
        classes.sample(20, seed=3), classes.sample(20, turns, seed=3)
    )


def test_labels_that_are_numbers(rae, digits):
    mixture = LatentMixture(1, random_state=0)
    mixture.fit(rae, digits.images[:256], digits.labels[:256] * 10)
    assert mixture.labels_of(3).tolist() == [0, 10, 20]
    assert mixture.labels_of(2, "30").tolist() == [30, 30]
    np.testing.assert_array_equal(
        mixture.sample(3, 30, seed=0), mixture.sample(3, ["30", "30", "30"], seed=0)
    )


def test_temperature_may_change_after_the_fit(rae, X, plain):
    cold = clone(plain).set_params(temperature=0).fit(rae, X)
    drawn = {image.tobytes() for image in cold.sample(60, seed=0)}
    assert drawn == {image.tobytes() for image in cold.component_images()}
    cold.temperature = 1
    np.testing.assert_array_equal(cold.sample(9, seed=1), plain.sample(9, seed=1))
    cold.temperature = 0.5
    np.testing.assert_array_equal(
        cold.sample(9, seed=1), rae.decode(plain.priors_[0].sample(1, 9, 0.5))
    )


def test_seeds_that_are_not_given_follow_from_random_state(rae, X):
    same = LatentMixture(2, random_state=7).fit(rae, X)
    np.testing.assert_array_equal(same.sample(5), same.sample(5))
    moving = LatentMixture(2, random_state=np.random.default_rng(7)).fit(rae, X)
    assert (moving.sample(5) != moving.sample(5)).any()


def test_components_come_by_weight(plain, classes, rae):
    weights = plain.component_weights()
    assert weights.sum() == pytest.approx(1)
    assert (np.diff(weights) <= 0).all()
    prior = plain.priors_[0]
    heaviest = prior.means[[prior.weights.argmax()]]
    np.testing.assert_array_equal(plain.component_images()[0], rae.decode(heaviest)[0])
    of_classes = [classes.component_images(name) for name in classes.classes_]
    np.testing.assert_array_equal(
        classes.component_images(), np.concatenate(of_classes)
    )
    assert [len(images) for images in of_classes] == classes.n_components_
    for name in classes.classes_:
        assert classes.component_weights(name).sum() == pytest.approx(1)
    assert classes.component_weights().sum() == pytest.approx(3)


def test_every_covariance_type(rae, X):
    for type_ in ("full", "tied", "diag", "spherical"):
        mixture = LatentMixture(2, covariance_type=type_, random_state=0).fit(rae, X)
        off = np.tril(mixture.priors_[0].factors, -1)
        assert off.any() == (type_ in ("full", "tied"))
        assert mixture.sample(3, seed=0).shape == (3, 8, 8)


def test_a_folder_with_sub_folders_has_classes(rae, X, names, plain, tmp_path):
    for i, (image, name) in enumerate(zip(X[:40], names, strict=False)):
        (tmp_path / name).mkdir(exist_ok=True)
        write_png(tmp_path / name / f"{i:03}.png", image)
    mixture = LatentMixture(1, random_state=0).fit(rae, tmp_path)
    assert mixture.classes_.tolist() == sorted(set(names))
    read = load_image_folder(tmp_path).images
    np.testing.assert_array_equal(
        plain.score_samples(tmp_path), plain.score_samples(read)
    )


def test_pictures_of_a_folder_are_brought_to_the_models_size(rae, X, tmp_path):
    for i, image in enumerate(X[:5]):
        write_png(tmp_path / f"{i}.png", image.repeat(2 + i, 0).repeat(2 + i, 1))
    mixture = LatentMixture(1, random_state=0).fit(rae, tmp_path)
    assert mixture.image_shape_ == (8, 8)
    assert mixture.score_samples(tmp_path).shape == (5,)


def test_it_is_an_estimator(plain):
    parameters = {
        "n_components": 3,
        "covariance_type": "full",
        "temperature": 1.0,
        "random_state": 0,
    }
    assert plain.get_params() == parameters
    fresh = clone(plain)
    assert fresh.get_params() == parameters
    assert not hasattr(fresh, "priors_")
    assert repr(fresh) == "LatentMixture(n_components=3, random_state=0)"


def test_images_are_brought_to_the_size_of_the_model(X, tmp_path):
    rae = RAE(preset="tiny", network="mlp", latent_dim=3, size=(9, 10), random_state=0)
    rae.fit(X[:40], epochs=1)
    mixture = LatentMixture(1, random_state=0).fit(rae, X[:40])
    assert mixture.image_shape_ == (9, 10)
    assert mixture.sample(2, seed=0).shape == (2, 9, 10)
    mixture.save(tmp_path / "m.safetensors")
    loaded = LatentMixture.load(tmp_path / "m.safetensors", rae)
    before = mixture.score_samples(X[:5])
    np.testing.assert_array_equal(loaded.score_samples(X[:5]), before)


def test_more_components_for_samples(rae, X, names):
    """Those of the number of codes, of each class."""
    mixture = LatentMixture("samples", random_state=0).fit(rae, X)
    assert mixture.n_components_ == [5]
    assert mixture.held_out_ == [{}]
    by_class = LatentMixture("samples", random_state=0).fit(rae, X, names)
    assert by_class.n_components_ == [1, 1, 2]
