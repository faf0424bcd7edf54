"""Classes in evaluations: drawn by their shares, and named where one is missing."""

import warnings

import numpy as np
import pytest

from latentia.evaluation import evaluate, proportional_labels
from latentia.evaluation.shares import apportion, draw_by_class


class Corner:
    """Two pixels on either side: few features, so that few images are enough."""

    name = "corners"

    def __call__(self, images):
        return images[:, 2:4, [2, 6]].reshape(len(images), -1).astype(np.float32) / 255


@pytest.fixture
def rare(squares):
    """rare(n, n_rare, seed): squares of which few are on the right."""

    def draw(n, n_rare, seed=0):
        images, labels = squares(2 * n, seed=seed)
        left, right = (np.flatnonzero(labels == label) for label in "ab")
        rows = np.concatenate([left[: n - n_rare], right[:n_rare]])
        return images[rows], labels[rows]

    return draw


@pytest.mark.parametrize("n", [1, 2, 3, 7, 100, 4001])
@pytest.mark.parametrize("sizes", [[1], [5, 5], [1900, 100], [1, 2, 3, 994], [1] * 10])
def test_shares_are_within_one_image(sizes, n):
    found = apportion(np.array(sizes), n)
    assert found.sum() == n
    assert (abs(found - n * np.array(sizes) / sum(sizes)) < 1).all()


def test_labels_in_the_shares_of_the_data():
    labels = np.repeat(["b", "a"], [95, 5])
    found = proportional_labels(labels, 1000)
    assert (found == "a").sum() == 50
    # So has every part of a hundred from the beginning, within one image.
    assert all(abs((found[:k] == "a").sum() - k / 20) <= 1 for k in range(100, 1000))
    assert proportional_labels([3, 3, 7], 3).tolist() == [3, 7, 3]


@pytest.mark.parametrize(
    ("labels", "n", "error"),
    [([], 3, ValueError), ([1, 2], 0, ValueError), ([0.5], 1, TypeError)],
)
def test_bad_labels(labels, n, error):
    with pytest.raises(error, match=r"label|n must"):
        proportional_labels(np.array(labels, dtype=None if labels else int), n)


def test_rows_by_class(random):
    labels = np.repeat([4, 1, 9], [60, 30, 10])
    rows = draw_by_class(labels, 50, random)
    assert np.unique(labels[rows], return_counts=True)[1].tolist() == [15, 30, 5]
    assert (np.diff(rows) > 0).all()
    assert len(draw_by_class(labels, 100, random, leave=1)) == 97


def test_a_perfect_generator_reaches_the_reference(rare, monkeypatch):
    """Asked for the classes by their shares; asked for all in turn it is far away."""
    real, labels = rare(380, 20)
    made, wanted = rare(190, 10, seed=1)
    in_turn, turns = rare(190, 95, seed=1)
    options = {"features": Corner(), "labels": labels, "random_state": 0}
    monkeypatch.setattr("latentia.evaluation._by_class.find_spec", lambda name: None)
    found = evaluate(made, real, generated_labels=wanted, **options)
    with pytest.warns(UserWarning, match=r"a 50 %, b 50 %\).*a 94\.7 %, b 5\.26 %"):
        other = evaluate(in_turn, real, generated_labels=turns, **options)
    score = found.frechet_distance
    assert score.value < 2 * score.reference + 1e-3
    assert found.notes == ()
    assert "classes in the shares of the real images" in str(found)
    assert other.frechet_distance.value > 20 * score.value
    assert "classes drawn" not in str(other)


@pytest.fixture
def quick(monkeypatch):
    pytest.importorskip("torch")
    from latentia.evaluation.features import _classifier_network

    monkeypatch.setattr(_classifier_network, "_MOST_EPOCHS", 3)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("n_rare", [1, 2, 3])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_class_of_few_images(rare, n_rare, seed):
    real, labels = rare(60, n_rare)
    made, _ = rare(30, n_rare, seed=1)
    wanted = proportional_labels(labels, 30)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = evaluate(
            made,
            real,
            features=Corner(),
            labels=labels,
            generated_labels=wanted,
            random_state=seed,
        )
    assert found.conditional_accuracy is not None
    if n_rare == 1:  # it is trained on, so no unseen image is like it
        assert found.train_on_generated is None
        (note,) = (note for note in found.notes if "left out" in note)
        assert note.startswith("trained on generated is left out")
        assert "no held-out image of 'b'" in note
        assert note in str(found)
    else:
        assert found.train_on_generated is not None


@pytest.mark.usefixtures("quick")
def test_a_class_that_real_images_lack(rare):
    real, labels = rare(60, 20)
    made, wanted = rare(30, 10, seed=1)
    wanted = np.where(wanted == "b", "one", "a")
    with (
        pytest.warns(UserWarning, match="no real image of 'one'"),
        pytest.warns(UserWarning, match="have other shares"),
        pytest.warns(UserWarning, match="trained on generated is left out"),
    ):
        found = evaluate(
            made,
            real,
            features=Corner(),
            labels=labels,
            generated_labels=wanted,
            random_state=0,
        )
    assert found.conditional_accuracy is None
    assert found.train_on_generated is None
    assert np.isfinite(found.frechet_distance.value)


@pytest.mark.usefixtures("quick")
def test_held_out_images_of_a_class_that_was_not_trained_on(rare):
    real, labels = rare(60, 20)
    made, wanted = rare(30, 10, seed=1)
    test, test_labels = rare(30, 10, seed=2)
    test_labels = np.where(np.arange(30) == 0, "new", test_labels)
    with pytest.warns(UserWarning, match="no generated image of 'new'"):
        found = evaluate(
            made,
            real,
            features=Corner(),
            labels=labels,
            generated_labels=wanted,
            held_out=(test, test_labels),
            random_state=0,
        )
    assert found.conditional_accuracy.reference > 0.8


@pytest.mark.usefixtures("quick")
def test_one_image_a_class(squares):
    """Nothing can be set apart by class: the split is a plain one."""
    images, _ = squares(8)
    labels = np.arange(8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = evaluate(
            images, images, features=Corner(), labels=labels, generated_labels=labels
        )
    assert found.n == 4
    assert found.train_on_generated is None
