"""Every family of networks on every kind of shape."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative.models.gan import NETWORKS, build_networks  # noqa: E402
from latentia.generative.networks.framing import Frame  # noqa: E402
from latentia.generative.training.model_config import ModelConfig  # noqa: E402

SHAPES = [(1, 8, 8), (3, 9, 13), (2, 28, 28), (4, 32, 20), (1, 64, 64)]
N_CLASSES = 3
BATCH = 3


def built(network, shape, n_classes):
    config = ModelConfig(shape, n_classes, "tiny", network, 8, BATCH, 1e-3, 5)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        pair = build_networks(config)
        for parameter in (p for part in pair for p in part.parameters()):
            # Some start at zero, and let no gradient through to others.
            parameter.data += 0.05 * torch.randn_like(parameter)
    return pair


def inputs(shape, n_classes, n=BATCH):
    random = np.random.default_rng(0)
    z = torch.from_numpy(random.standard_normal((n, 5), dtype=np.float32))
    images = torch.from_numpy(random.standard_normal((n, *shape), dtype=np.float32))
    return z, images, torch.arange(n) % n_classes if n_classes else None


@pytest.mark.parametrize("n_classes", [0, N_CLASSES])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("network", NETWORKS)
def test_shapes_and_gradients(network, shape, n_classes):
    generator, discriminator = built(network, shape, n_classes)
    z, _, labels = inputs(shape, n_classes)
    images = generator(z, labels)
    assert images.shape == (BATCH, *shape)
    logits = discriminator(images, labels)
    assert logits.shape == (BATCH,)
    assert torch.isfinite(images).all()
    assert torch.isfinite(logits).all()
    (logits * torch.tensor([1.0, -2.0, 0.5])).sum().backward()
    for part in (generator, discriminator):
        for name, parameter in part.named_parameters():
            assert torch.isfinite(parameter.grad).all(), name
            assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("n_classes", [0, N_CLASSES])
@pytest.mark.parametrize("network", ["conv", "resnet", "mlp"])
def test_every_image_is_judged_by_itself(network, n_classes):
    shape = (2, 9, 13)
    _, discriminator = built(network, shape, n_classes)
    _, images, labels = inputs(shape, n_classes, n=7)
    with torch.no_grad():
        together = discriminator(images, labels)
        order = torch.tensor([3, 6, 0, 2, 5, 1, 4])
        permuted = discriminator(images[order], labels[order] if n_classes else None)
        alone = [
            discriminator(images[[i]], labels[[i]] if n_classes else None)
            for i in range(7)
        ]
    torch.testing.assert_close(permuted, together[order])
    torch.testing.assert_close(torch.cat(alone), together)


@pytest.mark.parametrize("network", NETWORKS)
def test_labels_matter_to_both_networks(network):
    shape = (1, 9, 13)
    generator, discriminator = built(network, shape, N_CLASSES)
    z, images, labels = inputs(shape, N_CLASSES)
    other = (labels + 1) % N_CLASSES
    with torch.no_grad():
        assert not torch.allclose(generator(z, labels), generator(z, other))
        judged = discriminator(images, labels), discriminator(images, other)
    assert not torch.allclose(*judged)


@pytest.mark.parametrize("network", ["dcgan", "mlp"])
def test_bounded_generators(network):
    generator, _ = built(network, (1, 9, 13), 0)
    with torch.no_grad():
        images = generator(100 * inputs((1, 9, 13), 0)[0])
    assert images.abs().max() <= 1


@pytest.mark.parametrize("height", [8, 9, 13, 14, 28, 31, 64, 65])
@pytest.mark.parametrize("width", [8, 20, 33, 300])
def test_frames_hold_the_image_in_their_middle(height, width):
    frame = Frame.of(height, width)
    images = torch.rand(1, 2, height, width)
    framed = frame.pad(images)
    part = 2**frame.n_halvings
    assert framed.shape[2:] == (part * frame.map[0], part * frame.map[1])
    assert framed.shape[2] - height < part
    assert framed.shape[3] - width < part
    assert min(frame.map) >= 4
    assert torch.equal(frame.cut(framed), images)
    left, right, top, bottom = frame.margins
    assert 0 <= right - left <= 1
    assert 0 <= bottom - top <= 1
    assert torch.equal(framed[..., 0, 0], images[..., 0, 0])
    assert torch.equal(framed[..., -1, -1], images[..., -1, -1])
