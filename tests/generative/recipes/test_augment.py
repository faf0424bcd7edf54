"""Changes before judging: seeded, differentiable, none of them certain."""

import pytest

torch = pytest.importorskip("torch")

from latentia.generative.recipes.augment import augment  # noqa: E402
from latentia.generative.training.compute import choose_compute  # noqa: E402
from latentia.generative.training.recipe import StepContext  # noqa: E402


def context(seed=0):
    generator = torch.Generator().manual_seed(seed)
    compute = choose_compute("cpu", "float32")
    return StepContext(0, 0.0, 4, 40, 1e-3, generator, compute, lambda optimiser: None)


def images(*shape):
    return 2 * torch.rand(shape, generator=torch.Generator().manual_seed(9)) - 1


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 13), (4, 31, 20)])
def test_shape_and_seed(shape):
    batch = images(6, *shape)
    changed = augment(batch, context())
    assert changed.shape == batch.shape
    assert torch.isfinite(changed).all()
    assert torch.equal(changed, augment(batch, context()))
    assert not torch.equal(changed, augment(batch, context(1)))
    assert not torch.equal(changed[0], changed[1])


def test_images_do_not_mix():
    batch = images(5, 2, 9, 13)
    alone = batch.clone()
    alone[1:] = 0.0
    torch.testing.assert_close(
        augment(alone, context())[0], augment(batch, context())[0]
    )


def test_gradients_by_finite_differences():
    batch = images(2, 1, 8, 8).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: augment(x, context()), (batch,))


def test_of_many_images_some_keep_every_pixel():
    """Where every image lost its middle, the generator would learn not to draw it."""
    changed = augment(torch.full((500, 1, 8, 8), 0.5), context())
    kept = (changed != 0).float().mean(0)
    assert kept.min() > 0.5
    assert kept.max() < 1
    whole = (changed != 0).flatten(1).all(1).float().mean()
    assert whole < 0.5
