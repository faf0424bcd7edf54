"""Evaluations: which scores there are, against whom, and how they are told."""

import json

import numpy as np
import pytest

from latentia.evaluation import (
    Evaluation,
    density_coverage,
    evaluate,
    frechet_distance,
    kernel_distance,
    memorisation,
)
from latentia.evaluation.features import PixelFeatures

DISTANCES = [
    "frechet_distance",
    "kernel_distance",
    "density",
    "coverage",
    "suspected_copies",
]


class Corner:
    """Two pixels: few features, so that few images are enough."""

    name = "corner"

    def __call__(self, images):
        return images[:, 2:4, 2].astype(np.float32) / 255


@pytest.fixture
def found(squares):
    """An evaluation with held-out images, as many on all sides."""
    real, other = squares(60)[0], squares(60, seed=1)[0]
    made = squares(60, seed=2)[0] // 2
    return evaluate(made, real, features=Corner(), held_out=other, random_state=0)


def test_scores_are_those_of_the_functions(found, squares):
    real, other, made = (squares(60, seed=s)[0] for s in (0, 1, 2))
    X, Y, Z = Corner()(real), Corner()(made // 2), Corner()(other)
    assert found.n == found.n_generated == found.n_real == found.n_held_out == 60
    score = found.frechet_distance
    assert score.value == pytest.approx(frechet_distance(X, Y))
    assert score.reference == pytest.approx(frechet_distance(X, Z))
    score = found.kernel_distance
    assert (score.value, score.standard_error) == pytest.approx(kernel_distance(X, Y))
    assert score.reference == pytest.approx(kernel_distance(X, Z).value)
    values = found.density.value, found.coverage.value
    references = found.density.reference, found.coverage.reference
    assert values == pytest.approx(density_coverage(X, Y))
    assert references == pytest.approx(density_coverage(X, Z))
    assert found.suspected_copies.value == memorisation(X, Y, Z).share


def test_worse_than_the_floor(found):
    assert found.frechet_distance.value > 2 * found.frechet_distance.reference
    assert found.coverage.value < found.coverage.reference
    assert list(found.scores) == DISTANCES


def test_real_images_are_as_good_as_the_floor(squares):
    """Other images of the same distribution are neither better nor worse."""
    real = squares(400)[0]
    found = evaluate(squares(100, seed=1)[0], real, features=Corner(), random_state=0)
    assert found.n == 100
    assert found.n_held_out == 0
    assert found.coverage.value == pytest.approx(found.coverage.reference, abs=0.1)
    score = found.kernel_distance
    assert abs(score.value - score.reference) < 6 * score.standard_error


def test_copies_are_named_as_rows_of_what_was_given(squares):
    real, made = squares(200)[0], squares(40, seed=1)[0]
    made[[3, 30]] = real[[150, 20]]
    held_out = squares(100, seed=2)[0]
    copies = evaluate(made, real, features=Flat(), held_out=held_out).memorisation
    assert copies.indices.tolist()[:2] == [3, 30]
    assert copies.neighbours.tolist()[:2] == [150, 20]


def test_copies_without_held_out_images(squares):
    real = squares(200)[0]
    made = real[:40].copy()
    found = evaluate(made, real, features=Flat(), random_state=0)
    copies = found.memorisation
    exact = copies.distances == 0
    np.testing.assert_array_equal(copies.neighbours[exact], copies.indices[exact])
    assert 20 < exact.sum() < 40  # the others' originals were set apart


class Flat(Corner):
    name = "flat"

    def __call__(self, images):
        return images.reshape(len(images), -1)[:, :30].astype(np.float32)


def test_the_larger_sides_are_cut(squares):
    held_out = squares(20, seed=1)[0]
    with pytest.warns(UserWarning, match="only 20 of 50 generated images"):
        found = evaluate(
            squares(50)[0], squares(70)[0], features=Corner(), held_out=held_out
        )
    assert (found.n, found.n_generated, found.n_real) == (20, 50, 70)


def test_few_images_for_the_features(squares):
    with pytest.warns(UserWarning, match="30 images of each set for 64") as caught:
        found = evaluate(squares(30)[0], squares(100)[0], features="pixels")
    assert caught[0].filename == __file__
    assert len(found.notes) == 1
    assert found.notes[0] in str(found)


def test_the_same_seed_gives_the_same_scores(squares):
    images = squares(100)[0]
    one, two, three = (
        evaluate(images[:30], images, features=Corner(), random_state=seed).as_dict()
        for seed in (0, np.random.RandomState(0), np.random.default_rng(0))
    )
    assert one == two != three


def test_a_table(found):
    text = str(found)
    assert text.startswith("60 generated images, compared with 60 real ones")
    assert "\ncorner (2 dimensions)\n" in text
    row = next(line for line in text.splitlines() if line.startswith("Fréchet"))
    score = found.frechet_distance
    assert row.split()[2:4] == [f"{score.value:.4g}", f"{score.reference:.4g}"]
    assert "held-out images" in text
    assert "do not prove privacy" in text
    assert "±" in text
    *table, verdict = text.splitlines()
    assert max(map(len, table)) <= 88
    assert verdict == str(found.verdict)


def test_json(found):
    read = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert read["features"] == "corner"
    assert read["scores"]["density"]["value"] == found.density.value
    assert list(read["scores"]) == DISTANCES
    assert read["suspicious"]["real"] == found.memorisation.neighbours.tolist()


def test_evaluations_have_no_order(found):
    with pytest.raises(TypeError):
        found < found  # noqa: B015


def test_the_default_space_is_that_of_the_report_and_of_trainings(squares):
    pytest.importorskip("torch")
    images, labels = squares(40)
    with pytest.warns(UserWarning, match="for 256 features"):
        found = evaluate(squares(20, seed=1)[0], images, labels=labels)
    assert found.features == "random convolutions, seed 0"


def test_with_labels(squares, monkeypatch):
    pytest.importorskip("torch")
    from latentia.evaluation.features import _classifier_network

    monkeypatch.setattr(_classifier_network, "_MOST_EPOCHS", 3)
    (real, labels), other = squares(80), squares(80, seed=1)
    made, wanted = squares(80, seed=2)
    wanted[:8] = wanted[1:9].copy()  # every label the other one
    found = evaluate(
        made,
        real,
        features="classifier",
        labels=labels,
        generated_labels=wanted,
        held_out=other,
        random_state=0,
    )
    assert isinstance(found, Evaluation)
    assert found.features.startswith("classifier ")
    assert found.conditional_accuracy.value == pytest.approx(0.9, abs=0.03)
    assert found.conditional_accuracy.reference > 0.95
    assert found.train_on_generated.reference > 0.9
    assert "conditional accuracy" in str(found)
    unlabelled = evaluate(
        made,
        real,
        features=Corner(),
        labels=labels,
        generated_labels=wanted,
        held_out=other[0],
        random_state=0,
    )
    assert unlabelled.conditional_accuracy.reference is None
    assert unlabelled.train_on_generated is None
    assert " - " in str(unlabelled)


@pytest.mark.parametrize(
    ("changes", "error", "problem"),
    [
        ({"features": "inception"}, ValueError, "features must be one of auto, pixels"),
        ({"features": 3}, TypeError, "or a FeatureSpace"),
        ({"features": "classifier"}, ValueError, "needs the labels of the real"),
        ({"generated": np.zeros((9, 8, 8), np.uint8)}, ValueError, "generated must"),
        ({"held_out": np.zeros((9, 8, 8), np.uint8)}, ValueError, "held_out must"),
        ({"generated": np.zeros((3, 8, 9), np.uint8)}, ValueError, "at least 4 images"),
        ({"real": np.zeros((7, 8, 9), np.uint8)}, ValueError, "at least 8 images"),
        ({"labels": [1, 2]}, ValueError, "labels must have one entry for each of 20"),
        ({"generated_labels": [1.5] * 20}, TypeError, "generated_labels must be int"),
    ],
)
def test_bad_arguments(squares, changes, error, problem):
    images = squares(20)[0]
    with pytest.raises(error, match=problem):
        evaluate(**({"generated": images, "real": images} | changes))


def test_features_that_are_not_finite(squares):
    class Broken(Corner):
        def __call__(self, images):
            return super().__call__(images) * np.nan

    with pytest.raises(ValueError, match="features of real images must be finite"):
        evaluate(squares(20)[0], squares(20)[0], features=Broken())


def test_a_space_of_its_own_object(squares):
    real = squares(200)[0]
    space = PixelFeatures(real, 5)
    assert evaluate(squares(60, seed=1)[0], real, features=space).features == space.name
