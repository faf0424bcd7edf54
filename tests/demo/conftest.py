import sys

import numpy as np
import pytest

from latentia.benchmarks import timing
from latentia.datasets import Documents, make_interactions, make_ratings
from latentia.demo import trained_models
from latentia.demo.collection import Collection
from latentia.demo.data import DemoData, Workload
from latentia.demo.sections import generation
from latentia.demo.trained_models import TrainedModel
from latentia.evaluation.verdict import Verdict
from latentia.report import reported_model


@pytest.fixture(autouse=True)
def _short_training(monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = {"RAE": 2e-3, "ConditionalGAN": 2e-3, "Model": 0.25}
    monkeypatch.setattr(trained_models, "MINUTES", minutes)
    shares = {"RAE": 0.005, "ConditionalGAN": 0.005}
    monkeypatch.setattr(trained_models, "QUICK_SHARE", shares)
    # After so short a training the images are noise, and would not be shown.
    monkeypatch.setattr(TrainedModel, "verdict", Verdict("good", ()))
    for module in (trained_models, generation):
        monkeypatch.setattr(module, "N_SAMPLED", 50)
    monkeypatch.setattr(reported_model, "N_COMPARED", 50)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_PAUSE", 0)


@pytest.fixture(autouse=True)
def _coarse_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    # The package's function theme hides the module of that name.
    monkeypatch.setattr(sys.modules["latentia.plots.theme"], "PIXELS_PER_INCH", 20)


@pytest.fixture(scope="session")
def tiny_data() -> DemoData:
    """Less of everything than the sections would like: fewer rows than components."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (31, 8, 9), dtype=np.uint8)
    dots = Collection("dots", images, np.arange(31) % 4)
    specks = Collection("specks", images[:9, :3, :3], np.arange(9) % 2)
    photo = rng.integers(0, 256, (11, 9, 3), dtype=np.uint8)
    matrix = rng.standard_normal((33, 12), dtype=np.float32)
    return DemoData(
        (specks, dots),
        photo,
        Workload(matrix, "Made for a test."),
        tiny_documents(),
        make_ratings(17, 9, 80, random_state=0),
        make_interactions(17, 12, 48, rank=2, random_state=0),
    )


def tiny_documents() -> Documents:
    """Three texts on each of nine crafts, and one that has no word of use."""
    crafts = ("baking", "weaving", "sailing", "mining", "fishing")
    crafts += ("farming", "singing", "writing", "forging")
    names = [f"{craft} {i}" for craft in crafts for i in range(3)]
    texts = [f"{craft} with {craft}ware and {craft}craft {craft}" for craft in crafts]
    return Documents(
        texts=(*(text for text in texts for _ in range(3)), "7 + 5"),
        names=(*names, "sum"),
        groups=(*(craft for craft in crafts for _ in range(3)), "sums"),
    )
