"""What the user has set in PyTorch has no say in a training, and stays as it was."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import GAN, RAE, VAE, ConditionalGAN, load  # noqa: E402
from latentia.generative.data import as_image_set  # noqa: E402

RNG = np.random.default_rng(0)
X, Y = RNG.integers(0, 256, (16, 9, 8), dtype=np.uint8), np.arange(16) % 2
SMALL = {
    "preset": "tiny",
    "device": "cpu",
    "batch_size": 8,
    "latent_dim": 3,
    "precision": "float32",
}
MODELS = {
    "mlp": (GAN, {"network": "mlp"}),
    "conv": (ConditionalGAN, {"network": "conv"}),
    "resnet": (GAN, {"network": "resnet"}),
    "dcgan": (GAN, {"network": "dcgan", "augment": True}),
    "vae": (VAE, {"network": "mlp"}),
    "conv vae": (VAE, {}),
    "rae": (RAE, {"network": "mlp"}),
}


@contextmanager
def default_dtype():
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


@contextmanager
def default_device():
    torch.set_default_device("meta")
    try:
        yield
    finally:
        torch.set_default_device(None)


STATES = {
    "dtype": default_dtype,
    "device": default_device,
    "no_grad": torch.no_grad,
    "inference": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "device context": lambda: torch.device("meta"),
}


def fitted(name, seed=0):
    class_, parameters = MODELS[name]
    return class_(**SMALL, **parameters, random_state=seed).fit(X, Y, epochs=1)


def weights(model):
    return {
        name: value.numpy().copy()
        for name, value in model.networks_.state_dict().items()
    }


def assert_same(model, other):
    found, expected = weights(model), weights(other)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, strict=True)
    assert model.history_[-1]["score"] == other.history_[-1]["score"]


@pytest.fixture(scope="module")
def expected():
    return cache(fitted)


QUICK = [("mlp", state) for state in STATES] + [("vae", "dtype"), ("rae", "dtype")]
CASES = [
    pytest.param(name, state, marks=() if (name, state) in QUICK else pytest.mark.slow)
    for name in MODELS
    for state in STATES
]


@pytest.mark.parametrize(("name", "state"), CASES)
def test_the_same_bits_in_every_state(expected, name, state):
    with STATES[state]():
        model = fitted(name)
        images = model.sample(3, seed=1)
    assert_same(model, expected(name))
    np.testing.assert_array_equal(images, expected(name).sample(3, seed=1))


@pytest.mark.parametrize("state", STATES)
def test_files_codes_and_going_on_in_every_state(expected, tmp_path, state):
    vae = expected("vae")
    with STATES[state]():
        VAE(**SMALL, network="mlp", random_state=0).fit(X, Y, epochs=1, run=tmp_path)
        model = load(tmp_path, device="cpu")
        codes, score = model.encode(X), model.score(X)
        images = model.reconstruct(X)
        further = VAE(**SMALL, network="mlp", random_state=0).fit(
            X, Y, epochs=2, resume=tmp_path
        )
    np.testing.assert_array_equal(codes, vae.encode(X))
    np.testing.assert_array_equal(images, vae.reconstruct(X))
    assert score == vae.score(X)
    assert further.n_steps_ == 4


def test_tensors_of_an_inference_mode():
    with torch.inference_mode():
        images = torch.from_numpy(X[:, None]) / 255
    assert as_image_set(images).images.shape == (16, 1, 9, 8)
    VAE(**SMALL, network="mlp").fit(images, epochs=1)


@pytest.mark.parametrize("name", ["mlp", "vae", "rae"])
def test_the_generator_of_the_user_is_left_alone(name):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    fitted(name)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.initial_seed() == 3


@pytest.mark.parametrize("name", ["vae", pytest.param("mlp", marks=pytest.mark.slow)])
def test_fits_in_threads_are_those_alone(name):
    before = torch.get_rng_state()
    seeds = range(4)
    alone = [fitted(name, seed) for seed in seeds]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda seed: fitted(name, seed), seeds))
    for model, other in zip(together, alone, strict=True):
        assert_same(model, other)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("kind", [VAE, RAE])
def test_bfloat16_within_a_callers_autocast(kind):
    """Whose converted weights PyTorch would keep for all steps."""
    settings = SMALL | {"precision": "bfloat16"}

    def trained():
        model = kind(**settings, network="mlp", random_state=0)
        return model.fit(X, Y, epochs=2)

    expected = trained()
    with torch.autocast("cpu", torch.bfloat16):
        found = trained()
    assert_same(found, expected)
