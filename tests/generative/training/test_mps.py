"""Apple's GPU, which no test has: what is chosen for it, and what is sent there.

Tensors of a device that only has shapes and types stand for those there.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch._subclasses import FakeTensorMode  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from latentia.generative import GAN, RAE, VAE, ConditionalGAN, load  # noqa: E402
from latentia.generative.data import ImageSet  # noqa: E402
from latentia.generative.models.gan import NETWORKS  # noqa: E402
from latentia.generative.networks.inference import batched  # noqa: E402
from latentia.generative.recipes.frechet_score import FrechetScore  # noqa: E402
from latentia.generative.training.batches import _picked  # noqa: E402
from latentia.generative.training.compute import (  # noqa: E402
    Compute,
    choose_compute,
    choose_device,
)
from latentia.generative.training.moving_average import MovingAverage  # noqa: E402
from latentia.generative.training.recipe import StepContext  # noqa: E402

MPS = torch.device("mps")

STAND_IN = torch.device("lazy")
"""A device that PyTorch lets pretend everywhere: tensors cannot be sent to "mps"."""


@pytest.fixture
def there(monkeypatch):
    """Let PyTorch say that there is such a GPU, and maybe CUDA."""

    def say(*, cuda=False):
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: int(cuda))

    return say


@pytest.mark.parametrize(
    ("cuda", "device", "expected"),
    [
        (False, "auto", "mps"),
        (False, "mps", "mps"),
        (False, "cpu", "cpu"),
        (True, "auto", "cuda"),
        (True, "mps", "mps"),
    ],
)
def test_the_device(there, cuda, device, expected):
    there(cuda=cuda)
    assert choose_device(device) == torch.device(expected)


def test_where_there_is_none(monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ValueError, match="device='mps': PyTorch sees no GPU of Apple"):
        choose_device("mps")


def test_precision_and_random_numbers(there):
    there()
    compute = choose_compute("auto", "auto")
    assert (compute.device, compute.bfloat16) == (MPS, False)
    assert choose_compute("mps", "float32") == compute
    assert compute.generator().device.type == "cpu"
    with compute.autocast():
        assert not torch.is_autocast_enabled("mps")
    with pytest.raises(ValueError, match="precision='bfloat16' is for CPU and CUDA"):
        choose_compute("mps", "bfloat16")


def test_several_processes(there, monkeypatch):
    there()
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="2 processes share a CPU or CUDA"):
        choose_compute("auto", "auto")
    assert choose_compute("auto", "float32", train=False).device == MPS


class Float32Only(TorchDispatchMode):
    """Raise where a tensor there has a type that Apple's GPUs lack."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        found = func(*args, **(kwargs or {}))
        for tensor in found if isinstance(found, list | tuple) else [found]:
            if isinstance(tensor, torch.Tensor) and tensor.device == STAND_IN:
                assert tensor.dtype not in (torch.float64, torch.bfloat16), func
        return found


def send(networks):
    """Put networks there: ``to`` cannot, with such tensors."""
    for module in networks.modules():
        for name, value in module._parameters.items():
            if value is not None:
                there = torch.empty(value.shape).to(STAND_IN)
                module._parameters[name] = torch.nn.Parameter(there)
        for name, value in module._buffers.items():
            there = torch.empty(value.shape, dtype=value.dtype).to(STAND_IN)
            module._buffers[name] = there


def test_the_stand_in_finds_what_would_fail():
    with FakeTensorMode(), Float32Only():
        with pytest.raises(AssertionError):
            torch.ones(2, dtype=torch.float64).to(STAND_IN)
        with pytest.raises(RuntimeError, match="same device"):
            torch.ones(2).to(STAND_IN) + torch.ones(2)


@pytest.mark.parametrize(
    "model",
    [
        *(ConditionalGAN(network=n, augment=True) for n in NETWORKS),
        *(GAN(penalty=p) for p in ("r1", "finite", "gradient")),
        *(VAE(likelihood=name) for name in ("gaussian", "bernoulli")),
        VAE(network="mlp"),
        RAE(),
    ],
)
def test_a_step_sends_nothing_that_fails(model):
    """Gradients and average of two steps on 9 × 12 pixels, then images of codes."""
    data = ImageSet(
        torch.from_numpy(np.zeros((70, 3, 9, 12), np.uint8)),
        torch.arange(70) % 3 if model.labelled else None,
        np.arange(3) if model.labelled else np.empty(0, np.int64),
    )
    compute = Compute(STAND_IN, False)
    model.set_params(batch_size=4)
    config = model.choose_config(data, Compute(MPS, False), None, private=False)
    assert config.preset == "small"
    assert config.network in (*NETWORKS, "conv")
    recipe = model.build_recipe(config, 0, torch.device("cpu"))
    averages = MovingAverage(recipe.networks, recipe.averaged, 1e4)
    with FakeTensorMode(), Float32Only():
        send(recipe.networks)
        send(averages.networks)
        images = torch.zeros((70, 3, 9, 12), dtype=torch.uint8).to(STAND_IN)
        rows = torch.arange(4)
        for step in range(2):
            context = StepContext(
                step=step,
                progress=step / 2,
                n_images=4,
                n_trained=70,
                learning_rate=1e-3,
                generator=Compute(MPS, False).generator(),
                compute=compute,
                update=lambda optimiser: optimiser.zero_grad(),
            )
            labels = torch.arange(4).to(STAND_IN) % 3 if model.labelled else None
            batch = _picked(images, rows, STAND_IN).float().div_(255)
            found = recipe.step(batch, labels, context)
            assert all(value.device == STAND_IN for value in found.values())
            averages.update(4 * step + 4, 4)
        model.networks_ = averages.networks
        model.latent_dim_ = config.latent_dim
        codes = torch.zeros(70, model.latent_dim_)
        labels = torch.arange(70) % 3 if model.labelled else None
        pictures = batched(model.decode_tensor, codes, labels, device=STAND_IN)
    assert pictures.device.type == "cpu"
    assert pictures.shape == (70, 3, 9, 12)


def test_scores_are_taken_on_the_cpu():
    images = np.random.default_rng(0).integers(0, 256, (40, 1, 9, 9), np.uint8)
    real = ImageSet(torch.from_numpy(images), None, np.empty(0, np.int64))
    found, expected = (
        FrechetScore(real, False, torch.device(d)) for d in ("mps", "cpu")
    )
    assert found.score(images[:, 0]) == expected.score(images[:, 0])


def test_a_model_that_was_trained_there_is_loaded_here(tmp_path):
    """Its parameters say "mps", which only a training asks for."""
    X = np.random.default_rng(0).integers(0, 256, (16, 8, 8), np.uint8)
    model = GAN(preset="tiny", network="mlp", batch_size=8).fit(X, epochs=1)
    model.record_.parameters["device"] = "mps"
    model.last_checkpoint_ = None
    model.save(tmp_path / "model")
    assert load(tmp_path / "model").device_ == "cpu"
