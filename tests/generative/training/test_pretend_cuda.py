"""Trainings, samples, scores and files of models on a CUDA device that is pretended.

The tensors are on the CPU, so that the results are those of the CPU.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import GAN, RAE, VAE, ConditionalGAN  # noqa: E402
from latentia.generative.training.compute import Compute  # noqa: E402

X = np.random.default_rng(0).integers(0, 256, (24, 9, 11), dtype=np.uint8)
Y = np.arange(24) % 3


@pytest.fixture
def device(pretend_cuda, monkeypatch):
    """Random numbers of a step are drawn on the CPU: no generator of CUDA is there."""
    monkeypatch.setattr(Compute, "generator", lambda self: torch.Generator("cpu"))
    return pretend_cuda


def tensors_of(model):
    return {
        **dict(model.networks_.named_parameters()),
        **dict(model.networks_.named_buffers()),
    }


@pytest.mark.filterwarnings("ignore:.*images are few to learn from:UserWarning")
@pytest.mark.parametrize("kind", [GAN, ConditionalGAN, VAE, RAE])
def test_a_training_and_what_follows(kind, device, tmp_path):
    options = {"preset": "tiny", "batch_size": 8, "random_state": 0}
    y = [Y] if kind is ConditionalGAN else []
    there = kind(device="cuda", precision="float32", **options)
    there.fit(X, *y, epochs=1, run=tmp_path / "run")
    assert there.device_ == "cuda"
    assert {t.device.type for t in tensors_of(there).values()} == {"cuda"}
    if kind in (GAN, ConditionalGAN):  # the networks that CUDA picks
        assert there.config_.network == "resnet"
        options["network"] = "resnet"
    here = kind(device="cpu", precision="float32", **options)
    here.fit(X, *y, epochs=1)
    samples = there.sample(5, seed=1)
    np.testing.assert_array_equal(samples, here.sample(5, seed=1))
    assert there.history_[-1]["score"] == pytest.approx(here.history_[-1]["score"])
    if there.has_encoder:
        np.testing.assert_allclose(there.encode(X[:4]), here.encode(X[:4]), rtol=1e-4)
    for place in ("cuda", "cpu"):
        back = kind.load(tmp_path / "run", device=place)
        assert {t.device.type for t in tensors_of(back).values()} == {place}
        np.testing.assert_array_equal(back.sample(5, seed=1), samples)
    options.pop("network", None)
    again = kind(device="cuda", precision="float32", **options)
    again.fit(X, *y, epochs=2, resume=tmp_path / "run")
    assert again.n_steps_ == 2 * there.n_steps_
