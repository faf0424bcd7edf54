"""The likelihood-ratio attack: shadow models tell what scores members would have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from latentia._arguments import as_random, check_count, check_real, draw_seed
from latentia._warnings import warn_caller
from latentia.evaluation.inputs import ImageInput
from latentia.privacy.accounting import PrivacySpent
from latentia.privacy.audit.measuring import Halves, measure
from latentia.privacy.audit.membership import N_SAMPLES, check_confidence
from latentia.privacy.audit.rates import Scores
from latentia.privacy.audit.records import LEAST, read_records
from latentia.privacy.audit.result import MembershipAudit
from latentia.privacy.audit.scores import MEANING, Generator, direct_scores

OWN_SPREAD = 64
"""Shadow models from which every record has its own variance (Carlini et al.)."""

Inside = NDArray[np.bool_]


def audit_by_shadow_models(
    make_model: Callable[[], Any],
    images: Any,
    *,
    n_shadow: int = 16,
    n_samples: int | None = None,
    delta: float | None = None,
    confidence: float = 0.95,
    random_state: Any = None,
) -> MembershipAudit:
    """Attack a kind of training by the likelihood-ratio attack (LiRA).

    A target is trained on the images that a fair coin chooses, and shadow models on
    other random halves. For each image, normal distributions are fitted to the scores
    of the shadow models that had it and of those that had it not; the ratio of their
    densities at the target's score is the attack's score. It is the strongest attack
    known, and costs n_shadow + 1 trainings.

    Parameters
    ----------
    make_model : callable
        Returns a new model, not fitted, whose ``fit`` takes images, or images and
        labels if they are given. Called once for each training.
    images : images, tuple (images, labels), or path of a folder
        At least four; they are all looked at by shadow models.
    n_shadow : int, default=16
        Number of shadow models, even and at least 4. Each image is in half of them.
        With fewer than 64 all images share one variance, as the article advises.
    n_samples : int, optional
        Number of images that each model generates; by default 10 000 at most.
    delta, confidence, random_state
        As of `audit_membership`.

    Returns
    -------
    MembershipAudit
        Of the target.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong, or a score is NaN.

    References
    ----------
    N. Carlini, S. Chien, M. Nasr, S. Song, A. Terzis and F. Tramèr, "Membership
    inference attacks from first principles", IEEE S&P 2022: the online attack.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.privacy import PrivateImages, audit_by_shadow_models
    >>> def make():
    ...     return PrivateImages(epsilon=10, delta=1e-5)
    >>> images = load_digits().images[:300]  # few: warnings say so
    >>> audit = audit_by_shadow_models(make, images, n_shadow=8)
    >>> audit.epsilon_lower < 10  # else the proof would be wrong
    True
    """
    confidence = check_confidence(confidence)
    if delta is not None:
        delta = check_real(delta, "delta", least=0, below=1)
    n_shadow = check_count(n_shadow, "n_shadow", least=4)
    if n_shadow % 2:
        raise ValueError(f"n_shadow must be even, got {n_shadow}")
    n_samples = check_count(
        N_SAMPLES if n_samples is None else n_samples, "n_samples", least=1
    )
    random = as_random(random_state)
    records = read_records(images, "images", None, least=2 * LEAST)
    inside = _coins(records.n, random)
    target, scores = _train(make_model, records, inside, n_samples, random)
    shadows = _memberships(n_shadow, records.n, random)
    found = [_train(make_model, records, row, n_samples, random)[1] for row in shadows]
    ratios = {
        name: likelihood_ratio(
            scores[name], np.stack([f[name] for f in found]), shadows
        )
        for name in scores
    }
    proven = getattr(target, "privacy_", None)
    halves = Halves.draw(int(inside.sum()), int((~inside).sum()), random)
    audit = measure(
        {name: ratio[inside] for name, ratio in ratios.items()},
        {name: ratio[~inside] for name, ratio in ratios.items()},
        halves,
        {name: f"likelihood ratio of the {MEANING[name]}" for name in ratios},
        model=f"{type(target).__name__} (likelihood ratio, {n_shadow} shadow models)",
        n_samples=n_samples,
        confidence=confidence,
        delta=delta,
        proven=proven if isinstance(proven, PrivacySpent) else None,
    )
    if audit.notes:
        warn_caller("; ".join(audit.notes), UserWarning)
    return audit


def likelihood_ratio(target: Scores, shadow: Scores, inside: Inside) -> Scores:
    """Return log N(s; μ_in, σ_in²) − log N(s; μ_out, σ_out²) for every record.

    Parameters
    ----------
    target : ndarray of shape (n,)
        Scores s of the target.
    shadow : ndarray of shape (n_shadow, n)
        Scores of the shadow models.
    inside : ndarray of bool, shape (n_shadow, n)
        Whether the shadow model had the record.
    """
    target, shadow = _within_range(target, shadow)
    found = np.zeros(len(target))
    for sign, had in ((1, inside), (-1, ~inside)):
        n = had.sum(axis=0)
        mean = np.where(had, shadow, 0).sum(axis=0) / n
        squares = np.where(had, (shadow - mean) ** 2, 0).sum(axis=0)
        if len(shadow) < OWN_SPREAD:
            squares, n = np.full_like(squares, squares.mean()), np.full_like(n, n[0])
        spread = np.sqrt(squares / n)
        # Scores that never vary have a density all the same.
        spread = np.maximum(spread, 1e-12 * np.maximum(1, np.abs(mean)))
        found += sign * stats.norm.logpdf(target, mean, spread)
    return found


def _within_range(target: Scores, shadow: Scores) -> tuple[Scores, Scores]:
    """Replace scores of −∞ and −1.8e308 by one below all others, for their squares."""
    both = np.concatenate([target[np.newaxis], shadow])
    low = both < -1e150
    if low.any():
        rest = both[~low] if not low.all() else np.zeros(1)
        both = np.where(low, rest.min() - max(np.ptp(rest), 1.0), both)
    return both[0], both[1:]


def _coins(n: int, random: Any) -> Inside:
    """Return a fair coin for every record, again while a side has fewer than two."""
    while True:
        inside: Inside = random.random(n) < 0.5
        if LEAST <= inside.sum() <= n - LEAST:
            return inside


def _memberships(n_shadow: int, n: int, random: Any) -> Inside:
    """Return pairs of complementary halves: each record is in half of the models."""
    rows = []
    for _ in range(n_shadow // 2):
        half = np.zeros(n, dtype=bool)
        half[random.permutation(n)[: n // 2]] = True
        rows += [half, ~half]
    return np.stack(rows)


def _train(
    make_model: Callable[[], Any],
    records: ImageInput,
    inside: Inside,
    n_samples: int,
    random: Any,
) -> tuple[Any, dict[str, Scores]]:
    """Train a model on some of the records, and return it with the scores of all."""
    chosen = records.take(np.flatnonzero(inside))
    model = make_model()
    if chosen.labels is None:
        model.fit(chosen.images)
    else:
        model.fit(chosen.images, chosen.labels)
    samples = read_records(
        model.sample(n_samples, seed=draw_seed(random)), "samples", None, least=1
    ).images
    assert samples is not None
    return model, direct_scores(
        Generator(type(model).__name__, model, samples), records
    )
