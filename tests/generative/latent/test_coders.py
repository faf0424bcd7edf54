"""Whatever turns images into codes and back can have a mixture."""

import numpy as np
import pytest
import sklearn.decomposition

torch = pytest.importorskip("torch")

import latentia  # noqa: E402
from latentia.generative import LatentMixture  # noqa: E402
from latentia.generative.latent.coders import PixelCoder, as_coder  # noqa: E402

nn = torch.nn


class Encoder(nn.Module):
    """Means and log-variances, as a VAE's; behaves in another way in training."""

    def __init__(self, n_pixels=64, dim=4):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.mean = nn.Linear(n_pixels, dim)
        self.drop = nn.Dropout(0.5)

    def forward(self, images):
        mean = self.mean(self.drop(images.flatten(1)))
        return mean, torch.zeros_like(mean)


class First(nn.Module):
    def forward(self, codes):
        return codes[0]


class Named(nn.Module):
    def forward(self, images):
        return {"mean": images.flatten(1)}


def pair(n_pixels=64, dim=4):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        decoder = nn.Sequential(nn.Linear(dim, n_pixels), nn.Sigmoid())
    return Encoder(n_pixels, dim), decoder


@pytest.mark.parametrize("model", ["rae", "vae"])
def test_our_own_models_code_for_themselves(model, request, X):
    fitted = request.getfixturevalue(model)
    assert as_coder(fitted, (1, 8, 8)) is fitted
    mixture = LatentMixture(2, random_state=0).fit(fitted, X)
    assert mixture.sample(3, seed=0).shape == (3, 8, 8)


def test_a_pair_of_modules(X):
    encoder, decoder = pair()
    mixture = LatentMixture(2, random_state=0).fit((encoder, decoder), X)
    encoder.eval()
    with torch.no_grad():
        codes = encoder(torch.from_numpy(X[:, None] / np.float32(255)))[0].numpy()
        drawn = torch.from_numpy(mixture.priors_[0].sample(4, 6))
        expected = decoder(drawn).reshape(-1, 8, 8).mul(255).round().byte().numpy()
    # Six rows may be added up in another order than a block is.
    difference = mixture.sample(6, seed=4).astype(int) - expected
    assert np.abs(difference).max() <= 1
    expected = mixture.priors_[0].log_density(codes)
    np.testing.assert_allclose(mixture.score_samples(X), expected, rtol=1e-4)


def test_modules_are_left_in_the_mode_they_were_in(X):
    encoder, decoder = pair()
    decoder.eval()
    frozen = nn.Sequential(encoder, First(), nn.BatchNorm1d(4).eval())
    mixture = LatentMixture(2, random_state=0).fit([frozen, decoder], X)
    mixture.sample(3, seed=0)
    assert [part.training for part in frozen] == [True, True, False]
    assert encoder.drop.training
    assert not decoder.training


def test_modules_that_fail_are_left_in_the_mode_they_were_in(X):
    encoder, decoder = pair(n_pixels=63)
    with pytest.raises(RuntimeError):
        LatentMixture(2).fit((encoder, decoder), X)
    assert encoder.training


def test_modules_that_give_images_with_channels():
    images = np.random.default_rng(0).integers(0, 256, (20, 9, 8, 3), dtype=np.uint8)
    encoder, decoder = pair(216)
    shaped = nn.Sequential(decoder, nn.Unflatten(1, (3, 9, 8)))
    flat, whole = (
        LatentMixture(1, random_state=0).fit((encoder, d), images).sample(3, seed=0)
        for d in (decoder, shaped)
    )
    assert whole.shape == (3, 9, 8, 3)
    np.testing.assert_array_equal(flat, whole)


@pytest.mark.parametrize("package", [latentia, sklearn.decomposition])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_a_pca_of_rows_of_pixels(package, n_channels):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (50, 9, 8, n_channels), dtype=np.uint8)
    rows = np.moveaxis(images, 3, 1).reshape(50, -1) / np.float32(255)
    pca = package.PCA(49, random_state=0).fit(rows)
    shown = images[..., 0] if n_channels == 1 else images
    mixture = LatentMixture(1, random_state=0).fit(pca, shown)
    assert mixture.sample(2, seed=0).shape == (2, *shown.shape[1:])
    # 49 components hold 50 images whole.
    coder = PixelCoder(pca, (n_channels, 9, 8))
    tensor = torch.from_numpy(np.moveaxis(images, 3, 1).copy())
    np.testing.assert_array_equal(coder.decode(coder.encode(tensor)), shown)


def test_images_of_a_pca_do_not_depend_on_their_number(digits):
    rows = (digits.images.reshape(-1, 64) / 255).astype(np.float32)
    pca = latentia.PCA(20, random_state=0).fit(rows)
    mixture = LatentMixture(3, random_state=0).fit(pca, digits.images)
    many = mixture.sample(500, seed=0)
    for n in (1, 2, 7, 65):
        np.testing.assert_array_equal(mixture.sample(n, seed=0), many[:n])


def test_pixels_that_leave_the_range_are_clipped():
    class Beyond:
        def transform(self, rows):
            return rows

        def inverse_transform(self, z):
            return np.tile([-1.0, 0.5, 2.0], (len(z), 22))[:, :64]

    images = PixelCoder(Beyond(), (1, 8, 8)).decode(np.zeros((2, 3)))
    assert images.shape == (2, 8, 8)
    assert images[0, 0, :3].tolist() == [0, 128, 255]


def test_modules_that_give_something_else(X):
    encoder, decoder = pair()
    with pytest.raises(TypeError, match=r"must return a tensor.*it returned dict"):
        LatentMixture(1).fit((Named(), decoder), X)
    with pytest.raises(ValueError, match=r"codes of shape \(256, latent_dim\)"):
        LatentMixture(1).fit((nn.Identity(), decoder), X)
    # Found by fit, before anything is sampled.
    with pytest.raises(ValueError, match=r"shape \(1, 8, 8\).*it returned \(63,\)"):
        LatentMixture(1).fit((encoder, nn.Linear(4, 63)), X)


@pytest.mark.parametrize(
    "model",
    [object(), "gan", (nn.Identity(),), (nn.Identity(), "decoder"), np.zeros(3), None],
)
def test_models_without_an_encoder_are_named(model):
    with pytest.raises(TypeError, match="model has no encoder") as raised:
        as_coder(model, (1, 8, 8))
    assert type(model).__name__ in str(raised.value)


class Whole(nn.Module):
    """Encoder and decoder in one, as users write them."""

    def __init__(self, dtype):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(2)
            self.into, self.out = nn.Linear(64, 4), nn.Linear(4, 64)
        self.to(dtype)

    def encode(self, images):
        return self.into(images.flatten(1))

    def decode(self, codes):
        return torch.sigmoid(self.out(codes)).view(-1, 1, 8, 8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_module_with_both_methods(X, dtype):
    mixture = LatentMixture(1, random_state=0).fit(Whole(dtype).train(), X)
    assert mixture.sample(3, seed=0).shape == (3, 8, 8)
    assert mixture.model_.training
    assert mixture.score_samples(X[:2]).shape == (2,)
