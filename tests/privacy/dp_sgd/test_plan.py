"""Budgets: the noise that they need, and the steps that they allow."""

import json
from dataclasses import replace

import numpy as np
import pytest

from latentia.privacy import DPSGD, BudgetExceededError, PrivacySpent
from latentia.privacy.spending_plan import SpendingPlan, noise_for


def plan(n_steps=8, **options):
    given = {"n_images": 64, "batch_size": 16, "earlier": None, "name": "a test"}
    return SpendingPlan.of(DPSGD(8, 1e-5), **given | options, n_steps=n_steps)


@pytest.mark.parametrize(
    ("epsilon", "rate", "n_steps"),
    [
        (8, 0.25, 8),
        pytest.param(0.5, 0.1, 20, marks=pytest.mark.slow),
        pytest.param(50, 1, 3, marks=pytest.mark.slow),
        pytest.param(1, 0.002, 10_000, marks=pytest.mark.slow),
    ],
)
def test_noise_spends_the_budget_and_no_more(epsilon, rate, n_steps):
    accountants = pytest.importorskip("opacus.accountants")
    sigma = noise_for(epsilon, 1e-5, rate, n_steps)
    spent = plan(n_steps, batch_size=max(int(64 * rate), 1))
    spent = replace(spent, noise_multiplier=sigma, sample_rate=rate).spent(n_steps)
    assert 0.98 * epsilon < spent.epsilon <= epsilon
    oracle = accountants.RDPAccountant()
    oracle.history = [(sigma, rate, n_steps)]
    # Rényi divergences bound ε from above, so ours may only be smaller.
    assert spent.epsilon <= oracle.get_epsilon(1e-5)
    assert spent.epsilon > 0.5 * oracle.get_epsilon(1e-5)


def test_epsilon_like_that_of_opacus():
    accountants = pytest.importorskip("opacus.accountants")
    oracle = accountants.PRVAccountant()
    spent = plan().spent(8)
    (steps,) = spent.mechanisms
    oracle.history = [(steps.noise_multiplier, steps.sample_rate, steps.steps)]
    assert spent.epsilon == pytest.approx(oracle.get_epsilon(1e-5), rel=0.02)


def test_fewer_steps_cost_less():
    found = [plan().spent(steps).epsilon for steps in (0, 1, 4, 8)]
    assert found[0] == 0
    assert found == sorted(set(found))


def test_the_budget_is_checked_before_a_step():
    plan().check(7)
    with pytest.raises(BudgetExceededError, match="allows 8 steps, which were taken"):
        plan().check(8)


def test_neighbours_have_the_same_plan():
    """With a public size nothing follows from how many images there are."""
    from latentia.generative.models.private_fit import public_size

    sizes = [public_size(DPSGD(8, 1e-5, n_images=64), None, n) for n in (63, 64, 900)]
    assert sizes == [64] * 3
    assert public_size(DPSGD(8, 1e-5), None, 63) == 63


def test_a_batch_of_all_images(monkeypatch):
    monkeypatch.setattr("latentia.privacy.spending_plan.noise_for", lambda *_: 1.0)
    assert plan(batch_size=100).sample_rate == 1


def test_written_and_read():
    before = plan(earlier=plan().spent(3))
    again = SpendingPlan.from_dict(json.loads(json.dumps(before.to_dict())))
    assert again == before


def test_earlier_spending_adds_up():
    alone = plan().spent(8)
    both = plan(earlier=alone).spent(8)
    assert len(both.mechanisms) == 2
    assert alone.epsilon < both.epsilon < 2 * alone.epsilon + 1
    assert isinstance(both, PrivacySpent)


@pytest.mark.parametrize(
    "change", [{"n_steps": 0}, {"sample_rate": "x"}, {"delta": 2}, {"extra": 1}]
)
def test_damaged_plans(change):
    with pytest.raises(ValueError, match="not a plan of private steps"):
        SpendingPlan.from_dict(plan().to_dict() | change)


@pytest.mark.parametrize(
    ("privacy", "n_steps", "message"),
    [
        (DPSGD(8, 1e-5), 9, "9 steps with the noise of this training cost"),
        (DPSGD(4, 1e-5), 8, "the budget is 4"),
        (DPSGD(8, 1e-6), 8, "began with privacy delta=1e-05, not 1e-06"),
        (DPSGD(8, 1e-5, clip_norm=2.0), 8, "clip_norm=1.0, not 2.0"),
        (DPSGD(8, 1e-5, random_state=3), 8, "random_state=None, not 3"),
        (DPSGD(8, 1e-5, n_images=65), 8, "n_images=64, not 65"),
    ],
)
def test_resumed_plans(privacy, n_steps, message):
    with pytest.raises(ValueError, match=message):
        plan().extended(privacy, n_steps, 5)
    assert plan().extended(DPSGD(8, 1e-5), 8, 5) == plan()
    more = plan().extended(DPSGD(20, 1e-5), 12, 8)
    assert more.n_steps == 12
    assert more.noise_multiplier == plan().noise_multiplier


def test_a_look_at_the_codes_is_paid_for():
    found = plan(has_prior=True)
    assert found.noise_multiplier > plan().noise_multiplier
    whole, part = found.spent(8), found.spent(7)
    assert 7.8 < whole.epsilon <= 8
    assert len(whole.mechanisms) == 2
    assert len(part.mechanisms) == 1
    assert PrivacySpent.of(whole.mechanisms, 1e-5).epsilon == pytest.approx(
        whole.epsilon
    )
    # Before the end it is still to come, after the end it comes again.
    assert found.extended(DPSGD(8, 1e-5), 8, 7) == found
    with pytest.raises(BudgetExceededError, match="with all looks at the codes"):
        found.extended(DPSGD(8, 1e-5), 8, 8)
    again = found.extended(DPSGD(20, 1e-5), 8, 8)
    assert len(again.spent(8).mechanisms) == 3
    assert len(again.spent(7).mechanisms) == 2


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"epsilon": 0}, "epsilon"),
        ({"epsilon": np.inf}, "epsilon"),
        ({"epsilon": np.nan}, "epsilon"),
        ({"delta": 0}, "delta"),
        ({"delta": 1}, "delta"),
        ({"clip_norm": 0}, "clip_norm"),
        ({"n_images": 0}, "n_images"),
        ({"random_state": -1}, "random_state"),
    ],
)
def test_bad_arguments(options, name):
    with pytest.raises(ValueError, match=f"{name} must be"):
        DPSGD(**{"epsilon": 1, "delta": 1e-5} | options)
