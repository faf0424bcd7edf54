"""The moving average against the recurrence as it stands in books."""

import pytest

torch = pytest.importorskip("torch")

from latentia.generative.training.moving_average import (  # noqa: E402
    RAMP,
    MovingAverage,
)


def networks():
    return torch.nn.ModuleDict(
        {
            "generator": torch.nn.Sequential(
                torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3)
            ),
            "discriminator": torch.nn.Linear(3, 1),
        }
    )


@pytest.mark.parametrize("half_life", [0.5, 40.0, 1e9])
def test_against_a_plain_loop(half_life):
    live = networks()
    averages = MovingAverage(live, ("generator",), half_life)
    assert list(averages.networks) == ["generator"]
    expected = {k: v.double() for k, v in live["generator"].state_dict().items()}
    n_images = 8
    for step in range(1, 30):
        for tensor in live["generator"].state_dict().values():
            tensor += 1 if tensor.dtype == torch.int64 else torch.randn(tensor.shape)
        averages.update(step * n_images, n_images)
        kept = 0.5 ** (n_images / min(half_life, RAMP * step * n_images))
        for name, tensor in live["generator"].state_dict().items():
            whole = tensor.dtype == torch.int64
            old = 0.0 if whole else kept
            expected[name] = old * expected[name] + (1 - old) * tensor.double()
    found = averages.networks["generator"].state_dict()
    assert found.keys() == expected.keys()
    for name, tensor in found.items():
        wanted = expected[name]
        torch.testing.assert_close(tensor.double(), wanted, rtol=1e-5, atol=1e-5)


def test_half_of_it_after_a_half_life():
    live = networks()
    averages = MovingAverage(live, ("generator",), 100.0)
    bias = live["generator"][0].bias.data
    averages.networks["generator"][0].bias.zero_()
    bias.fill_(1.0)
    for step in range(25):  # 100 images, of a training in which the ramp is over
        averages.update(10_000 + 4 * step, 4)
    half = torch.full((3,), 0.5)
    torch.testing.assert_close(averages.networks["generator"][0].bias.data, half)


def test_copies_are_for_use_and_not_for_training():
    live = networks()
    copy = MovingAverage(live, ("generator",), 1.0).networks
    assert not copy.training
    assert not any(p.requires_grad for p in copy.parameters())
    assert all(p.requires_grad for p in live.parameters())
    assert copy["generator"][0].weight is not live["generator"][0].weight
