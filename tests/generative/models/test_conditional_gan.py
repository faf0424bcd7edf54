"""Images of a wanted class."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import ConditionalGAN  # noqa: E402
from latentia.generative.models.gan import NETWORKS  # noqa: E402

X = np.random.default_rng(0).integers(0, 256, (32, 8, 8), dtype=np.uint8)
NAMES = np.array(["coat", "bag", "shoe"])[np.arange(32) % 3]


def gan(**parameters):
    tiny = {"preset": "tiny", "batch_size": 8, "device": "cpu", "random_state": 0}
    return ConditionalGAN(**{**tiny, "network": "mlp", **parameters})


@pytest.fixture(scope="module")
def fitted():
    torch.set_num_threads(1)
    return gan().fit(X, NAMES, epochs=2)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("loss", ["relativistic", "wasserstein"])
def test_every_network_trains(network, loss):
    model = gan(network=network, loss=loss).fit(X, NAMES, epochs=1)
    assert model.sample(4, seed=0).shape == (4, 8, 8)
    assert all(torch.isfinite(t).all() for t in model.networks_.state_dict().values())


def test_classes_in_turn(fitted):
    assert fitted.classes_.tolist() == ["bag", "coat", "shoe"]
    turns = fitted.labels_of(5)
    assert turns.tolist() == ["bag", "coat", "shoe", "bag", "coat"]
    np.testing.assert_array_equal(
        fitted.sample(5, seed=3), fitted.sample(5, turns, seed=3)
    )


def test_one_label_or_n(fitted):
    coats = fitted.sample(70, "coat", seed=3)
    np.testing.assert_array_equal(coats, fitted.sample(70, ["coat"] * 70, seed=3))
    np.testing.assert_array_equal(coats[:4], fitted.sample(4, y="coat", seed=3))
    assert fitted.labels_of(2, "coat").tolist() == ["coat", "coat"]
    assert not np.array_equal(coats[:4], fitted.sample(4, "shoe", seed=3))


def test_classes_that_are_numbers():
    model = gan().fit(X, np.arange(32) % 2 * 7 + 1, epochs=1)
    assert model.classes_.tolist() == [1, 8]
    eights = model.sample(3, 8, seed=0)
    np.testing.assert_array_equal(eights, model.sample(3, "8", seed=0))
    np.testing.assert_array_equal(eights, model.sample(3, [8, 8, 8], seed=0))
    assert model.labels_of(3).tolist() == [1, 8, 1]


@pytest.mark.parametrize(
    ("n", "y", "error", "message"),
    [
        (2, "boot", ValueError, "y = 'boot': unknown class, known: 'bag', 'coat'"),
        (2, ["bag", "boot"], ValueError, "y = 'boot': unknown class"),
        (3, ["bag", "coat"], ValueError, "y has 2 labels for 3 images"),
        (0, "bag", ValueError, "n must be at least 1, got 0"),
        (1.5, None, TypeError, "n must be an integer, got 1.5"),
    ],
)
def test_bad_arguments_of_sample(fitted, n, y, error, message):
    with pytest.raises(error, match=message):
        fitted.sample(n, y)


def test_labels_are_needed():
    with pytest.raises(ValueError, match="labels"):
        gan().fit(X)
    with pytest.raises(ValueError, match="y has 31 labels for 32 images"):
        gan().fit(X, NAMES[:-1])


@pytest.mark.slow
def test_classes_are_told_apart():
    """Black and white classes come out black and white."""
    y = np.arange(32) % 2
    images = np.broadcast_to((255 * y)[:, None, None], (32, 8, 8)).astype("u1")
    model = gan(learning_rate=2e-3).fit(images, y, epochs=200)
    black, white = (model.sample(20, label, seed=0).mean() for label in (0, 1))
    assert white > black + 100


def test_saved_classes(fitted, tmp_path):
    fitted.save(tmp_path)
    again = ConditionalGAN.load(tmp_path, device="cpu")
    assert again.classes_.tolist() == fitted.classes_.tolist()
    np.testing.assert_array_equal(
        again.sample(5, "shoe", seed=1), fitted.sample(5, "shoe", seed=1)
    )
