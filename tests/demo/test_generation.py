"""The section about trained images: what is shown is what was trained."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from latentia._number_format import rate
from latentia.demo.collection import Collection
from latentia.demo.data import DemoData
from latentia.demo.sections.generation import section_generation
from latentia.demo.sections.latent import section_directions, section_prior
from latentia.demo.trained_models import TrainedModel
from latentia.evaluation.verdict import Grade, Verdict


def test_without_torch_the_extra_is_named(
    tiny_data: DemoData, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("latentia.gener")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    data = replace(tiny_data)  # whose models are not trained
    with pytest.raises(ImportError, match="pip install torch"):
        section_generation(data)
    # Once is enough.
    assert section_prior(data) is section_directions(data) is None


def test_each_model_has_its_pictures_and_row(tiny_data: DemoData) -> None:
    pytest.importorskip("torch")
    section = section_generation(tiny_data)
    # The other collection has images too small for networks.
    names = [picture.name for picture in section.pictures]
    assert names == ["generated-dots", "by-class-dots", "training-dots"]
    (table,) = section.tables
    assert [row[:2] for row in table.rows] == [
        ["RAE", "31 dots"],
        ["ConditionalGAN", "31 dots"],
    ]
    assert section.facts[1].value == table.rows[-1][-1]
    assert "0, 1, 2, 3" in section.pictures[1].alt


def test_painter_times_what_it_does() -> None:
    class Model:
        def fit(self, X: object, y: object, *, minutes: float) -> None:
            assert minutes == 0.125
            self.given = X, y

        def sample(self, n: int, *, seed: int) -> np.ndarray:
            return np.full((n, 8, 8), seed, np.uint8)

    collection = Collection("blanks", np.zeros((4, 8, 8), np.uint8), np.arange(4) % 2)
    trained = TrainedModel.train(Model(), collection, 0.125)
    assert trained.model.given == (collection.images, collection.labels)
    assert trained.images.shape == (50, 8, 8)
    assert 0 <= trained.fit_time < 1
    assert rate(50 / trained.sample_time)


def test_models_are_trained_once(tiny_data: DemoData) -> None:
    pytest.importorskip("torch")
    assert tiny_data.trained_models is tiny_data.trained_models
    prior = section_prior(tiny_data)
    assert prior is not None
    assert [row[0] for row in prior.tables[0].rows][:2] == [
        "Single Gaussian",
        "Mixture",
    ]
    # As many images as the largest collection has, half of them on a side.
    assert "15 images" in prior.tables[0].caption
    names = [picture.name for picture in section_directions(tiny_data).pictures]
    assert names == ["traversals", "interpolation"]


def test_images_that_are_noise_are_left_out(
    tiny_data: DemoData, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")

    def verdict(trained: TrainedModel) -> Verdict:
        grade: Grade = "failed" if type(trained.model).__name__ in noise else "good"
        return Verdict(grade, ("samples are noise",))

    monkeypatch.setattr(TrainedModel, "verdict", property(verdict))
    data = replace(tiny_data)
    noise = {"RAE"}
    section = section_generation(data)
    names = [picture.name for picture in section.pictures]
    assert names == ["by-class-dots", "training-dots"]
    assert section.prose[-2:] == [
        "RAE of dots: samples are noise.",
        "The images of this RAE are left out.",
    ]
    for make in (section_prior, section_directions):
        with pytest.raises(ValueError, match="RAE of dots: samples are noise"):
            make(data)
    noise.add("ConditionalGAN")
    with pytest.raises(ValueError, match="ConditionalGAN of dots: samples are noise"):
        section_generation(data)


def test_a_training_that_diverges_is_left_out(
    tiny_data: DemoData, monkeypatch: pytest.MonkeyPatch
) -> None:
    generative = pytest.importorskip("latentia.generative")

    def diverge(*arguments: object, **settings: object) -> None:
        raise generative.TrainingDivergedError("gradients are not finite")

    monkeypatch.setattr(generative.RAE, "fit", diverge)
    data = replace(tiny_data)
    with pytest.raises(ValueError, match="not finite"):
        section_generation(data)
    assert section_prior(data) is None
