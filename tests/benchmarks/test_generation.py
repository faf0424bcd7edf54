"""The suites of generators on made-up outcomes: judging, comparing, keeping."""

import json

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia import benchmarks
from latentia.benchmarks.generative.contestants import (
    EXAMPLE,
    ONE_GAUSSIAN,
)
from latentia.benchmarks.generative.judging import (
    ACCURACY,
    COVERAGE,
    DENSITY,
    ELBO,
    FRECHET,
    Judge,
)
from latentia.benchmarks.generative.suite import CASES, compare
from latentia.benchmarks.generative.trainings import (
    CACHE_VARIABLE,
    OUTCOMES,
    Outcome,
    Pictures,
    Trainings,
)
from latentia.benchmarks.results import LATENTIA, Quantity, Target
from latentia.datasets import LabelledImages

SUITE = benchmarks.SUITES["generation"]


class Sides:
    """Sees mean and corners; takes the brighter side for the class."""

    name = "sides"
    classes = np.arange(2)

    def __call__(self, images):
        return images.reshape(len(images), -1)[:, [0, 7, -1]].astype(np.float32)

    def predict(self, images):
        left, right = images[..., :4], images[..., 4:]
        return (right.mean(axis=(1, 2)) > left.mean(axis=(1, 2))).astype(np.int64)


def made(n, seed, shade=100):
    """Images of two classes in turn: the side of the class is brighter."""
    labels = np.arange(n) % 2
    images = np.random.default_rng(seed).integers(0, 50, (n, 8, 8))
    images[labels == 0, :, :4] += shade
    images[labels == 1, :, 4:] += shade
    return LabelledImages(images.astype(np.uint8), labels, ("left", "right"))


@pytest.fixture
def pictures():
    return Pictures("sides", made(120, 0), made(60, 1))


def test_real_images_are_judged_near_and_others_far(pictures):
    judge = Judge(pictures, Sides())
    floor = judge.floor()
    assert set(floor) == {FRECHET, COVERAGE, DENSITY, ACCURACY}
    assert floor[ACCURACY].value == 1
    far = judge.measures(made(60, 2, 200).images, pictures.labels_in_turn())
    assert far[FRECHET].value > 10 * floor[FRECHET].value
    assert far[COVERAGE].value < floor[COVERAGE].value
    assert far[DENSITY].value < floor[DENSITY].value
    assert far[ACCURACY].value == 1
    swapped = judge.measures(pictures.test.images, 1 - pictures.labels_in_turn())
    assert swapped[ACCURACY].value == 0
    assert swapped[FRECHET].value == pytest.approx(0, abs=1e-3)
    assert ACCURACY not in judge.measures(pictures.test.images)


def test_scores_are_divided_and_accuracies_and_nats_subtracted():
    ours = {FRECHET: 4.0, COVERAGE: 0.9, ACCURACY: 0.92, ELBO: -220.0}
    theirs = {FRECHET: 16.0, COVERAGE: 0.5, ACCURACY: 0.83, ELBO: -230.0}
    measures = {
        LATENTIA: {name: Quantity(value) for name, value in ours.items()},
        EXAMPLE: {name: Quantity(value) for name, value in theirs.items()},
        ONE_GAUSSIAN: {FRECHET: Quantity(5.0)},
    }

    def compared(case, size):
        return list(compare(case.name, case.comparisons, size, measures).values())

    found = [compared(case, "full") for case in CASES]
    gan, rae, by_class, vae = found
    assert (
        gan
        == by_class
        == [
            Quantity(0.25, "×", Target("≤", 1 / 3)),
            Quantity(1.8, "×", Target("≥", 1.5)),
            Quantity(pytest.approx(9), "points", Target("≥", 8)),
        ]
    )
    assert [quantity.met for quantity in rae] == [True, False]
    assert vae[1] == Quantity(10, "nats", Target("≥", 0))
    assert all(q.target is None for q in compared(CASES[0], "small"))
    measures[EXAMPLE][COVERAGE] = Quantity(0.0)
    assert len(compared(CASES[0], "full")) == 2


# What trainings leave: kept, found again, and not believed

SAMPLES = np.arange(128, dtype=np.uint8).reshape(2, 8, 8)
OUTCOME = Outcome(20.5, 640, {LATENTIA: SAMPLES}, elbo=-3.5)


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Ask twice for an outcome; tell it and how often something was trained."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "new"))

    def ask(*, fail=False, seconds=20.0):
        calls = []

        def train():
            calls.append(1)
            if fail:
                raise KeyboardInterrupt
            return OUTCOME

        trainings = Trainings.from_environment()
        found = [
            trainings.get("a set, GAN", train, OUTCOMES, limit=seconds)
            for _ in range(2)
        ]
        assert found[0] is found[1]
        return found[0], len(calls)

    return ask


def test_what_was_trained_is_not_trained_again(ask):
    with pytest.raises(KeyboardInterrupt):
        ask(fail=True)
    first, n_first = ask()
    again, n_again = ask()
    assert (n_first, n_again) == (1, 0)
    assert again == first == OUTCOME
    assert (again.samples[LATENTIA] == SAMPLES).all()


def test_of_another_length_or_machine_it_is_and_samples_alone_are_not_believed(
    ask, tmp_path
):
    ask()
    assert ask(seconds=600.0)[1] == 1
    (facts_file,) = (tmp_path / "new").glob("*.json")
    facts = json.loads(facts_file.read_text(encoding="utf-8"))
    facts["key"]["machine"] = "another"
    facts_file.write_text(json.dumps(facts), encoding="utf-8")
    assert ask(seconds=600.0)[1] == 1
    facts_file.unlink()
    assert ask(seconds=600.0)[1] == 1
