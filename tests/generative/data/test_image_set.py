"""Image sets: parts of them, what is held out, and how they tell themselves apart."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative.data import as_image_set  # noqa: E402


def numbered(n, y=None):
    """Images that show their own number."""
    X = np.tile(np.arange(n, dtype=np.uint8)[:, None, None], (1, 8, 9))
    return as_image_set(X, y, least=1)


def numbers_of(image_set):
    return image_set.images[:, 0, 0, 0].tolist()


def test_take():
    image_set = numbered(5, ["a", "b", "a", "b", "c"])
    for indices in ([3, 0, 0], np.array([3, 0, 0]), torch.tensor([3, 0, 0])):
        taken = image_set.take(indices)
        assert numbers_of(taken) == [3, 0, 0]
        assert taken.labels.tolist() == [1, 0, 0]
        assert taken.classes.tolist() == ["a", "b", "c"]
        assert taken.image_shape == (1, 8, 9)
    assert len(image_set.take([])) == 0
    assert numbered(3).take([1]).labels is None
    with pytest.raises(IndexError):
        image_set.take([5])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fraction", [0.01, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("counts", [(100,), (60, 40), (90, 9, 1), (2, 1), (7,) * 9])
def test_split(counts, fraction, seed):
    y = np.repeat(np.arange(len(counts)), counts)
    n = len(y)
    train, held_out = numbered(n, y).split(fraction, seed)
    assert sorted(numbers_of(train) + numbers_of(held_out)) == list(range(n))
    assert numbers_of(train) == sorted(numbers_of(train))
    others = n - len(counts)
    assert len(held_out) == min(max(1, round(fraction * n)), others)
    for label, count in enumerate(counts):
        assert (train.labels == label).any()
        share = (count - 1) * len(held_out) / others
        assert abs(int((held_out.labels == label).sum()) - share) < 1


@pytest.mark.filterwarnings("ignore:X has only the levels")
def test_split_without_labels():
    image_set = numbered(20)
    train, held_out = image_set.split(0.25, 3)
    assert (len(train), len(held_out)) == (15, 5)
    assert numbers_of(held_out) == numbers_of(image_set.split(0.25, 3)[1])
    assert numbers_of(held_out) != numbers_of(image_set.split(0.25, 4)[1])
    assert [len(part) for part in numbered(2).split(0.9, 0)] == [1, 1]


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan"), "half", None])
def test_bad_fraction(fraction):
    with pytest.raises((TypeError, ValueError), match="fraction must be "):
        numbered(5).split(fraction, 0)


@pytest.mark.parametrize("image_set", [numbered(1), numbered(3, [1, 2, 3])])
def test_nothing_can_be_held_out(image_set):
    with pytest.raises(ValueError, match=r"fraction = 0\.5: none of . images can be"):
        image_set.split(0.5, 0)


@pytest.mark.filterwarnings("ignore:X has only the levels")
def test_fingerprint_tells_data_apart():
    X = np.zeros((4, 8, 10), np.uint8)
    changed = X.copy()
    changed[3, 7, 9] = 1
    different = [
        as_image_set(X),
        as_image_set(changed),
        as_image_set(X[:3]),
        as_image_set(X.reshape(4, 10, 8)),
        as_image_set(X, [0, 1, 0, 1]),
        as_image_set(X, [0, 1, 1, 0]),
        as_image_set(X, [0, 2, 0, 2]),
        as_image_set(X, ["0", "1", "0", "1"]),
    ]
    assert len({image_set.fingerprint for image_set in different}) == len(different)
    assert len(different[0].fingerprint) == 64


def test_fingerprint_is_of_the_images_not_of_their_form():
    X = np.random.default_rng(0).integers(0, 256, (4, 8, 9, 3), dtype=np.uint8)
    first = as_image_set(X, [0, 1, 0, 1]).fingerprint
    assert as_image_set(X / 255, [0.0, 1, 0, 1]).fingerprint == first
    tensor = torch.as_tensor(X).permute(0, 3, 1, 2)
    assert as_image_set(tensor, [False, True] * 2).fingerprint == first


def test_integers_0_and_1_are_nearly_black():
    X = np.random.default_rng(0).integers(0, 2, (5, 8, 8))
    with pytest.warns(
        UserWarning, match=r"X has only the levels 0 and 1 .*astype\(bool"
    ):
        found = as_image_set(X)
    assert found.images.max() == 1
    assert as_image_set(X.astype(bool)).images.max() == 255
    assert as_image_set(np.zeros((5, 8, 8), np.uint8)).images.max() == 0
