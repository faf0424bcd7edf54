"""The demo with MovieLens: a tiny made file of its format."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib")

import latentia.demo
from latentia.cli import main
from latentia.datasets import make_interactions
from latentia.demo.data import DemoData
from latentia.demo.films import Films
from latentia.demo.plan import Slowness
from latentia.demo.sections.interactions import section_interactions


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    """u.data of 40 users and 15 films, rated 4 and 5, and some rated 1."""
    X = make_interactions(40, 15, 150, random_state=0).matrix.toarray()
    rng = np.random.default_rng(0)
    stars = np.where(X > 0, rng.integers(4, 6, X.shape), rng.random(X.shape) < 0.1)
    lines = [
        f"{u + 1}\t{i + 1}\t{stars[u, i]:.0f}\t88125094{i % 10}\n"
        for u, i in zip(*stars.nonzero(), strict=True)
    ]
    path = tmp_path / "ml" / "u.data"
    path.parent.mkdir()
    path.write_text("".join(lines))
    return path


@pytest.fixture
def titles(ratings: Path) -> None:
    """u.item of all films but the last."""
    flags = ["|".join("01"[g == i % 3 + 1] for g in range(19)) for i in range(14)]
    text = "".join(f"{i + 1}|Film {i} (1999)|||x|{f}\n" for i, f in enumerate(flags))
    (ratings.parent / "u.item").write_text(text, encoding="latin-1")


@pytest.mark.usefixtures("titles")
def test_films_take_the_place_of_made_items(ratings: Path, tiny_data: DemoData) -> None:
    films = Films.load(ratings)
    assert films.liked.n_stored == 150 < films.n_ratings
    assert films.titles is not None
    assert films.genres is not None
    assert [*films.titles[[0, 13, 14]]] == [
        "Film 0 (1999)",
        "Film 13 (1999)",
        "film 15",
    ]
    assert [*films.genres[[0, 1, 14]]] == ["Action", "Adventure", "no genre"]
    section = section_interactions(replace(tiny_data, films=films))
    assert f"{films.n_ratings:,} ratings, of which the 150" in section.prose[0]
    (table,), (picture,) = section.tables, section.pictures
    names = [row[0] for row in table.rows]
    assert names == ["Popularity", "Similar items", "EASE", "ALS with 32 factors"]
    written = {text.get_text() for text in picture.figure.axes[0].texts}
    assert len(written) > 1
    assert written <= {*films.titles}


def test_without_titles_and_of_many_films(
    ratings: Path, tiny_data: DemoData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("latentia.demo.lists.MOST_EASE_ITEMS", 14)
    monkeypatch.setattr("latentia.demo.sections.films.MOST_EASE_ITEMS", 14)
    films = Films.load(ratings.parent)
    assert films.titles is films.genres is None
    section = section_interactions(replace(tiny_data, films=films))
    assert "EASE" not in [row[0] for row in section.tables[0].rows]
    assert "EASE is left out" in section.prose[2]
    assert "u.item" in section.prose[3]
    assert not section.pictures[0].figure.axes[0].texts


@pytest.mark.usefixtures("titles")
def test_the_command_reads_the_file(
    ratings: Path,
    tiny_data: DemoData,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Slowness, "measure", Slowness)
    monkeypatch.setattr(latentia.demo, "load", lambda folder, plan: tiny_data)
    monkeypatch.setattr(latentia.demo, "SECTIONS", (section_interactions,))

    def demo(path: Path) -> int:
        out = ["-o", str(tmp_path / "out")]
        arguments = ["latentia", "demo", "--movielens", str(path), *out]
        monkeypatch.setattr("sys.argv", arguments)
        with pytest.raises(SystemExit) as stop:
            main()
        return int(stop.value.code or 0)

    assert demo(tmp_path / "none.csv") == 2
    assert "there is no file" in capsys.readouterr().err
    (tmp_path / "u.data").write_text("1\t1\t3\t0\n1\t2\t3\t0\n2\t1\t5\t0\n")
    assert demo(tmp_path / "u.data") == 2
    assert "must have a user with two films rated 4" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert demo(ratings) == 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "MovieLens:" in page
