"""Results that are made up: targets, files, tables and pages; and the machine."""

import io
import json
import platform
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

import latentia
from latentia.benchmarks import machine
from latentia.benchmarks.files import as_json, read, write
from latentia.benchmarks.readme import main, newest, refresh
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


def test_json(results):
    document = json.loads(as_json(results))
    assert document["schema_version"] == 2
    assert document["machine"]["cpu"] == "Example CPU"
    assert document["quality"] == "excess residual"
    ours, peer = document["methods"]
    assert ours["times"] == [0.2, 0.3, 0.25]
    assert ours["median"] == 0.25
    assert ours["measures"]["excess residual"] == {
        "value": 2e-3,
        "unit": "",
        "bar": {"relation": "≤", "limit": 1e-4},
        "met": False,
    }
    assert peer["measures"]["× scikit-learn"]["met"] is None
    assert "working memory" not in peer["measures"]
    assert document["limits"]["fused pass, of the peak"]["value"] == 80


def test_what_is_written_is_read(results, tmp_path):
    folder = tmp_path / "new" / "folder"
    path, _ = write(results, folder)
    assert read(path) == results
    written = write(replace(results, notes=(), baseline="another"), folder)
    assert written == (folder / "svd-full.json", folder / "svd-full.md")
    assert sorted(folder.iterdir()) == sorted(written)
    assert (read(path).notes, read(path).baseline) == ((), "another")


def test_files_of_before_there_was_another_baseline(results, tmp_path):
    path = write(results, tmp_path)[0]
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document.pop("baseline") == "scikit-learn"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert read(path) == results


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


def test_pictures_are_written_beside_the_tables(results, tmp_path):
    written = write(replace(results, pictures={"gan": b"PNG"}), tmp_path)
    names = [path.name for path in written]
    assert names == ["svd-full.json", "svd-full.md", "svd-full-gan.png"]
    assert written[2].read_bytes() == b"PNG"
    assert read(written[0]) == results


def test_a_failed_write_leaves_the_old_file_and_no_other(
    results, tmp_path, monkeypatch
):
    written = write(results, tmp_path)
    before = written[0].read_text(encoding="utf-8")

    def fail(self, target):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write(replace(results, notes=()), tmp_path)
    assert written[0].read_text(encoding="utf-8") == before
    assert sorted(tmp_path.iterdir()) == sorted(written)
    with pytest.raises(FileExistsError):
        write(results, written[0])


def test_markdown_and_terminal(results):
    text = as_markdown(results)
    assert (
        "| case | method | median | × scikit-learn | excess residual | working memory "
        "| log-likelihood |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| decaying | latentia | 0.250 s | 7.41× (≥ 7.00×) ✓ | 2.0e-03 (≤ 1.0e-04) ✗ | "
        "12 MiB (≤ 64 MiB) ✓ |  |\n"
        "|  | scikit-learn | 2.00 ms | 1.00× | 1.0e-04 |  | -12.3457 |\n"
    ) in text
    assert "| fused pass, of the peak | 80 % (≥ 75 %) ✓ |\n" in text
    assert results.machine.line() in text
    assert "Fashion-MNIST is left out.\n\n3 of 4 targets met.\n" in text
    assert "\n\nNo targets.\n" in as_markdown(replace(results, methods=(), limits={}))
    console = Console(width=200, file=io.StringIO())
    console.print(as_rich(results))
    text = console.file.getvalue()
    for part in ("7.41× (≥ 7.00×) ✓", "2.00 ms", "80 % (≥ 75 %) ✓", "3 of 4 targets"):
        assert part in text


def test_short_markdown_has_a_row_a_case(results):
    assert as_short_markdown(results) == (
        "`latentia bench svd --size full`, 2030-01-02, Example CPU, 2 threads. "
        "3 of 4 targets met.\n\n"
        "| case | latentia | scikit-learn | × faster | excess residual "
        "(scikit-learn's) |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| decaying | 0.250 s | 2.00 ms | 7.4× | 2.0e-03 (1.0e-04) |\n\n"
        "Fashion-MNIST is left out.\n"
    )


