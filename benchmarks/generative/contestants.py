"""Who trains for the same time: each a function of pictures and seconds alone."""

import time
from collections.abc import Callable
from typing import Any

from latentia import generative
from latentia.benchmarks.generative.examples import conditional_dcgan, mlp_vae
from latentia.benchmarks.generative.outcomes import Outcome
from latentia.benchmarks.generative.pictures import Pictures
from latentia.benchmarks.results import LATENTIA

EXAMPLE = "PyTorch example"
ONE_GAUSSIAN = f"{LATENTIA}, one Gaussian"

SEED = 0
_SAMPLE_SEED = 1

Contestant = Callable[[Pictures, float], Outcome]


def conditional_gan(pictures: Pictures, seconds: float) -> Outcome:
    """Train our conditional GAN as it comes."""
    model = generative.ConditionalGAN(random_state=SEED)
    spent = _fit(model, pictures, seconds, pictures.train.labels)
    labels = pictures.labels_in_turn()
    images = model.sample(len(labels), labels, seed=_SAMPLE_SEED)
    return Outcome(spent, model.n_images_seen_, {LATENTIA: images})


def conditional_dcgan_example(pictures: Pictures, seconds: float) -> Outcome:
    """Train the classic conditional DCGAN."""
    train = pictures.train
    model = conditional_dcgan.train(train.images, train.labels, seconds, SEED)
    images = conditional_dcgan.sample(model, pictures.labels_in_turn(), _SAMPLE_SEED)
    return Outcome(*model.trained, {EXAMPLE: images})


def rae(pictures: Pictures, seconds: float) -> Outcome:
    """Train our RAE, and sample its mixture and one Gaussian on the same latents."""
    model = generative.RAE(random_state=SEED)
    spent = _fit(model, pictures, seconds)
    single = generative.LatentMixture(1, random_state=SEED)
    single.fit(model, pictures.train.images)
    samples = {
        name: prior.sample(pictures.n_generated, seed=_SAMPLE_SEED)
        for name, prior in ((LATENTIA, model), (ONE_GAUSSIAN, single))
    }
    return Outcome(spent, model.n_images_seen_, samples)


def bernoulli_vae(pictures: Pictures, seconds: float) -> Outcome:
    """Train our VAE on grey values taken for probabilities."""
    model = generative.VAE(likelihood="bernoulli", random_state=SEED)
    spent = _fit(model, pictures, seconds)
    images = model.sample(pictures.n_generated, seed=_SAMPLE_SEED)
    elbo = model.score(pictures.test.images)
    return Outcome(spent, model.n_images_seen_, {LATENTIA: images}, elbo)


def mlp_vae_example(pictures: Pictures, seconds: float) -> Outcome:
    """Train the classic MLP VAE."""
    train = pictures.train
    model = mlp_vae.train(train.images, train.labels, seconds, SEED)
    images = mlp_vae.sample(model, pictures.n_generated, _SAMPLE_SEED)
    elbo = mlp_vae.mean_elbo(model, pictures.test.images, _SAMPLE_SEED)
    return Outcome(*model.trained, {EXAMPLE: images}, elbo)


CONTESTANTS: dict[str, Contestant] = {
    "conditional GAN": conditional_gan,
    "conditional DCGAN example": conditional_dcgan_example,
    "RAE": rae,
    "VAE": bernoulli_vae,
    "MLP VAE example": mlp_vae_example,
}


def _fit(model: Any, pictures: Pictures, seconds: float, *labels: Any) -> float:
    """Fit a model for a time, and return how long it took with all that it does."""
    begin = time.perf_counter()
    model.fit(pictures.train.images, *labels, minutes=seconds / 60)
    return time.perf_counter() - begin
