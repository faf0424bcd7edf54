"""What scores are taken on."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import GAN, RAE, VAE, ConditionalGAN  # noqa: E402
from latentia.generative.data import as_image_set  # noqa: E402
from latentia.generative.data.hold_out import hold_out  # noqa: E402

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
        (0.0, "validation must be above 0 and below 1, got 0.0"),
        (1, "validation must be above 0 and below 1, got 1"),
        (-0.5, "validation must be"),
        (float("nan"), "validation must be"),
        (
            (X[:4, :, :, None].repeat(2, 3), Y[:4]),
            "2 channels, which cannot be converted to mode 'L'",
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


MODELS = [GAN, ConditionalGAN, VAE, RAE]
SMALL = {
    "preset": "tiny",
    "network": "mlp",
    "device": "cpu",
    "latent_dim": 2,
}


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("model", MODELS)
def test_too_few_to_hold_out_is_said_before_training(model, n, tmp_path):
    with pytest.raises(ValueError, match=rf"X has {n} images: validation=0.1 .*None"):
        model(**SMALL, random_state=0).fit(
            X[:n], [0, 1, 1][:n], validation=0.1, epochs=1, run=tmp_path / "run"
        )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("model", MODELS)
def test_one_image_to_score_on_is_said_before_training(model):
    with pytest.raises(ValueError, match=r"validation has 1 image\(s\), 2 are needed"):
        model(**SMALL, random_state=0).fit(X, Y, validation=(X[:1], Y[:1]), epochs=1)


@pytest.mark.parametrize("classes", [range(6), [0, 1, 2, 3, 4, 4]])
def test_classes_of_one_image(classes):
    message = r"X has 6 images of [56] classes, .*validation=0.1 .*--validation 0"
    with pytest.raises(ValueError, match=message):
        ConditionalGAN(**SMALL, random_state=0).fit(
            X[:6], list(classes), validation=0.1, epochs=1
        )
    # What has no classes splits without them.
    trained, scored = hold_out(as_image_set(X[:6], list(classes)), 0.1, None, False, 0)
    assert (len(trained), len(scored)) == (4, 2)


@pytest.mark.parametrize("n", [2, 4])
@pytest.mark.parametrize("model", MODELS)
def test_the_fewest_images_train(model, n):
    validation = None if n == 2 else 0.1
    y = [0, 1] if n == 2 else [0, 0, 1, 1]
    found = model(**SMALL, batch_size=4, random_state=0).fit(
        X[:n], y, validation=validation, epochs=1
    )
    assert np.isfinite(found.history_[-1]["score"])
