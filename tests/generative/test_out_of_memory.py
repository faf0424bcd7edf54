"""Too little memory, in the terms of the one who chose too much."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import GAN  # noqa: E402
from latentia.generative.game import Game  # noqa: E402

X = np.zeros((8, 8, 8), np.uint8)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: "
            "can't allocate memory: you tried to allocate 99 bytes."
        ),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB."),
    ],
)
def test_batch_and_preset_are_named(monkeypatch, error):
    def step(self, images, labels, moment):
        raise error

    monkeypatch.setattr(Game, "step", step)
    message = "batch_size=6 with preset='tiny' needs more memory .*(alloc|memory)"
    with pytest.raises(MemoryError, match=message):
        GAN(preset="tiny", batch_size=6, device="cpu").fit(X, epochs=1)


def test_other_errors_stay_what_they_are(monkeypatch):
    def step(self, images, labels, moment):
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(Game, "step", step)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        GAN(preset="tiny", device="cpu").fit(X, epochs=1)
