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


@pytest.fixture(autouse=True, scope="module")
def coarse_accountant():
    """Privacy loss distributions on a grid ten times coarser, which is faster."""
    from dp_accounting.pld import PLDAccountant

    from latentia.privacy import accounting, spending_plan

    def coarse():
        return PLDAccountant(value_discretization_interval=1e-3)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(accounting, "_pld_accountant", coarse)
        for cached in (spending_plan.noise_for, spending_plan._epsilon):
            cached.cache_clear()
        yield
    for cached in (spending_plan.noise_for, spending_plan._epsilon):
        cached.cache_clear()


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
