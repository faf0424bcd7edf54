"""Losses are their formulas, and their gradients are theirs."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative.losses import LOSSES, PENALTY_OF  # noqa: E402


def log_sigmoid(x):
    return -np.log1p(np.exp(-x))


FORMULAS = {
    "relativistic": (
        lambda real, fake: -log_sigmoid(real - fake).mean(),
        lambda real, fake: -log_sigmoid(fake - real).mean(),
    ),
    "nonsaturating": (
        lambda real, fake: -log_sigmoid(real).mean() - log_sigmoid(-fake).mean(),
        lambda real, fake: -log_sigmoid(fake).mean(),
    ),
    "hinge": (
        lambda real, fake: (
            np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean()
        ),
        lambda real, fake: -fake.mean(),
    ),
    "wasserstein": (
        lambda real, fake: fake.mean() - real.mean(),
        lambda real, fake: -fake.mean(),
    ),
    "minimax": (
        lambda real, fake: -log_sigmoid(real).mean() - log_sigmoid(-fake).mean(),
        lambda real, fake: np.log(1 - 1 / (1 + np.exp(-fake))).mean(),
    ),
}
PLAYERS = ("discriminator", "generator")


def logits(n=7):
    random = np.random.default_rng(0)
    return 2 * random.standard_normal(n), 2 * random.standard_normal(n)


def test_every_loss_has_its_formula_and_its_penalty():
    assert set(LOSSES) == set(FORMULAS) == set(PENALTY_OF)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("player", [0, 1])
def test_formula(name, player):
    real, fake = logits()
    loss = getattr(LOSSES[name], PLAYERS[player])
    found = loss(torch.from_numpy(real), torch.from_numpy(fake))
    assert found.shape == ()
    np.testing.assert_allclose(found, FORMULAS[name][player](real, fake), rtol=1e-12)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("player", [0, 1])
def test_gradient_by_finite_differences(name, player):
    step = 1e-5  # in float64: an error of step² next to one of 1e-16 / step
    arrays = logits()
    tensors = [torch.from_numpy(a).requires_grad_() for a in arrays]
    getattr(LOSSES[name], PLAYERS[player])(*tensors).backward()
    for which, tensor in enumerate(tensors):
        for i in range(len(tensor)):
            sides = []
            for sign in (1, -1):
                moved = [a.copy() for a in arrays]
                moved[which][i] += sign * step
                sides.append(FORMULAS[name][player](*moved))
            slope = (sides[0] - sides[1]) / (2 * step)
            found = 0.0 if tensor.grad is None else float(tensor.grad[i])
            assert abs(found - slope) < 1e-8


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("player", PLAYERS)
@pytest.mark.parametrize("sure", [-1e4, 1e4])
def test_a_discriminator_that_is_sure_gives_finite_losses(name, player, sure):
    real = torch.tensor([sure], requires_grad=True)
    fake = torch.tensor([-sure], requires_grad=True)
    loss = getattr(LOSSES[name], player)(real, fake)
    loss.backward()
    gradients = [t.grad for t in (real, fake) if t.grad is not None]
    assert all(torch.isfinite(t).all() for t in (loss, *gradients))
