"""Small models, each trained once: what is tested is how their codes are used."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

SETTINGS = {
    "preset": "tiny",
    "latent_dim": 6,
    "network": "mlp",
    "batch_size": 32,
    "device": "cpu",
    "random_state": 0,
}


@pytest.fixture(scope="session")
def digits():
    from latentia.datasets import load_digits

    return load_digits()


@pytest.fixture(scope="session")
def X(digits):
    return digits.images[:256]


@pytest.fixture(scope="session")
def names(digits):
    """Labels of three classes, of 104, 77 and 75 images."""
    return np.array(["zero to three", "four to six", "the rest"])[
        np.searchsorted([3, 6], digits.labels[:256])
    ]


@pytest.fixture(scope="session")
def train(X):
    """Return a function that trains a model, for an epoch by default."""
    torch = pytest.importorskip("torch")

    def train(model, y=None, *, n=None, epochs=1, **settings):
        labels = None if y is None else y[:n]
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with threadpool_limits(1):
                return model(**SETTINGS | settings).fit(X[:n], labels, epochs=epochs)
        finally:
            torch.set_num_threads(before)

    return train


@pytest.fixture(scope="session")
def rae(train):
    from latentia.generative import RAE

    return train(RAE, n_components=2)


@pytest.fixture(scope="session")
def vae(train):
    from latentia.generative import VAE

    return train(VAE, n_components=2)


@pytest.fixture(scope="session")
def normal_vae(train):
    from latentia.generative import VAE

    return train(VAE, prior="normal")


@pytest.fixture(scope="session")
def gan(train):
    from latentia.generative import GAN

    return train(GAN)


@pytest.fixture(scope="session", params=["conv", "dcgan", "resnet"])
def convolutional(request, train):
    """Return a GAN of each network of convolutions."""
    from latentia.generative import GAN

    return train(GAN, n=32, network=request.param)


@pytest.fixture(scope="session")
def cgan(train, names):
    from latentia.generative import ConditionalGAN

    return train(ConditionalGAN, names)
