"""Too little memory, in the terms of the one who chose too much."""

import re

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import GAN  # noqa: E402
from latentia.generative.models import fitting  # noqa: E402
from latentia.generative.recipes.gan_recipe import GANRecipe  # noqa: E402
from latentia.generative.training import memory  # noqa: E402

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
    def step(self, images, labels, context):
        raise error

    monkeypatch.setattr(GANRecipe, "step", step)
    message = (
        r"batch_size=6 with preset='tiny' needs more memory than there is for images "
        r"of 64 × 32: choose size=\(32, 16\) or batch_size=3 \(.*(alloc|memory)"
    )
    with pytest.raises(MemoryError, match=message):
        GAN(preset="tiny", batch_size=6, device="cpu").fit(
            np.zeros((8, 64, 32), np.uint8), epochs=1
        )


def test_other_errors_stay_what_they_are(monkeypatch):
    def step(self, images, labels, context):
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(GANRecipe, "step", step)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        GAN(preset="tiny", device="cpu").fit(X, epochs=1)


@pytest.mark.parametrize("run", [False, True])
def test_a_size_that_cannot_fit_is_refused_before_anything_is_allocated(
    monkeypatch, tmp_path, run
):
    def read(*arguments, **options):
        pytest.fail("images were brought to that size")

    monkeypatch.setattr(fitting, "as_image_set", read)
    monkeypatch.setattr(memory, "memory_of", lambda device: 8 * 2**30)
    model = GAN(size=(100_000, 50_000), device="cpu")
    with pytest.raises(
        MemoryError, match=r"at least 4,768 GiB, .* 8\.0: choose"
    ) as info:
        model.fit(X, epochs=1, run=tmp_path / "run" if run else None)
    assert not any(tmp_path.iterdir())
    height, width = map(
        int, re.search(r"choose size=\((\d+), (\d+)\)", str(info.value)).groups()
    )
    assert height == pytest.approx(2 * width, abs=16)
    memory.check_fits((height, width), "auto", None, torch.device("cpu"))
    # What a step takes, as measured, fits too.
    assert memory.STEP_BYTES * 16 * 64 * height * width < 8 * 2**30


def test_images_that_do_not_fit_are_told_by_their_size(monkeypatch):
    def read(*arguments, **options):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(fitting, "as_image_set", read)
    with pytest.raises(MemoryError, match=r"at size=\(64, 64\): .* size=\(32, 32\)"):
        GAN(size=(64, 64), device="cpu").fit(X, epochs=1)
