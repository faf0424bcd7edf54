"""The bound of ε: below the truth where it is known, and near to it."""

import numpy as np
import pytest
from scipy.stats import binom

from latentia.privacy.accounting import epsilon_of
from latentia.privacy.audit.lower_bound import MOST, best_guess, epsilon_refuted
from latentia.privacy.records import Mechanism


def told_by_coins(epsilon, n, random):
    """Randomised response: members and others, and what a private answer says."""
    inside = random.random(n) < 0.5
    honest = random.random(n) < np.exp(epsilon) / (1 + np.exp(epsilon))
    said = np.where(honest, inside, ~inside).astype(float)
    return said[inside], said[~inside]


def audit(members, others, random, *, delta=0.0, confidence=0.95):
    """Choose on a half and measure on the other, as an audit does."""
    first, second = ([s[::2], s[1::2]] for s in (members, others))
    guess, _ = best_guess([first[0]], [second[0]], confidence)
    right, guesses = guess.count(first[1], second[1])
    n_members, n_others = len(first[1]), len(second[1])
    share = n_members if guess.side == "member" else n_others
    return epsilon_refuted(
        right,
        guesses,
        share / (n_members + n_others),
        confidence=confidence,
        delta=delta,
        n_records=n_members + n_others,
    )


@pytest.mark.parametrize("epsilon", [0.5, 2.0])
def test_bound_of_randomised_response_is_tight_and_below(epsilon):
    random = np.random.default_rng(0)
    found = [audit(*told_by_coins(epsilon, 4000, random), random) for _ in range(60)]
    # With 95 % confidence at most 3 of 60 are above, give or take.
    assert np.sum(np.array(found) > epsilon) <= 7
    assert np.median(found) > 0.6 * epsilon


@pytest.mark.parametrize("epsilon", [0.0, 1.0, 3.0])
def test_p_value_at_the_bound(epsilon):
    guesses, share = 400, 0.3
    odds = share / (1 - share) * np.exp(epsilon)
    right = int(guesses * odds / (1 + odds)) + 25
    found = epsilon_refuted(right, guesses, share, confidence=0.95)
    odds = share / (1 - share) * np.exp(found)
    assert binom.sf(right - 1, guesses, odds / (1 + odds)) == pytest.approx(0.05)


def test_delta_lowers_the_bound():
    options = {"confidence": 0.95, "n_records": 1000}
    found = [
        epsilon_refuted(95, 100, 0.5, delta=delta, **options)
        for delta in (0, 1e-6, 1e-5, 1e-4)
    ]
    assert found[0] > found[1] > found[2] > found[3]
    # Each of 1000 records may be given away with probability δ.
    assert epsilon_refuted(95, 100, 0.5, delta=0.1, **options) == 0


def test_p_value_of_the_article():
    """Against the program of the article's appendix D, for q = ½."""

    def theirs(m, r, v, eps, delta):
        q = 1 / (1 + np.exp(-eps))
        beta, alpha, total = binom.sf(v - 1, r, q), 0, 0
        for i in range(1, v + 1):
            total += binom.pmf(v - i, r, q)
            alpha = max(alpha, total / i)
        return min(beta + alpha * delta * 2 * m, 1)

    found = epsilon_refuted(90, 100, 0.5, confidence=0.9, delta=1e-5, n_records=1000)
    assert theirs(1000, 100, 90, found, 1e-5) == pytest.approx(0.1, rel=1e-6)


def test_nothing_guessed_and_everything_right():
    assert epsilon_refuted(0, 0, 0.5, confidence=0.95) == 0
    assert epsilon_refuted(0, 10, 0.5, confidence=0.95) == 0
    found = [epsilon_refuted(n, n, 0.5, confidence=0.95) for n in (1, 10, 100, 10**6)]
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] < MOST


def test_guess_takes_whole_runs_of_equal_scores():
    members, others = np.array([1.0] * 6), np.array([1.0] * 6 + [0.0] * 6)
    guess, bound = best_guess([members], [others], 0.9)
    assert (guess.side, guess.threshold) == ("non-member", 0.0)
    assert guess.count(members, others) == (6, 6)
    assert bound > 0


def test_the_better_score_is_chosen():
    random = np.random.default_rng(0)
    blind = random.normal(size=(2, 100))
    seeing = random.normal(3, size=100), random.normal(size=100)
    guess, _ = best_guess([blind[0], seeing[0]], [blind[1], seeing[1]], 0.95)
    assert guess.score == 1


def noisy_mean(noise_std, random, n=400, d=300):
    """A Gaussian mechanism: the sum of directions of members, plus noise; scores."""
    rows = random.normal(size=(n, d))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    inside = random.random(n) < 0.5
    total = rows[inside].sum(axis=0) + random.normal(0, noise_std, d)
    scores = rows @ total
    return scores[inside], scores[~inside]


@pytest.mark.parametrize("noise_std", [0.5, 1.0])
def test_bound_stays_below_the_proven_epsilon_of_a_gaussian_mechanism(noise_std):
    delta = 1e-5
    proven = epsilon_of([Mechanism("sum", 1.0, noise_std)], delta)
    random = np.random.default_rng(0)
    found = [
        audit(*noisy_mean(noise_std, random), random, delta=delta) for _ in range(20)
    ]
    assert max(found) < proven
    assert max(found) > 0  # the attack is none that finds nothing


def test_too_little_noise_is_found():
    """A mechanism that claims ten times the noise that it adds is refuted."""
    random = np.random.default_rng(0)
    claimed = epsilon_of([Mechanism("sum", 1.0, 10.0)], 1e-5)
    assert claimed < 0.5
    found = audit(*noisy_mean(0.1, random, d=1000), random, delta=1e-5)
    assert found > claimed
