import sys

import numpy as np
import pytest

from latentia.evaluation import features


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def squares():
    """Images of 8×9 with a bright square, on the left ("a") or on the right ("b")."""

    def draw(n, seed=0, channels=None):
        random = np.random.default_rng(seed)
        shape = (n, 8, 9) if channels is None else (n, 8, 9, channels)
        images = random.integers(0, 90, shape, dtype=np.uint8)
        labels = np.array(["a", "b"])[np.arange(n) % 2]
        for i in range(n):
            top, left = random.integers(0, 4), random.integers(0, 2) + 5 * (i % 2)
            images[i, top : top + 4, left : left + 3] += 160
        return images, labels

    return draw


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """These networks are so small that threads would only wait for each other."""
    try:
        import torch
    except ImportError:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def without_torch(monkeypatch):
    """No PyTorch is found, and what had found it is forgotten."""
    prefix = f"{features.__name__}."
    keep = {"_fingerprint", "pixels", "space"}
    for name in [m for m in sys.modules if m.startswith(prefix)]:
        if name.removeprefix(prefix) not in keep:
            monkeypatch.delitem(sys.modules, name)
            monkeypatch.delattr(features, name.removeprefix(prefix), raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
