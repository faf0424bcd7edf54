"""The weight of the divergence in a VAE: in its training, and nowhere else."""

from copy import deepcopy
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.datasets import load_digits  # noqa: E402
from latentia.generative import VAE, load  # noqa: E402
from latentia.generative.latent.noise import normal  # noqa: E402
from latentia.generative.recipes import elbo  # noqa: E402
from latentia.generative.recipes.vae_recipe import VAERecipe  # noqa: E402
from latentia.generative.training.compute import Compute  # noqa: E402
from latentia.generative.training.recipe import StepContext  # noqa: E402

X = load_digits().images[:240]
SETTINGS = {
    "preset": "tiny",
    "network": "mlp",
    "latent_dim": 8,
    "batch_size": 40,
    "device": "cpu",
}
BETAS = (0.0, 1.0, 4.0, 30.0)


def fit(**parameters):
    return VAE(**SETTINGS, random_state=0, **parameters).fit(X, epochs=12)


@pytest.fixture(scope="module")
def fitted():
    return {beta: fit(beta=beta) for beta in BETAS}


def terms(model):
    """Return the mean log-density and the mean divergence, as ``score`` has them."""
    images = torch.from_numpy(X[:, None]).float() / 255
    noise = torch.from_numpy(normal(0, len(X), model.latent_dim_))
    with torch.no_grad():
        networks = model.networks_
        mean, log_variance = elbo.posterior(networks["encoder"](images))
        output = networks["decoder"](elbo.draw(mean, log_variance, noise))
        density = networks["likelihood"].log_density(output, images)
        divergence = elbo.divergence(mean, log_variance)
    return float(density.mean()), float(divergence.mean())


def test_a_larger_beta_has_a_smaller_divergence(fitted):
    found = [terms(fitted[beta])[1] for beta in BETAS]
    for more, less in pairwise(found):
        assert less < 0.8 * more
    assert fitted[30.0].active_units(X) < fitted[1.0].active_units(X)


@pytest.mark.parametrize("beta", BETAS)
def test_the_score_is_the_elbo_of_every_beta(fitted, beta):
    density, divergence = terms(fitted[beta])
    assert fitted[beta].score(X) == pytest.approx(density - divergence, abs=1e-3)


@pytest.mark.parametrize("beta", BETAS)
def test_the_best_is_chosen_by_what_is_trained(fitted, beta):
    density, divergence = terms(fitted[beta])
    best = min(row["score"] for row in fitted[beta].history_ if "score" in row)
    assert best == pytest.approx(beta * divergence - density, abs=1e-3)
    rows = [row for row in fitted[beta].history_ if "elbo" in row]
    for row in rows:
        whole = row["log_density"] - row["divergence"]
        assert row["elbo"] == pytest.approx(whole, abs=1e-3)


def test_the_skill_is_that_of_the_elbo(fitted):
    model = fitted[4.0]
    pixels = torch.from_numpy(X[:, None])
    skill = model.networks_["likelihood"].skill(-model.score(X), pixels)
    assert model.skill_ == pytest.approx(skill, abs=1e-4)


def test_the_default_is_one(fitted):
    assert VAE().beta == 1
    one, default = fitted[1.0].networks_.state_dict(), fit().networks_.state_dict()
    assert all(torch.equal(one[name], default[name]) for name in one)


def one_step(networks, beta, warmup, progress):
    recipe = VAERecipe(
        deepcopy(networks), 8, beta, warmup, sharpen=0, error_limit=1, mixture=True
    )
    context = StepContext(
        step=1000,
        progress=progress,
        n_images=40,
        n_trained=40,
        learning_rate=1e-3,
        generator=torch.Generator().manual_seed(0),
        compute=Compute(torch.device("cpu"), False),
        update=lambda optimiser: optimiser.step(),
    )
    recipe.step(torch.from_numpy(X[:40, None]) / 255, None, context)
    return recipe.networks.state_dict()


@pytest.mark.parametrize(
    ("warmup", "progress", "weight"),
    [(0.5, 0.125, 1.0), (0.5, 0.25, 2.0), (0.5, 0.5, 4.0), (0.5, 0.9, 4.0), (0, 0, 4)],
)
def test_warm_up_leads_from_nothing_to_beta(fitted, warmup, progress, weight):
    networks = fitted[1.0].networks_.requires_grad_(True)
    found = one_step(networks, 4.0, warmup, progress)
    expected = one_step(networks, weight, 0.0, progress)
    other = one_step(networks, weight / 2, 0.0, progress)
    assert all(torch.equal(found[name], expected[name]) for name in found)
    assert not all(torch.equal(found[name], other[name]) for name in found)


def test_it_is_saved_and_resumed(fitted, tmp_path):
    fitted[4.0].save(tmp_path / "model")
    assert load(tmp_path / "model", device="cpu").beta == 4
    with pytest.raises(ValueError, match=r"trained with beta=4\.0, not 1\.0"):
        VAE(**SETTINGS).fit(X, epochs=13, resume=tmp_path / "model")
    longer = VAE(**SETTINGS, beta=4.0).fit(X, epochs=13, resume=tmp_path / "model")
    assert longer.n_steps_ == 78
    start = VAE(**SETTINGS).fit(X, epochs=1, start=fitted[4.0])
    assert np.isfinite(start.score(X))


@pytest.mark.parametrize("beta", [-1, float("nan"), float("inf"), "1", None, True])
def test_bad_values_are_named(beta):
    error = ValueError if type(beta) in (int, float) else TypeError
    with pytest.raises(error, match="beta must be a number of at least 0, got"):
        VAE(beta=beta).fit(X)
