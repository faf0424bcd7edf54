"""On a CUDA device."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import GAN, ConditionalGAN  # noqa: E402
from latentia.generative.models.gan import NETWORKS  # noqa: E402

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

X = np.random.default_rng(0).integers(0, 256, (64, 9, 11), dtype=np.uint8)
Y = np.arange(64) % 3


def gan(**parameters):
    tiny = {"preset": "tiny", "batch_size": 16, "device": "cuda", "random_state": 0}
    return ConditionalGAN(**{**tiny, **parameters})


@pytest.mark.parametrize("network", NETWORKS)
def test_trained_there_and_loaded_here(tmp_path, network):
    there = gan(network=network).fit(X, Y, epochs=2, run=tmp_path)
    assert there.device_.startswith("cuda")
    here = ConditionalGAN.load(tmp_path, device="cpu")
    back = ConditionalGAN.load(tmp_path, device="cuda")
    one, other, again = (m.sample(100, seed=1).astype(int) for m in (there, here, back))
    np.testing.assert_array_equal(one, again)
    assert abs(one - other).max() <= 2  # of 255, where the devices round in their ways


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("penalty", ["r1r2", "finite", "gradient"])
def test_precisions_and_penalties(precision, penalty):
    model = gan(precision=precision, penalty=penalty).fit(X, Y, epochs=2)
    assert all(torch.isfinite(t).all() for t in model.networks_.state_dict().values())


def test_a_training_goes_on_there_and_elsewhere(tmp_path):
    gan(network="conv").fit(X, Y, epochs=1, run=tmp_path)
    assert gan(network="conv").fit(X, Y, epochs=2, resume=tmp_path).n_steps_ == 8
    elsewhere = gan(network="conv", device="cpu").fit(X, Y, epochs=3, resume=tmp_path)
    assert (elsewhere.n_steps_, elsewhere.device_) == (12, "cpu")


def test_global_random_states_are_left_alone():
    torch.cuda.manual_seed(5)
    before = torch.get_rng_state(), torch.cuda.get_rng_state()
    GAN(preset="tiny", device="cuda", random_state=0).fit(X, epochs=1).sample(2)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert torch.equal(torch.cuda.get_rng_state(), before[1])


def test_a_device_that_is_absent():
    with pytest.raises(ValueError, match=r"device='cuda:99': PyTorch sees \d+ CUDA"):
        GAN(device="cuda:99").fit(X)
