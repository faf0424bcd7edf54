"""The markers of a page and what is put between them."""

import pytest

from latentia.benchmarks.readme import BEGIN, END, main, refresh


@pytest.fixture
def page(tmp_path):
    page = tmp_path / "PAGE.md"
    page.write_text(f"# Times\n\n{BEGIN}\nold\n{END}\n\nafter\n")
    return page


def test_replaces_what_stands_between_the_markers(page):
    refresh(page, "| new |\n")
    expected = f"# Times\n\n{BEGIN}\n\n| new |\n\n{END}\n\nafter\n"
    assert page.read_text() == expected
    refresh(page, "| new |\n")
    assert page.read_text() == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        BEGIN,
        END,
        f"{END} {BEGIN}",
        f"{BEGIN} {BEGIN} {END}",
        f"{BEGIN} {END} {END}",
    ],
)
def test_markers_amiss(page, text):
    page.write_text(text)
    with pytest.raises(ValueError, match=r"PAGE\.md must hold"):
        refresh(page, "| new |")
    assert page.read_text() == text


def test_main_refreshes_every_page(page, tmp_path):
    other = tmp_path / "OTHER.md"
    other.write_text(page.read_text())
    table = tmp_path / "table.md"
    table.write_text("| new |\n")
    assert main([str(table), str(page), str(other)]) == 0
    assert "| new |" in page.read_text()
    assert page.read_text() == other.read_text()


def test_main_without_a_page(capsys):
    assert main(["table.md"]) == 2
    assert capsys.readouterr().out.startswith("usage:")
