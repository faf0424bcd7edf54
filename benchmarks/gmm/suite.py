"""The mixture suite: latentia, scikit-learn and plain NumPy from the same start."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import get_args

from latentia.benchmarks.comparison import Measures, compare
from latentia.benchmarks.data import DType
from latentia.benchmarks.gmm.cases import Case, cases
from latentia.benchmarks.gmm.iteration import iteration_limits
from latentia.benchmarks.gmm.memory import fit_memory
from latentia.benchmarks.gmm.methods import Method, Mixture, Work
from latentia.benchmarks.gmm.start import short_start
from latentia.benchmarks.limits import read_bandwidth
from latentia.benchmarks.reference_numpy import FloatArray, log_likelihood
from latentia.benchmarks.results import (
    BASELINE,
    SPEEDUP,
    MethodResult,
    Quantity,
    Results,
    Size,
)
from latentia.benchmarks.runner import Found, Progress, Step, limits_step, run_suite

LOG_LIKELIHOOD = "mean log-likelihood"
BELOW_BASELINE = f"log-likelihood below {BASELINE}'s"


def run_gmm(size: Size, *, progress: Progress) -> Results:
    """Run the suite: seconds at the small size, minutes at the full one.

    Parameters
    ----------
    size : {"small", "full"}
    progress : callable
        Called with a line of text as each step begins.

    Returns
    -------
    Results
        What needs data that are not on this machine is left out, with a note.

    Raises
    ------
    ValueError
        If ``size`` is another.
    """
    return run_suite("gmm", _steps, size, quality=BELOW_BASELINE, progress=progress)


def _steps(size: Size) -> Iterator[Step]:
    for case in cases(size):
        yield Step(case.name, partial(_run_case, case))
    for dtype in get_args(DType):
        name = f"FMA peak and EM iteration, {dtype}"
        yield limits_step(name, partial(iteration_limits, size, dtype))
    yield limits_step("extra memory of fit", partial(fit_memory, size))
    yield limits_step("read bandwidth", read_bandwidth)


def _run_case(case: Case) -> Found:
    return Found(run_case(case, case.make()))


def run_case(case: Case, X: FloatArray) -> list[MethodResult]:
    """Time a case's methods on its matrix, and judge what they return.

    Parameters
    ----------
    case : Case
    X : ndarray of shape (n, d)
        What ``case.make()`` returned.

    Returns
    -------
    list of MethodResult
        One for each of the methods and references, in this order.
    """
    work = work_of(case, X)
    bars = {BELOW_BASELINE: case.quality_bar}
    return compare(
        case.name,
        _runs(case.methods.compared, X, work),
        _runs(case.methods.references, X, work),
        repeats=case.repeats,
        reference_repeats=case.reference_repeats,
        judge=partial(judge, case, X),
        bars=bars if case.speed_bar is None else bars | {SPEEDUP: case.speed_bar},
    )


def work_of(case: Case, X: FloatArray) -> Work:
    """Find the start that a case asks for, the same for all methods."""
    K, covariance_type = case.n_components, case.covariance_type
    start = None if case.n_iter is None else short_start(X, K, covariance_type)
    return Work(K, covariance_type, start, case.n_iter)


def _runs(
    methods: Mapping[str, Method], X: FloatArray, work: Work
) -> dict[str, partial[Mixture]]:
    return {name: partial(method, X, work) for name, method in methods.items()}


def judge(
    case: Case, X: FloatArray, mixtures: dict[str, Mixture]
) -> dict[str, Measures]:
    """Work out all log-likelihoods by the same function, in float64.

    Parameters
    ----------
    case : Case
    X : ndarray of shape (n, d)
    mixtures : dict of str to Mixture
        What each method found, scikit-learn among them.

    Returns
    -------
    dict of str to Measures
    """
    found = {
        name: log_likelihood(X, *mixture, covariance_type=case.covariance_type)
        for name, mixture in mixtures.items()
    }
    baseline = found[BASELINE]
    judged: dict[str, Measures] = {}
    for name, value in found.items():
        judged[name] = {LOG_LIKELIHOOD: Quantity(value, "nats")}
        if name != BASELINE:
            below = (baseline - value) / abs(baseline)
            judged[name][BELOW_BASELINE] = Quantity(below)
    return judged
