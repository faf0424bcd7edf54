import io
import re
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from rich.console import Console

import latentia.demo
from latentia import datasets
from latentia.cli import main
from latentia.demo import making, run
from latentia.demo.data import DemoData, load
from latentia.demo.plan import Plan, Slowness
from latentia.demo.sections import SECTIONS
from latentia.pages import Fact, Section


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=80)


@pytest.fixture
def _tiny(monkeypatch: pytest.MonkeyPatch, tiny_data: DemoData) -> None:
    def load_tiny(folder: Path | None, plan: Plan) -> DemoData:
        return replace(tiny_data, plan=plan)

    monkeypatch.setattr(latentia.demo, "load", load_tiny)


@pytest.fixture
def _known_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Slowness, "measure", Slowness)


def checked(section: Callable[[DemoData], Section], done: list[str]) -> object:
    """Return a section that looks at what it made, and says that it did."""

    @wraps(section)
    def make(data: DemoData) -> Section:
        made = section(data)
        assert isinstance(made, Section)
        assert made.title
        assert made.prose
        assert made.pictures
        for picture in made.pictures:
            assert picture.caption
            width, height = picture.figure.get_size_inches()
            assert 4 <= width <= 10
            assert 1 <= height <= 12
        done.append(section.__name__)
        return made

    return make


