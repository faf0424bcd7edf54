"""The length of an RAE's code, chosen by the number of images."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia.generative import RAE, load

TINY = {"preset": "tiny", "network": "mlp", "random_state": 0}
X = np.random.default_rng(0).integers(0, 256, (24, 8, 8), dtype=np.uint8)


@pytest.mark.parametrize(
    ("n_images", "length"),
    [(2, 8), (120, 8), (1000, 16), (10_000, 35), (60_000, 64), (10**9, 64)],
)
def test_codes_are_longer_the_more_images(n_images, length):
    assert RAE().resolve_latent_dim(n_images) == length
    assert RAE(latent_dim=5).resolve_latent_dim(n_images) == 5


def test_the_model_and_its_file_know_it(tmp_path):
    fitted = RAE(**TINY).fit(X, epochs=1)
    assert fitted.encode(X).shape == (len(X), 8)
    assert fitted.config_.latent_dim == fitted.latent_dim_ == 8
    assert fitted.get_params()["latent_dim"] == "auto"
    fitted.save(tmp_path / "run")
    loaded = load(tmp_path / "run")
    assert loaded.latent_dim_ == 8
    np.testing.assert_array_equal(loaded.sample(3, seed=0), fitted.sample(3, seed=0))


def test_weights_to_start_from_decide():
    many = np.concatenate([X] * 40)
    start = RAE(**TINY).fit(X, epochs=1)
    assert RAE(**TINY).resolve_latent_dim(len(many)) == 16
    assert RAE(**TINY).fit(many, epochs=1, start=start).latent_dim_ == 8
    with pytest.raises(ValueError, match="with latent_dim=8, not 9"):
        RAE(**TINY, latent_dim=9).fit(X, epochs=1, start=start)


def test_other_images_are_named_before_their_codes(tmp_path: Path):
    RAE(**TINY).fit(X, epochs=1, run=tmp_path / "run")
    many = np.concatenate([X] * 40)
    with pytest.raises(ValueError, match="other images"):
        RAE(**TINY).fit(many, epochs=2, resume=tmp_path / "run")


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("long", ValueError, "latent_dim must be 'auto' or an integer, got 'long'"),
        (0, ValueError, "latent_dim must be at least 1, got 0"),
        (2.0, TypeError, "latent_dim must be an integer, got 2.0"),
    ],
)
def test_bad_lengths(value, error, message):
    with pytest.raises(error, match=message):
        RAE(**TINY, latent_dim=value).fit(X, epochs=1)
