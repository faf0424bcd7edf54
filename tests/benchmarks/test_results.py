"""Results that are made up: targets, files, tables and pages; and the machine."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
import threadpoolctl
from rich.console import Console

import latentia
from latentia.benchmarks import headlines, machine
from latentia.benchmarks.files import (
    read,
    unfinished_file,
    write,
    write_unfinished,
)
from latentia.benchmarks.readme import newest, refresh
from latentia.benchmarks.results import Quantity, Target
from latentia.benchmarks.table import as_markdown, as_rich, as_short_markdown


@pytest.mark.parametrize(
    ("relation", "met", "missed"),
    [
        ("≥", [7.0], [6.9, float("nan")]),
        ("≤", [7.0, -7.1], [7.1, float("nan")]),
        ("±", [7.0, -7.0], [-7.1, float("nan")]),
    ],
)
def test_target(relation, met, missed):
    for values, expected in ((met, True), (missed, False)):
        for value in values:
            assert Quantity(value, target=Target(relation, 7)).met is expected
            assert Quantity(value).met is None  # neither met nor missed


def test_what_is_written_is_read(results, tmp_path):
    folder = tmp_path / "new" / "folder"
    write_unfinished(results, folder)
    assert read(unfinished_file("svd", "full", folder)) == results
    path, _ = write(results, folder)
    assert read(path) == results
    written = write(replace(results, notes=(), baseline="another"), folder)
    assert written == (folder / "svd-full.json", folder / "svd-full.md")
    assert sorted(folder.iterdir()) == sorted(written)
    assert (read(path).notes, read(path).baseline) == ((), "another")


RESULTS = Path(latentia.__file__).parent / "benchmarks" / "results"


@pytest.mark.skipif(not RESULTS.is_dir(), reason="results are not installed")
def test_the_kept_results_can_be_read_and_are_those_of_the_tables():
    found = newest(RESULTS)
    assert len(found) >= 7
    for results in found:
        table = RESULTS / f"{results.suite}-full.md"
        assert table.read_text(encoding="utf-8") == as_markdown(results)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "does not hold results"),
        ("[]", "does not hold results"),
        ("{}", "does not hold results"),
        ('{"schema_version": 2}', "does not hold results"),
        ('{"schema_version": 1}', "has schema version 1; 2 can be read"),
    ],
)
def test_other_files(tmp_path, text, says):
    path = tmp_path / "svd-full.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"svd-full\.json {says}"):
        read(path)


def test_markdown_and_terminal(results):
    text = as_markdown(results)
    assert (
        "| case | method | median | × scikit-learn | residual above the best "
        "| working memory | log-likelihood |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| decaying | latentia | 0.250 s | 7.41× (≥ 7.00×) ✓ | 2.0e-03 (≤ 1.0e-04) ✗ | "
        "12 MiB (≤ 64 MiB) ✓ |  |\n"
        "|  | scikit-learn | 1.850 s | 1.00× | 1.0e-04 |  | -12.3457 |\n"
    ) in text
    assert "| fused pass, of the peak | 80 % (≥ 75 %) ✓ |\n" in text
    assert (
        "Example CPU · 2 cores · 8 GiB · 2 threads, level x86-64-v3 · numpy 2.0 · blas"
    ) in text
    assert "Fashion-MNIST is left out.\n\n3 of 4 targets met.\n" in text
    assert "\n\nNo targets.\n" in as_markdown(replace(results, methods=(), limits={}))
    console = Console(width=200, file=io.StringIO())
    console.print(as_rich(results))
    text = console.file.getvalue()
    for part in ("7.41× (≥ 7.00×) ✓", "1.850 s", "80 % (≥ 75 %) ✓", "3 of 4 targets"):
        assert part in text


def test_short_markdown_has_a_row_a_case(results):
    assert as_short_markdown(results) == (
        "`latentia bench svd --size full`, 2030-01-02, Example CPU, 2 threads. "
        "3 of 4 targets met.\n\n"
        "| case | latentia | scikit-learn | × faster | residual above the best "
        "(scikit-learn) |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| decaying | 0.250 s | 1.850 s | 7.4× | 2.0e-03 (1.0e-04) |\n\n"
        "Fashion-MNIST is left out.\n"
    )


# Pages

WHOLE = "<!-- tables -->", "<!-- /tables -->"
SHORT = "<!-- short tables -->", "<!-- /short tables -->"
HEADLINES_MARKS = "<!-- headlines -->", "<!-- /headlines -->"


@pytest.fixture
def page(tmp_path):
    return tmp_path / "PAGE.md"


def test_a_page_gets_tables_of_every_suite(page, results):
    both = [results, replace(results, suite="gmm")]
    whole, short = (
        "\n".join(table(one) for one in both)
        for table in (as_markdown, as_short_markdown)
    )
    page.write_text(
        f"# Times\n\n{WHOLE[0]}\nold\n{WHOLE[1]}\n\n{SHORT[0]}{SHORT[1]}after\n"
    )
    expected = (
        f"# Times\n\n{WHOLE[0]}\n\n{whole}\n{WHOLE[1]}\n\n"
        f"{SHORT[0]}\n\n{short}\n{SHORT[1]}after\n"
    )
    for _ in range(2):  # a second time changes nothing
        refresh(page, both)
        assert page.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(("begin", "end"), [WHOLE, SHORT, HEADLINES_MARKS])
@pytest.mark.parametrize(
    "text", ["BEGIN", "END", "END BEGIN", "BEGIN BEGIN END", "BEGIN END END", ""]
)
def test_markers_amiss(page, results, begin, end, text):
    says = "must hold" if text else "has no markers <!-- tables -->"
    text = text.replace("BEGIN", begin).replace("END", end)
    page.write_text(text)
    with pytest.raises(ValueError, match=rf"PAGE\.md {says}"):
        refresh(page, [results])
    assert page.read_text() == text


def test_headlines(page, results, monkeypatch):
    monkeypatch.setattr(headlines, "HEADLINES", {"svd": {"decaying": "An SVD"}})
    begin, end = HEADLINES_MARKS
    page.write_text(f"{begin}{end}")
    refresh(page, [results])
    assert page.read_text(encoding="utf-8") == (
        f"{begin}\n\n"
        "| task | compared with | time (other) | × faster | quality (other) |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| An SVD | scikit-learn | 0.250 s (1.850 s) | 7.4× | "
        "residual above the best 2.0e-03 (1.0e-04) |\n\n"
        "`latentia bench`, 2030-01-02 to 2030-01-02, Example CPU, 2 threads.\n\n"
        f"{end}"
    )
    untimed = replace(results, baseline="JPEG", methods=results.methods[:1])
    peer = replace(results.methods[1], method="JPEG")
    untimed = replace(untimed, methods=(*untimed.methods, peer))
    text = headlines.as_headlines([untimed])
    assert "| An SVD | JPEG |  |  | residual above the best 2.0e-03 (1.0e-04) |" in text


def test_a_headline_without_results(page, results, monkeypatch):
    page.write_text("".join(HEADLINES_MARKS))
    monkeypatch.setattr(headlines, "HEADLINES", {"svd": {"growing": "An SVD"}})
    with pytest.raises(ValueError, match="'growing' of the suite svd"):
        refresh(page, [results])
    monkeypatch.setattr(headlines, "HEADLINES", {"gmm": {}})
    with pytest.raises(ValueError, match=r"results of the suites \['gmm'\]"):
        refresh(page, [results])


ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not RESULTS.is_dir(), reason="results are not installed")
@pytest.mark.parametrize(
    "name", ["README.md", "benchmarks/README.md", "docs/benchmarks_tables.md"]
)
def test_the_pages_have_the_kept_results(page, name):
    text = (ROOT / name).read_text(encoding="utf-8")
    page.write_text(text, encoding="utf-8")
    refresh(page, newest(RESULTS))
    assert page.read_text(encoding="utf-8") == text


def test_newest_takes_the_full_results_of_every_suite_that_has_any(results, tmp_path):
    gmm = replace(results, suite="gmm")
    write(replace(results, size="small"), tmp_path)
    with pytest.raises(ValueError, match=r"must hold at least one of svd-full\.json"):
        newest(tmp_path)
    write(gmm, tmp_path)
    assert newest(tmp_path) == [gmm]
    write(results, tmp_path)
    assert newest(tmp_path) == [results, gmm]


# The machine


def test_describes_this_process():
    found = machine.describe()
    assert found.n_threads == latentia.n_threads()
    assert found.cpu_level == latentia.cpu_level()
    for library in threadpoolctl.threadpool_info():
        if library["user_api"] == "blas":  # with the CPU that its kernels are for
            assert library.get("architecture", "") in found.blas


def test_tells_what_holds_the_peers_back(monkeypatch):
    assert machine.held_back() == []
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    (note,) = machine.held_back()
    assert note.startswith("OPENBLAS_CORETYPE is Haswell: NumPy, SciPy and")
