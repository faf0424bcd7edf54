"""The markers of a page and what is put between them."""

from dataclasses import replace

import pytest

from latentia.benchmarks.files import write
from latentia.benchmarks.readme import main, newest, refresh
from latentia.benchmarks.table import as_markdown, as_short_markdown

WHOLE = "<!-- tables -->", "<!-- /tables -->"
SHORT = "<!-- short tables -->", "<!-- /short tables -->"


@pytest.fixture
def page(tmp_path):
    return tmp_path / "PAGE.md"


@pytest.fixture
def both(results):
    return [results, replace(results, suite="gmm")]


def test_whole_tables_of_every_suite(page, both):
    page.write_text(f"# Times\n\n{WHOLE[0]}\nold\n{WHOLE[1]}\n\nafter\n")
    inside = f"{as_markdown(both[0])}\n{as_markdown(both[1])}"
    expected = f"# Times\n\n{WHOLE[0]}\n\n{inside}\n{WHOLE[1]}\n\nafter\n"
    for _ in range(2):  # a second time changes nothing
        refresh(page, both)
        assert page.read_text(encoding="utf-8") == expected


def test_short_tables_and_where_the_whole_ones_are(page, both):
    page.write_text(f"{SHORT[0]}{SHORT[1]}")
    for _ in range(2):
        refresh(page, both)
        assert page.read_text(encoding="utf-8") == (
            f"{SHORT[0]}\n\n{as_short_markdown(both[0])}\n{as_short_markdown(both[1])}"
            "\nAll methods, targets and limits: "
            f"[benchmarks/README.md](benchmarks/README.md).\n\n{SHORT[1]}"
        )


def test_a_page_may_have_both(page, results):
    page.write_text("\n".join([*SHORT, *WHOLE]))
    refresh(page, [results])
    text = page.read_text(encoding="utf-8")
    assert as_markdown(results) in text
    assert as_short_markdown(results) in text


@pytest.mark.parametrize(("begin", "end"), [WHOLE, SHORT])
@pytest.mark.parametrize(
    "text", ["BEGIN", "END", "END BEGIN", "BEGIN BEGIN END", "BEGIN END END"]
)
def test_markers_amiss(page, results, begin, end, text):
    text = text.replace("BEGIN", begin).replace("END", end)
    page.write_text(text)
    with pytest.raises(ValueError, match=r"PAGE\.md must hold"):
        refresh(page, [results])
    assert page.read_text() == text


def test_no_markers(page, results):
    page.write_text("# Times\n")
    with pytest.raises(ValueError, match=r"PAGE\.md has no markers <!-- tables -->"):
        refresh(page, [results])


def test_newest_takes_the_full_results_of_every_suite_that_has_any(both, tmp_path):
    svd, gmm = both
    write(replace(svd, size="small"), tmp_path)
    with pytest.raises(ValueError, match=r"must hold at least one of svd-full\.json"):
        newest(tmp_path)
    write(gmm, tmp_path)
    assert newest(tmp_path) == [gmm]
    write(svd, tmp_path)
    assert newest(tmp_path) == [svd, gmm]


def test_main_refreshes_every_page(page, results, tmp_path):
    other = tmp_path / "OTHER.md"
    page.write_text("\n".join(WHOLE))
    other.write_text("\n".join(SHORT))
    folder = tmp_path / "results"
    write(results, folder)
    assert main([str(folder), str(page), str(other)]) == 0
    assert as_markdown(results) in page.read_text(encoding="utf-8")
    assert as_short_markdown(results) in other.read_text(encoding="utf-8")


def test_main_without_a_page(capsys):
    assert main(["results"]) == 2
    assert capsys.readouterr().out.startswith("usage:")
