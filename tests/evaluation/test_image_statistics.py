"""Kept features give the scores of the images, and nothing else is taken for them."""

import sys
import warnings

import numpy as np
import pytest

from latentia.evaluation import ImageStatistics, evaluate, image_statistics
from latentia.evaluation.features import PixelFeatures

CLASSIFIED = "conditional accuracy and trained on generated are left out"


class Corner:
    name = "corner"
    factor = 1

    def __call__(self, images):
        corner = images[:, 2:4, 2].reshape(len(images), -1)
        return self.factor * corner.astype(np.float32) / 255


def evaluated(*arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return evaluate(*arguments, random_state=3, **options).as_dict()


def kept_in_file(tmp_path, real, **options):
    path = tmp_path / "real.safetensors"
    image_statistics(real, **options).save(path, overwrite=True)
    return ImageStatistics.load(path)


@pytest.fixture
def kept(squares):
    return image_statistics(squares(40)[0], features=Corner())


@pytest.mark.parametrize("n", [20, 57, 90])
@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize("space", ["corner", "pixels", "random"])
def test_the_same_scores_bit_by_bit(tmp_path, squares, space, held_out, n):
    real, made = squares(133)[0], squares(n, seed=1)[0]
    others = squares(61, seed=2)[0] if held_out else None
    if space == "random":
        pytest.importorskip("torch")
    own = {"corner": Corner(), "pixels": PixelFeatures(real, 7), "random": "auto"}
    options = {"features": own[space]}
    truth = evaluated(made, real, held_out=others, **options)
    kept = kept_in_file(tmp_path, real, held_out=others, **options)
    assert evaluated(made, kept, **options) == truth
    assert truth["n_held_out"] == (61 if held_out else 0)


def test_the_same_scores_with_classes(tmp_path, squares, monkeypatch):
    """All but those of classifiers, which need images; a note says so."""
    pytest.importorskip("torch")
    from latentia.evaluation.features import _classifier_network

    monkeypatch.setattr(_classifier_network, "_MOST_EPOCHS", 1)
    (real, labels), (made, wanted) = squares(101), squares(40, seed=1)
    others = squares(60, seed=2)
    options = {"generated_labels": wanted, "features": Corner()}
    truth = evaluated(made, real, labels=labels, held_out=others, **options)
    kept = kept_in_file(
        tmp_path, real, labels=labels, held_out=others, features=Corner()
    )
    with pytest.warns(UserWarning, match=CLASSIFIED):
        found = evaluate(made, kept, random_state=3, **options)
    assert any(CLASSIFIED in note for note in found.notes)
    found = found.as_dict()
    by_class = {"conditional_accuracy", "train_on_generated"}
    assert truth["scores"].keys() - found["scores"].keys() == by_class
    assert found["scores"].items() <= truth["scores"].items()
    for name in ("suspicious", "classes", "n", "total_variance"):
        assert found[name] == truth[name]


def test_what_is_in_the_file(tmp_path, squares):
    real, labels = squares(50)
    others = squares(30, seed=1)
    kept = kept_in_file(
        tmp_path, real, labels=labels, held_out=others, features=Corner()
    )
    np.testing.assert_array_equal(kept.features, Corner()(real))
    np.testing.assert_array_equal(kept.held_out, Corner()(others[0]))
    assert kept.labels.tolist() == labels.tolist()
    assert kept.held_out_labels.tolist() == others[1].tolist()
    assert (kept.space, kept.image_shape, kept.n_images) == ("corner", (8, 9), 50)
    assert kept.features.dtype == np.float32


def test_so_many_are_kept_by_class(squares, monkeypatch):

    from latentia.evaluation import scores  # noqa: F401

    monkeypatch.setattr(sys.modules[ImageStatistics.__module__], "MOST", 24)
    real, labels = squares(60)
    kept = image_statistics(real, labels=labels, features=Corner(), random_state=0)
    assert (len(kept.features), kept.n_images) == (24, 60)
    assert np.unique(kept.labels, return_counts=True)[1].tolist() == [12, 12]
    rows = {tuple(row) for row in Corner()(real).tolist()}
    assert {tuple(row) for row in kept.features.tolist()} <= rows
    assert len(image_statistics(real, features=Corner(), held_out=real).held_out) == 24


def test_a_space_that_is_made_from_its_name(squares):
    pytest.importorskip("torch")
    from latentia.evaluation.features import RandomConvFeatures

    space = RandomConvFeatures(seed=5)
    kept = image_statistics(squares(40)[0], features=space)
    made = squares(20, seed=1)[0]
    assert evaluated(made, kept) == evaluated(made, kept, features=space)
    with pytest.raises(ValueError, match="seed 5', got 'random convolutions, seed 0'"):
        evaluate(made, kept, features="random")


class Other(Corner):
    name = "other"


class Retrained(Corner):
    factor = 1.01


class Wider(Corner):
    def __call__(self, images):
        return images[:, 2:4, 2:4].reshape(len(images), -1)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, "space of the statistics, 'corner', got 'auto'"),
        ({"features": Other()}, "'corner', got 'other'"),
        ({"features": Retrained()}, "another one with the same name 'corner'"),
        ({"features": Wider()}, "another one with the same name 'corner'"),
        ({"features": "pixels"}, "got 'pixels': this space is fitted"),
        ({"labels": ["a"] * 40}, "must be None if real are stat"),
        ({"held_out": np.zeros((9, 8, 9), np.uint8)}, "must be None if real are stat"),
        (
            {"generated": np.zeros((9, 9, 9), np.uint8)},
            "the size 8 × 9, got 9 × 9",
        ),
        ({"generated": np.zeros((9, 8, 9, 3), np.uint8)}, "got 8 × 9 × 3"),
    ],
)
def test_what_cannot_be_compared(squares, kept, changes, problem):
    options = {"generated": squares(20)[0], "real": kept} | changes
    with pytest.raises(ValueError, match=problem):
        evaluate(**options)


