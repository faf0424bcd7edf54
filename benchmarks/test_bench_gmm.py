"""The small mixtures under pytest-benchmark: ``pytest benchmarks``.

Times are recorded and never asserted; the answers are asserted.
"""

from functools import cache

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from latentia.benchmarks.gmm.cases import cases
from latentia.benchmarks.gmm.methods import Method, Work, fit_scikit_learn
from latentia.benchmarks.gmm.suite import BELOW_BASELINE, judge, work_of
from latentia.benchmarks.reference_numpy import FloatArray
from latentia.benchmarks.results import BASELINE

CASES = {case.name: case for case in cases("small")}

METHODS = [
    pytest.param(case.name, name, method, id=f"{case.name}-{name}")
    for case in CASES.values()
    for group in case.methods
    for name, method in group.items()
]


@cache
def prepared(case_name: str) -> tuple[FloatArray, Work]:
    """Make the matrix of a case and find its start."""
    case = CASES[case_name]
    try:
        X = case.make()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    return X, work_of(case, X)


@pytest.mark.parametrize(("case_name", "name", "method"), METHODS)
def test_method_finds_what_scikit_learn_finds(
    benchmark: BenchmarkFixture, case_name: str, name: str, method: Method
) -> None:
    case = CASES[case_name]
    X, work = prepared(case_name)
    benchmark.group = case_name
    found = benchmark(method, X, work)
    baseline = fit_scikit_learn(X, work)
    measures = judge(case, X, {name: found, BASELINE: baseline})[name]
    if name != BASELINE:
        benchmark.extra_info["below"] = measures[BELOW_BASELINE].value
        assert case.quality_bar.met_by(measures[BELOW_BASELINE].value)
