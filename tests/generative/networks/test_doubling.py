"""Transposed convolutions whose gradient of the bias is a sum."""

import pytest

pytest.importorskip("torch")

import torch

from latentia.generative.networks.doubling import Doubling


@pytest.mark.parametrize("bfloat16", [False, True])
def test_a_doubling_is_a_transposed_convolution(bfloat16):
    doubling = Doubling(6, 3)
    maps = torch.randn(2, 6, 4, 5, requires_grad=True)
    inputs = maps, doubling.weight, doubling.bias
    results = []
    for forward in (doubling, lambda x: torch.nn.ConvTranspose2d.forward(doubling, x)):
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            grown = forward(maps)
        gradients = torch.autograd.grad(grown.float().square().sum(), inputs)
        results.append((grown, *gradients))
    torch.testing.assert_close(*results)


def test_the_bias_has_a_gradient_of_its_own_where_it_learns():
    doubling, maps = Doubling(6, 3), torch.randn(2, 6, 4, 5, requires_grad=True)
    assert "_Biased" in doubling(maps).grad_fn.name()
    doubling.bias.requires_grad_(False)
    assert "_Biased" not in doubling(maps).grad_fn.name()


def test_second_derivatives_of_a_doubling():
    doubling = Doubling(2, 2).double()
    maps = torch.randn(1, 2, 3, 3, dtype=torch.float64, requires_grad=True)

    def grown(maps, bias):
        return torch.func.functional_call(doubling, {"bias": bias}, maps).tanh()

    assert torch.autograd.gradgradcheck(grown, (maps, doubling.bias))


def test_gradients_of_a_doubling_for_each_image():
    doubling = Doubling(2, 3)
    maps = torch.randn(4, 2, 3, 5)

    def loss(parameters, image):
        grown = torch.func.functional_call(doubling, parameters, image[None])
        return grown.square().sum()

    parameters = dict(doubling.named_parameters())
    each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(parameters, maps)
    for name, gradients in each.items():
        for image, gradient in zip(maps, gradients, strict=True):
            (alone,) = torch.autograd.grad(
                loss(parameters, image), parameters[name], retain_graph=True
            )
            torch.testing.assert_close(gradient, alone)
