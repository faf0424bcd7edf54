"""The latent suite on digits and models of a moment: keeping, comparing, bars."""

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia import benchmarks
from latentia.benchmarks.generative.judging import ACCURACY, FRECHET
from latentia.benchmarks.generative.outcomes import CACHE_VARIABLE
from latentia.benchmarks.generative.pictures import Pictures
from latentia.benchmarks.latent import models as models_module
from latentia.benchmarks.latent import suite
from latentia.benchmarks.latent.directions import direction_effects
from latentia.benchmarks.latent.fitting import fit_costs
from latentia.benchmarks.latent.models import Models, Trained
from latentia.benchmarks.latent.priors import (
    CASES,
    ONE_GAUSSIAN,
    OWN_PRIOR,
    compare_priors,
    pca,
)
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


def test_it_is_one_of_the_suites():
    assert "latent" in benchmarks.SUITES


def test_every_case_has_the_baseline(pictures, rae):
    vae = VAE(network="mlp", **TINY).fit(pictures.train.images, epochs=1)
    of = {"RAE": rae, "VAE": vae, "PCA": pca(pictures)}
    bars = 0
    for case in CASES:
        methods, ratios = compare_priors(
            case, of[case.model], pictures, MeanJudge(), "full"
        )
        names = [result.method for result in methods]
        assert {LATENTIA, ONE_GAUSSIAN} <= set(names)
        assert (OWN_PRIOR in names) == (case.name == "VAE")
        assert len(ratios) == len(case.ratios or {})
        bars += sum(quantity.bar is not None for quantity in ratios.values())
        ours = methods[0].measures
        assert (ACCURACY in ours) == case.by_class
        bars += case.by_class and ours[ACCURACY].bar is not None
    assert bars == 4


def test_ratios_are_latentias_over_the_others(pictures, rae):
    methods, ratios = compare_priors(CASES[0], rae, pictures, MeanJudge(), "full")
    ours, one = (m.measures[FRECHET].value for m in methods)
    assert ratios[f"RAE: {FRECHET} over that of {ONE_GAUSSIAN}"].value == ours / one


def test_the_small_size_has_no_bars(pictures, rae):
    methods, ratios = compare_priors(CASES[1], rae, pictures, MeanJudge(), "small")
    assert ratios == {}
    assert all(q.bar is None for m in methods for q in m.measures.values())


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
    monkeypatch.setitem(models_module.MODELS, "RAE", quick)
    return trained


def test_a_model_is_trained_once(pictures, quick, tmp_path):
    models = Models(tmp_path, pictures, 30)
    first = models.get("RAE")
    assert models.get("RAE") is first
    again = Models(tmp_path, pictures, 30).get("RAE")
    assert quick == [0.5]
    assert again.rate == first.rate
    images = [one.model.sample(3, seed=0) for one in (first, again)]
    np.testing.assert_array_equal(*images)


def test_another_length_is_another_training(pictures, quick, tmp_path):
    for seconds in (30, 60):
        Models(tmp_path, pictures, seconds).get("RAE")
    assert quick == [0.5, 1.0]


def test_without_a_folder_nothing_is_kept(pictures, quick, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Models(None, pictures, 30).get("RAE")
    assert list(tmp_path.iterdir()) == []


def test_costs_are_beside_an_epoch(pictures, rae):
    found = fit_costs("full", pictures, Trained(rae, rate=50.0))
    seconds, speedup, epoch, share = found.values()
    assert epoch.value == 4
    assert share.value == pytest.approx(seconds.value / 4)
    assert share.bar.limit == 0.1
    assert speedup.value > 0


def test_directions_are_beside_random_ones(rae):
    found = direction_effects("full", "RAE", rae)
    assert sum(quantity.bar is not None for quantity in found.values()) == 2
    assert found["RAE, sefa: effect of the first direction"].value > 1


def test_steps_without_data_are_left_out(monkeypatch):
    def absent(size):
        raise FileNotFoundError("no pictures here")

    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.setattr("latentia.benchmarks.generative.suite.load_pictures", absent)
    told = []
    results = suite.run_latent_suite("full", progress=told.append)
    assert results.methods == ()
    assert len(results.notes) == len(CASES) + 2 + len(models_module.MODELS)
