"""The latent suite on digits and models of a moment: keeping, comparing, targets."""

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia.benchmarks.generative import latent
from latentia.benchmarks.generative.judging import ACCURACY, FRECHET
from latentia.benchmarks.generative.latent import (
    CASES,
    ONE_GAUSSIAN,
    OWN_PRIOR,
    Trained,
    compare_priors,
    direction_effects,
    fit_costs,
    pca,
    train_once,
)
from latentia.benchmarks.generative.trainings import Pictures, Trainings
from latentia.benchmarks.results import LATENTIA, Quantity
from latentia.datasets import LabelledImages, load_digits
from latentia.generative import RAE, VAE

TINY = {"preset": "tiny", "latent_dim": 3, "batch_size": 50, "random_state": 0}


@pytest.fixture(scope="module")
def pictures():
    digits = load_digits()
    parts = [
        LabelledImages(digits.images[rows], digits.labels[rows], digits.classes)
        for rows in (slice(200), slice(200, 260))
    ]
    return Pictures("digits", *parts)


@pytest.fixture(scope="module")
def rae(pictures):
    return RAE(network="mlp", **TINY).fit(pictures.train.images, epochs=1)


class MeanJudge:
    """Scores images by how bright they are: what tests can foresee."""

    def measures(self, images, labels=None):
        found = {FRECHET: Quantity(1 + float(images.mean())), "coverage": Quantity(0.5)}
        return found if labels is None else found | {ACCURACY: Quantity(0.9)}


def test_every_case_has_the_baseline_and_its_targets(pictures, rae):
    vae = VAE(network="mlp", **TINY).fit(pictures.train.images, epochs=1)
    of = {"RAE": rae, "VAE": vae, "PCA": pca(pictures)}
    targets = 0
    for case in CASES:
        found = compare_priors(case, of[case.model], pictures, MeanJudge(), "full")
        judged = {result.method: result.measures for result in found.methods}
        assert {LATENTIA, ONE_GAUSSIAN} <= set(judged)
        assert (OWN_PRIOR in judged) == (case.name == "VAE")
        assert len(found.limits) == len(case.ratios or {})
        targets += sum(
            quantity.target is not None for quantity in found.limits.values()
        )
        ours = judged[LATENTIA]
        assert (ACCURACY in ours) == case.by_class
        targets += case.by_class and ours[ACCURACY].target is not None
        if case.name == "RAE":
            ratio = found.limits[f"RAE: {FRECHET} over that of {ONE_GAUSSIAN}"]
            one = judged[ONE_GAUSSIAN][FRECHET].value
            assert ratio.value == ours[FRECHET].value / one
    assert targets == 4
    found = compare_priors(CASES[1], rae, pictures, MeanJudge(), "small")
    assert found.limits == {}
    assert all(q.target is None for m in found.methods for q in m.measures.values())


@pytest.fixture
def quick(monkeypatch):
    """Models that are trained at once, and counted."""
    trained = []

    class Quick(RAE):
        def fit(self, X, minutes):
            trained.append(minutes)
            return super().fit(X[:50], epochs=1)

    Quick.__name__ = "RAE"
    quick = lambda random_state: Quick(network="mlp", **TINY)  # noqa: E731
    quick.load = RAE.load
    monkeypatch.setitem(latent.MODELS, "RAE", quick)
    return trained


def test_a_model_is_trained_once_for_a_length_and_kept(pictures, quick, tmp_path):
    trainings = Trainings(tmp_path)
    first = train_once(trainings, pictures, "RAE", 30)
    assert train_once(trainings, pictures, "RAE", 30) is first
    again = train_once(Trainings(tmp_path), pictures, "RAE", 30)
    assert quick == [0.5]
    assert again.rate == first.rate
    images = [one.model.sample(3, seed=0) for one in (first, again)]
    np.testing.assert_array_equal(*images)
    train_once(Trainings(tmp_path), pictures, "RAE", 60)
    assert quick == [0.5, 1.0]


def test_costs_are_beside_an_epoch(pictures, rae, little_data):
    with little_data():
        found = fit_costs("full", pictures, Trained(rae, rate=50.0))
    seconds, speedup, epoch, share = found.values()
    assert epoch.value == 4
    assert share.value == pytest.approx(seconds.value / 4)
    assert share.target.limit == 0.1
    assert speedup.value > 0


def test_directions_are_beside_random_ones(rae):
    found = direction_effects("full", "RAE", rae)
    assert sum(quantity.target is not None for quantity in found.values()) == 2
    assert found["RAE, sefa: effect of the first direction"].value > 1
