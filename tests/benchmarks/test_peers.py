"""The peers suite: which effort is as good, and who is missing.

That every adapter here works is what test_suites.py finds: it allows no notes.
"""

from types import SimpleNamespace

from latentia.benchmarks import timing
from latentia.benchmarks.peers.compare import (
    SHORTFALL,
    Family,
    Peer,
    compare,
    fastest_peer,
    least_effort,
)
from latentia.benchmarks.results import (
    BASELINE,
    LATENTIA,
    MethodResult,
    Quantity,
    Target,
)
from latentia.benchmarks.runner import Case
from latentia.benchmarks.table import as_markdown


def test_the_least_effort_that_is_as_good_or_the_last():
    tried = []

    def fit(effort):
        tried.append(effort)
        return effort

    assert least_effort(fit, (1, 2, 4, 8), lambda found: found > 2, most=60) == 4
    assert least_effort(fit, (1, 2, 4), lambda found: False, most=60) == 4
    assert least_effort(fit, (1, 2, 4), lambda found: False, most=0) == 1
    assert tried == [1, 2, 4, 1, 2, 4, 1]


def test_the_fastest_that_is_as_good_is_named():
    results = [
        MethodResult("case", name, (seconds,), {SHORTFALL: Quantity(shortfall)})
        for name, seconds, shortfall in (
            (LATENTIA, 2.0, 0.0),
            ("worse", 0.5, 0.2),
            ("good", 3.0, 0.1),
            ("slow", 4.0, 0.0),
        )
    ]
    ((name, ratio),) = fastest_peer("case", results, 0.1).items()
    assert name == "case: fastest peer as good, good: time over ours"
    assert ratio.value == 1.5
    assert fastest_peer("case", results[:2], 0.1) == {}


def test_missing_packages_are_named_and_failures_noted(results, monkeypatch):
    monkeypatch.setattr(timing, "_PAUSE", 0)

    def unable(*_):
        raise NotImplementedError

    def fail(*_):
        raise RuntimeError

    def method(*_):
        return 1.0

    suite = SimpleNamespace(
        prepare=lambda A, task: task, methods={LATENTIA: method}, quality="error"
    )
    peers = {
        BASELINE: Peer("json", lambda *given: given[-1], (0.2, 0.9, 1.0)),
        "missing": Peer("no_such_package", method),
        "unable": Peer("json", unable),
        "failing": Peer("json", fail),
    }

    def judge(answers):
        return {name: {"error": Quantity(1 - x)} for name, x in answers.items()}

    family = Family(suite, peers, lambda *_: judge, "error")
    found = compare(
        family, Case("case", lambda: None, None, {"error": Target("≤", 0.15)})
    )
    ours, peer, missing = found.methods
    assert [one.method for one in found.methods] == [LATENTIA, BASELINE, "missing"]
    assert ours.measures[SHORTFALL].value == 0
    assert peer.measures["iterations"].value == 0.9
    assert found.notes == ["case: failing failed, RuntimeError"]
    object.__setattr__(results, "methods", (ours, peer, missing))
    assert "|  | missing | not installed |" in as_markdown(results)
