"""Trainings, samples, scores and files of models on a CUDA device that is pretended.

The tensors are on the CPU, so that the results are those of the CPU.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import (  # noqa: E402
    GAN,
    RAE,
    VAE,
    ConditionalGAN,
    LatentMixture,
    latent_directions,
)
from latentia.generative.training.compute import Compute  # noqa: E402

X = np.random.default_rng(0).integers(0, 256, (16, 9, 11), dtype=np.uint8)
Y = np.arange(16) % 3


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


@pytest.mark.filterwarnings("ignore:.*images are few to learn from:UserWarning")
def test_mixtures_and_directions_are_fitted_where_the_model_is(device, monkeypatch):
    from latentia.generative.latent import component_selection

    placed, on_device = [], component_selection.on_device

    def place(rows, where):
        placed.append(str(where))
        return on_device(rows, where)

    monkeypatch.setattr(component_selection, "on_device", place)
    options = {"preset": "tiny", "batch_size": 8, "random_state": 0}
    there, here = (
        RAE(device=d, precision="float32", **options).fit(X, epochs=1)
        for d in ("cuda", "cpu")
    )
    fits = []
    for model in (there, here):
        mixture = LatentMixture(2, random_state=0).fit(model, X)
        found = latent_directions(model, "ganspace", n_directions=2)
        fits.append((mixture.priors_[0].means, found.directions))
    for ours, theirs in zip(*fits, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)
    assert {*placed} == {"cuda"}
    assert len(placed) >= 3  # the prior of the RAE, the mixture and the directions
