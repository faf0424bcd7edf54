"""A private step against its formula, and what one image can change in it."""

import numpy as np
import pytest
import torch

from latentia.generative.training.compute import choose_compute
from latentia.generative.training.model_config import ModelConfig
from latentia.generative.training.private_steps import (
    PoissonSampler,
    PrivateSteps,
    _clip,
    without_hook_warnings,
)
from latentia.generative.training.recipe import StepContext
from latentia.privacy.spending_plan import SpendingPlan

CLIP = 0.7
NAMES = ["VAE", "RAE", "GAN", "ConditionalGAN"]
NETWORKS = {
    "VAE": ["mlp", "conv"],
    "RAE": ["mlp", "conv"],
    "GAN": ["mlp", "conv", "resnet"],
    "ConditionalGAN": ["mlp", "conv", "resnet"],
}
CASES = [(name, network) for name in NAMES for network in NETWORKS[name]]


def plan(**options):
    given = {"epsilon": 1.0, "delta": 1e-5, "clip_norm": CLIP, "n_images": 100}
    given |= {"noise_multiplier": 1e-9, "sample_rate": 0.1, "divisor": 10}
    given |= {"n_steps": 100, "seed": 0, "earlier": None, "name": "a test"}
    return SpendingPlan(**given | options)


class Step:
    """A recipe with private steps, whose optimisers do nothing."""

    def __init__(self, make, name, network, side=8, **options):
        self.model = make(name, network="auto" if network == "conv" else network)
        n_classes = 3 if self.model.labelled else 0
        resolved = network
        sizes = (8, 10, 1e-3, self.model.latent_dim)
        config = ModelConfig((1, side, side), n_classes, "tiny", resolved, *sizes)
        self.recipe = self.model.build_recipe(config, 0, torch.device("cpu"))
        self.recipe.make_private()
        for optimiser in self.recipe.optimisers.values():
            optimiser.step = lambda: None
        self.private = PrivateSteps(
            plan(**options), self.recipe.networks, self.recipe.seeing, 100
        )
        self.gradients = {}

    def take(self, images, labels=None):
        """Take a step; return the gradients of the networks that see images."""
        found = {}

        def update(optimiser):
            self.private.update(optimiser)
            seen = {
                id(p): p
                for name in self.recipe.seeing
                for p in self.recipe.networks[name].parameters()
            }
            for group in optimiser.param_groups:
                for p in group["params"]:
                    if id(p) in seen:
                        found[id(p)] = p.grad.detach().clone().flatten()
                    p.grad = None

        x = torch.from_numpy(np.asarray(images)).float()[:, None] / 255
        y = None if not self.model.labelled else torch.as_tensor(labels)
        x, y = self.private.begin(0, x, y)
        generator = torch.Generator().manual_seed(self.private.seed_of_codes())
        compute = choose_compute("cpu", "float32")
        context = StepContext(
            0, 0.5, 10, 100, 1e-3, generator, compute, update, self.private
        )
        with without_hook_warnings():
            self.recipe.step(x, y, context)
        return torch.cat(list(found.values()))


def labels_of(n):
    return np.arange(n) % 3


@pytest.mark.parametrize(("name", "network"), CASES)
def test_one_image_changes_the_sum_by_at_most_the_clip(make, images, name, network):
    """Also an extreme one, a copy, and an image that is all there is."""
    step = Step(make, name, network)
    some = images(16)
    random = np.random.default_rng(1)
    extremes = [
        np.zeros((8, 8), np.uint8),
        np.full((8, 8), 255, np.uint8),
        (255 * (np.indices((8, 8)).sum(0) % 2)).astype(np.uint8),
        random.integers(0, 256, (8, 8), dtype=np.uint8),
        some[3],
    ]
    for n in (0, 1, 16):
        without = step.take(some[:n], labels_of(n))
        for extra in extremes:
            more = np.concatenate([some[:n], extra[None]])
            change = 10 * (step.take(more, labels_of(n + 1)) - without)
            assert change.norm() <= CLIP * (1 + 1e-4)
    # Nearly all gradients are that long, so the bound is not met by chance.
    assert change.norm() > 0.5 * CLIP


