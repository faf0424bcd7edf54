"""The steps of a made-up suite."""

import pytest

from latentia.benchmarks.results import MethodResult, Quantity
from latentia.benchmarks.runner import Found, Step, limits_step, run_suite


def absent():
    raise FileNotFoundError("no pictures here")


def steps(size):
    first = MethodResult("a", "b", (1.0,), {})
    yield Step("first", lambda: Found([first], pictures={"a": b"PNG"}))
    yield Step("pictures", absent)
    yield limits_step(f"{size} limits", lambda: {"peak": Quantity(3.0)})


def run(size, progress):
    return run_suite("made", steps, size, quality="error", progress=progress)


def test_steps_are_taken_in_turn_and_what_is_absent_is_left_out():
    lines = []
    results = run("full", lines.append)
    note = "pictures is left out. no pictures here"
    assert lines == ["first", "pictures", note, "full limits"]
    assert results.notes == (note,)
    assert [result.case for result in results.methods] == ["a"]
    assert results.limits == {"peak": Quantity(3.0)}
    assert results.pictures == {"a": b"PNG"}
    assert results.baseline == "scikit-learn"
    assert (results.suite, results.size, results.quality) == ("made", "full", "error")
    assert results.date.endswith("+00:00")


def test_unknown_size():
    with pytest.raises(ValueError, match=r"size must be one of .* got 'huge'"):
        run("huge", print)
