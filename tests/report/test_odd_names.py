"""Classes of any name: from the folders of a training to the page about it."""

import html
import sys

import numpy as np
import pytest

from latentia.cli import main

Image = pytest.importorskip("PIL.Image")

NAMES = [
    r"$\frac{$",
    "CON",
    "Cafe\u0301",
    "हिन्दी",
    "a\u2215b",
    '<b>&"x',
    "100%_#{}",
    "-rf",
]


def command(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["latentia", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code


@pytest.mark.filterwarnings("ignore:.*images are few:UserWarning")
@pytest.mark.skipif(sys.platform == "win32", reason="no such folders there")
def test_from_folders_to_a_page(monkeypatch, tmp_path, capsys):
    random = np.random.default_rng(0)
    for name in NAMES:
        folder = tmp_path / "data" / name
        folder.mkdir(parents=True)
        for i in range(6):
            pixels = random.integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.png")
    monkeypatch.chdir(tmp_path)
    small = ["--preset", "tiny", "--network", "mlp", "--epochs", "2"]
    command(monkeypatch, "train", "cgan", "data", "-o", "run", *small)
    command(monkeypatch, "report", "run", "--data", "data", "-o", "page")
    page = (tmp_path / "page" / "report.html").read_text("utf-8")
    text = html.unescape(page)
    for name in NAMES:
        assert name in text
    assert "<b>&" not in page
    command(monkeypatch, "sample", "run", "-n", "3", "-y", NAMES[2], "-o", "images")
    assert len(list((tmp_path / "images").rglob("*.png"))) >= 3
    assert "Traceback" not in capsys.readouterr().err
