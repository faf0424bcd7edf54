"""The plain loops train the same networks as latentia does."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("PIL")

from latentia.benchmarks.generative import throughput  # noqa: E402
from latentia.generative.training.model_config import ModelConfig  # noqa: E402

N_CLASSES = 3


def sizes(parameters):
    return sorted(tuple(parameter.shape) for parameter in parameters)


@pytest.mark.parametrize("race", throughput.RACES)
def test_a_plain_step_moves_all_weights_of_the_same_networks(race, monkeypatch):
    made = []
    for name in ("Adam", "AdamW"):
        kind = getattr(torch.optim, name)
        monkeypatch.setattr(
            torch.optim,
            name,
            lambda parameters, kind=kind, **rates: (
                made.append(kind(parameters, **rates)) or made[-1]
            ),
        )
    model, plain = throughput.RACES[race]
    step = plain(N_CLASSES, torch.device("cpu"))
    plain_ones = [p for a in made for group in a.param_groups for p in group["params"]]
    before = [parameter.detach().clone() for parameter in plain_ones]
    images = torch.from_numpy(np.random.default_rng(0).random((6, 1, 28, 28), "f4"))
    for _ in range(2):  # residual branches start at zero
        step(images, torch.arange(6) % N_CLASSES)
    pairs = zip(plain_ones, before, strict=True)
    still = [parameter for parameter, old in pairs if torch.equal(parameter, old)]
    # A relativistic loss compares logits, so that their bias does not matter.
    assert sizes(still) == ([(1,)] if race == "conditional GAN" else [])
    model = model()
    network = "dcgan" if race == "DCGAN" else "conv"
    n_classes = 0 if race == "RAE" else N_CLASSES
    options = (32, 128, 1e-3, model.latent_dim)
    config = ModelConfig((1, 28, 28), n_classes, "small", network, *options)
    assert model.resolve_network(torch.device("cpu")) == network
    networks = model.make_recipe(config).networks
    ours = [p for name in networks for p in networks[name].parameters()]
    assert sizes(ours) == sizes(plain_ones)
