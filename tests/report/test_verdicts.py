"""Verdicts of sections: sentences follow the figures, and those of evaluate agree."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia.datasets import load_digits
from latentia.evaluation.verdict import Verdict
from latentia.generative import VAE, ConditionalGAN
from latentia.pages import Document, write_page
from latentia.report import ReportedModel, sections
from latentia.report.sections import directions
from latentia.report.sections.prior import PriorComparison
from latentia.report.sections.quality import three_digits

TINY = {"latent_dim": 4, "preset": "tiny", "batch_size": 20}


@pytest.fixture(scope="module")
def grey():
    """A VAE after a few steps, which gives near-identical grey squares."""
    images = load_digits().images[:60]
    return ReportedModel(
        VAE(**TINY, random_state=5).fit(images, epochs=2), images, seed=1
    )


def test_grey_squares_fail_in_every_section(grey):
    made = [found for make in sections.SECTIONS[1:] if (found := make(grey))]
    for section in made:
        assert section.verdict.startswith("Failed: "), section.title
        assert section.verdict.endswith(".")
    prose = " ".join(text for section in made for text in section.prose)
    assert "A density above that of real images is no advantage" in prose
    assert "there are few of them does not prove privacy" in prose


def test_numbers_are_those_of_evaluate(tmp_path, digits, monkeypatch, capsys):
    """The same seed, space, number of images and shares of classes."""
    from latentia.cli import main

    rows = np.concatenate(
        [np.flatnonzero(digits[1] == k)[: 24 - 16 * k] for k in (0, 1)]
    )
    images, labels = digits[0][rows], digits[1][rows]
    np.savez(tmp_path / "data.npz", X=images, y=labels)
    model = ConditionalGAN(**TINY, random_state=0).fit(images, labels, epochs=1)
    model.save(tmp_path / "run")
    out = tmp_path / "scores.json"
    arguments = ["--data", tmp_path / "data.npz", "--seed", 4, "-o", out]
    command = ["latentia", "evaluate", tmp_path / "run", *arguments]
    monkeypatch.setattr("sys.argv", [*map(str, command)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code, capsys.readouterr().err
    told = json.loads(out.read_text())

    about = ReportedModel(model, images, labels, seed=4)
    assert about.evaluation.as_dict() == told
    section = sections.section_quality(about)
    assert section.verdict.lower().startswith(told["verdict"]["grade"])
    (table,) = section.tables
    shown = {row[0]: row[1] for row in table.rows}
    for name, title in [
        ("frechet_distance", "Fréchet distance"),
        ("density", "Density"),
        ("coverage", "Coverage"),
    ]:
        assert shown[title] == three_digits(told["scores"][name]["value"])
    assert "classes in the shares of the real images: 0 75 %, 1 25 %" in (table.caption)
    better = {row[0]: row[3] for row in table.rows}
    assert better["Density"] == "close to real images"


@pytest.mark.parametrize(
    ("plain", "mixture", "begins", "argues"),
    [
        (8.6, 10.5, "failed: the mixture gives worse images than N(0, I) ", False),
        (8.6, 8.5, "weak: the mixture gives no better images than N(0, I) ", False),
        (8.6, 2.0, "good: the mixture gives better images than N(0, I) ", True),
    ],
)
def test_the_mixture_is_argued_for_where_it_is_better(
    grey, monkeypatch, plain, mixture, begins, argues
):
    comparison = PriorComparison.of(grey)
    distances = {"N(0, I)": plain, "Mixture": mixture, "Real images": 0.5}
    comparison = replace(comparison, distances=distances, total_variance=100.0)
    assert str(comparison.verdict) == (
        f"{begins}(Fréchet distance {mixture:.3g} against {plain:.3g})"
    )
    monkeypatch.setattr(PriorComparison, "of", lambda reported: comparison)
    section = sections.section_prior(grey)
    assert any("The codes form several clusters" in p for p in section.prose) == argues
    # Better than N(0, I), and still no images.
    far = replace(comparison, total_variance=2.0 if mixture > 2 else 1.0)
    assert far.verdict.grade == "failed"
    assert "close to that of the average image" in far.verdict.reasons[0]


@pytest.mark.parametrize(
    ("effect", "quality", "grade"),
    [
        (1.2, "good", "failed"),
        (1.8, "good", "weak"),
        (3.0, "good", "good"),
        (3.0, "failed", "failed"),
        (0.0, "good", "failed"),
    ],
)
def test_directions_are_graded_by_their_effect(effect, quality, grade):
    class Directions:
        effects = np.array([effect])
        random_effect = 1.0 if effect else 0.0

    class About:
        verdict = Verdict(quality, ("so it is",))

    found = directions.direction_verdict(Directions, About)
    assert found.grade == grade
    if quality == "good" and effect:
        assert re.search(rf"{effect}\s× as much as a random", found.reasons[0])


@pytest.mark.parametrize("given", [5, None])
def test_the_seed_is_the_users(grey, given):
    if given is None:
        images = grey.images
        model = VAE(**TINY, random_state=None).fit(images, epochs=1)
        grey = ReportedModel(model, images)
    (table,) = sections.section_training(grey).tables
    shown = dict(table.rows)["Seed"]
    drawn = grey.model.record_.seed
    assert shown == ("5" if given else f"{drawn} (random, none was given)")


def test_a_verdict_is_on_the_page(grey, tmp_path):
    section = replace(sections.section_quality(grey), pictures=())
    html = write_page(Document("Title").add(section), tmp_path / "out").read_text(
        "utf-8"
    )
    assert "<p><strong>Failed: " in html
