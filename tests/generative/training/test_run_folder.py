"""What a run writes into its folder."""

import json

import pytest

pytest.importorskip("torch")

from latentia.generative.training.run_folder import RunFolder


def refuse(constant):
    raise ValueError(f"{constant} is no JSON")


def test_metrics_are_json(tmp_path):
    """Of a decoder that is not chosen the score is infinite, of a bad loss NaN."""
    rows = [
        {"step": 1, "score": 0.1 + 0.2, "event": "begins"},
        {"step": 2, "score": float("inf"), "loss": float("nan"), "low": -float("inf")},
    ]
    RunFolder(tmp_path, resumed=False).write_metrics(rows)
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    told = [json.loads(line, parse_constant=refuse) for line in lines]
    assert told[0] == rows[0]
    assert told[1] == {"step": 2, "score": None, "loss": None, "low": None}
