"""Mixtures in files: the same bits back, and nothing from files that are not whole."""

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from sklearn.decomposition import PCA

torch = pytest.importorskip("torch")

from latentia import GaussianMixture  # noqa: E402
from latentia.generative import LatentMixture  # noqa: E402
from latentia.generative.training.checkpoint import (  # noqa: E402
    read_checkpoint,
    write_checkpoint,
)


@pytest.fixture(scope="module")
def mixture(rae, X, names):
    return LatentMixture(2, temperature=0.5, random_state=0).fit(rae, X, names)


@pytest.fixture(scope="module")
def saved(mixture, tmp_path_factory):
    path = tmp_path_factory.mktemp("mixture") / "m.safetensors"
    mixture.save(path)
    return path


@pytest.mark.parametrize("labels", [None, "names", "numbers"])
def test_the_same_bits_come_back(rae, X, names, digits, tmp_path, labels):
    y = {None: None, "names": names, "numbers": digits.labels[:256]}[labels]
    mixture = LatentMixture(covariance_type="diag", random_state=3).fit(rae, X, y)
    mixture.save(tmp_path / "m.safetensors")
    loaded = LatentMixture.load(tmp_path / "m.safetensors", rae)
    assert loaded.get_params() == mixture.get_params()
    assert loaded.model_ is rae
    for name in ("image_shape_", "held_out_", "n_components_"):
        assert getattr(loaded, name) == getattr(mixture, name)
    for name in ("classes_", "class_weights_"):
        found, expected = getattr(loaded, name), getattr(mixture, name)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype.kind == expected.dtype.kind
    for prior, expected in zip(loaded.priors_, mixture.priors_, strict=True):
        for part, other in zip(prior, expected, strict=True):
            assert part.tobytes() == other.tobytes()
            assert part.dtype == other.dtype
    np.testing.assert_array_equal(loaded.sample(9, seed=1), mixture.sample(9, seed=1))
    np.testing.assert_array_equal(loaded.score_samples(X), mixture.score_samples(X))


def test_images_in_colour(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (20, 8, 9, 3), dtype=np.uint8)
    pca = PCA(3).fit(np.moveaxis(images, 3, 1).reshape(20, -1) / 255)
    mixture = LatentMixture(1, random_state=0).fit(pca, images)
    mixture.save(tmp_path / "m.safetensors")
    loaded = LatentMixture.load(tmp_path / "m.safetensors", pca)
    assert loaded.image_shape_ == (8, 9, 3)
    np.testing.assert_array_equal(loaded.sample(2, seed=1), mixture.sample(2, seed=1))


def test_generators_are_not_written(rae, X, tmp_path):
    mixture = LatentMixture(1, random_state=np.random.default_rng(0)).fit(rae, X)
    mixture.save(tmp_path / "m.safetensors")
    assert LatentMixture.load(tmp_path / "m.safetensors", rae).random_state is None


def test_models_that_it_was_not_fitted_to(saved, gan, train):
    from latentia.generative import VAE

    with pytest.raises(TypeError, match="model has no encoder: GAN"):
        LatentMixture.load(saved, gan)
    with pytest.raises(ValueError, match=r"codes of 6 numbers.* and 5"):
        LatentMixture.load(saved, train(VAE, latent_dim=5, n=8))
    wide = VAE(preset="tiny", network="mlp", latent_dim=6, random_state=0)
    wide.fit(np.zeros((4, 8, 9), dtype=np.uint8), epochs=1)
    with pytest.raises(ValueError, match=r"of shape \(8, 8\).*the model has \(8, 9\)"):
        LatentMixture.load(saved, wide)


def test_a_file_that_is_cut_short(saved, rae, tmp_path):
    whole = saved.read_bytes()
    for size in (0, 7, 100, len(whole) // 2, len(whole) - 1):
        path = tmp_path / "cut.safetensors"
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"cut\.safetensors is not a whole"):
            LatentMixture.load(path, rae)


