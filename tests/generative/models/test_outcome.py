"""What came of a training, by its own scores: noise is called so."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from latentia.datasets import load_digits
from latentia.evaluation import frechet_distance, gaussian_statistics
from latentia.evaluation.features import RandomConvFeatures
from latentia.generative import GAN, RAE, VAE
from latentia.generative.data import as_image_set
from latentia.generative.latent.prior import MixturePrior
from latentia.generative.models.outcome import outcome
from latentia.generative.recipes import frechet_score
from latentia.generative.recipes.average_image import cross_entropies, moments
from latentia.generative.recipes.frechet_score import FrechetScore
from latentia.generative.recipes.likelihoods import Bernoulli, Gaussian
from latentia.generative.training.plan import State

X = load_digits().images
TINY = {"preset": "tiny", "device": "cpu", "random_state": 0, "network": "mlp"}


@pytest.fixture
def images():
    random = np.random.default_rng(0)
    return torch.from_numpy(random.integers(0, 256, (300, 3, 5, 4), dtype=np.uint8))


def test_moments(images):
    pixels = images.numpy() / 255
    mean, variance = moments(images)
    np.testing.assert_allclose(mean, pixels.mean(axis=0))
    assert variance == pytest.approx(pixels.var(axis=0).sum())


def test_an_average_image_has_the_skill_0(images):
    """By every likelihood, as its own formula tells; perfect images have 1."""
    pixels = images.double() / 255
    average = pixels.mean(0).expand_as(pixels)
    normal = Gaussian().double()
    normal.adapt(average, pixels, lambda tensors: None)
    score = -float(normal.log_density(average, pixels).mean())
    assert normal.skill(score, images) == pytest.approx(0, abs=1e-6)
    # Half of the error: a quarter of the variance is left.
    nearer = (average + pixels) / 2
    normal.adapt(nearer, pixels, lambda tensors: None)
    score = -float(normal.log_density(nearer, pixels).mean())
    assert normal.skill(score, images) == pytest.approx(0.75, abs=1e-6)

    binary = Bernoulli()
    score = -float(binary.log_density(torch.logit(average), pixels).mean())
    assert binary.skill(score, images) == pytest.approx(0, abs=1e-9)
    own = torch.logit(pixels.clamp(1e-9, 1 - 1e-9))
    score = -float(binary.log_density(own, pixels).mean())
    assert binary.skill(score, images) == pytest.approx(1, abs=1e-6)
    assert cross_entropies(images)[1] == pytest.approx(score)


def test_a_score_of_nothing_is_no_overflow(images):
    assert Gaussian().skill(1e9, images) < -1e100
    flat = torch.full((9, 1, 4, 4), 255, dtype=torch.uint8)
    assert Bernoulli().skill(3.0, flat) is None
    assert Gaussian().skill(0.0, flat) < 1


def test_the_skill_of_a_distance(monkeypatch):
    monkeypatch.setattr(frechet_score, "RandomConvFeatures", RandomConvFeatures)
    found = FrechetScore(as_image_set(X[:200]), False, torch.device("cpu"))
    space = RandomConvFeatures()
    real = gaussian_statistics(space(X[:200]))
    average = np.repeat(np.rint(X[:200].mean(0))[np.newaxis], 200, axis=0)
    score = found.score(average.astype(np.uint8))["score"]
    assert score == pytest.approx(
        frechet_distance(real, space(average.astype(np.uint8)))
    )
    assert found.skill(score) == pytest.approx(0, abs=0.2)
    assert found.skill(found.score(X[200:400])["score"]) > 0.8
    few = FrechetScore(as_image_set(X[:29]), False, torch.device("cpu"))
    assert few.skill(1.0) is None
    assert few.skill(100.0) < -0.5
    assert (
        FrechetScore(as_image_set(X[:9]), False, torch.device("cpu")).skill(100) is None
    )


@pytest.mark.parametrize("model", [GAN, VAE, RAE])
def test_a_few_steps_give_noise(model, tmp_path):
    fitted = model(**TINY, batch_size=40).fit(X[:400], epochs=1, validation=0.1)
    verdict = outcome(fitted)
    assert verdict.grade == "failed"
    assert verdict.reasons[0].startswith("9 steps: samples are noise, the best score")
    assert verdict.reasons[0].endswith("train longer")
    fitted.save(tmp_path)
    assert model.load(tmp_path).skill_ == fitted.skill_


def test_longer_is_better():
    fitted = RAE(**TINY, batch_size=50).fit(X[:400], epochs=20)
    assert fitted.skill_ > 0.5
    assert outcome(fitted).grade == "good"


def trained(skill, n_steps, drawn=None, n_images=1000):
    return SimpleNamespace(
        skill_=skill,
        sample_skill_=drawn,
        n_steps_=n_steps,
        least_scored=0,
        privacy_=None,
        prior_=MixturePrior.standard(2),
        record_=SimpleNamespace(n_images=n_images, state=State(best_step=n_steps)),
    )


def test_few_images_are_the_reason_of_many_steps():
    (reason,) = outcome(trained(0.2, 2000, n_images=90)).reasons
    assert reason.endswith("; 90 images are too few, more of them make better samples")


@pytest.mark.parametrize(
    ("drawn", "n_steps", "n_images", "grade", "says"),
    [
        (0.6, 2000, 1000, "good", "the best score is 70 % of the way"),
        (
            0.2,
            2000,
            1000,
            "weak",
            "samples are poor, 20 % of it; train longer, or sample",
        ),
        (-3.0, 2000, 1000, "failed", "samples are noise, 0 % of it; train longer, or"),
        (0.1, 2000, 90, "failed", "90 images are too few"),
    ],
)
def test_samples_have_a_say(drawn, n_steps, n_images, grade, says):
    found = outcome(trained(0.7, n_steps, drawn, n_images))
    assert found.grade == grade
    assert says in found.reasons[0]


def test_a_model_with_a_mixture_is_not_advised_to_take_one():
    model = trained(0.7, 2000, 0.2)
    model.prior_ = model.prior_._replace(factors=2 * model.prior_.factors)
    assert outcome(model).reasons[0].endswith("; train longer")


@pytest.mark.parametrize(("skill", "grade"), [(0.89, "weak"), (0.91, "good")])
def test_a_gan_is_graded_as_an_evaluation_grades_it(skill, grade):
    model = trained(skill, 41)
    model.least_scored = 100
    found = outcome(model)
    assert found.grade == grade
    assert found.reasons[0].endswith("; train longer") == (grade == "weak")


@pytest.mark.parametrize("model", [VAE, RAE])
def test_the_skill_of_samples(model, monkeypatch, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (300, 8, 8), dtype=np.uint8)
    monkeypatch.setattr(model, "sample", lambda self, n, **_: noise[:n])
    settings = {**TINY, "latent_dim": 4, "batch_size": 50}
    fitted = model(**settings).fit(X[:300], epochs=20)
    assert fitted.sample_skill_ < 0 < fitted.skill_
    fitted.save(tmp_path)
    assert model.load(tmp_path).sample_skill_ == fitted.sample_skill_
    monkeypatch.setattr(model, "sample", lambda self, n, **_: X[300 : 300 + n])
    assert model(**settings).fit(X[:300], epochs=1).sample_skill_ > 0.7


@pytest.mark.parametrize(
    ("skill", "n_steps", "grade", "says"),
    [
        (None, 2, "weak", "2 steps, and too few images are scored"),
        (None, 5000, "weak", "5,000 steps, and too few images"),
        (-0.3, 1, "failed", "1 step: samples are noise, the best score is no better"),
        (0.2, 10, "failed", "only 20 % of the way"),
        (0.2, 9000, "failed", "the training failed, try another learning rate"),
        (0.9, 10, "good", "10 steps: the best score is 90 % of the way"),
    ],
)
def test_in_words(skill, n_steps, grade, says):
    found = outcome(trained(skill, n_steps))
    assert found.grade == grade
    assert says in found.reasons[0]
    assert ("train longer" in found.reasons[0]) == (grade != "good" and n_steps < 500)


def test_a_distance_to_few_held_out_images_chooses_no_model():
    settings = {"epochs": 1, "validation": 0.1}
    few = GAN(**TINY, batch_size=45).fit(X[:100], **settings)
    assert few.record_.n_images == 90
    assert few.record_.held_out == as_image_set(X[:100]).fingerprint
    assert few.skill_ is not None
    own = GAN(**TINY, batch_size=45).fit(X[:100], epochs=1, validation=X[100:110])
    assert own.record_.held_out == as_image_set(X[100:110]).fingerprint
    many = GAN(**TINY, batch_size=450).fit(X[:1000], **settings)
    assert many.record_.held_out != as_image_set(X[:1000]).fingerprint
    vae = VAE(**TINY, batch_size=45).fit(X[:100], **settings)
    assert vae.record_.held_out != as_image_set(X[:100]).fingerprint
