"""The builder of pages: all sections or word of why not, or no page."""

import io

import pytest
from rich.console import Console

from latentia.pages import Section, build_page


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=80)


def section_of_words(data):
    return Section("Words", prose=[f"all about {data}"])


def section_that_does_not_apply(data):
    return None


def page_of(tmp_path, console, *sections):
    return build_page(
        "Title",
        lead="Lead.",
        load=lambda: "it",
        sections=sections,
        out=tmp_path / "out",
        console=console,
    ).read_text(encoding="utf-8")


def test_sections_come_in_order_and_are_counted(tmp_path, console):
    def section_after(data):
        return Section("After")

    html = page_of(
        tmp_path, console, section_of_words, section_that_does_not_apply, section_after
    )
    assert html.count("<section") == 2
    assert html.index("all about it") < html.index("<h2>After")
    assert "5/5" in console.file.getvalue()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("codes are\n all the same"), "codes are all the same."),
        (ImportError("needs PyTorch."), "needs PyTorch."),
        (OSError("disk"), "disk."),
        (MemoryError(), "MemoryError."),
    ],
)
def test_a_section_that_cannot_be_made_says_so(tmp_path, console, error, words):
    def section_of_bad_luck(data):
        raise error

    html = page_of(tmp_path, console, section_of_bad_luck, section_of_words)
    assert "<h2>Of bad luck</h2>" in html
    assert f"This section is left out: {words}</p>" in html
    assert "all about it" in html


def test_a_mistake_in_a_section_is_not_hidden(tmp_path, console):
    def section_with_a_mistake(data):
        raise ArithmeticError("mistake")

    with pytest.raises(ArithmeticError, match="mistake"):
        page_of(tmp_path, console, section_of_words, section_with_a_mistake)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_loaded_is_an_error(tmp_path, console):
    def load():
        raise ValueError("no model")

    with pytest.raises(ValueError, match="no model"):
        build_page("Title", lead="", load=load, sections=(), out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_earlier_files_are_kept_without_force(tmp_path, console):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(FileExistsError, match="is not empty"):
        build_page("Title", lead="", load=pytest.fail, sections=(), out=tmp_path)