@pytest.mark.parametrize("features", ["pixels", "classifier"])
def test_a_space_that_images_decide(squares, features):
    with pytest.raises(ValueError, match="this space is fitted to the images"):
        image_statistics(squares(40)[0], features=features, labels=squares(40)[1])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"tensors": {"features": np.zeros((40, 3))}}, "probe must have 3 columns"),
        ({"tensors": {"features": np.full((40, 2), np.nan)}}, "must be finite"),
        ({"tensors": {"features": np.zeros((7, 2))}}, "at least 8 rows, got 7"),
        ({"tensors": {"features": np.zeros(40)}}, r"\(n, d\)"),
        (
            {"tensors": {"features": np.zeros((40, 2), bool)}},
            "numbers, got dtype bool",
        ),
        ({"tensors": {"features": None}}, "features"),
        ({"tensors": {"probe": None}}, "probe"),
        ({"tensors": {"held_out": np.zeros((9, 5))}}, "held_out must have 2 columns"),
        ({"model": {"labels": ["a"] * 39}}, "one entry for each of 40"),
        ({"model": {"labels": [0.5] * 40}}, "integers or strings"),
        ({"model": {"labels": [[0], 1]}}, "holds no image statistics"),
        ({"model": {"held_out_labels": ["a"]}}, "one entry for each of 0"),
        ({"model": {"image_shape": [8, -9]}}, "image_shape must be"),
        ({"model": {"image_shape": [2**40, 8]}}, "image_shape must be"),
        ({"model": {"image_shape": 8}}, "holds no image statistics"),
        ({"model": {"n_images": 39}}, "n_images must be at least 40, got 39"),
        ({"model": {"n_images": 1e400}}, "holds no image statistics"),
        ({"model": {"space": None}}, "space"),
        ({"metadata": {"kind": "PCA"}}, "holds a saved PCA"),
    ],
)
def test_files_of_something_else(tmp_path, kept, rewrite_model, change, problem):
    """With the right checksum; without it see test_hostile_files."""
    path = tmp_path / "real.safetensors"
    kept.save(path)
    rewrite_model(path, **change)
    with pytest.raises(ValueError, match=problem) as caught:
        ImageStatistics.load(path)
    assert path.name in str(caught.value)


def test_an_existing_file_stays(tmp_path, kept):
    path = tmp_path / "real.safetensors"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        kept.save(path)
    assert path.read_text() == "precious"
    with pytest.raises(ValueError, match=r"must end in \.safetensors"):
        kept.save(tmp_path / "real.stats")