def test_short_markdown_where_scikit_learn_is_the_yardstick_or_only_quality_counts(
    results,
):
    ours, peer = results.methods
    example = replace(peer, method="PyTorch example", measures=dict(peer.measures))
    del peer.measures["excess residual"]
    reference = replace(peer, method="NumPy")
    text = as_short_markdown(replace(results, methods=(ours, peer, reference)))
    assert "| × faster | excess residual |\n" in text
    assert "| decaying | 0.250 s | 2.00 ms | 7.4× | 2.0e-03 |\n" in text
    assert "NumPy" not in text
    for result in (ours, example):
        del result.measures["× scikit-learn"]
    text = as_short_markdown(
        replace(results, methods=(ours, example), baseline="PyTorch example")
    )
    assert (
        "| case | excess residual, latentia | excess residual, PyTorch example |\n"
        "| --- | --- | --- |\n"
        "| decaying | 2.0e-03 | 1.0e-04 |\n"
    ) in text


# Pages

WHOLE = "<!-- tables -->", "<!-- /tables -->"
SHORT = "<!-- short tables -->", "<!-- /short tables -->"
MORE = "All methods, targets and limits: [benchmarks/README.md](benchmarks/README.md)."


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
        f"{SHORT[0]}\n\n{short}\n{MORE}\n\n{SHORT[1]}after\n"
    )
    for _ in range(2):  # a second time changes nothing
        refresh(page, both)
        assert page.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(("begin", "end"), [WHOLE, SHORT])
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


def test_newest_takes_the_full_results_of_every_suite_that_has_any(results, tmp_path):
    gmm = replace(results, suite="gmm")
    write(replace(results, size="small"), tmp_path)
    with pytest.raises(ValueError, match=r"must hold at least one of svd-full\.json"):
        newest(tmp_path)
    write(gmm, tmp_path)
    assert newest(tmp_path) == [gmm]
    write(results, tmp_path)
    assert newest(tmp_path) == [results, gmm]


def test_main_refreshes_every_page(page, results, tmp_path, capsys):
    other = tmp_path / "OTHER.md"
    page.write_text("\n".join(WHOLE))
    other.write_text("\n".join(SHORT))
    write(results, tmp_path)
    assert main([str(tmp_path), str(page), str(other)]) == 0
    assert as_markdown(results) in page.read_text(encoding="utf-8")
    assert as_short_markdown(results) in other.read_text(encoding="utf-8")
    assert main(["results"]) == 2
    assert capsys.readouterr().out.startswith("usage:")


# The machine


def test_describes_this_process():
    found = machine.describe()
    assert found.n_threads == latentia.n_threads()
    assert found.cpu_level == latentia.cpu_level()
    assert found.cores >= 1
    always = {"latentia", "numpy", "scipy", "scikit-learn", "python"}
    assert set(found.versions) - {"torch"} == always
    assert ("torch" in found.versions) == ("torch" in sys.modules)
    assert found.versions["python"] == platform.python_version()


def test_line_names_everything_on_one_line():
    found = machine.Machine(
        cpu="Example CPU",
        cores=1,
        n_threads=2,
        cpu_level="x86-64-v3",
        memory_gib=15.6,
        blas="openblas 0.3",
        versions={"numpy": "2.0"},
    )
    assert found.line() == (
        "Example CPU · 1 core · 16 GiB · 2 threads, level x86-64-v3 · numpy 2.0 · "
        "openblas 0.3"
    )
    assert found.short_line() == "Example CPU, 2 threads"


def test_line_without_known_memory():
    found = machine.Machine("C", 2, 1, "generic", None, "unknown BLAS", {})
    assert found.line() == "C · 2 cores · 1 thread, level generic · unknown BLAS"


@pytest.mark.skipif(sys.platform == "win32", reason="sysconf")
def test_memory_is_known():
    assert machine.describe().memory_gib > 0


def test_cpu_model_of_cpuinfo(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nmodel name\t: Example CPU @ 3 GHz\nflags : x\n")
    assert machine._cpu_model(cpuinfo) == "Example CPU @ 3 GHz"


@pytest.mark.parametrize("text", [None, "Hardware : board\n"])
def test_cpu_model_without_a_name_in_cpuinfo(tmp_path, text):
    cpuinfo = tmp_path / "cpuinfo"
    if text is not None:
        cpuinfo.write_text(text)
    assert machine._cpu_model(cpuinfo) in {platform.processor(), platform.machine()}
