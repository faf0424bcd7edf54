"""The SVD suite: latentia, scikit-learn and plain NumPy on the same matrices."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, get_args

from latentia.benchmarks import machine
from latentia.benchmarks.cases import Case, DType, cases
from latentia.benchmarks.kernels import kernel_limits, read_bandwidth
from latentia.benchmarks.memory import memory_bar, working_memory
from latentia.benchmarks.methods import BASELINE, LATENTIA, SVD_METHODS, Method
from latentia.benchmarks.quality import (
    column_means,
    excess_residual,
    optimal_residual,
    orthonormality,
)
from latentia.benchmarks.reference_numpy import Matrix
from latentia.benchmarks.results import (
    Bar,
    MethodResult,
    Progress,
    Quantity,
    Results,
    Size,
)
from latentia.benchmarks.timing import Timing, interleaved

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
    if size not in get_args(Size):
        raise ValueError(f"size must be one of {get_args(Size)}, got {size!r}")
    methods: list[MethodResult] = []
    limits: dict[str, Quantity] = {}
    notes: list[str] = []
    for case in cases(size):
        progress(case.name)
        try:
            A = case.make()
        except FileNotFoundError as error:
            notes.append(f"{case.name} is left out. {error}")
            progress(notes[-1])
            continue
        methods += run_case(case, A)
        if case.centered:
            limits[f"{case.name}: time over SVD"] = _time_over_svd(case, A)
    for dtype in get_args(DType):
        progress(f"FMA peak and fused pass, {dtype}")
        limits |= kernel_limits(dtype)
    progress("read bandwidth")
    limits["read bandwidth"] = read_bandwidth()
    return Results(
        suite="svd",
        size=size,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=machine.describe(),
        methods=tuple(methods),
        limits=limits,
        notes=tuple(notes),
    )


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
    timings = _timed(case, compared, A, case.repeats)
    timings |= _timed(case, references, A, case.reference_repeats)
    center = column_means(A) if case.centered else None
    optimal = optimal_residual(A, case.rank, center=center)
    weighed = compared if case.measure_memory else {}
    results = []
    for name, method in {**compared, **references}.items():
        U, s, Vt, own_center = method.factors(timings[name].result)
        excess = excess_residual(A, U, s, Vt, optimal, center=own_center)
        result = MethodResult(
            case=case.name,
            method=name,
            times=timings[name].times,
            speedup=Quantity(timings[BASELINE].median / timings[name].median, "×"),
            excess=Quantity(excess),
            orthonormality=Quantity(max(orthonormality(U), orthonormality(Vt.T))),
            memory=working_memory(case, method, A) if name in weighed else None,
        )
        results.append(_with_bars(result, case, A) if name == LATENTIA else result)
    return results


def _timed(
    case: Case, methods: Mapping[str, Method], A: Matrix, repeats: int
) -> dict[str, Timing[Any]]:
    functions = {
        name: partial(method.run, A, case.rank) for name, method in methods.items()
    }
    return interleaved(functions, repeats=repeats)


def _with_bars(result: MethodResult, case: Case, A: Matrix) -> MethodResult:
    memory = result.memory
    return replace(
        result,
        speedup=replace(result.speedup, bar=case.speed_bar),
        excess=replace(result.excess, bar=case.excess_bar),
        orthonormality=replace(
            result.orthonormality, bar=_ORTHONORMALITY_BARS[A.dtype.name]
        ),
        memory=memory and replace(memory, bar=memory_bar(case, A)),
    )


def _time_over_svd(case: Case, A: Matrix) -> Quantity:
    """Latentia's time for a centred case over that for the same matrix as it is."""
    functions = {
        "centred": partial(case.methods.compared[LATENTIA].run, A, case.rank),
        "as it is": partial(SVD_METHODS.compared[LATENTIA].run, A, case.rank),
    }
    timings = interleaved(functions, repeats=case.repeats)
    ratio = timings["centred"].median / timings["as it is"].median
    return Quantity(ratio, "×", _PCA_OVER_SVD_BAR)
