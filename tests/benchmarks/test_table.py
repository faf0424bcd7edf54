"""Rendering and writing of results that are made up."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from latentia.benchmarks.machine import Machine
from latentia.benchmarks.results import Bar, MethodResult, Quantity, Results
from latentia.benchmarks.table import as_json, as_markdown, as_rich, write


@pytest.fixture
def results():
    ours = MethodResult(
        case="decaying",
        method="latentia",
        times=(0.2, 0.3, 0.25),
        speedup=Quantity(7.41, "×", Bar("≥", 7)),
        excess=Quantity(2e-3, bar=Bar("≤", 1e-4)),
        orthonormality=Quantity(3e-7, bar=Bar("≤", 1e-5)),
        memory=Quantity(12.3, "MiB", Bar("≤", 64)),
    )
    peer = MethodResult(
        case="decaying",
        method="scikit-learn",
        times=(0.002,),
        speedup=Quantity(1, "×"),
        excess=Quantity(1e-4),
        orthonormality=Quantity(1e-6),
        memory=None,
    )
    return Results(
        suite="svd",
        size="small",
        date="2030-01-02T03:04:05+00:00",
        machine=Machine("Example CPU", 2, 2, "x86-64-v3", 8, "blas", {"numpy": "2.0"}),
        methods=(ours, peer),
        limits={"fused pass, of the peak": Quantity(80, "%", Bar("≥", 75))},
        notes=("Fashion-MNIST is left out.",),
    )


@pytest.mark.parametrize(
    ("relation", "value", "met"),
    [
        ("≥", 7.0, True),
        ("≥", 6.9, False),
        ("≤", 7.0, True),
        ("≤", 7.1, False),
        ("≥", float("nan"), False),
        ("≤", float("nan"), False),
    ],
)
def test_bar(relation, value, met):
    assert Quantity(value, bar=Bar(relation, 7)).met is met


def test_markdown(results):
    text = as_markdown(results)
    assert (
        "| decaying | latentia | 0.250 s | 7.41× (≥ 7.00×) ✓ | 2.0e-03 (≤ 1.0e-04) ✗ | "
        "3.0e-07 (≤ 1.0e-05) ✓ | 12 MiB (≤ 64 MiB) ✓ |\n"
        "|  | scikit-learn | 2.00 ms | 1.00× | 1.0e-04 | 1.0e-06 |  |\n"
    ) in text
    assert "| fused pass, of the peak | 80 % (≥ 75 %) ✓ |\n" in text
    assert results.machine.line() in text
    assert "Fashion-MNIST is left out.\n\n4 of 5 bars met.\n" in text


def test_terminal(results):
    console = Console(width=200, file=io.StringIO())
    console.print(as_rich(results))
    text = console.file.getvalue()
    for part in ("7.41× (≥ 7.00×) ✓", "2.00 ms", "80 % (≥ 75 %) ✓", "4 of 5 bars"):
        assert part in text


def test_json(results):
    document = json.loads(as_json(results))
    assert document["schema_version"] == 1
    assert document["machine"]["cpu"] == "Example CPU"
    ours, peer = document["methods"]
    assert ours["times"] == [0.2, 0.3, 0.25]
    assert ours["median"] == 0.25
    assert ours["excess"] == {
        "value": 2e-3,
        "unit": "",
        "bar": {"relation": "≤", "limit": 1e-4},
        "met": False,
    }
    assert peer["speedup"]["met"] is None
    assert peer["memory"] is None
    assert document["limits"]["fused pass, of the peak"]["value"] == 80


def test_write_replaces_older_results(results, tmp_path):
    folder = tmp_path / "new" / "folder"
    write(results, folder)
    written = write(replace(results, notes=()), folder)
    assert written == (folder / "svd-small.json", folder / "svd-small.md")
    assert sorted(folder.iterdir()) == sorted(written)
    assert json.loads(written[0].read_text(encoding="utf-8"))["notes"] == []


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


def test_a_folder_that_is_a_file(results, tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(FileExistsError):
        write(results, file)
