"""The small cases under pytest-benchmark: ``pytest benchmarks``.

Times are recorded and never asserted; the answers are asserted.
"""

from functools import cache

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from latentia.benchmarks.quality import (
    column_means,
    excess_residual,
    optimal_residual,
)
from latentia.benchmarks.reference_numpy import Matrix
from latentia.benchmarks.results import LATENTIA
from latentia.benchmarks.svd.cases import cases
from latentia.benchmarks.svd.methods import Method

CASES = {case.name: case for case in cases("small")}

# What scikit-learn's default reaches on these matrices is 6e-4.
PEER_EXCESS = 1e-3

METHODS = [
    pytest.param(case.name, name, method, id=f"{case.name}-{name}")
    for case in CASES.values()
    for group in case.methods
    for name, method in group.items()
]


@cache
def matrix(case_name: str) -> tuple[Matrix, float]:
    """Make the matrix of a case and find its best residual."""
    case = CASES[case_name]
    try:
        A = case.make()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    center = column_means(A) if case.centered else None
    return A, optimal_residual(A, case.rank, center=center)


@pytest.mark.parametrize(("case_name", "name", "method"), METHODS)
def test_method_finds_the_best_rank_k_approximation(
    benchmark: BenchmarkFixture, case_name: str, name: str, method: Method
) -> None:
    case = CASES[case_name]
    A, optimal = matrix(case_name)
    benchmark.group = case_name
    answer = benchmark(method.run, A, case.rank)
    U, s, Vt, center = method.factors(answer)
    excess = excess_residual(A, U, s, Vt, optimal, center=center)
    benchmark.extra_info["excess"] = excess
    assert excess <= (case.excess_bar.limit if name == LATENTIA else PEER_EXCESS)
