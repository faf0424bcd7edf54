import numpy as np
import pytest


class Sampler:
    """A generator that repeats images, with a little noise; no image of another."""

    def __init__(self, images, noise=0.0):
        self.images, self.noise = np.asarray(images), noise

    def sample(self, n, *, seed=None):
        random = np.random.default_rng(seed)
        chosen = self.images[random.integers(0, len(self.images), n)]
        noisy = chosen + random.normal(0, 255 * self.noise, chosen.shape)
        return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


@pytest.fixture
def sampler():
    return Sampler


@pytest.fixture
def noise_images():
    """noise_images(n, seed): images of 8×8 independent pixels."""

    def draw(n, seed=0, side=8):
        random = np.random.default_rng(seed)
        return random.integers(0, 256, (n, side, side), dtype=np.uint8)

    return draw
