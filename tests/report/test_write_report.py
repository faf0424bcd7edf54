"""The report from the files of a model to the page."""

import io

import numpy as np
import pytest

pytest.importorskip("torch")

from rich.console import Console

from latentia.report import write_report

PICTURES = {
    "training",
    "samples",
    "prior",
    "prior-means",
    "prior-extremes",
    "prior-by-class",
    "traversals",
    "interpolation",
}


@pytest.fixture
def run(rae, tmp_path):
    rae.save(tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=80)


def test_leaves_a_page_that_needs_nothing_else(run, digits, tmp_path, console):
    page = write_report(run, *digits, out=tmp_path / "out", console=console)
    html = page.read_text(encoding="utf-8")
    assert {file.stem for file in page.parent.glob("*.png")} == PICTURES
    assert html.count("<section") == 5
    assert html.count("<img") == html.count(' alt="') == 8
    assert html.count("left out") == 1  # the second stage of so short a training
    assert "http" not in html


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (np.zeros((9, 9, 8), np.uint8), r"shape \(9, 8\), those of the model"),
        (np.zeros((7, 8, 8), np.uint8), "8 are needed"),
    ],
)
def test_other_images_are_an_error(run, images, says, tmp_path, console):
    with pytest.raises(ValueError, match=says):
        write_report(run, images, out=tmp_path / "out", console=console)
    assert not (tmp_path / "out").exists()


def test_no_model_is_an_error(digits, tmp_path, console):
    with pytest.raises(FileNotFoundError):
        write_report(
            tmp_path / "missing", *digits, out=tmp_path / "out", console=console
        )
