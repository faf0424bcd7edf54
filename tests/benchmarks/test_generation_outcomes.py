"""Outcomes of trainings that are made up: kept, found again, and not believed."""

import json

import numpy as np

from latentia.benchmarks.generative.outcomes import CACHE_VARIABLE, Outcome, Outcomes
from latentia.benchmarks.results import LATENTIA

SAMPLES = np.arange(128, dtype=np.uint8).reshape(2, 8, 8)


def outcome():
    return Outcome(20.5, 640, {LATENTIA: SAMPLES}, elbo=-3.5)


def trainings(folder, monkeypatch, *, fail=False, seconds=20.0):
    """Ask for an outcome, and tell it and how often something was trained."""
    calls = []

    def train():
        calls.append(1)
        if fail:
            raise KeyboardInterrupt
        return outcome()

    monkeypatch.setenv(CACHE_VARIABLE, str(folder))
    outcomes = Outcomes.from_environment()
    try:
        found = [outcomes.get("a set, GAN", train, limit=seconds) for _ in range(2)]
    except KeyboardInterrupt:
        return None, len(calls)
    assert found[0] is found[1]
    return found[0], len(calls)


def test_what_was_trained_is_not_trained_again(tmp_path, monkeypatch):
    folder = tmp_path / "new"
    assert trainings(folder, monkeypatch, fail=True) == (None, 1)
    first, n_first = trainings(folder, monkeypatch)
    again, n_again = trainings(folder, monkeypatch)
    assert (n_first, n_again) == (1, 0)
    assert again == first == outcome()
    assert (again.samples[LATENTIA] == SAMPLES).all()


def test_of_another_length_or_machine_it_is(tmp_path, monkeypatch):
    trainings(tmp_path, monkeypatch)
    assert trainings(tmp_path, monkeypatch, seconds=600.0)[1] == 1
    (facts_file,) = tmp_path.glob("*.json")
    facts = json.loads(facts_file.read_text(encoding="utf-8"))
    facts["key"]["machine"] = "another"
    facts_file.write_text(json.dumps(facts), encoding="utf-8")
    assert trainings(tmp_path, monkeypatch, seconds=600.0)[1] == 1


def test_samples_without_facts_are_not_believed(tmp_path, monkeypatch):
    trainings(tmp_path, monkeypatch)
    (facts_file,) = tmp_path.glob("*.json")
    facts_file.unlink()
    assert trainings(tmp_path, monkeypatch)[1] == 1


def test_nothing_is_kept_without_a_folder(tmp_path, monkeypatch):
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    calls = []
    for _ in range(2):
        Outcomes.from_environment().get("GAN", lambda: calls.append(1) or outcome())
    assert len(calls) == 2
    assert list(tmp_path.iterdir()) == []
