"""The first stage of a regularised autoencoder, against its formula."""

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from latentia.generative.recipes.rae_recipe import RAERecipe  # noqa: E402
from latentia.generative.training.compute import Compute  # noqa: E402
from latentia.generative.training.recipe import StepContext  # noqa: E402


class Encoder(nn.Linear):
    """Pixels → codes."""

    def forward(self, images):
        return super().forward(images.flatten(1))


class Decoder(nn.Linear):
    """Codes → pixels."""

    def forward(self, codes):
        return super().forward(codes).unflatten(1, (1, 2, 2))


def context():
    return StepContext(
        step=0,
        progress=0.0,
        n_images=6,
        n_trained=6,
        learning_rate=1e-3,
        generator=torch.Generator().manual_seed(0),
        compute=Compute(torch.device("cpu"), False),
        update=lambda optimiser: None,
    )


@pytest.fixture
def recipe():
    torch.manual_seed(0)
    networks = nn.ModuleDict({"encoder": Encoder(4, 3), "decoder": Decoder(3, 4)})
    return RAERecipe(networks, 3, 0.5, sharpen=0, error_limit=1.5)


def test_the_first_stage_minimises_error_and_penalty(recipe):
    images = torch.rand(6, 1, 2, 2)
    found = recipe.first_step(images, context())
    networks = recipe.networks
    gradients = [p.grad.clone() for p in networks.parameters()]

    networks.zero_grad()
    codes = networks["encoder"](images)
    error = ((networks["decoder"](codes) - images) ** 2).sum((1, 2, 3)).mean()
    size = (codes**2).sum(1).mean()
    (error + 0.5 / 2 * size).backward()
    torch.testing.assert_close(found["squared_error"], error.detach())
    torch.testing.assert_close(found["squared_code"], size.detach())
    for gradient, parameter in zip(gradients, networks.parameters(), strict=True):
        torch.testing.assert_close(gradient, parameter.grad)


def test_codes_and_reconstructions_are_those_of_the_networks(recipe):
    images = (255 * torch.rand(6, 1, 2, 2)).to(torch.uint8)
    codes = recipe.codes(recipe.networks, images)
    torch.testing.assert_close(codes, recipe.networks["encoder"](images / 255))
    error, output = recipe.reconstruct(recipe.networks, images)
    torch.testing.assert_close(output, recipe.networks["decoder"](codes).clamp(0, 1))
    assert error == pytest.approx(
        float(((output - images / 255) ** 2).sum((1, 2, 3)).mean())
    )
