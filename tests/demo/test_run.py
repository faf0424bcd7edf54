import io
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest
from rich.console import Console

import latentia.demo
from latentia import datasets
from latentia.demo import run
from latentia.demo.data import DemoData, load
from latentia.demo.sections import SECTIONS
from latentia.pages import Section


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=80)


@pytest.fixture
def _tiny(monkeypatch: pytest.MonkeyPatch, tiny_data: DemoData) -> None:
    monkeypatch.setattr(latentia.demo, "load", lambda folder: tiny_data)


@pytest.mark.usefixtures("_tiny")
def test_leaves_one_page_and_the_pictures(tmp_path: Path, console: Console) -> None:
    page = run(tmp_path / "out", console=console)
    assert page == tmp_path / "out" / "report.html"
    files = {path.name for path in page.parent.iterdir()}
    assert {"report.html", "timings.png", "spectrum.png", "photo.png"} <= files
    html = page.read_text(encoding="utf-8")
    assert html.count("<section") == len(SECTIONS)
    assert html.count("<img") == html.count(' alt="') == len(files) - 1
    assert "http" not in html
    if find_spec("torch") is not None:
        assert "left out" not in html


@pytest.mark.usefixtures("_tiny")
def test_shows_progress(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def section_of_a_test(data: DemoData) -> Section:
        return Section("Title")

    monkeypatch.setattr(latentia.demo, "SECTIONS", (section_of_a_test,))
    run(tmp_path / "out", console=console)
    assert isinstance(console.file, io.StringIO)
    assert "3/3" in console.file.getvalue()


@pytest.mark.usefixtures("_tiny")
def test_a_failing_section_fails_loudly_and_leaves_nothing(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def section_that_fails(data: DemoData) -> NoReturn:
        raise ArithmeticError("cannot go on")

    monkeypatch.setattr(latentia.demo, "SECTIONS", (section_that_fails,))
    with pytest.raises(ArithmeticError, match="cannot go on"):
        run(tmp_path / "out", console=console)
    assert list(tmp_path.iterdir()) == []


def test_refuses_before_long_work(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.html").write_text("mine")

    def long_work(folder: Path | None) -> NoReturn:
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