def test_files_of_other_kinds(rae, X, tmp_path):
    rae.save(tmp_path)
    with pytest.raises(ValueError, match="holds a saved RAE, which LatentMixture"):
        LatentMixture.load(tmp_path / "best.safetensors", rae)
    GaussianMixture(1).fit(X.reshape(256, -1) / 255).save(tmp_path / "g.safetensors")
    with pytest.raises(ValueError, match="holds a saved GaussianMixture, which Lat"):
        LatentMixture.load(tmp_path / "g.safetensors", rae)
    with pytest.raises(FileNotFoundError, match=r"no file .*none\.safetensors"):
        LatentMixture.load(tmp_path / "none.safetensors", rae)


def edited(saved, path, *, tensors=None, **changes):
    """Write a copy with other tensors or another description, its checksum right."""
    arrays, description = read_checkpoint(saved)
    arrays |= {name: torch.from_numpy(array) for name, array in (tensors or {}).items()}
    changed = {k: v for k, v in (description | changes).items() if v is not ...}
    write_checkpoint(path, arrays, changed, overwrite=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": ...},
        {"parameters": {"n_components": 2, "colour": "red"}},
        {"parameters": 3},
        {"classes": ["bag", "coat"]},
        {"classes": ...},
        {"class_weights": [0.5, 0.5]},
        {"class_weights": ["much"] * 3},
        {"held_out": []},
        {"held_out": [[], [], [], []]},
        {"held_out": [[["one", "likely"]], [], []]},
        {"image_shape": "wide"},
        {"image_shape": [8]},
        {"tensors": {"1.means": np.zeros((2, 5))}},
        {"tensors": {"1.weights": np.zeros(3)}},
        {"tensors": {"0.factors": np.zeros((2, 6), dtype=np.float32)}},
        {"tensors": {"0.factors": np.zeros((2, 6, 6))}},
        {"tensors": {"0.means": np.full((2, 6), np.nan)}},
        {"tensors": {"0.means": np.zeros((2, 6), dtype=np.float32)}},
        {"tensors": {"0.weights": np.array([1.5, -0.5])}},
        {"tensors": {"0.weights": np.array([0.2, 0.2])}},
    ],
)
def test_descriptions_that_do_not_fit(saved, rae, tmp_path, changes):
    path = tmp_path / "edited.safetensors"
    edited(saved, path)
    LatentMixture.load(path, rae)
    edited(saved, path, **changes)
    with pytest.raises(ValueError, match=r"edited\.safetensors holds no mixture"):
        LatentMixture.load(path, rae)


def test_another_version(saved, rae, tmp_path):
    path = tmp_path / "new.safetensors"
    metadata = {"format": "latentia model", "version": "3", "model": "{}"}
    save_file(load_file(saved), path, metadata)
    with pytest.raises(ValueError, match="format version 3; this latentia reads"):
        LatentMixture.load(path, rae)


def test_a_byte_that_was_damaged(saved, rae, tmp_path):
    data = bytearray(saved.read_bytes())
    data[-3] ^= 1
    (tmp_path / "d.safetensors").write_bytes(data)
    with pytest.raises(ValueError, match="damaged"):
        LatentMixture.load(tmp_path / "d.safetensors", rae)


def test_a_pca_of_other_images_is_refused(X, tmp_path):
    rows = X.reshape(256, -1) / 255
    LatentMixture(1, random_state=0).fit(PCA(6).fit(rows), X).save(
        tmp_path / "p.safetensors"
    )
    other = PCA(6).fit(np.tile(rows, 4))
    with pytest.raises(ValueError, match="the decoder must return images of shape"):
        LatentMixture.load(tmp_path / "p.safetensors", other)


def test_nothing_half_written(mixture, tmp_path, monkeypatch):
    path = tmp_path / "m.safetensors"
    mixture.save(path)
    before = path.read_bytes()

    def full(*arguments):
        raise SafetensorError("No space left on device")

    monkeypatch.setattr("latentia._model_file.save_file", full)
    for name in ("m.safetensors", "new.safetensors"):
        with pytest.raises(OSError, match="No space left"):
            mixture.save(tmp_path / name, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["m.safetensors"]
    assert path.read_bytes() == before


def test_bad_names(mixture, tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.safetensors, got .*m\.npz"):
        mixture.save(tmp_path / "m.npz")
    with pytest.raises(FileNotFoundError):
        mixture.save(tmp_path / "no" / "m.safetensors")
