"""Results that are made up, and little data for suites that are to be quick."""

import importlib
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from latentia import datasets
from latentia.benchmarks import (
    data,
    gmm,
    limits,
    nmf,
    nmf_steps,
    recommend_made,
    recommend_movielens,
    svd,
    timing,
)
from latentia.benchmarks.generative.trainings import Pictures
from latentia.benchmarks.machine import SLOWER_PEERS, Machine
from latentia.benchmarks.results import MethodResult, Quantity, Results, Target
from latentia.datasets import LabelledImages


@pytest.fixture(autouse=True)
def nothing_holds_the_peers_back(monkeypatch):
    for name in SLOWER_PEERS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def results():
    ours = MethodResult(
        case="decaying",
        method="latentia",
        times=(0.2, 0.3, 0.25),
        measures={
            "× scikit-learn": Quantity(7.41, "×", Target("≥", 7)),
            "residual above the best": Quantity(2e-3, target=Target("≤", 1e-4)),
            "working memory": Quantity(12.3, "MiB", Target("≤", 64)),
        },
    )
    peer = MethodResult(
        case="decaying",
        method="scikit-learn",
        times=(1.85,),
        measures={
            "× scikit-learn": Quantity(1, "×"),
            "residual above the best": Quantity(1e-4),
            "log-likelihood": Quantity(-12.34567, "nats"),
        },
    )
    return Results(
        suite="svd",
        size="full",
        date="2030-01-02T03:04:05+00:00",
        machine=Machine("Example CPU", 2, 2, "x86-64-v3", 8, "blas", {"numpy": "2.0"}),
        quality="residual above the best",
        methods=(ours, peer),
        limits={"fused pass, of the peak": Quantity(80, "%", Target("≥", 75))},
        notes=("Fashion-MNIST is left out.",),
    )


def made_pictures(n=300, size=10):
    """Images of ten classes in turn: a brighter row tells the class."""
    images = np.random.default_rng(0).integers(0, 100, (n, size, size))
    labels = np.arange(n) % 10
    images[np.arange(n), labels % size] += 100
    return LabelledImages(
        images.astype(np.uint8), labels, tuple(f"row {i}" for i in range(10))
    )


@pytest.fixture(scope="session")
def digits():
    """Few digits to train on, and fewer to test on."""
    found = datasets.load_digits()
    parts = [
        LabelledImages(found.images[rows], found.labels[rows], found.classes)
        for rows in (slice(200), slice(200, 260))
    ]
    return Pictures("digits", *parts)


@pytest.fixture(scope="session")
def tiny():
    """Settings of a model that trains in a moment."""
    return {"preset": "tiny", "latent_dim": 3, "batch_size": 50, "network": "mlp"}


def write_ratings(path):
    """Write made ratings of 40 users in the form of MovieLens 100K."""
    X = datasets.make_interactions(40, 15, 150, random_state=0).matrix.toarray()
    stars = np.random.default_rng(0).integers(3, 6, X.shape) * (X > 0)
    lines = [f"{u}\t{i}\t{stars[u, i]:.0f}\t0\n" for u, i in np.argwhere(stars)]
    path.write_text("".join(lines))


@contextmanager
def _little_data():
    """Shrink the factorisations, whose memory is not measured: that is slow."""
    few = {"small": 800, "full": 800}
    shapes = {"small": (200, 90), "full": (220, 90)}
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory() as folder,
    ):
        ratings = Path(folder, "u.data")
        write_ratings(ratings)
        patch.setenv(recommend_movielens.VARIABLE, str(ratings))
        patch.setattr(timing, "_PAUSE", 0)
        patch.setattr(limits, "_ROUNDS", 1)
        patch.setattr(limits, "_BEYOND_ANY_CACHE", 2**16)
        patch.setattr(
            datasets, "load_fashion_mnist", lambda split="train": made_pictures(900)
        )
        for size, n in few.items():
            patch.setitem(data.N_FASHION_MNIST, size, n)
            patch.setitem(svd._DENSE_SHAPE, size, shapes[size])
            patch.setitem(svd._COUNTS_SHAPE, size, (*shapes[size], 3000))
            patch.setitem(nmf._COUNTS_SHAPE, size, (*shapes[size], 3000))
            patch.setitem(gmm._N_MADE, size, n)
            patch.setitem(nmf_steps._RACE_ITER, size, n // 60)
            patch.setitem(
                nmf_steps._RATINGS_SHAPES, size, ((40, 30, 500), (60, 50, 700))
            )
            patch.setitem(
                recommend_made.SHAPES,
                size,
                recommend_made.Shape(90, 120, 900, (4, 8), 50, 1),
            )
        patch.setattr(svd, "_PASS_SHAPE", (200, 50))
        for module in (svd, gmm, nmf):
            weighed = Quantity(1.0, "MiB")
            patch.setattr(module, "extra_memory", lambda make, run, q=weighed: q)
        patch.setattr(tempfile, "tempdir", tempfile.gettempdir())
        # The package's function theme hides the module of that name.
        theme = importlib.import_module("latentia.plots.theme")
        patch.setattr(theme, "PIXELS_PER_INCH", 20)
        yield patch


@pytest.fixture(scope="session")
def little_data():
    """Give a context in which the suites of factorisations are quick."""
    return _little_data
