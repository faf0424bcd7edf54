"""Verdicts: what is plainly bad fails for the right reason, whatever one score says."""

import warnings

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia.datasets import load_digits
from latentia.evaluation import evaluate
from latentia.evaluation.features import RandomConvFeatures
from latentia.evaluation.verdict import of_classes, of_copies, of_distance

IMAGES = load_digits().images[:1200]
N = 300


@pytest.fixture(scope="module")
def judged():
    """judged(images): their evaluation against digits of which 300 are held out."""

    def judged(images):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return evaluate(
                images, IMAGES[:600], held_out=IMAGES[600:900], random_state=0
            )

    return judged


def test_other_real_images_are_good(judged):
    found = judged(IMAGES[900:])
    assert found.verdict.grade == "good", str(found)
    assert "good: the generated images are nearly as close" in str(found)


def test_noise_fails(judged):
    noise = np.random.default_rng(0).integers(0, 256, (N, 8, 8), dtype=np.uint8)
    found = judged(noise).verdict
    assert found.grade == "failed"
    assert "as the average image is" in found.reasons[0]
    assert not any("collapse" in reason for reason in found.reasons)


@pytest.fixture(scope="module")
def usual():
    """An unseen image where real ones are densest."""
    space = RandomConvFeatures()
    real, others = space(IMAGES[:600]), space(IMAGES[900:])
    squares = ((others[:, np.newaxis] - real) ** 2).sum(axis=2)
    return IMAGES[900 + np.sort(squares, axis=1)[:, :20].mean(axis=1).argmin()]


def nearly(image):
    noise = np.random.default_rng(0).integers(-2, 3, (N, 8, 8))
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def test_a_collapse_fails_though_its_density_is_high(judged, usual):
    found = judged(nearly(usual))
    assert found.density.value > found.density.reference
    assert found.coverage.value < 0.1 * found.coverage.reference
    assert found.verdict.grade == "failed"
    assert any("collapse" in reason for reason in found.verdict.reasons)
    row = next(line for line in str(found).splitlines() if line.startswith("density"))
    assert "larger is better" not in row


@pytest.mark.parametrize("contrast", [0.0, 0.5, 1.0])
def test_near_identical_grey_images_fail(judged, contrast):
    """As those of a training that was too short."""
    average = IMAGES.mean(axis=0)
    found = judged(nearly(contrast * average + (1 - contrast) * average.mean()))
    assert found.verdict.grade == "failed"
    assert found.coverage.value < 0.15 * found.coverage.reference


def test_copies_fail(judged):
    verdict = judged(IMAGES[:N]).verdict
    assert verdict.grade == "failed"
    assert verdict.reasons == (
        "copies: 100 % of the generated images are suspiciously close to a training "
        "image",
    )


def test_blurred_images_are_weak_at_best(judged):
    blurred = (IMAGES[900:] * 0.6 + 0.4 * IMAGES.mean(axis=0)).astype(np.uint8)
    assert judged(blurred).verdict.grade != "good"


def test_the_verdict_is_in_the_numbers(judged):
    told = judged(IMAGES[:N]).as_dict()
    assert told["verdict"]["grade"] == "failed"
    assert told["total_variance"] > 1


def test_thresholds():
    assert [of_distance(d, 1.0, 10.0) for d in (0.5, 1.9, 2.1, 5.9, 6.1)] == [
        *("good", "good", "weak", "weak", "failed")
    ]
    # Chance gives the nearest of 8 as often as one in nine.
    assert of_copies(1 / 8, 0.01, 8) is None
    assert of_copies(0.05, 0.01, 1000)[0] == "weak"
    assert of_copies(0.03, 0.01, 1000) is None
    assert of_classes(0.75, 0.9) is None
    assert of_classes(0.6, 0.9)[0] == "weak"
    assert of_classes(0.4, 0.9)[0] == "failed"


def test_images_that_are_all_the_same_are_good():
    assert of_distance(0.0, 0.0, 0.0) == "good"
    assert of_distance(1.0, 0.0, 0.0) == "failed"
