"""The suites of generators on made-up outcomes: judging, comparing, keeping."""

import io
import json

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia import benchmarks
from latentia.benchmarks.generative import __main__, suite, throughput
from latentia.benchmarks.generative.contestants import (
    CONTESTANTS,
    EXAMPLE,
    ONE_GAUSSIAN,
)
from latentia.benchmarks.generative.judging import (
    ACCURACY,
    COVERAGE,
    DENSITY,
    ELBO,
    FRECHET,
    Judge,
)
from latentia.benchmarks.generative.suite import CASES, compare
from latentia.benchmarks.generative.trainings import (
    CACHE_VARIABLE,
    OUTCOMES,
    Outcome,
    Pictures,
    Trainings,
    load_pictures,
)
from latentia.benchmarks.results import LATENTIA, Quantity, Target
from latentia.datasets import LabelledImages

SUITE = benchmarks.SUITES["generation"]


class Sides:
    """Sees mean and corners; takes the brighter side for the class."""

    name = "sides"
    classes = np.arange(2)

    def __call__(self, images):
        return images.reshape(len(images), -1)[:, [0, 7, -1]].astype(np.float32)

    def predict(self, images):
        left, right = images[..., :4], images[..., 4:]
        return (right.mean(axis=(1, 2)) > left.mean(axis=(1, 2))).astype(np.int64)


def made(n, seed, shade=100):
    """Images of two classes in turn: the side of the class is brighter."""
    labels = np.arange(n) % 2
    images = np.random.default_rng(seed).integers(0, 50, (n, 8, 8))
    images[labels == 0, :, :4] += shade
    images[labels == 1, :, 4:] += shade
    return LabelledImages(images.astype(np.uint8), labels, ("left", "right"))


@pytest.fixture
def pictures():
    return Pictures("sides", made(120, 0), made(60, 1))


@pytest.fixture
def contest(monkeypatch, pictures):
    """Contestants that are done at once: the example's images are too dark."""

    def contestant(*methods):
        def train(pictures, seconds):
            shades = {EXAMPLE: 60, LATENTIA: 100, ONE_GAUSSIAN: 80}
            samples = {name: made(60, 2, shades[name]).images for name in methods}
            elbo = -200.0 if EXAMPLE in methods else -190.0
            return Outcome(seconds, 1000, samples, elbo)

        return train

    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.setattr(suite, "load_pictures", lambda size: pictures)
    monkeypatch.setattr(suite.ClassifierFeatures, "train", lambda *_, **__: Sides())
    for name in CONTESTANTS:
        methods = (LATENTIA, ONE_GAUSSIAN) if name == "RAE" else (LATENTIA,)
        own = contestant(*((EXAMPLE,) if "example" in name else methods))
        monkeypatch.setitem(CONTESTANTS, name, own)
    rate = {"DCGAN": Quantity(1.0)}
    monkeypatch.setattr(suite, "training_rates", lambda size: rate)
    monkeypatch.setattr(suite, "mode_limits", lambda size: {"modes": Quantity(8.0)})


def test_real_images_are_judged_near_and_others_far(pictures):
    judge = Judge(pictures, Sides())
    floor = judge.floor()
    assert set(floor) == {FRECHET, COVERAGE, DENSITY, ACCURACY}
    assert floor[ACCURACY].value == 1
    far = judge.measures(made(60, 2, 200).images, pictures.labels_in_turn())
    assert far[FRECHET].value > 10 * floor[FRECHET].value
    assert far[COVERAGE].value < floor[COVERAGE].value
    assert far[DENSITY].value < floor[DENSITY].value
    assert far[ACCURACY].value == 1
    swapped = judge.measures(pictures.test.images, 1 - pictures.labels_in_turn())
    assert swapped[ACCURACY].value == 0
    assert swapped[FRECHET].value == pytest.approx(0, abs=1e-3)
    assert ACCURACY not in judge.measures(pictures.test.images)


def test_scores_are_divided_and_accuracies_and_nats_subtracted():
    ours = {FRECHET: 4.0, COVERAGE: 0.9, ACCURACY: 0.92, ELBO: -220.0}
    theirs = {FRECHET: 16.0, COVERAGE: 0.5, ACCURACY: 0.83, ELBO: -230.0}
    measures = {
        LATENTIA: {name: Quantity(value) for name, value in ours.items()},
        EXAMPLE: {name: Quantity(value) for name, value in theirs.items()},
        ONE_GAUSSIAN: {FRECHET: Quantity(5.0)},
    }
    gan, rae, vae = (list(compare(case, "full", measures).values()) for case in CASES)
    assert gan == [
        Quantity(0.25, "×", Target("≤", 1 / 3)),
        Quantity(1.8, "×", Target("≥", 1.5)),
        Quantity(pytest.approx(9), "points", Target("≥", 8)),
    ]
    assert [quantity.met for quantity in rae] == [True, False]
    assert vae[1] == Quantity(10, "nats", Target("≥", 0))
    assert all(q.target is None for q in compare(CASES[0], "small", measures).values())
    measures[EXAMPLE][COVERAGE] = Quantity(0.0)
    assert len(compare(CASES[0], "full", measures)) == 2


