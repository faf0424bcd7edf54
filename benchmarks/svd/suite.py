"""The SVD suite: latentia, scikit-learn and plain NumPy on the same matrices."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, get_args

from latentia.benchmarks.comparison import Measures, compare
from latentia.benchmarks.data import DType
from latentia.benchmarks.limits import read_bandwidth
from latentia.benchmarks.quality import (
    column_means,
    excess_residual,
    optimal_residual,
    orthonormality,
)
from latentia.benchmarks.reference_numpy import Matrix
from latentia.benchmarks.results import (
    LATENTIA,
    SPEEDUP,
    Bar,
    MethodResult,
    Quantity,
    Results,
    Size,
)
from latentia.benchmarks.runner import Found, Progress, Step, limits_step, run_suite
from latentia.benchmarks.svd.cases import Case, cases
from latentia.benchmarks.svd.kernels import pass_limits
from latentia.benchmarks.svd.memory import memory_bar, working_memory
from latentia.benchmarks.svd.methods import SVD_METHODS, Method
from latentia.benchmarks.timing import interleaved

EXCESS, ORTHONORMALITY = "excess residual", "orthonormality"
MEMORY = "working memory"

_PCA_OVER_SVD_BAR = Bar("≤", 1.3)

# Rounding in the inner product of two unit vectors, a sum over many rows.
_ORTHONORMALITY_BARS = {"float32": Bar("≤", 1e-5), "float64": Bar("≤", 1e-12)}


def run_svd(size: Size, *, progress: Progress) -> Results:
    """Run the suite: seconds at the small size, minutes at the full one.

    Parameters
    ----------
    size : {"small", "full"}
    progress : callable
        Called with a line of text as each step begins.

    Returns
    -------
    Results
        A case whose data are not on this machine is left out, with a note.

    Raises
    ------
    ValueError
        If ``size`` is another.
    """
    return run_suite("svd", _steps, size, quality=EXCESS, progress=progress)


def _steps(size: Size) -> Iterator[Step]:
    for case in cases(size):
        yield Step(case.name, partial(_run_case, case))
    for dtype in get_args(DType):
        name = f"FMA peak and fused pass, {dtype}"
        yield limits_step(name, partial(pass_limits, dtype))
    yield limits_step("read bandwidth", read_bandwidth)


def _run_case(case: Case) -> Found:
    A = case.make()
    limits = {}
    methods = run_case(case, A)
    if case.centered:
        limits[f"{case.name}: time over SVD"] = _time_over_svd(case, A)
    return Found(methods, limits)


def run_case(case: Case, A: Matrix) -> list[MethodResult]:
    """Time a case's methods on its matrix, and judge what they return.

    Parameters
    ----------
    case : Case
    A : array or sparse matrix of shape (m, n)
        What ``case.make()`` returned.

    Returns
    -------
    list of MethodResult
        One for each of the methods and references, in this order.
    """
    compared, references = case.methods
    bars = {
        EXCESS: case.excess_bar,
        ORTHONORMALITY: _ORTHONORMALITY_BARS[A.dtype.name],
        MEMORY: memory_bar(case, A),
    }
    return compare(
        case.name,
        _runs(compared, A, case.rank),
        _runs(references, A, case.rank),
        repeats=case.repeats,
        reference_repeats=case.reference_repeats,
        judge=partial(_judge, case, A),
        bars=bars if case.speed_bar is None else bars | {SPEEDUP: case.speed_bar},
    )


def _runs(methods: Mapping[str, Method], A: Matrix, k: int) -> dict[str, Any]:
    return {name: partial(method.run, A, k) for name, method in methods.items()}


def _judge(case: Case, A: Matrix, answers: dict[str, Any]) -> dict[str, Measures]:
    compared, references = case.methods
    center = column_means(A) if case.centered else None
    optimal = optimal_residual(A, case.rank, center=center)
    weighed = compared if case.measure_memory else {}
    judged: dict[str, Measures] = {}
    for name, method in {**compared, **references}.items():
        U, s, Vt, own_center = method.factors(answers[name])
        excess = excess_residual(A, U, s, Vt, optimal, center=own_center)
        judged[name] = {
            EXCESS: Quantity(excess),
            ORTHONORMALITY: Quantity(max(orthonormality(U), orthonormality(Vt.T))),
        }
        memory = working_memory(case, method, A) if name in weighed else None
        if memory is not None:
            judged[name][MEMORY] = memory
    return judged


def _time_over_svd(case: Case, A: Matrix) -> Quantity:
    """Latentia's time for a centred case over that for the same matrix as it is."""
    functions = {
        "centred": partial(case.methods.compared[LATENTIA].run, A, case.rank),
        "as it is": partial(SVD_METHODS.compared[LATENTIA].run, A, case.rank),
    }
    timings = interleaved(functions, repeats=case.repeats)
    ratio = timings["centred"].median / timings["as it is"].median
    return Quantity(ratio, "×", _PCA_OVER_SVD_BAR)
