"""Rates and areas against their definitions, with ties, and their coverage."""

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.metrics import roc_auc_score, roc_curve

from latentia.privacy.audit.rates import area, clopper_pearson, rate_at


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (1, 1), (500, 1000)])
def test_interval_is_where_the_tails_are(k, n):
    found = clopper_pearson(k, n, 0.9)
    assert found.value == k / n
    if k:
        assert binom.sf(k - 1, n, found.low) == pytest.approx(0.05)
    if k < n:
        assert binom.cdf(k, n, found.high) == pytest.approx(0.05)
    assert (found.low == 0) == (k == 0)
    assert (found.high == 1) == (k == n)


def test_interval_of_nothing_is_everything():
    found = clopper_pearson(0, 0, 0.95)
    assert (found.low, found.high) == (0, 1)


@pytest.mark.parametrize("levels", [None, 3, 1])
def test_area_like_sklearn_with_ties(random, levels):
    members, others = random.normal(0.5, size=50), random.normal(size=80)
    if levels is not None:
        members, others = (np.rint(s * (levels - 1)) for s in (members, others))
    found = area(members, others, 0.95)
    truth = np.repeat([1, 0], [50, 80])
    expected = roc_auc_score(truth, np.concatenate([members, others]))
    assert found.value == pytest.approx(expected)
    assert 0 <= found.low < found.value < found.high <= 1


def test_interval_of_the_area_is_not_empty_at_the_ends():
    apart = area(np.arange(5.0) + 10, np.arange(5.0), 0.95)
    assert apart.value == apart.high == 1
    assert 0.5 < apart.low < 0.99
    turned = area(np.arange(5.0), np.arange(5.0) + 10, 0.95)
    assert turned.value == turned.low == 0
    assert turned.high == pytest.approx(1 - apart.low)


def test_interval_of_the_area_covers(random):
    truth = 0.7602499  # Φ(1/√2)
    found = [
        area(random.normal(1, size=40), random.normal(size=60), 0.9) for _ in range(300)
    ]
    assert 0.84 < np.mean([i.low <= truth <= i.high for i in found]) < 0.96


@pytest.mark.parametrize("fpr", [0.01, 0.05, 0.1, 0.5])
def test_rate_like_the_curve(random, fpr):
    members, others = random.normal(1, size=300), random.normal(size=200)
    found = rate_at(members, others, fpr, 0.95)
    truth = np.repeat([1, 0], [300, 200])
    curve = roc_curve(truth, np.concatenate([members, others]), drop_intermediate=False)
    # The strict threshold is that of the last member before one more non-member.
    assert found.tpr.value == max(curve[1][curve[0] <= fpr])
    assert found.reached.value <= fpr


def test_ties_at_the_threshold_are_not_found():
    others = np.array([1.0] * 5 + [0.0] * 95)
    found = rate_at(np.ones(10), others, 0.04, 0.95)
    assert found.tpr.value == 0
    assert found.reached.value == 0
    assert rate_at(np.ones(10), others, 0.05, 0.95).tpr.value == 1
    assert rate_at(np.zeros(10), np.zeros(1000), 0.01, 0.95).tpr.value == 0


@pytest.mark.parametrize(("n", "fpr", "known"), [(99, 0.01, False), (100, 0.01, True)])
def test_too_few_non_members_resolve_no_rate(random, n, fpr, known):
    found = rate_at(random.normal(size=9), random.normal(size=n), fpr, 0.95)
    assert (found is not None) == known


def test_1000_non_members_resolve_a_thousandth(random):
    members = random.normal(size=9)
    assert rate_at(members, random.normal(size=999), 0.001, 0.95) is None
    assert rate_at(members, random.normal(size=1000), 0.001, 0.95) is not None
