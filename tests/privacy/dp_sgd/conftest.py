import warnings

import numpy as np
import pytest

from latentia.privacy import PrivacyWarning

torch = pytest.importorskip("torch")
pytest.importorskip("opacus")
pytest.importorskip("dp_accounting")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def no_warnings_of_tests():
    """Seeds and few images are meant."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*random_state")
        warnings.filterwarnings("ignore", ".*noise", category=PrivacyWarning)
        warnings.filterwarnings("ignore", r"\d+ images are few")
        yield


@pytest.fixture(autouse=True)
def coarsely_accounted(coarse_accountant):
    """What the grid of the accountant costs and gains is tested by the accountant."""


@pytest.fixture
def images():
    """images(n, seed): images of 8×8 with a bright square somewhere."""

    def draw(n, seed=0):
        random = np.random.default_rng(seed)
        found = random.integers(0, 60, (n, 8, 8), dtype=np.uint8)
        for i, (top, left) in enumerate(random.integers(0, 5, (n, 2))):
            found[i, top : top + 4, left : left + 4] += 180
        return found

    return draw


@pytest.fixture
def make():
    """make(name): a small model of that class, whose arguments go with privacy."""
    from latentia import generative

    def new(name, **options):
        given = {"random_state": 0, "batch_size": 16, "network": "mlp"}
        given |= {"latent_dim": 16, "preset": "tiny"}
        if "GAN" in name:
            given["loss"] = "nonsaturating"
        return getattr(generative, name)(**given | options)

    return new
