"""Saving over other files, and what is refused before images are read."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import GAN, load  # noqa: E402
from latentia.generative.training import model_config  # noqa: E402

pytestmark = pytest.mark.usefixtures("scored_by_epochs")

X = np.random.default_rng(0).integers(0, 256, (32, 8, 9), dtype=np.uint8)
Y = np.array(["a", "b"])[np.arange(32) % 2]
TINY = {"preset": "tiny", "batch_size": 8, "device": "cpu", "random_state": 0}


def gan(**parameters):
    return GAN(**{**TINY, "network": "mlp", **parameters})


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("saved")
    gan().fit(X, Y, epochs=1, run=folder)
    return folder


def test_another_model_takes_the_checkpoint_that_could_be_continued(saved, tmp_path):
    other = gan(random_state=1).fit(X, Y, epochs=1)
    other.save(tmp_path / "other")
    loaded = GAN.load(saved)
    loaded.save(tmp_path / "other", overwrite=True)
    assert not (tmp_path / "other" / "last.safetensors").exists()
    with pytest.raises(FileNotFoundError):
        gan().fit(X, Y, epochs=2, resume=tmp_path / "other")
    # Of the same training it stays.
    gan().fit(X, Y, epochs=1).save(tmp_path / "same")
    GAN.load(tmp_path / "same").save(tmp_path / "same", overwrite=True)
    assert (tmp_path / "same" / "last.safetensors").exists()


@pytest.mark.parametrize("size", [np.array([8, 8]), (np.int64(8), np.int64(8))])
def test_a_size_of_numpys_integers(tmp_path, size):
    model = gan(size=size).fit(X, Y, epochs=1)
    model.save(tmp_path / "gan")
    assert tuple(GAN.load(tmp_path / "gan").size) == (8, 8)


def test_tensorboard_that_is_missing_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("latentia.generative.training.tensorboard.find_spec", id_none)
    with pytest.raises(ImportError, match="pip install tensorboard"):
        gan().fit(X, Y, epochs=1, run=tmp_path / "run", tensorboard=True)
    assert not (tmp_path / "run").exists()


def id_none(name):
    """Find no package."""


@pytest.mark.parametrize(
    ("parameters", "options", "error"),
    [
        ({"device": "cuda:99"}, {}, "device='cuda:99'"),
        ({}, {"run": None}, "holds a run"),
    ],
)
def test_before_images_are_read(saved, monkeypatch, parameters, options, error):
    def read(*_, **__):
        raise AssertionError

    monkeypatch.setattr("latentia.generative.models.fitting.as_image_set", read)
    if "run" in options:
        options = {"run": saved}
    with pytest.raises((ValueError, FileExistsError), match=error):
        gan(**parameters).fit(X, Y, epochs=1, **options)


def test_what_is_automatic_may_differ_where_a_training_is_continued(
    tmp_path, monkeypatch
):
    """As on another kind of device."""
    automatic = {"preset": "auto", "batch_size": 8, "device": "cpu", "random_state": 0}

    def chosen(preset, device, shape):
        return names.pop() if preset == "auto" else preset

    names = ["tiny"]
    monkeypatch.setattr(model_config, "choose_preset", chosen)
    GAN(**automatic, network="mlp").fit(X, Y, epochs=1, run=tmp_path)
    names.append("small")
    GAN(**automatic, network="mlp").fit(X, Y, epochs=2, resume=tmp_path)
    assert load(tmp_path).n_steps_ == 8
