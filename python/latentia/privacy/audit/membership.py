"""The audit of a model, or of generated images, with known members."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np

from latentia._arguments import as_random, check_count, check_real, draw_seed
from latentia._warnings import warn_caller
from latentia.evaluation.inputs import ImageInput
from latentia.privacy.accounting import PrivacySpent
from latentia.privacy.audit.measuring import Halves, measure
from latentia.privacy.audit.rates import Scores
from latentia.privacy.audit.records import read_records, without_common
from latentia.privacy.audit.result import MembershipAudit
from latentia.privacy.audit.scores import (
    COMPARED,
    MEANING,
    MOST_VALUES,
    NEAREST,
    Generator,
    direct_scores,
    distances_among,
    distances_to_known,
)

N_SAMPLES = 10_000


def audit_membership(
    model_or_samples: Any,
    members: Any,
    non_members: Any,
    *,
    n_samples: int | None = None,
    delta: float | None = None,
    confidence: float = 0.95,
    random_state: Any = None,
) -> MembershipAudit:
    """Attack a generator, to tell members of its training from other images.

    Every record gets scores that are higher for members, whichever the generator
    offers: the latent density, the reconstruction, the discriminator's logit, and the
    distance to the nearest generated image, also compared with the distance to other
    images. Each score is summed up by the area under its ROC curve and the share of
    members that are found at 1 % and 0.1 % false positives (Carlini et al., 2022). One
    half of the records chooses a score and a threshold, the other half gives a lower
    bound of ε (Steinke et al., 2023).

    Parameters
    ----------
    model_or_samples : model, images or path of a folder
        An object with ``sample(n, seed=)`` and, if it has them, ``score_samples``,
        ``reconstruct``, ``prior_`` with ``encode``, ``discriminate``, ``privacy_``: a
        GAN, ConditionalGAN, VAE, RAE, LatentMixture, PrivateImages or another. Or
        images that a generator made.
    members, non_members : images, tuple (images, labels), or path of a folder
        Images that were in the training, and images of the same distribution that were
        not: uint8, or float in 0..1, of the generated images' shape. Each side needs
        two, and 0.1 % false positives need 1000 non-members. Images that are on both
        sides are left out.
    n_samples : int, optional
        Number of images to generate; by default 10 000, or what a gigabyte holds.
    delta : float, optional
        The δ at which ε is bounded; by default that of ``privacy_``, else 1e-5.
    confidence : float, default=0.95
        Of the bound and of the intervals.
    random_state : int, Generator, RandomState or None
        Seed of the halves and of the generated images.

    Returns
    -------
    MembershipAudit

    Raises
    ------
    ValueError, TypeError
        Images of another shape or type, fewer than two on a side that are not on the
        other, or a score that is NaN.
    OSError
        A folder cannot be read.

    Warns
    -----
    UserWarning
        Images are on both sides, or there are too few non-members for 0.1 %.

    Notes
    -----
    The bound of ε presumes that chance decided which records were members: an
    independent coin for each, or nearly so a random split. If members and non-members
    differ otherwise (other years, other cameras), attacks find that difference and the
    bound means nothing. A bound of 0 is no proof of privacy.

    References
    ----------
    N. Carlini et al., "Membership inference attacks from first principles", IEEE S&P
    2022. T. Steinke, M. Nasr and M. Jagielski, "Privacy auditing with one (1) training
    run", NeurIPS 2023. D. Chen et al., "GAN-Leaks", CCS 2020, for the distances.

    Examples
    --------
    >>> from latentia.datasets import load_digits
    >>> from latentia.privacy import audit_membership
    >>> digits = load_digits().images
    >>> copies = digits[:400]  # a generator that repeats its training images
    >>> found = audit_membership(copies, digits[:400], digits[400:], random_state=0)
    >>> found.verdict.grade
    'failed'
    """
    confidence = check_confidence(confidence)
    if delta is not None:
        delta = check_real(delta, "delta", least=0, below=1)
    random = as_random(random_state)
    generator, shape = _generator(model_or_samples, n_samples, random)
    inside = read_records(members, "members", shape)
    assert inside.images is not None
    if shape is None:
        shape = inside.images.shape[1:]
    outside = read_records(non_members, "non_members", shape)
    if generator is None:
        samples = read_records(model_or_samples, "samples", shape, least=1).images
        assert samples is not None
        generator = Generator(f"{len(samples):,} images", None, samples)
    inside, outside, n_common = without_common(inside, outside)
    halves = Halves.draw(inside.n, outside.n, random)
    ours, theirs = _scores(generator, inside, outside, halves)
    proven = getattr(generator.model, "privacy_", None)
    audit = measure(
        ours,
        theirs,
        halves,
        MEANING,
        model=generator.name,
        n_samples=len(generator.samples),
        confidence=confidence,
        delta=delta,
        proven=proven if isinstance(proven, PrivacySpent) else None,
        notes=common_notes(n_common),
    )
    if audit.notes:
        warn_caller("; ".join(audit.notes), UserWarning)
    return audit


def check_confidence(confidence: object) -> float:
    """Return a confidence of at least ½ and below 1, or raise."""
    return check_real(confidence, "confidence", least=0.5, below=1)


def common_notes(n_common: int) -> tuple[str, ...]:
    """Return a note about images that were on both sides."""
    if not n_common:
        return ()
    return (
        f"{n_common:,} different images are on both sides, members and non-members: "
        "they are left out",
    )


def _generator(
    given: Any, n_samples: int | None, random: Any
) -> tuple[Generator | None, tuple[int, ...] | None]:
    """Return the generator if a model is given, and the shape of its images."""
    if n_samples is not None:
        check_count(n_samples, "n_samples", least=1)
    if isinstance(given, str | PathLike) or not hasattr(given, "sample"):
        if n_samples is not None:
            raise ValueError("n_samples must only be given with a model that samples")
        return None, None
    first = np.asarray(given.sample(1, seed=draw_seed(random)))
    if n_samples is None:
        n_samples = min(N_SAMPLES, max(1, MOST_VALUES // max(1, first[0].size)))
    samples = given.sample(n_samples, seed=draw_seed(random))
    shape = np.asarray(samples).shape[1:]
    images = read_records(samples, "samples", shape, least=1).images
    assert images is not None
    return Generator(_name(given), given, images), images.shape[1:]


def _name(model: Any) -> str:
    name = type(model).__name__
    return f"an {name}" if name[0] in "AEIO" or name == "RAE" else f"a {name}"


def _scores(
    generator: Generator, members: ImageInput, others: ImageInput, halves: Halves
) -> tuple[dict[str, Scores], dict[str, Scores]]:
    """Return the scores of both sides.

    The half of the non-members on which attacks are chosen also serves as known other
    images: GAN-Leaks calibrates distances in this way.
    """
    ours, theirs = (direct_scores(generator, side) for side in (members, others))
    known = others.take(np.flatnonzero(halves.others))
    ours[COMPARED] = ours[NEAREST] + distances_to_known(members, known)
    gaps = np.empty(others.n)
    rest = np.flatnonzero(~halves.others)
    gaps[rest] = distances_to_known(others.take(rest), known)
    gaps[halves.others] = distances_among(known)
    theirs[COMPARED] = theirs[NEAREST] + gaps
    return ours, theirs
