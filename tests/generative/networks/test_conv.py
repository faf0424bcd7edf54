"""Encoder and decoder networks: any size, and where the gradient goes."""

import pytest

pytest.importorskip("torch")

import torch

from latentia.generative.models.autoencoder import build_networks
from latentia.generative.networks.conv import Block, ConvDecoder, ConvEncoder
from latentia.generative.training.model_config import ModelConfig

SHAPES = [(1, 8, 8), (3, 9, 13), (4, 8, 31), (2, 28, 28), (1, 33, 57)]


@pytest.mark.parametrize("network", ["conv", "mlp"])
@pytest.mark.parametrize("shape", SHAPES)
def test_any_shape_goes_in_and_out(shape, network):
    config = ModelConfig(shape, 0, "tiny", network, 4, 8, 1e-3, 3)
    networks = build_networks(config, 6, discriminator=False)
    images = torch.rand(2, *shape)
    assert networks["encoder"](images).shape == (2, 6)
    assert networks["decoder"](torch.zeros(2, 3)).shape == images.shape


@pytest.mark.parametrize("shape", SHAPES)
def test_every_pixel_and_code_counts(shape):
    images = torch.rand(1, *shape, requires_grad=True)
    ConvEncoder(shape, 3, 4)(images).square().sum().backward()
    assert (images.grad != 0).all()
    z = torch.randn(1, 3, requires_grad=True)
    found = ConvDecoder(shape, 3, 4)(z)
    assert found.flatten(2).std(dim=2).min() > 0
    found.square().sum().backward()
    assert (z.grad != 0).all()


def test_every_weight_learns():
    shape = (1, 17, 28)
    encoder, decoder = ConvEncoder(shape, 3, 4), ConvDecoder(shape, 3, 4)
    for network in (encoder, decoder):
        for block in network.modules():
            if isinstance(block, Block):
                torch.nn.init.normal_(block.second.weight)
    decoder(encoder(torch.rand(2, *shape))).square().sum().backward()
    for network in (encoder, decoder):
        for name, weight in network.named_parameters():
            assert weight.grad.abs().max() > 0, name


def test_a_block_begins_as_the_identity():
    block = Block(4)
    torch.nn.init.zeros_(block.second.bias)
    maps = torch.randn(2, 4, 5, 7)
    torch.testing.assert_close(block(maps), maps, rtol=0, atol=0)


def test_images_do_not_touch_each_other():
    shape = (2, 9, 13)
    encoder = ConvEncoder(shape, 3, 4)
    images = torch.rand(5, *shape)
    alone = torch.cat([encoder(image[None]) for image in images])
    torch.testing.assert_close(encoder(images), alone, rtol=1e-4, atol=1e-5)
