"""The latent suite on digits and a model of a moment: keeping, comparing, targets."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia.benchmarks.generative import latent
from latentia.benchmarks.generative.judging import ACCURACY, COVERAGE, FRECHET
from latentia.benchmarks.generative.latent import (
    CASES,
    ONE_GAUSSIAN,
    compare_priors,
)
from latentia.benchmarks.generative.models import MODELS, Trained, trained
from latentia.benchmarks.generative.trainings import Trainings
from latentia.benchmarks.results import LATENTIA, Quantity
from latentia.generative import RAE


class MeanJudge:
    """Scores images by how bright they are: what tests can foresee."""

    def measures(self, images, labels=None):
        found = {FRECHET: Quantity(1 + float(images.mean())), COVERAGE: Quantity(0.5)}
        return found if labels is None else found | {ACCURACY: Quantity(0.9)}


@pytest.fixture
def contest(digits):
    """Return a contest of a size that keeps its trainings in a folder."""

    def make(size, folder=None):
        return SimpleNamespace(
            size=size,
            pictures=digits,
            judge=MeanJudge(),
            trainings=Trainings(folder),
        )

    return make


def test_only_the_full_size_has_targets(contest, tiny, monkeypatch):
    images = contest("full").pictures.train.images
    rae = RAE(random_state=0, **tiny).fit(images, epochs=1)
    monkeypatch.setattr(latent, "trained", lambda *_: Trained(rae, 1.0))
    plain, by_class = CASES[:2]
    found = compare_priors(plain, contest("full"))
    ours, _, one = (result.measures[FRECHET].value for result in found.methods)
    ratio = found.limits[f"RAE: {FRECHET} over that of {ONE_GAUSSIAN}"]
    assert ratio == Quantity(ours / one, "×", plain.comparisons[0].target)
    assert len(found.limits) == 2
    ours = compare_priors(by_class, contest("full")).methods[0]
    assert ours.method == LATENTIA
    assert ours.measures[ACCURACY] == Quantity(0.9, "", by_class.accuracy)
    for case in (plain, by_class):
        found = compare_priors(case, contest("small"))
        quantities = [q for m in found.methods for q in m.measures.values()]
        quantities += found.limits.values()
        assert all(q.target is None for q in quantities)


def test_a_model_is_trained_once_and_kept(contest, tiny, monkeypatch, tmp_path):
    class Quick(RAE):
        def fit(self, X, minutes):
            assert minutes == pytest.approx(20 / 60)
            return super().fit(X[:50], epochs=1)

    Quick.__name__ = "RAE"
    quick = lambda random_state: Quick(random_state=random_state, **tiny)  # noqa: E731
    quick.load = RAE.load
    monkeypatch.setitem(MODELS, "RAE", quick)
    first, again = (
        trained("RAE", found.pictures, 20, found.trainings)
        for found in (contest("small", tmp_path) for _ in range(2))
    )
    assert again.seconds == first.seconds
    images = [one.model.sample(3, seed=0) for one in (first, again)]
    np.testing.assert_array_equal(*images)
