"""Likelihoods and the evidence bound, against SciPy and closed forms."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from scipy import stats

from latentia.generative.recipes import elbo
from latentia.generative.recipes.likelihoods import LIKELIHOODS, Bernoulli, Gaussian


def leave(tensors):
    pass


def random(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=generator)


class Linear(torch.nn.Module):
    """x = A z + b, as images (B, 1, 2, 3)."""

    def __init__(self, weights, offset):
        super().__init__()
        self.weights, self.offset = weights, offset

    def forward(self, z):
        return (z @ self.weights.T + self.offset).view(-1, 1, 2, 3)


def linear_gaussian(dtype=torch.float64):
    """Return networks with a linear decoder, the truth p(x) and p(z | x)."""
    random = np.random.default_rng(3)
    A, b = random.normal(size=(6, 2)), random.normal(size=6)
    variance = 0.3
    likelihood = Gaussian()
    likelihood.log_variance.fill_(np.log(variance))
    decoder = Linear(torch.tensor(A, dtype=dtype), torch.tensor(b, dtype=dtype))
    networks = torch.nn.ModuleDict({"decoder": decoder, "likelihood": likelihood})
    marginal = stats.multivariate_normal(b, A @ A.T + variance * np.eye(6))
    precision = np.eye(2) + A.T @ A / variance

    def posterior_mean(x):
        return np.linalg.solve(precision, A.T @ (x - b) / variance)

    return networks.to(dtype), marginal, posterior_mean, np.linalg.inv(precision)


def test_gaussian_is_scipys():
    output, images = random(4, 2, 3, 5), random(4, 2, 3, 5, seed=1)
    likelihood = Gaussian()
    likelihood.log_variance.fill_(np.log(0.04))
    found = likelihood.log_density(output, images)
    truth = stats.norm(output, 0.2).logpdf(images).sum((1, 2, 3))
    np.testing.assert_allclose(found, truth, rtol=1e-5)


def test_bernoulli_is_scipys_on_binary_pixels():
    output = 4 * random(4, 2, 3, 5) - 2
    images = (random(4, 2, 3, 5, seed=1) > 0.5).float()
    found = Bernoulli().log_density(output, images)
    truth = stats.bernoulli(torch.sigmoid(output)).logpmf(images).sum((1, 2, 3))
    np.testing.assert_allclose(found, truth, rtol=1e-5)


def test_adapted_variance_is_the_likeliest():
    output, images = random(8, 1, 4, 4), random(8, 1, 4, 4, seed=1)
    likelihood = Gaussian()
    likelihood.adapt(output, images, leave)
    best = likelihood.log_density(output, images).sum()
    for step in (-0.05, 0.05):
        likelihood.log_variance += step
        assert likelihood.log_density(output, images).sum() < best
        likelihood.log_variance -= step


def test_adapted_variance_is_averaged_over_processes():
    likelihood = Gaussian()

    def halve(tensors):
        for tensor in tensors:
            tensor /= 2

    likelihood.adapt(torch.zeros(2, 1, 2, 2), torch.ones(2, 1, 2, 2), halve)
    assert likelihood.log_variance.exp() == pytest.approx(0.5)


def test_perfect_output_has_a_finite_density():
    images = random(2, 1, 8, 8)
    likelihood = Gaussian()
    likelihood.adapt(images, images, leave)
    assert torch.isfinite(likelihood.log_density(images, images)).all()


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_gradient_and_mean(name):
    likelihood = LIKELIHOODS[name]()
    images = random(3, 1, 4, 4)
    output = torch.zeros_like(images, requires_grad=True)
    likelihood.adapt(output, images, leave)
    likelihood.log_density(output, images).sum().backward()
    assert (
        torch.sign(output.grad) == torch.sign(images - likelihood.mean(0 * output))
    ).all()


def test_divergence_is_that_of_torch():
    mean, log_variance = 4 * random(5, 3) - 2, 4 * random(5, 3, seed=1) - 2
    normal = torch.distributions.Normal
    own, prior = normal(mean, (log_variance / 2).exp()), normal(0.0, 1.0)
    truth = torch.distributions.kl_divergence(own, prior).sum(1)
    torch.testing.assert_close(elbo.divergence(mean, log_variance), truth)


def test_extreme_log_variances_stay_finite():
    mean, log_variance = elbo.posterior(torch.tensor([[0.0, 0.0, -1e9, 1e9]]))
    assert torch.isfinite(elbo.divergence(mean, log_variance)).all()


def test_bound_of_a_linear_decoder_is_its_closed_form():
    """E log p(x | z) of z ~ N(μ, diag s) is log N at μ less tr(A diag s Aᵀ) / 2σ²."""
    networks, *_ = linear_gaussian()
    x = np.random.default_rng(0).normal(size=6)
    mean, variance = np.array([0.3, -0.7]), np.array([0.2, 0.5])
    A = networks["decoder"].weights.numpy()
    at_mean = A @ mean + networks["decoder"].offset.numpy()
    divergence = (mean**2 + variance - np.log(variance) - 1).sum() / 2
    truth = stats.norm(at_mean, np.sqrt(0.3)).logpdf(x).sum()
    truth -= ((A**2) @ variance).sum() / (2 * 0.3) + divergence

    n = 40_000
    encoded = torch.tensor([*mean, *np.log(variance)])[None].expand(n, 4)
    images = torch.tensor(x).view(1, 1, 2, 3).expand(n, 1, 2, 3)
    noise = torch.from_numpy(np.random.default_rng(1).normal(size=(n, 2)))
    found = elbo.bound(networks, encoded, images, noise)
    # Four standard errors of the mean.
    assert abs(found.mean() - truth) < 4 * found.std() / np.sqrt(n)


def test_importance_weights_tell_the_exact_likelihood():
    networks, marginal, posterior_mean, covariance = linear_gaussian()
    x = marginal.rvs(random_state=0)
    truth = marginal.logpdf(x)
    # Wider than the posterior, as importance sampling needs it.
    variance = 2 * np.diag(covariance) + 0.05
    encoded = np.concatenate([posterior_mean(x) + 0.1, np.log(variance)])
    n = 40_000
    arguments = (
        networks,
        torch.tensor(encoded, dtype=torch.float64)[None].expand(n, 4),
        torch.tensor(x).view(1, 1, 2, 3).expand(n, 1, 2, 3),
        torch.from_numpy(np.random.default_rng(1).normal(size=(n, 2))),
    )
    weights = elbo.log_weight(*arguments)

    def over(k):
        return float((weights.view(-1, k).logsumexp(1) - np.log(k)).mean())

    bounds = [over(k) for k in (1, 5, 50, n)]
    assert bounds == sorted(bounds)
    assert bounds[-1] == pytest.approx(truth, abs=0.02)
    mean_bound = elbo.bound(*arguments).mean()
    assert bounds[0] == pytest.approx(float(mean_bound), abs=0.05)


def test_exact_posterior_has_weights_that_are_all_the_likelihood():
    """With one code dimension the posterior is in the family: nothing varies."""
    A = torch.tensor([[0.5], [1.0], [-2.0], [0.0], [1.5], [0.1]], dtype=torch.float64)
    likelihood = Gaussian()
    likelihood.log_variance.fill_(np.log(0.3))
    networks = torch.nn.ModuleDict(
        {"decoder": Linear(A, torch.zeros(6, dtype=A.dtype)), "likelihood": likelihood}
    ).double()
    x = torch.tensor([0.2, 1.0, -1.5, 0.3, 0.9, 0.0], dtype=torch.float64)
    precision = 1 + (A**2).sum() / 0.3
    mean = A.T @ x / 0.3 / precision
    encoded = torch.cat([mean, -precision.log()[None]])[None].expand(7, 2)
    noise = torch.linspace(-3, 3, 7, dtype=torch.float64)[:, None]
    images = x.view(1, 1, 2, 3).expand(7, 1, 2, 3)
    covariance = (A @ A.T + 0.3 * torch.eye(6)).numpy()
    truth = stats.multivariate_normal(cov=covariance).logpdf(x)
    found = elbo.log_weight(networks, encoded, images, noise)
    # The encoder's output is rounded to float32.
    np.testing.assert_allclose(found, np.full(7, truth), atol=1e-5)


def test_few_images_count_beside_an_average_one():
    output, images = random(8, 1, 4, 4), random(8, 1, 4, 4, seed=1)
    likelihood = Gaussian()
    likelihood.adapt(output, images, leave, 0.25)
    error = (images - output).square().mean()
    variance = (images - images.mean(0)).square().mean()
    expected = 0.75 * error + 0.25 * variance
    assert likelihood.log_variance.exp() == pytest.approx(float(expected), rel=1e-5)
    likelihood.adapt(images, images, leave, 0.25)
    assert likelihood.log_variance.exp() == pytest.approx(float(variance) / 4, rel=1e-5)
