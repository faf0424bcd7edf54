"""The models and examples that train for the same time."""

from collections.abc import Callable

from latentia import generative
from latentia.benchmarks.generative import examples
from latentia.benchmarks.generative.models import fit_for, trained
from latentia.benchmarks.generative.trainings import (
    SAMPLE_SEED,
    SEED,
    Outcome,
    Pictures,
    Trainings,
)
from latentia.benchmarks.results import LATENTIA

EXAMPLE = "PyTorch example"
ONE_GAUSSIAN = f"{LATENTIA}, one Gaussian"
_TEMPERATURE = 0.9


def _conditional_gan(pictures: Pictures, seconds: float, _: Trainings) -> Outcome:
    model = generative.ConditionalGAN(random_state=SEED)
    spent = fit_for(model, pictures, seconds, pictures.train.labels)
    labels = pictures.labels_in_turn()
    images = model.sample(len(labels), labels, seed=SAMPLE_SEED)
    return Outcome(spent, model.n_images_seen_, {LATENTIA: images})


def _conditional_dcgan_example(
    pictures: Pictures, seconds: float, _: Trainings
) -> Outcome:
    train = pictures.train
    model = examples.train_dcgan(train.images, train.labels, seconds, SEED)
    images = examples.sample_dcgan(model, pictures.labels_in_turn(), SAMPLE_SEED)
    return Outcome(*model.trained, {EXAMPLE: images})


def _rae(pictures: Pictures, seconds: float, trainings: Trainings) -> Outcome:
    """Sample its mixture, and one Gaussian on the same latents."""
    model, spent = trained("RAE", pictures, seconds, trainings)
    single = generative.LatentMixture(1, random_state=SEED)
    single.fit(model, pictures.train.images)
    samples = {
        name: prior.sample(pictures.n_generated, seed=SAMPLE_SEED)
        for name, prior in ((LATENTIA, model), (ONE_GAUSSIAN, single))
    }
    return Outcome(spent, model.n_images_seen_, samples)


def _rae_by_class(pictures: Pictures, seconds: float, trainings: Trainings) -> Outcome:
    """Sample mixtures of the same RAE's codes, one for each class.

    And at a lower temperature: images are more typical of their class.
    """
    model, spent = trained("RAE", pictures, seconds, trainings)
    train, labels = pictures.train, pictures.labels_in_turn()
    prior = generative.LatentMixture("samples", random_state=SEED)
    prior.fit(model, train.images, train.labels)
    samples = {}
    for name, temperature in (
        (LATENTIA, 1.0),
        (f"{LATENTIA}, temperature {_TEMPERATURE:g}", _TEMPERATURE),
    ):
        prior.temperature = temperature
        samples[name] = prior.sample(len(labels), labels, seed=SAMPLE_SEED)
    return Outcome(spent, model.n_images_seen_, samples)


def _bernoulli_vae(pictures: Pictures, seconds: float, _: Trainings) -> Outcome:
    """Take grey values for probabilities, as the example does.

    In one stage: the second lowers the ELBO, which is compared.
    """
    model = generative.VAE(likelihood="bernoulli", sharpen=0, random_state=SEED)
    spent = fit_for(model, pictures, seconds)
    images = model.sample(pictures.n_generated, seed=SAMPLE_SEED)
    elbo = model.score(pictures.test.images)
    return Outcome(spent, model.n_images_seen_, {LATENTIA: images}, elbo)


def _mlp_vae_example(pictures: Pictures, seconds: float, _: Trainings) -> Outcome:
    train = pictures.train
    model = examples.train_vae(train.images, train.labels, seconds, SEED)
    images = examples.sample_vae(model, pictures.n_generated, SAMPLE_SEED)
    elbo = examples.mean_elbo(model, pictures.test.images, SAMPLE_SEED)
    return Outcome(*model.trained, {EXAMPLE: images}, elbo)


CONTESTANTS: dict[str, Callable[[Pictures, float, Trainings], Outcome]] = {
    "conditional GAN": _conditional_gan,
    "conditional DCGAN example": _conditional_dcgan_example,
    "RAE": _rae,
    "RAE, a class each": _rae_by_class,
    "VAE": _bernoulli_vae,
    "MLP VAE example": _mlp_vae_example,
}
