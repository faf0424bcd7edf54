"""When a bar is reached."""

import pytest

from latentia.benchmarks.results import Quantity, Target


@pytest.mark.parametrize(
    ("relation", "value", "met"),
    [
        ("≥", 7.0, True),
        ("≥", 6.9, False),
        ("≤", 7.0, True),
        ("≤", 7.1, False),
        ("≤", -7.1, True),
        ("±", 7.0, True),
        ("±", -7.0, True),
        ("±", -7.1, False),
        ("≥", float("nan"), False),
        ("≤", float("nan"), False),
        ("±", float("nan"), False),
    ],
)
def test_bar(relation, value, met):
    assert Quantity(value, target=Target(relation, 7)).met is met


def test_no_bar_is_neither_met_nor_missed():
    assert Quantity(1.0).met is None


def test_all_quantities_of_a_run_are_found(results):
    assert len(results.quantities) == 7
    assert sum(q.met is not None for q in results.quantities) == 4
