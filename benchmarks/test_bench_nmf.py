"""The small factorisations under pytest-benchmark: ``pytest benchmarks``.

Times are recorded and never asserted; the answers are asserted.
"""

from functools import cache

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from latentia.benchmarks.nmf.cases import cases
from latentia.benchmarks.nmf.methods import Method, Work, fit_scikit_learn
from latentia.benchmarks.nmf.objective import EXCESS, judge
from latentia.benchmarks.nmf.suite import started
from latentia.benchmarks.reference_numpy import Factors, Matrix
from latentia.benchmarks.results import BASELINE

CASES = {case.name: case for case in cases("small")}

METHODS = [
    pytest.param(case.name, name, method, id=f"{case.name}-{name}")
    for case in CASES.values()
    for group in case.methods
    for name, method in group.items()
]


@cache
def prepared(case_name: str) -> tuple[Matrix, Work, Factors]:
    """Make the matrix of a case, its start, and scikit-learn's answer."""
    case = CASES[case_name]
    try:
        A = case.source.make()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    work = started(case, A)
    return A, work, fit_scikit_learn(A, work)


@pytest.mark.parametrize(("case_name", "name", "method"), METHODS)
def test_method_comes_as_low_as_scikit_learn(
    benchmark: BenchmarkFixture, case_name: str, name: str, method: Method
) -> None:
    A, work, baseline = prepared(case_name)
    benchmark.group = case_name
    found = benchmark(method, A, work)
    measures = judge(A, work, {name: found, BASELINE: baseline})[name]
    if name != BASELINE:
        benchmark.extra_info["above"] = measures[EXCESS].value
        assert CASES[case_name].objective_bar.met_by(measures[EXCESS].value)