@pytest.mark.usefixtures("_tiny")
def test_every_section_works_on_tiny_data_and_leaves_its_pictures_on_one_page(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sections = tuple(checked(section, done) for section in SECTIONS)
    monkeypatch.setattr(latentia.demo, "SECTIONS", sections)
    page = run(tmp_path / "out", console=console)
    assert page == tmp_path / "out" / "report.html"
    files = {path.name for path in page.parent.iterdir()}
    assert {"report.html", "timings.png", "spectrum.png", "photo.png"} <= files
    for path in page.parent.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")
    html = page.read_text(encoding="utf-8")
    assert html.count("<section") == 1 + len(SECTIONS)
    assert html.count("<img") == html.count(' alt="') == len(files) - 1
    assert "http" not in html
    if find_spec("torch") is not None:
        assert "left out" not in html
        assert done == [section.__name__ for section in SECTIONS]


def section_of_a_test(data: DemoData) -> Section:
    return Section("Title", facts=[Fact("7", "days")])


def section_that_fails(data: DemoData) -> NoReturn:
    raise ArithmeticError("cannot go on")


def section_that_is_stopped(data: DemoData) -> NoReturn:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("_tiny", "_known_machine")
def test_says_what_begins_and_ends_and_what_is_left(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latentia.demo, "SECTIONS", (section_of_a_test,) * 2)
    run(tmp_path / "out", console=console)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    begun = [line.split(",")[0] for line in lines if "…" in line]
    assert begun == ["[1/2] load the data…", "[1/2] of a test…", "[2/2] of a test…"]
    ended = [line for line in lines if "] of a test: " in line]
    assert len(ended) == 2
    assert all(re.search(r"about \d+ s left$", line) for line in lines)
    assert lines[-1].startswith("[2/2]")
    assert lines[-1].endswith("about 0 s left")


@pytest.mark.usefixtures("_tiny", "_known_machine")
def test_shows_a_bar_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Console(file=io.StringIO(), width=100, force_terminal=True)
    monkeypatch.setattr(latentia.demo, "SECTIONS", (section_of_a_test,))
    run(tmp_path / "out", console=screen)
    assert isinstance(screen.file, io.StringIO)
    assert "1/1" in screen.file.getvalue()
    assert "about 0 s left" in screen.file.getvalue()


@pytest.mark.usefixtures("_tiny", "_known_machine")
def test_the_page_opens_with_its_numbers_and_what_ran(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latentia.demo, "SECTIONS", (section_of_a_test,))
    monkeypatch.setitem(making.HEADLINES, "of_a_test", 1)
    for full, words in ((False, "quick version"), (True, "full version")):
        page = run(tmp_path / words, console=console, full=full)
        html = page.read_text(encoding="utf-8")
        assert html.index("At a glance") < html.index("Title")
        front = html[: html.index('id="section-2"')]
        assert words in front
        assert "<dd>7</dd>" in front
        assert "1 sections in" not in front
        assert "1 section in" in front
        assert "stopped" not in front


@pytest.mark.usefixtures("_tiny", "_known_machine")
def test_a_failing_section_fails_loudly_and_leaves_what_was_done(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        latentia.demo, "SECTIONS", (section_of_a_test, section_that_fails)
    )
    with pytest.raises(ArithmeticError, match="cannot go on"):
        run(tmp_path / "out", console=console)
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "1 of 2 sections are made" in html
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    monkeypatch.setattr(latentia.demo, "SECTIONS", (section_that_fails,))
    with pytest.raises(ArithmeticError, match="cannot go on"):
        run(tmp_path / "nothing", console=console)
    assert not (tmp_path / "nothing").exists()


@pytest.mark.usefixtures("_tiny", "_known_machine")
def test_ctrl_c_tells_where_the_page_is(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    sections = (section_of_a_test, section_that_is_stopped)
    monkeypatch.setattr(latentia.demo, "SECTIONS", sections)
    with pytest.raises(KeyboardInterrupt) as stop:
        run(tmp_path / "out", console=console)
    page = tmp_path / "out" / "report.html"
    assert str(stop.value) == f"stopped: {page} has 1 of 2 sections"
    assert "Title" in page.read_text(encoding="utf-8")
    monkeypatch.setattr(latentia.demo, "SECTIONS", sections[1:])
    with pytest.raises(KeyboardInterrupt, match="nothing is written yet"):
        run(tmp_path / "nothing", console=console)


@pytest.mark.usefixtures("_tiny", "_known_machine")
def test_the_command_ends_with_that_message(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sections = (section_of_a_test, section_that_is_stopped)
    monkeypatch.setattr(latentia.demo, "SECTIONS", sections)
    out = tmp_path / "out"
    monkeypatch.setattr("sys.argv", ["latentia", "demo", "-o", str(out)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 130
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f"latentia: stopped: {out / 'report.html'} has 1 of 2 sections"


def test_refuses_before_long_work(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.html").write_text("mine")

    def long_work(folder: Path | None, plan: Plan) -> NoReturn:
        pytest.fail("work was begun")

    monkeypatch.setattr(latentia.demo, "load", long_work)
    with pytest.raises(FileExistsError, match="is not empty"):
        run(tmp_path, console=console)


def test_given_data_must_be_there(tmp_path: Path, console: Console) -> None:
    with pytest.raises(FileNotFoundError):
        run(tmp_path / "out", data=tmp_path, console=console)
    assert list(tmp_path.iterdir()) == []


def test_does_without_fashion_mnist_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(folder: Path | None) -> NoReturn:
        raise FileNotFoundError

    def small(n: int, n_features: int, *, random_state: int) -> object:
        return made(n // 1000, n_features // 100, random_state=random_state)

    made = datasets.make_decaying
    monkeypatch.setattr(datasets, "load_fashion_mnist", absent)
    monkeypatch.setattr(datasets, "make_decaying", small)
    data = load(None)
    assert [collection.name for collection in data.collections] == ["digits"]
    assert "Fashion-MNIST is not on this machine" in data.workload.description


def test_the_quick_version_uses_fewer_images(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6000, 4, 4), dtype=np.uint8)
    garments = datasets.LabelledImages(images, np.arange(6000) % 10, ())
    monkeypatch.setattr(datasets, "load_fashion_mnist", lambda folder: garments)
    plan = Plan(5000, 3000, {}, 0.0)
    data = load(None, plan)
    assert data.plan is plan
    assert [len(c.images) for c in data.collections] == [1797, 5000]
    assert data.workload.matrix.shape == (3000, 16)
    assert "3,000 images" in data.workload.description
    assert len(load(None).collections[-1].images) == 6000
