"""What fits into the time: planned, with a clock of the test, and never measured."""

from itertools import count

import numpy as np
import pytest

from latentia.demo import plan as planning
from latentia.demo import trained_models
from latentia.demo.collection import Collection
from latentia.demo.plan import (
    LEAST_IMAGES,
    MOST_IMAGES,
    QUICK_SECONDS,
    SHORTEST_TRAINING,
    Plan,
    Slowness,
)
from latentia.demo.sections import SECTIONS
from latentia.demo.trained_models import TrainedModel, TrainedModels

NAMES = [section.__name__.removeprefix("section_") for section in SECTIONS]


class Clock:
    """A clock that a test sets."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_every_section_has_a_cost_in_the_order_of_the_page():
    assert list(planning.COSTS) == NAMES


@pytest.mark.parametrize("slowness", [0.5, 1.0, 1.5])
def test_the_quick_version_fits_into_its_time(slowness):
    plan = Plan.quick(Slowness(slowness, slowness))
    assert plan.left(NAMES) <= QUICK_SECONDS + 1e-9
    assert plan.is_quick
    assert plan.n_images % 1000 == 0


def test_slower_machines_do_less():
    plans = [Plan.quick(Slowness(s, s)) for s in (0.5, 1, 1.5, 2, 4, 50)]
    images = [plan.n_images for plan in plans]
    assert images == sorted(images, reverse=True)
    assert MOST_IMAGES >= images[0] > images[-1] == LEAST_IMAGES
    assert all(plan.training >= SHORTEST_TRAINING for plan in plans)
    timed = [plan.n_timed for plan in plans]
    assert timed == sorted(timed, reverse=True)


def test_the_full_version_does_everything():
    plan = Plan.full(Slowness(2, 2))
    assert (plan.n_images, plan.n_timed, plan.is_quick) == (None, None, False)
    assert plan.training_seconds() is None
    assert plan.left(NAMES) == pytest.approx(plan.full_seconds)
    assert Plan.full().full_seconds < plan.full_seconds


def test_networks_get_what_the_others_leave():
    clock = Clock()
    plan = Plan.quick(Slowness(), clock=clock)
    before = NAMES[: NAMES.index("generation")]
    clock.now += sum(plan.expected[name] for name in before)
    assert plan.training_seconds() == pytest.approx(plan.training)
    clock.now += 2
    assert plan.training_seconds() == pytest.approx(plan.training - 2)
    clock.now += 1000
    assert plan.training_seconds() == SHORTEST_TRAINING


def test_without_time_some_sections_are_left_out():
    clock = Clock()
    plan = Plan.quick(Slowness(), clock=clock)
    assert all(map(plan.has_time, NAMES))
    clock.now += 2 * QUICK_SECONDS
    assert [name for name in NAMES if not plan.has_time(name)] == [
        "prior",
        "directions",
    ]
    assert all(map(Plan.full(clock=clock).has_time, NAMES))


def test_what_is_left_falls_to_nothing():
    plan = Plan.quick(Slowness())
    left = [plan.left(NAMES[done:]) for done in range(len(NAMES) + 1)]
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0


def test_the_machine_is_measured_by_the_clock():
    for step in (1e-9, 1.0):
        ticks = count()
        found = Slowness.measure(lambda ticks=ticks, step=step: step * next(ticks))
        slowness = 4.0 if step == 1.0 else 0.5
        assert found == Slowness(slowness, slowness)


def test_in_a_short_time_each_network_is_trained_once(monkeypatch):
    pytest.importorskip("torch")
    asked = []

    def train(model, collection, minutes):
        asked.append((type(model).__name__, collection.name, minutes))
        return asked[-1]

    shares = {"RAE": 0.25, "ConditionalGAN": 0.75}
    monkeypatch.setattr(trained_models, "QUICK_SHARE", shares)
    monkeypatch.setattr(TrainedModel, "train", train)
    images = np.zeros((4, 8, 8), np.uint8)
    every = [Collection(name, images, np.arange(4)) for name in ("few", "many")]
    TrainedModels.train(every, 12.0)
    assert asked == [("RAE", "many", 0.05), ("ConditionalGAN", "few", 0.15)]
    asked.clear()
    TrainedModels.train(every[:1], 12.0)
    assert [name for _, name, _ in asked] == ["few", "few"]
    asked.clear()
    TrainedModels.train(every)
    minutes = trained_models.MINUTES["RAE"]
    assert len(asked) == 4
    assert [m for *_, m in asked[:2]] == [minutes / 4, minutes]
