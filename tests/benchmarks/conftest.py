"""Results that are made up, for what renders and writes them."""

import pytest

from latentia.benchmarks.machine import Machine
from latentia.benchmarks.results import Bar, MethodResult, Quantity, Results


@pytest.fixture
def results():
    ours = MethodResult(
        case="decaying",
        method="latentia",
        times=(0.2, 0.3, 0.25),
        measures={
            "× scikit-learn": Quantity(7.41, "×", Bar("≥", 7)),
            "excess residual": Quantity(2e-3, bar=Bar("≤", 1e-4)),
            "working memory": Quantity(12.3, "MiB", Bar("≤", 64)),
        },
    )
    peer = MethodResult(
        case="decaying",
        method="scikit-learn",
        times=(0.002,),
        measures={
            "× scikit-learn": Quantity(1, "×"),
            "excess residual": Quantity(1e-4),
            "log-likelihood": Quantity(-12.34567, "nats"),
        },
    )
    return Results(
        suite="svd",
        size="full",
        date="2030-01-02T03:04:05+00:00",
        machine=Machine("Example CPU", 2, 2, "x86-64-v3", 8, "blas", {"numpy": "2.0"}),
        quality="excess residual",
        methods=(ours, peer),
        limits={"fused pass, of the peak": Quantity(80, "%", Bar("≥", 75))},
        notes=("Fashion-MNIST is left out.",),
    )
