"""What a mixture is asked wrongly, and data that are not fit for one."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

pytest.importorskip("torch")

from latentia.generative import RAE, LatentMixture


@pytest.fixture(scope="module")
def plain(rae, X):
    return LatentMixture(1, random_state=0).fit(rae, X)


@pytest.fixture(scope="module")
def classes(rae, X, names):
    return LatentMixture(1, random_state=0).fit(rae, X, names)


class Codes:
    """Stands for a model: gives the codes it is made with."""

    def __init__(self, codes):
        self.codes = np.asarray(codes)

    def encode(self, X):
        return self.codes[: len(X)]

    def decode(self, z):
        return np.zeros((len(z), 8, 8), dtype=np.uint8)


def varied(n=20, dim=3):
    return np.random.default_rng(0).normal(size=(n, dim))


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"n_components": 0}, ValueError, "n_components must be at least 1, got 0"),
        ({"n_components": 1.5}, TypeError, "n_components must be an integer, got 1.5"),
        ({"n_components": "all"}, ValueError, "'samples' or an integer, got 'all'"),
        ({"covariance_type": "round"}, ValueError, "covariance_type must be one of"),
        ({"covariance_type": None}, ValueError, "covariance_type must be one of"),
        ({"temperature": -0.1}, ValueError, "temperature .* at least 0, got -0.1"),
        ({"temperature": np.inf}, ValueError, "temperature .* got inf"),
        ({"temperature": np.nan}, ValueError, "temperature .* got nan"),
        ({"temperature": "hot"}, TypeError, "temperature .* got 'hot'"),
        ({"temperature": True}, TypeError, "temperature .* got True"),
        ({"random_state": "seed"}, ValueError, "seed"),
    ],
)
def test_bad_settings(rae, X, settings, error, message):
    with pytest.raises(error, match=message):
        LatentMixture(**settings).fit(rae, X)


def test_a_temperature_that_became_bad(plain):
    mixture = LatentMixture().set_params(**plain.get_params())
    mixture.__dict__.update(plain.__dict__, temperature=-1)
    with pytest.raises(ValueError, match="temperature"):
        mixture.sample(1, seed=0)


def test_a_class_is_no_model(X):
    with pytest.raises(TypeError, match="model has no encoder: the class RAE"):
        LatentMixture().fit(RAE, X)


def test_a_gan_has_no_encoder(gan, X):
    with pytest.raises(TypeError, match="no encoder: GAN; needed is a fitted VAE"):
        LatentMixture().fit(gan, X)


@pytest.mark.parametrize("model", [RAE(), PCA(3)])
def test_models_that_are_not_fitted(model, X):
    with pytest.raises(NotFittedError, match=type(model).__name__):
        LatentMixture().fit(model, X)


def test_images_of_another_shape(rae, plain):
    wide = np.zeros((3, 8, 9), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"\(1, 8, 9\)"):
        LatentMixture().fit(rae, wide)
    with pytest.raises(ValueError, match=r"\(1, 8, 9\)"):
        plain.score_samples(wide)


def test_images_of_another_shape_and_as_many_pixels():
    wide = np.random.default_rng(0).integers(0, 256, (20, 8, 16), dtype=np.uint8)
    pca = PCA(3).fit(wide.reshape(20, -1) / 255)
    mixture = LatentMixture(1, random_state=0).fit(pca, wide)
    with pytest.raises(ValueError, match=r"\(1, 16, 8\).*fitted to \(1, 8, 16\)"):
        mixture.score_samples(wide.transpose(0, 2, 1))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_codes_that_are_not_finite(X, bad):
    codes = varied()
    codes[13, 1] = bad
    with pytest.raises(ValueError, match="the code of image 13 is not finite"):
        LatentMixture().fit(Codes(codes), X[:20])


# The standard deviation of 0.7, 20 times, is not 0 in floating point.
@pytest.mark.parametrize("value", [0.0, 0.5, 0.7, -1e9])
def test_codes_that_are_all_the_same(X, names, value):
    for y in (None, names[:20]):
        with pytest.raises(ValueError, match="codes of all 20 images are the same"):
            LatentMixture().fit(Codes(np.full((20, 3), value)), X[:20], y)


@pytest.mark.parametrize("shape", [(20,), (20, 3, 2), (19, 3), (20, 1, 8, 8)])
def test_codes_of_the_wrong_shape(X, shape):
    with pytest.raises(
        ValueError, match=r"codes of shape \(20, latent_dim\), it returned"
    ):
        LatentMixture().fit(Codes(np.zeros(shape)), X[:20])


@pytest.mark.parametrize("labelled", [False, True])
def test_constant_dimensions_are_told_and_kept(X, names, labelled):
    codes = varied(dim=4)
    codes[:, [0, 2]] = [0.25, -8]
    mixture = LatentMixture(2, random_state=0)
    with pytest.warns(UserWarning, match="2 of 4 dimensions are the same") as caught:
        mixture.fit(Codes(codes), X[:20], names[:20] if labelled else None)
    assert caught[0].filename == __file__
    for prior in mixture.priors_:
        drawn = prior.sample(0, 9)
        assert (drawn[:, [0, 2]] == [0.25, -8]).all()
        assert drawn[:, 1].std() > 0


def test_more_components_than_images(rae, X):
    mixture = LatentMixture(9, random_state=0)
    with pytest.warns(UserWarning, match="n_components=9 .* 5, the number of images"):
        mixture.fit(rae, X[:5])
    assert mixture.n_components_ == [5]
    assert mixture.sample(3, seed=0).shape == (3, 8, 8)


def test_few_images_are_one_gaussian(rae, X):
    mixture = LatentMixture(random_state=0).fit(rae, X[:2])
    assert mixture.n_components_ == [1]
    assert mixture.held_out_ == [{}]
    assert np.isfinite(mixture.score_samples(X[:9])).all()


def test_a_class_of_one_image(rae, X):
    y = np.array(["bag"] * 19 + ["coat"])
    mixture = LatentMixture(random_state=0).fit(rae, X[:20], y)
    assert mixture.n_components_ == [1, 1]
    coats = mixture.sample(5, "coat", seed=0)
    assert len(np.unique(coats, axis=0)) > 1
    assert np.isfinite(mixture.score_samples(X[:20], "coat")).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n": 0}, ValueError, "n must be at least 1, got 0"),
        ({"n": 2.0}, TypeError, "n must be an integer, got 2.0"),
        ({"n": 2, "seed": -1}, ValueError, "seed must be at least 0, got -1"),
        ({"n": 2, "seed": "a"}, TypeError, "seed must be an integer, got 'a'"),
        ({"n": 2, "seed": 2**63}, ValueError, "seed must be at most"),
        ({"n": 2, "y": "hat"}, ValueError, "y = 'hat': unknown class, known"),
        ({"n": 3, "y": ["the rest"] * 2}, ValueError, "y has 2 labels for 3 images"),
    ],
)
def test_bad_arguments_of_sample(classes, arguments, error, message):
    with pytest.raises(error, match=message):
        classes.sample(**arguments)


def test_classes_of_a_mixture_without(plain, X):
    asked = [
        lambda: plain.sample(2, y="bag"),
        lambda: plain.labels_of(2),
        lambda: plain.score_samples(X[:2], "bag"),
        lambda: plain.component_images("bag"),
        lambda: plain.component_weights("bag"),
    ]
    for ask in asked:
        with pytest.raises(ValueError, match="fitted without"):
            ask()


def test_labels_that_do_not_fit(rae, X, names, classes):
    with pytest.raises(ValueError, match="y has 255 labels for 256 images"):
        LatentMixture().fit(rae, X, names[:-1])
    with pytest.raises(ValueError, match="y has 2 labels for 3 images"):
        classes.score_samples(X[:3], ["the rest"] * 2)


def test_a_mixture_that_is_not_fitted(X, tmp_path):
    mixture = LatentMixture()
    asked = [
        lambda: mixture.sample(2),
        lambda: mixture.labels_of(2),
        lambda: mixture.score_samples(X),
        mixture.component_images,
        mixture.component_weights,
        lambda: mixture.save(tmp_path / "m.safetensors"),
    ]
    for ask in asked:
        with pytest.raises(NotFittedError, match="LatentMixture"):
            ask()
    assert not any(tmp_path.iterdir())


def test_a_failed_fit_leaves_the_earlier_one(rae, X, names):
    mixture = LatentMixture(2, random_state=0).fit(rae, X, names)
    before, image = dict(mixture.__dict__), mixture.sample(3, seed=0)
    for model, images in [
        (Codes(np.full((20, 3), np.nan)), X[:20]),
        (rae, X[:, :, :7]),
        (object(), X),
    ]:
        with pytest.raises((ValueError, TypeError)):
            mixture.fit(model, images)
    assert mixture.__dict__ == before
    np.testing.assert_array_equal(mixture.sample(3, seed=0), image)
