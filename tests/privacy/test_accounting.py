"""Composition and (ε, δ) against the accountant of dp-accounting."""

import json
import math

import pytest

from latentia.privacy import Mechanism, PrivacySpent, SampledMechanism, parallel
from latentia.privacy.accounting import epsilon_of, mu_of

dp_accounting = pytest.importorskip("dp_accounting")
pld = pytest.importorskip("dp_accounting.pld.privacy_loss_distribution")


def bounds(noises, deltas):
    """Return the library's lower and upper bounds of ε for Gaussian mechanisms."""
    found = []
    for pessimistic in (False, True):
        total = pld.identity(1e-4, pessimistic)
        for sigma in noises:
            step = pld.from_gaussian_mechanism(
                sigma,
                pessimistic_estimate=pessimistic,
                value_discretization_interval=1e-4,
            )
            total = total.compose(step)
        found.append([total.get_epsilon_for_delta(delta) for delta in deltas])
    return zip(*found, strict=True)


@pytest.mark.parametrize("noises", [[1.0], [4.0, 9.0, 30.0], [0.9, 2.0]])
def test_epsilon_is_that_of_the_library_and_never_below(noises):
    deltas = [1e-3, 1e-8]
    for delta, (lower, upper) in zip(deltas, bounds(noises, deltas), strict=True):
        ours = epsilon_of([Mechanism("sum", 2.0, 2.0 * s) for s in noises], delta)
        assert ours >= lower - 1e-9
        assert abs(ours - upper) <= 1e-3


@pytest.mark.parametrize("delta", [1e-9, 1e-6, 1e-2])
@pytest.mark.parametrize("epsilon", [0.01, 0.5, 1, 4, 10, 100])
def test_calibrated_noise_spends_what_is_allowed(epsilon, delta):
    mu = mu_of(epsilon, delta)
    spent = PrivacySpent.of([Mechanism("sum", mu, 1.0)], delta)
    assert epsilon * (1 - 1e-6) <= spent.epsilon <= epsilon


def test_infinite_epsilon_is_no_noise():
    assert math.isinf(mu_of(math.inf, 1e-6))
    spent = PrivacySpent.of([Mechanism("sum", 1.0, 0.0)], 1e-6)
    assert math.isinf(spent.epsilon)
    assert "no privacy" in str(spent)


def test_releases_of_the_same_rows_add_up():
    one = PrivacySpent.of([Mechanism("first", 3.0, 4.0)], 1e-5)
    two = PrivacySpent.of([Mechanism("second", 1.0, 1.0)], 1e-6, seeded=True)
    both = one + two
    assert both.mu == pytest.approx(1.25)
    assert both.delta == 1e-6
    assert both.seeded
    assert both.epsilon == epsilon_of([Mechanism("all", 1.25, 1.0)], 1e-6)
    assert both.epsilon > max(one.epsilon, two.epsilon)
    with pytest.raises(ValueError, match="the same change"):
        one + PrivacySpent.of([], 1e-5, adjacency="one user")


def test_disjoint_groups_cost_the_most_expensive():
    spent = [PrivacySpent.of([Mechanism("sum", mu, 1.0)], 1e-6) for mu in (1, 3, 2)]
    assert parallel(spent) == spent[1]
    sampled = PrivacySpent.of([SampledMechanism("net", 1.0, 0.01, 10, 1.0)], 1e-6)
    with pytest.raises(ValueError, match="Gaussian"):
        parallel([sampled])


def test_sampled_steps_go_through_the_library():
    steps = SampledMechanism("net", 1.1, 0.01, 500, 1.0)
    found = PrivacySpent.of([steps, Mechanism("sum", 0.5, 1.0)], 1e-6)
    event = dp_accounting.PoissonSampledDpEvent(
        0.01, dp_accounting.GaussianDpEvent(1.1)
    )
    accountant = dp_accounting.pld.PLDAccountant()
    accountant.compose(event, 500)
    alone = accountant.get_epsilon(1e-6)
    accountant.compose(dp_accounting.GaussianDpEvent(2.0))
    assert found.epsilon == pytest.approx(accountant.get_epsilon(1e-6), abs=1e-9)
    assert found.epsilon > alone
    assert epsilon_of([SampledMechanism("net", 0.0, 0.1, 1, 1.0)], 1e-6) == math.inf
    assert epsilon_of([SampledMechanism("net", 0.0, 0.1, 0, 1.0)], 1e-6) == 0


def test_record_survives_json():
    spent = PrivacySpent.of(
        [Mechanism("sum", 1.0, 2.0), SampledMechanism("net", 1.0, 0.1, 3, 0.5)], 1e-6
    )
    assert PrivacySpent.from_dict(json.loads(json.dumps(spent.to_dict()))) == spent
    without = PrivacySpent.of([Mechanism("sum", 1.0, 0.0)], 1e-6)
    text = json.dumps(without.to_dict(), allow_nan=False)
    assert PrivacySpent.from_dict(json.loads(text)) == without


@pytest.mark.parametrize(
    "change",
    [
        {"epsilon": -1.0},
        {"delta": 0.0},
        {"delta": "small"},
        {"mechanisms": [{"kind": "magic"}]},
        {"mechanisms": [{"kind": "gaussian", "name": "sum"}]},
        {"mechanisms": 3},
    ],
)
def test_damaged_record_is_an_error(change):
    good = PrivacySpent.of([Mechanism("sum", 1.0, 2.0)], 1e-6).to_dict()
    with pytest.raises(ValueError, match="not a record of privacy"):
        PrivacySpent.from_dict(good | change)
    del good["adjacency"]
    with pytest.raises(ValueError, match="not a record of privacy"):
        PrivacySpent.from_dict(good)


@pytest.mark.parametrize("epsilon", [0, -1, math.nan, "1", None])
def test_epsilon_must_be_positive(epsilon):
    with pytest.raises((TypeError, ValueError), match="epsilon must be"):
        mu_of(epsilon, 1e-6)


@pytest.mark.parametrize("delta", [0, 1, -0.1, math.nan, None])
def test_delta_must_be_a_probability(delta):
    with pytest.raises((TypeError, ValueError), match="delta must be"):
        mu_of(1.0, delta)


def test_text_says_what_was_spent():
    text = str(PrivacySpent.of([Mechanism("sum", 1.0, 2.0)], 1e-6, seeded=True))
    assert "δ = 1e-06 for one row added or removed" in text
    assert "sum: one row changes it by at most 1" in text
    assert "seed" in text