@pytest.mark.usefixtures("contest")
def test_the_suite_judges_every_contestant_and_shows_what_it_made():
    image = pytest.importorskip("PIL.Image")
    results = SUITE("full", progress=lambda line: None)
    assert [(result.case, result.method) for result in results.methods] == [
        ("conditional GAN", LATENTIA),
        ("conditional GAN", EXAMPLE),
        ("RAE", LATENTIA),
        ("RAE", ONE_GAUSSIAN),
        ("RAE", EXAMPLE),
        ("VAE", LATENTIA),
        ("VAE", EXAMPLE),
    ]
    ours, peer, *_, our_vae, _ = results.methods
    assert ours.times == (600,)
    assert ours.measures["training"].value == pytest.approx(1000 / 600)
    assert ours.measures[FRECHET].value < peer.measures[FRECHET].value
    assert ours.measures[ACCURACY].value == 1
    assert ACCURACY not in our_vae.measures
    assert our_vae.measures[ELBO] == Quantity(-190, "nats")
    above = results.limits[f"VAE: {ELBO} above that of {EXAMPLE}"]
    assert above == Quantity(10, "nats", Target("≥", 0))
    assert results.limits[f"real images in the features of sides: {ACCURACY}"]
    assert set(results.pictures) == {
        "conditional-gan",
        "conditional-dcgan-example",
        "rae",
        "rae-one-gaussian",
        "vae",
        "mlp-vae-example",
    }
    for content in results.pictures.values():
        with image.open(io.BytesIO(content)) as grid:
            assert grid.format == "PNG"
            assert grid.width < grid.height  # two classes next to each other


@pytest.mark.usefixtures("contest")
def test_one_contestant_by_itself(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert __main__.main(["RAE", "small"]) == 0
    assert "1000 images in 20.0 s" in capsys.readouterr().out
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["sides-RAE.json", "sides-RAE.npz"]


@pytest.mark.parametrize("arguments", [[], ["nobody"], ["RAE", "huge"], ["RAE"]])
@pytest.mark.usefixtures("contest")
def test_one_contestant_with_wrong_arguments_or_no_folder(arguments, capsys):
    assert __main__.main(arguments) == 2
    assert f"usage: {CACHE_VARIABLE}=" in capsys.readouterr().err


def test_the_small_pictures_are_the_digits_and_nobody_sees_the_test_part():
    pictures = load_pictures("small")
    assert (len(pictures.train.images), len(pictures.test.images)) == (1297, 500)
    assert pictures.labels_in_turn().tolist() == [i % 10 for i in range(500)]


def test_rates_of_both_and_their_ratio(monkeypatch):
    monkeypatch.setattr(throughput, "_latentia", lambda *_: 300.0)
    monkeypatch.setattr(throughput, "_example", lambda *_: 200.0)
    monkeypatch.setattr(throughput, "_peak", lambda device: ("peak", 6e9))
    monkeypatch.setattr(throughput, "operations_per_image", lambda pictures: 1e7)
    found = throughput.training_rates("small")
    values = [quantity.value for quantity in found.values()]
    assert values == [300, 200, 1.5, pytest.approx(50)]
    assert all(quantity.target is None for quantity in found.values())


def test_operations_of_a_step_are_those_of_its_convolutions():
    operations = throughput.operations_per_image(load_pictures("small"))
    # Multiply-adds of one pass through 8×8×64 → 4×4×128 by kernels of 4×4: each
    # network has several such layers, and the discriminator makes three passes.
    one = 2 * 16 * 128 * 64 * 16
    assert 9 * one < operations < 100 * one


# What trainings leave: kept, found again, and not believed

SAMPLES = np.arange(128, dtype=np.uint8).reshape(2, 8, 8)
OUTCOME = Outcome(20.5, 640, {LATENTIA: SAMPLES}, elbo=-3.5)


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Ask twice for an outcome; tell it and how often something was trained."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "new"))

    def ask(*, fail=False, seconds=20.0):
        calls = []

        def train():
            calls.append(1)
            if fail:
                raise KeyboardInterrupt
            return OUTCOME

        trainings = Trainings.from_environment()
        found = [
            trainings.get("a set, GAN", train, OUTCOMES, limit=seconds)
            for _ in range(2)
        ]
        assert found[0] is found[1]
        return found[0], len(calls)

    return ask


def test_what_was_trained_is_not_trained_again(ask):
    with pytest.raises(KeyboardInterrupt):
        ask(fail=True)
    first, n_first = ask()
    again, n_again = ask()
    assert (n_first, n_again) == (1, 0)
    assert again == first == OUTCOME
    assert (again.samples[LATENTIA] == SAMPLES).all()


def test_of_another_length_or_machine_it_is_and_samples_alone_are_not_believed(
    ask, tmp_path
):
    ask()
    assert ask(seconds=600.0)[1] == 1
    (facts_file,) = (tmp_path / "new").glob("*.json")
    facts = json.loads(facts_file.read_text(encoding="utf-8"))
    facts["key"]["machine"] = "another"
    facts_file.write_text(json.dumps(facts), encoding="utf-8")
    assert ask(seconds=600.0)[1] == 1
    facts_file.unlink()
    assert ask(seconds=600.0)[1] == 1


def test_nothing_is_kept_without_a_folder(tmp_path, monkeypatch):
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    calls = []
    for _ in range(2):
        Trainings.from_environment().get(
            "GAN", lambda: calls.append(1) or OUTCOME, OUTCOMES, limit=1.0
        )
    assert len(calls) == 2
    assert list(tmp_path.iterdir()) == []
