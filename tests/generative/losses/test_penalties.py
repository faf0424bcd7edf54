"""Penalties against closed forms, and differences against derivatives."""

from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative.losses.penalties import (  # noqa: E402
    finite_difference,
    gradient_norm,
    squared_gradient,
)
from latentia.generative.recipes.gan_recipe import GANRecipe  # noqa: E402


def normal(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


class Quadratic:
    """D(x) = ½ xᵀAx + bᵀx, so that ∇D(x) = Ax + b."""

    def __init__(self, n):
        A = normal(n, n, seed=1)
        self.A, self.b = (A + A.T).requires_grad_(), normal(n, seed=2).requires_grad_()

    def __call__(self, images):
        x = images.flatten(1)
        return ((x @ self.A) * x).sum(1) / 2 + x @ self.b

    def gradient(self, images):
        return images.flatten(1) @ self.A.detach() + self.b.detach()


def test_squared_gradient_of_a_quadratic():
    images = normal(5, 2, 3, 3)
    D = Quadratic(18)
    found = squared_gradient(D, images)
    truth = D.gradient(images)
    torch.testing.assert_close(found.detach(), truth.square().sum(1).mean())
    found.backward()  # of the mean of ‖Ax + b‖²
    torch.testing.assert_close(D.b.grad, 2 * truth.mean(0))
    outer = 2 * torch.einsum("bi,bj->bij", truth, images.flatten(1)).mean(0)
    torch.testing.assert_close(D.A.grad + D.A.grad.T, outer + outer.T)


def test_images_are_not_asked_for_gradients():
    images = normal(4, 1, 3, 3).requires_grad_()
    squared_gradient(Quadratic(9), images).backward()
    assert images.grad is None


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_gradient_norm_is_taken_between_real_and_generated(share):
    real, fake = normal(5, 1, 3, 3), normal(5, 1, 3, 3, seed=9)
    D = Quadratic(9)
    shares = torch.full((5, 1, 1, 1), share, dtype=torch.float64)
    found = gradient_norm(D, real, fake, shares)
    between = (1 - share) * real + share * fake
    truth = (D.gradient(between).norm(dim=1) - 1).square().mean()
    torch.testing.assert_close(found.detach(), truth)


def test_gradient_norm_of_a_plane():
    w = normal(9).requires_grad_()

    def plane(images):
        return images.flatten(1) @ w

    share = torch.rand(4, 1, 1, 1, dtype=torch.float64)
    found = gradient_norm(plane, normal(4, 1, 3, 3), normal(4, 1, 3, 3), share)
    norm = w.detach().norm()
    torch.testing.assert_close(found.detach(), (norm - 1) ** 2)
    found.backward()  # 2 (‖w‖ − 1) w / ‖w‖
    torch.testing.assert_close(w.grad, 2 * (norm - 1) * w.detach() / norm)


def test_finite_differences_are_exact_along_the_noise():
    """A quadratic's central difference along ε is ∇D·ε, whatever the step."""
    images, noise = normal(6, 1, 3, 3), normal(6, 1, 3, 3, seed=5)
    D = Quadratic(9)
    truth = (D.gradient(images) * noise.flatten(1)).sum(1).square().mean()
    found = finite_difference(D, images, noise).detach()
    torch.testing.assert_close(found, truth, rtol=1e-9, atol=0)


def test_finite_differences_agree_with_the_exact_penalty():
    """Value and gradient in the weights, averaged over noise.

    The estimate is a mean of independent draws, so each number may be five of its own
    standard errors from the truth; on top of that comes what O(σ²) with σ = 0.01 and
    derivatives of about 1 can be, a thousandth of the largest number.
    """
    torch.manual_seed(3)
    hidden, n_images, n_draws, n_groups = 5, 3, 500, 40
    D = torch.nn.Sequential(
        torch.nn.Flatten(),
        torch.nn.Linear(12, hidden),
        torch.nn.Tanh(),
        torch.nn.Linear(hidden, 1),
        torch.nn.Flatten(0),
    ).double()
    images = normal(n_images, 1, 3, 4)

    def value_and_gradient(penalty):
        gradients = torch.autograd.grad(penalty, list(D.parameters())[:-1])
        return torch.cat([penalty.detach()[None], *(g.flatten() for g in gradients)])

    exact = value_and_gradient(squared_gradient(D, images))
    repeated = images.repeat(n_draws, 1, 1, 1)
    draws = torch.stack(
        [
            value_and_gradient(
                finite_difference(D, repeated, normal(*repeated.shape, seed=group))
            )
            for group in range(n_groups)
        ]
    )
    error = (draws.mean(0) - exact).abs()
    allowed = 5 * draws.std(0) / n_groups**0.5 + 1e-3 * exact.abs().max()
    assert (error <= allowed).all()
    # The rule above means something: the truth stands out of what is allowed.
    assert allowed[0] < 0.05 * exact[0]
    assert allowed[1:].norm() < 0.3 * exact[1:].norm()


@pytest.mark.parametrize(
    ("penalty", "of_fake"), [("r1", 0), ("r1r2", 1), ("finite", 1)]
)
def test_a_training_takes_them_at_the_images_they_are_of(penalty, of_fake):
    """D(x) = ‖x‖²/2 has the gradient x, and the slope x·ε along ε."""
    real, fake = torch.tensor([[1.0, 0.0], [3.0, 0.0]]), torch.tensor([[0.0, 7.0]] * 2)
    recipe = SimpleNamespace(
        networks={"discriminator": lambda x, labels: x.square().sum(1) / 2},
        options=SimpleNamespace(penalty=penalty, gamma=4.0),
    )
    context = SimpleNamespace(progress=0.0, normal=lambda *shape: torch.ones(shape))
    found = GANRecipe._penalty(recipe, real, fake, None, context)
    assert found.item() == pytest.approx(2 * (5 + of_fake * 49), rel=1e-4)
