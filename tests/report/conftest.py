import sys

import numpy as np
import pytest

from latentia.datasets import load_digits

SMALL = {
    "reported_model.N_COMPARED": 24,
    "sections.samples.N_SHOWN": 5,
    "sections.samples.N_A_CLASS": 2,
    "sections.prior.N_SHOWN": 5,
    "sections.prior.N_EXTREME": 3,
    "sections.directions.N_TRAVERSALS": 2,
    "sections.directions.N_STEPS": 3,
    "sections.directions.N_INTERPOLATED": 3,
}


@pytest.fixture(autouse=True)
def _small_pictures(monkeypatch):
    for name, number in SMALL.items():
        monkeypatch.setattr(f"latentia.report.{name}", number)
    # The package's function theme hides the module of that name.
    monkeypatch.setattr(sys.modules["latentia.plots.theme"], "PIXELS_PER_INCH", 20)


@pytest.fixture(autouse=True)
def _quick_classifiers(monkeypatch):
    pytest.importorskip("torch")
    from latentia.evaluation.features import _classifier_network

    monkeypatch.setattr(_classifier_network, "_MOST_EPOCHS", 1)


@pytest.fixture(scope="session")
def digits():
    found = load_digits()
    return found.images[:60], found.labels[:60] % 2


@pytest.fixture(scope="session")
def rae(digits):
    """A trained autoencoder of digits."""
    pytest.importorskip("torch")
    from latentia.generative import RAE

    return RAE(latent_dim=3, preset="tiny", random_state=0).fit(digits[0], epochs=1)


@pytest.fixture(scope="session")
def clear_images():
    """Images of 8 × 11 pixels in colour, parts of them transparent."""
    shape = (40, 8, 11, 4)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
