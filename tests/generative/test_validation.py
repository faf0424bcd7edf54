"""What scores are taken on."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import GAN, ConditionalGAN  # noqa: E402
from latentia.generative.data import as_image_set  # noqa: E402
from latentia.generative.validation import hold_out  # noqa: E402

X = np.random.default_rng(0).integers(0, 256, (32, 8, 9), dtype=np.uint8)
Y = np.array(["a", "b", "c", "d"])[np.arange(32) % 4]
TINY = {"preset": "tiny", "network": "mlp", "device": "cpu", "batch_size": 8}


def held_out(validation, labelled=True, size=None):
    data = as_image_set(X, Y, size=size, labelled=True)
    return hold_out(data, validation, size, labelled, seed=0)


def test_none_is_what_is_trained_on():
    trained, scored = held_out(None)
    assert trained is scored


@pytest.mark.parametrize("share", [0.25, np.float32(0.25)])
def test_a_share_is_taken_from_every_class(share):
    trained, scored = held_out(share)
    assert (len(trained), len(scored)) == (24, 8)
    assert np.bincount(scored.labels).tolist() == [2, 2, 2, 2]
    everything = torch.cat([trained.images, scored.images]).flatten(1)
    assert len(torch.unique(everything, dim=0)) == 32


def test_images_with_some_of_the_classes():
    trained, scored = held_out((X[:3], ["d", "b", "d"]))
    assert len(trained) == 32
    assert scored.labels.tolist() == [3, 1, 3]
    assert scored.classes.tolist() == ["a", "b", "c", "d"]


def test_images_of_another_size_are_brought_to_ours():
    other = np.zeros((4, 20, 30), np.uint8)
    _, scored = held_out(other, labelled=False)
    assert scored.image_shape == (1, 8, 9)


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        (0.0, "validation must lie between 0 and 1, got 0.0"),
        (1, "validation must lie between 0 and 1, got 1"),
        (-0.5, "validation must lie"),
        (float("nan"), "validation must lie"),
        (
            (X[:4, :, :, None].repeat(3, 3), Y[:4]),
            r"shape \(3, 8, 9\).* X of \(1, 8, 9\)",
        ),
        ((X[:2], ["a", "z"]), "'z': unknown class"),
        (X[:4], "labels"),
    ],
)
def test_bad_validation(validation, message):
    with pytest.raises(ValueError, match=message):
        held_out(validation)


@pytest.mark.parametrize(
    "validation", [None, 0.25, X[:5], torch.from_numpy(X[:5]), (X[:5], Y[:5])]
)
def test_fit_takes_all_forms(validation):
    model = GAN(**TINY, random_state=0).fit(X, epochs=1, validation=validation)
    assert model.n_steps_ == (3 if isinstance(validation, float) else 4)
    assert np.isfinite(model.history_[-1]["score"])


def test_scores_are_those_of_the_held_out_images():
    """The same training scored on other images has the same losses."""
    one, other = (
        ConditionalGAN(**TINY, random_state=0)
        .fit(X, Y, epochs=1, validation=(images, Y))
        .history_[-1]
        for images in (X, 255 - X // 4)
    )
    assert one["loss_generator"] == other["loss_generator"]
    assert one["score"] != other["score"]
