"""Arguments that are wrong are named before anything is trained."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import GAN  # noqa: E402
from latentia.generative.training.trainer import Training  # noqa: E402

X = np.zeros((8, 8, 8), np.uint8)


@pytest.fixture(autouse=True)
def never_trained(monkeypatch):
    def run(self, report):
        raise AssertionError("was trained")

    monkeypatch.setattr(Training, "run", run)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"latent_dim": 0}, ValueError, "latent_dim must be at least 1, got 0"),
        ({"latent_dim": 2.0}, TypeError, "latent_dim must be an integer, got 2.0"),
        ({"network": "cnn"}, ValueError, "network must be one of auto, .*, got 'cnn'"),
        ({"loss": "l2"}, ValueError, "loss must be one of relativistic, .* got 'l2'"),
        ({"penalty": None}, ValueError, "penalty must be one of auto, .* got None"),
        ({"gamma": -1}, ValueError, "gamma must be .* at least 0, got -1"),
        ({"gamma": float("nan")}, ValueError, "gamma must be .* got nan"),
        ({"gamma": "1"}, TypeError, "gamma must be .* got '1'"),
        ({"augment": "yes"}, TypeError, "augment must be True or False, got 'yes'"),
        ({"preset": "huge"}, ValueError, "preset must be one of auto, tiny, .*'huge'"),
        ({"batch_size": 1}, ValueError, "batch_size must be at least 2, got 1"),
        ({"batch_size": 8.0}, TypeError, "batch_size must be an integer, got 8.0"),
        ({"learning_rate": 0}, ValueError, "learning_rate must be .* above 0, got 0"),
        ({"learning_rate": True}, TypeError, "learning_rate must be .* got True"),
        ({"device": "tpu"}, ValueError, "device must be 'auto', 'cpu', 'cuda' or"),
        ({"device": "meta"}, ValueError, "device must be 'auto', 'cpu', 'cuda' or"),
        ({"device": 0}, TypeError, "device must be .* or 'mps', got 0"),
        ({"device": "cuda:99"}, ValueError, "device='cuda:99': PyTorch sees"),
        ({"precision": "float16"}, ValueError, "precision must be one of auto"),
        ({"random_state": "x"}, ValueError, "'x' cannot be used to seed"),
        ({"size": 8}, (TypeError, ValueError), "size"),
        (
            {"network": "dcgan", "penalty": "r1"},
            ValueError,
            "penalty='r1' needs a discriminator without batch normalisation",
        ),
    ],
)
def test_of_the_constructor(parameters, error, message):
    with pytest.raises(error, match=message):
        GAN(**{"device": "cpu", **parameters}).fit(X)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"epochs": 1, "minutes": 1}, ValueError, "epochs or minutes, not both"),
        ({"epochs": 0}, ValueError, "epochs must be at least 1, got 0"),
        ({"minutes": -1}, ValueError, "minutes must be a number above 0, got -1"),
        ({"resume": "nowhere"}, FileNotFoundError, "nowhere"),
        ({"validation": 1.0}, ValueError, "validation must be above 0 and below 1"),
        (
            {"validation": 0},
            ValueError,
            "validation must be above 0 and below 1, got 0",
        ),
    ],
)
def test_of_fit(arguments, error, message):
    with pytest.raises(error, match=message):
        GAN(device="cpu").fit(X, **arguments)


def test_cuda_where_there_is_none():
    if torch.cuda.is_available():
        pytest.skip("there is CUDA")
    with pytest.raises(ValueError, match="device='cuda': PyTorch sees 0 CUDA devices"):
        GAN(device="cuda").fit(X)


def test_run_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(NotADirectoryError, match=r"run='.*file' is a file"):
        GAN(device="cpu").fit(X, run=tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_run_beside_resume(tmp_path, monkeypatch):
    monkeypatch.undo()
    GAN(device="cpu", preset="tiny", network="mlp").fit(X, epochs=1, run=tmp_path)
    with pytest.raises(ValueError, match="is continued there: leave out run="):
        GAN(device="cpu").fit(X, resume=tmp_path, run=tmp_path / "other")
    with pytest.raises(FileExistsError, match="holds a run: continue it with resume="):
        GAN(device="cpu").fit(X, run=tmp_path)
