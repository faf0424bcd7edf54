"""The measurements of a card, as far as they run without one."""

import json

import pytest

pytest.importorskip("torch")

from latentia.benchmarks import cuda


def test_all_parts_run_on_the_cpu(tmp_path, capsys):
    out = tmp_path / "cuda.json"
    assert cuda.main(["--device", "cpu", "--small", "-o", str(out)]) == 0
    lines = json.loads(out.read_text())["lines"]
    assert [line for line in lines if line["name"] == "failed"] == []
    parts = ["card", "sparse", "mixture", "PCA", "NMF", "streamed"]
    assert {*parts, "training"} == {line["part"] for line in lines}
    assert "torch.svd_lowrank" in capsys.readouterr().out


def test_parts_without_time_say_so():
    found = [*cuda.measure(cuda.torch.device("cpu"), cuda.SMALL, -1.0)]
    assert [line.value for line in found] == ["no time left"] * len(cuda.PARTS)