@pytest.mark.parametrize(("name", "network"), CASES)
def test_gradients_of_images_like_those_of_autograd(make, images, name, network):
    """Networks keep channels last in memory, which Opacus's convolutions misread."""
    step = Step(make, name, network)
    for parameter in step.recipe.networks.parameters():
        torch.nn.init.normal_(parameter, 0, 0.2)  # no layer is 0 or the identity
    private, found = step.private, {}
    names = {id(p): name for name, p in step.recipe.networks.named_parameters()}

    def release(optimiser):
        for group in optimiser.param_groups:
            for p in group["params"]:
                found[names[id(p)]] = p.grad_sample.clone(), p.grad.clone()
        type(private).release(private, optimiser)

    private.release = release
    step.take(images(3), labels_of(3))
    assert len(found) > 3
    for each, (of_images, together) in found.items():
        mean = of_images.mean(dim=0)
        scale = float(together.abs().max())
        assert scale > 0, each
        torch.testing.assert_close(mean, together, rtol=1e-3, atol=1e-4 * scale)
    # The sum of wrong parts could be right: each image alone gives its own part.
    parts = {each: of_images for each, (of_images, _) in found.items()}
    if name == "GAN":
        step.take(images(3)[:1])
        for each, (alone, _) in found.items():
            scale = float(alone.abs().max())
            torch.testing.assert_close(
                alone[0], parts[each][0], rtol=1e-3, atol=1e-3 * scale
            )


def test_clipped_rows_are_never_longer_than_the_clip():
    """In 10 000 tries of all sizes; in float64, as float32 would hide its errors."""
    random = np.random.default_rng(0)
    sizes = 10.0 ** random.uniform(-30, 30, (10_000, 1))
    sizes[::10] = CLIP / np.sqrt(300)  # about as long as the clip norm
    parts = [random.normal(size=(10_000, d)) * sizes for d in (200, 99, 1)]
    parts[0][::97] = 0
    parts[1][1::97, 3] = np.nan
    parts[2][2::97] = np.inf
    with np.errstate(over="ignore"):
        rows = [torch.from_numpy(part.astype(np.float32)) for part in parts]
    factors = _clip(rows, CLIP)
    assert all(row.isfinite().all() for row in rows[:2])
    clipped = torch.cat([row.double() for row in rows], 1) * factors.double()[:, None]
    lengths = clipped.norm(dim=1)
    assert lengths.isfinite().all()
    assert lengths.max() <= CLIP
    assert (lengths > 0.99 * CLIP).sum() > 3000


def test_images_with_nan_gradients_count_as_nothing(make, images):
    step = Step(make, "RAE", "mlp")
    some = images(4)
    expected = step.take(some)
    broken = np.concatenate([some / 255, np.full((1, 8, 8), np.nan)])
    with np.errstate(invalid="ignore"):
        found = step.take(broken * 255)
    assert found.isfinite().all()
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("seed", [0, None])
@pytest.mark.parametrize("n", [0, 3])
def test_noise_has_its_size(make, images, seed, n):
    step = Step(make, "RAE", "mlp", noise_multiplier=50.0, seed=seed)
    found = step.take(images(n)) * 10
    assert float(found.std()) == pytest.approx(50 * CLIP, rel=0.02)
    assert abs(float(found.mean())) < 0.5


def test_noise_of_the_operating_system_differs(make, images):
    first, second = (
        Step(make, "RAE", "mlp", noise_multiplier=1.0, seed=None).take(images(3))
        for _ in range(2)
    )
    assert not torch.equal(first, second)


def test_a_step_is_private_once(make, images):
    step = Step(make, "RAE", "mlp")
    (adam,) = step.recipe.optimisers.values()
    step.private.begin(0, torch.zeros(2, 1, 8, 8), None)
    with pytest.raises(RuntimeError, match="not made private"):
        step.private.update(adam)
    step.take(images(2))
    with pytest.raises(RuntimeError, match="once"):
        step.private.release(adam)


def test_coins_are_those_of_poisson_sampling():
    """Any size, also none; every image as often, whatever the others do."""
    sampler = PoissonSampler(50, 0.04, 0)
    taken = np.zeros((4000, 50), dtype=bool)
    for step in range(4000):
        taken[step, sampler.indices(step).numpy()] = True
    sizes = taken.sum(axis=1)
    assert set(range(6)) <= set(sizes.tolist())
    assert sizes.mean() == pytest.approx(2, abs=0.1)
    assert sizes.var() == pytest.approx(50 * 0.04 * 0.96, rel=0.1)
    assert np.abs(taken.mean(axis=0) - 0.04).max() < 0.015
    together = np.corrcoef(taken.T.astype(float)) - np.eye(50)
    assert np.abs(together).max() < 0.1
    again = [sampler.indices(step).tolist() for step in (5, 3)]
    assert again == [np.flatnonzero(taken[step]).tolist() for step in (5, 3)]


def test_coins_of_the_operating_system_differ():
    sampler = PoissonSampler(1000, 0.5, None)
    assert sampler.indices(0).tolist() != sampler.indices(0).tolist()


def test_batch_normalisation_is_refused(make):
    with pytest.raises(ValueError, match="network: the discriminator normalises"):
        Step(make, "GAN", "dcgan", side=32)
