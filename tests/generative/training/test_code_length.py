"""The length of codes that RAE chooses."""

import numpy as np
import pytest
import torch

from latentia.generative import GAN, RAE, VAE
from latentia.generative.data import ImageSet
from latentia.generative.training import code_length
from latentia.generative.training.code_length import chosen_latent_dim
from latentia.generative.training.compute import Compute
from latentia.privacy import DPSGD


def images_of_rank(rank, n=1000, channels=1, side=16, seed=0):
    """Return uint8 images of which ``rank`` components have the same variance."""
    random = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(random.normal(size=(channels * side * side, rank)))
    pixels = random.normal(size=(n, rank)) @ basis.T
    pixels = 127 + 100 * pixels / np.abs(pixels).max()
    shape = (n, channels, side, side)
    return torch.from_numpy(pixels.round().astype(np.uint8).reshape(shape))


@pytest.mark.parametrize(
    ("rank", "n", "expected"),
    [
        (40, 1000, 32),  # of equal components 4 / 5 explain 80 %
        (50, 2000, 48),  # 40 · 2^¼
        (20, 1000, 16),
        (90, 4000, 64),
    ],
)
def test_components_of_four_fifths_of_the_variance(rank, n, expected):
    found = chosen_latent_dim(images_of_rank(rank, n))
    assert found == pytest.approx(expected, abs=4)
    assert 16 <= found <= 64


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_large_images_are_reduced(channels, monkeypatch):
    """Their noise from pixel to pixel does not count: it has means of zero."""
    monkeypatch.setattr(code_length, "SIDE", 8)
    small = images_of_rank(40, channels=channels, side=8) // 2 + 50
    large = small.repeat_interleave(2, 2).repeat_interleave(4, 3)
    signs = 1 - 2 * (torch.arange(32) % 2)
    random = np.random.default_rng(1)
    strengths = torch.from_numpy(random.integers(0, 40, (1000, channels, 16, 1)))
    noisy = (large + signs * strengths).to(torch.uint8)
    assert chosen_latent_dim(noisy) == chosen_latent_dim(small) < 50


def test_classes_that_take_turns():
    """A choice of every fifth image would see one class, of equal images."""
    images = images_of_rank(50, n=5000)
    images[::5] = 127
    assert chosen_latent_dim(images) > 50


@pytest.mark.parametrize("n", [2, 300])
@pytest.mark.parametrize("value", [0, 255])
def test_images_that_are_all_the_same(n, value):
    assert chosen_latent_dim(torch.full((n, 1, 8, 8), value, dtype=torch.uint8)) == 16


def test_one_image_unlike_the_others():
    images = torch.zeros((500, 1, 8, 8), dtype=torch.uint8)
    images[3] = 255
    assert chosen_latent_dim(images) == 16


TINY = {"preset": "tiny", "network": "mlp", "batch_size": 16, "random_state": 0}


@pytest.fixture(scope="module")
def X():
    return images_of_rank(40, n=600)[:, 0].numpy()


def test_the_choice_is_the_models(X, tmp_path):
    rae = RAE(**TINY).fit(X, epochs=1, run=tmp_path)
    chosen = chosen_latent_dim(torch.from_numpy(X)[:, None])
    assert rae.latent_dim_ == chosen not in (16, 64)
    assert rae.encode(X[:3]).shape == rae.sample_codes(3).shape == (3, chosen)
    assert rae.get_params()["latent_dim"] == "auto"
    assert RAE.load(tmp_path).latent_dim_ == chosen
    # What is continued, or begun with, keeps its length.
    resumed = RAE(**TINY).fit(X, epochs=2, resume=tmp_path)
    assert resumed.latent_dim_ == chosen
    assert RAE(**TINY).fit(X[:50], epochs=1, start=rae).latent_dim_ == chosen
    given = RAE(latent_dim=chosen, **TINY).fit(X, epochs=3, resume=tmp_path)
    assert given.latent_dim_ == chosen
    with pytest.raises(ValueError, match=f"latent_dim={chosen}, not 5"):
        RAE(latent_dim=5, **TINY).fit(X, epochs=1, start=rae)


def test_processes_agree(X, monkeypatch):
    """The first one decides, as others may read other random transforms."""
    monkeypatch.setattr(Compute, "broadcast", lambda self, value: 21.0)
    model = RAE(**TINY)
    data = ImageSet(torch.from_numpy(X)[:, None], None, np.empty(0, np.int64))
    compute = Compute(torch.device("cpu"), False)
    assert model.choose_config(data, compute, None, private=False).latent_dim == 21


@pytest.mark.parametrize("model", [GAN, VAE, RAE])
def test_integers_of_numpy(model, X, tmp_path):
    fitted = model(latent_dim=np.int64(3), **TINY).fit(X[:50], epochs=1)
    fitted.save(tmp_path)
    assert model.load(tmp_path).latent_dim_ == 3


@pytest.mark.filterwarnings("ignore:1 of 1 components")  # noise decides
def test_pixels_do_not_choose_for_a_private_training(X, coarse_accountant):
    rae = RAE(**TINY).fit(X, epochs=1, privacy=DPSGD(epsilon=8, delta=1e-5))
    assert rae.latent_dim_ == 64


@pytest.mark.parametrize("value", ["short", 0, 2.5, None])
def test_wrong_lengths(X, value):
    with pytest.raises((ValueError, TypeError), match="latent_dim must be"):
        RAE(**{**TINY, "latent_dim": value}).fit(X, epochs=1)
