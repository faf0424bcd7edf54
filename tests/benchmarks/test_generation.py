"""The generation suite on made-up outcomes: judging, comparing, going on."""

import io
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia import benchmarks
from latentia.benchmarks import generative
from latentia.benchmarks.generative import __main__, suite, throughput
from latentia.benchmarks.generative.cases import CASES, compare
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
from latentia.benchmarks.generative.outcomes import CACHE_VARIABLE, Outcome
from latentia.benchmarks.generative.pictures import Pictures, load_pictures
from latentia.benchmarks.results import LATENTIA, Bar, Quantity
from latentia.datasets import LabelledImages

SUITE = benchmarks.SUITES["generation"]


class Halves:
    """Sees mean and corners; takes the brighter half for the class."""

    name = "halves"
    classes = np.arange(2)

    def __call__(self, images):
        return images.reshape(len(images), -1)[:, [0, 7, -1]].astype(np.float32)

    def predict(self, images):
        left, right = images[..., :4], images[..., 4:]
        return (right.mean(axis=(1, 2)) > left.mean(axis=(1, 2))).astype(np.int64)


def made(n, seed, shade=100):
    """Images of two classes in turn: the half of the class is brighter."""
    labels = np.arange(n) % 2
    images = np.random.default_rng(seed).integers(0, 50, (n, 8, 8))
    images[labels == 0, :, :4] += shade
    images[labels == 1, :, 4:] += shade
    return LabelledImages(images.astype(np.uint8), labels, ("left", "right"))


@pytest.fixture
def pictures():
    return Pictures("halves", made(120, 0), made(60, 1))


@pytest.fixture
def no_cache(monkeypatch):
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)


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

    monkeypatch.setattr(suite, "load_pictures", lambda size: pictures)
    monkeypatch.setattr(suite.ClassifierFeatures, "train", lambda *_, **__: Halves())
    monkeypatch.setattr(
        suite,
        "CONTESTANTS",
        {
            name: contestant(EXAMPLE)
            if "example" in name
            else contestant(LATENTIA, ONE_GAUSSIAN)
            if name == "RAE"
            else contestant(LATENTIA)
            for name in CONTESTANTS
        },
    )
    rate = {"DCGAN": Quantity(1.0)}
    monkeypatch.setattr(suite, "training_rates", lambda size: rate)
    monkeypatch.setattr(suite, "mode_limits", lambda size: {"modes": Quantity(8.0)})


def test_real_images_are_judged_near_and_others_far(pictures):
    judge = Judge(pictures, Halves())
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
        Quantity(0.25, "×", Bar("≤", 1 / 3)),
        Quantity(1.8, "×", Bar("≥", 1.5)),
        Quantity(pytest.approx(9), "points", Bar("≥", 8)),
    ]
    assert [quantity.met for quantity in rae] == [True, False]
    assert vae[1] == Quantity(10, "nats", Bar("≥", 0))
    assert all(q.bar is None for q in compare(CASES[0], "small", measures).values())
    measures[EXAMPLE][COVERAGE] = Quantity(0.0)
    assert len(compare(CASES[0], "full", measures)) == 2


@pytest.mark.usefixtures("contest", "no_cache")
def test_the_suite_judges_every_contestant():
    results = SUITE("full", progress=lambda line: None)
    assert results.baseline == EXAMPLE
    assert results.quality == FRECHET
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
    assert above == Quantity(10, "nats", Bar("≥", 0))
    assert results.limits[f"real images in the features of halves: {ACCURACY}"]
    assert results.limits["modes"] == Quantity(8.0)
    assert len(results.quantities) > 30


@pytest.mark.usefixtures("contest", "no_cache")
def test_sheets_of_every_contestant_are_png_files():
    image = pytest.importorskip("PIL.Image")
    pictures = SUITE("full", progress=lambda line: None).pictures
    assert set(pictures) == {
        "conditional-gan",
        "conditional-dcgan-example",
        "rae",
        "rae-one-gaussian",
        "vae",
        "mlp-vae-example",
    }
    for content in pictures.values():
        with image.open(io.BytesIO(content)) as sheet:
            assert sheet.format == "PNG"
            assert sheet.width < sheet.height  # two classes beside each other


@pytest.mark.usefixtures("no_cache")
def test_without_its_pictures_the_suite_still_tells_of_the_rest(monkeypatch, contest):
    def absent(size):
        raise FileNotFoundError("no pictures here")

    monkeypatch.setattr(suite, "load_pictures", absent)
    results = SUITE("full", progress=lambda line: None)
    assert results.methods == ()
    assert len(results.notes) == len(CASES) + 1
    assert set(results.limits) == {"DCGAN", "modes"}


@pytest.mark.usefixtures("contest")
def test_one_contestant_by_itself(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert __main__.main(["RAE", "small"]) == 0
    assert "1000 images in 20.0 s" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "halves-RAE.json",
        "halves-RAE.npz",
    ]


@pytest.mark.parametrize("arguments", [[], ["nobody"], ["RAE", "huge"], ["RAE"]])
@pytest.mark.usefixtures("no_cache")
def test_one_contestant_with_wrong_arguments_or_no_folder(arguments, capsys):
    assert __main__.main(arguments) == 2
    assert f"usage: {CACHE_VARIABLE}=" in capsys.readouterr().err


def test_the_small_pictures_are_the_digits_and_nobody_sees_the_test_part():
    pictures = load_pictures("small")
    assert (len(pictures.train.images), len(pictures.test.images)) == (1297, 500)
    labels = pictures.labels_in_turn()
    assert labels.tolist() == [i % 10 for i in range(500)]


def test_rates_of_both_and_their_ratio(monkeypatch):
    monkeypatch.setattr(throughput, "_latentia", lambda *_: 300.0)
    monkeypatch.setattr(throughput, "_example", lambda *_: 200.0)
    monkeypatch.setattr(throughput, "_peak", lambda device: ("peak", 6e9))
    monkeypatch.setattr(throughput, "operations_per_image", lambda pictures: 1e7)
    found = throughput.training_rates("small")
    values = [quantity.value for quantity in found.values()]
    assert values == [300, 200, 1.5, pytest.approx(50)]
    assert all(quantity.bar is None for quantity in found.values())


def test_operations_of_a_step_are_those_of_its_convolutions():
    operations = throughput.operations_per_image(load_pictures("small"))
    # Multiply-adds of one pass through 8×8×64 → 4×4×128 by kernels of 4×4: each
    # network has several such layers, and the discriminator makes three passes.
    one = 2 * 16 * 128 * 64 * 16
    assert 9 * one < operations < 100 * one


def test_unknown_size():
    with pytest.raises(ValueError, match=r"size must be one of .* got 'huge'"):
        SUITE("huge", progress=print)


_WITHOUT_TORCH = """
import sys
from latentia.benchmarks import SUITES
assert "torch" not in sys.modules
sys.modules["torch"] = None
try:
    SUITES["generation"]("small", progress=print)
except ImportError as error:
    print(error)
"""


def test_without_torch_the_other_suites_remain():
    found = subprocess.run(
        [sys.executable, "-c", _WITHOUT_TORCH],
        capture_output=True,
        text=True,
        check=True,
    )
    assert 'pip install "latentia[generative]"' in found.stdout
    assert generative.run_generation is SUITE
