"""The small cases under pytest-benchmark: ``pytest benchmarks``.

Times are recorded and never asserted; the answers are asserted.
"""

from functools import cache
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from latentia.benchmarks import SUITES
from latentia.benchmarks.results import BASELINE, LATENTIA, Target
from latentia.benchmarks.runner import Case

CASES = {
    f"{suite.name}: {case.name}": (suite, case)
    for suite in SUITES.values()
    for case in suite.cases("small")
}
METHODS = [
    pytest.param(name, method, id=f"{name}-{method}")
    for name, (suite, case) in CASES.items()
    for method in suite.compared(case)
]

# What scikit-learn's default reaches on the matrices of the SVD suite is 6e-4.
PEER_EXCESS = Target("≤", 1e-3)


@cache
def prepared(name: str) -> tuple[Any, Any, Any]:
    """Make the matrix of a case, the task with its start, and scikit-learn's answer."""
    suite, case = CASES[name]
    try:
        A = case.make()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    task = suite.prepare(A, case.task)
    return A, task, suite.methods[BASELINE](A, task)


def target_of(case: Case, method: str, quality: str) -> Target:
    """Return latentia's target, or that of its peers where they reach less."""
    is_svd = quality == SUITES["svd"].quality
    return PEER_EXCESS if is_svd and method != LATENTIA else case.targets[quality]


@pytest.mark.parametrize(("name", "method"), METHODS)
def test_method_finds_an_answer_that_meets_the_target(
    benchmark: BenchmarkFixture, name: str, method: str
) -> None:
    suite, case = CASES[name]
    A, task, baseline = prepared(name)
    benchmark.group = name
    found = benchmark(suite.methods[method], A, task)
    measures = suite.judge(A, task, {BASELINE: baseline, method: found})[method]
    if suite.quality in measures:  # scikit-learn is not compared with itself
        value = measures[suite.quality].value
        benchmark.extra_info[suite.quality] = value
        assert target_of(case, method, suite.quality).met_by(value)
