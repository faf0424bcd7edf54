"""The mixture suite: latentia, scikit-learn and plain NumPy from the same start."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, get_args

import numpy as np
import sklearn.mixture
from sklearn.cluster import KMeans

import latentia
from latentia.benchmarks.data import (
    DType,
    Source,
    clusters,
    fashion_components,
    overlapping,
)
from latentia.benchmarks.limits import Kernel, read_bandwidth, shares_of_peak
from latentia.benchmarks.reference_numpy import (
    CovarianceType,
    FloatArray,
    Start,
    e_step,
    em,
    inverse,
    log_likelihood,
    m_step,
)
from latentia.benchmarks.results import (
    BASELINE,
    LATENTIA,
    ONE_THREAD,
    SPEEDUP,
    Measures,
    Quantity,
    Size,
    Target,
)
from latentia.benchmarks.runner import (
    Case,
    Method,
    Step,
    Suite,
    limits_step,
    on_one_blas_thread,
)
from latentia.benchmarks.timing import extra_memory, unconverged

LOG_LIKELIHOOD = "mean log-likelihood"
BELOW_BASELINE = f"log-likelihood below {BASELINE}'s"

_N_ITER = 10
_N_MADE = {"small": 20_000, "full": 500_000}

_FASHION_SPEEDS = {
    "float64": {"full": 8, "tied": 15, "diag": 4, "spherical": 4},
    "float32": {"full": 10, "tied": 15, "diag": 4, "spherical": 4},
}
_MADE_SPEEDS = {"full": 15, "tied": 15, "diag": 8, "spherical": 8}

# Of few rows, other local optima are further off.
_DEFAULT_FIT_TARGETS = {"small": Target("≤", 2e-2), "full": Target("≤", 5e-3)}
_SAME_START_TARGETS = {"float64": Target("±", 1e-6), "float32": Target("±", 1e-4)}

_START_ROWS = 10_000
_LLOYD_STEPS = 10

_N_LIMIT_ITER = 20
_SHARE_TARGET = Target("≥", 60)

# To within what the system counts in: 1 MiB, and a tenth for the run of the threads.
_GROWTH, _ROUNDING = 1.1, 1.0

_NUMPY = "NumPy EM"


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked for: ``n_iter`` iterations from ``start``.

    Without a start the estimators find their own; without ``n_iter`` they stop when
    they have converged.
    """

    n_components: int
    covariance_type: CovarianceType
    start: Start | None = None
    n_iter: int | None = _N_ITER


class Mixture(NamedTuple):
    """What comes back: (K,), (K, d) and the shape of the covariance type."""

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray


def cases(size: Size) -> list[Case]:
    """List the cases of a size; the small one has one run, and no targets of speed."""
    sized = [
        case
        for dtype in ("float64", "float32")
        for case in _of_each_type(
            fashion_components(size, dtype),
            10,
            _FASHION_SPEEDS[dtype],
            _SAME_START_TARGETS[dtype],
        )
    ]
    made, same = clusters(_N_MADE[size]), _SAME_START_TARGETS["float64"]
    sized += _of_each_type(made, 8, _MADE_SPEEDS, same)
    whole = fashion_components(size, "float64")
    sized.append(
        Case(
            f"{whole.name}, K=10, full, default fit",
            whole.make,
            Task(10, "full", n_iter=None),
            {SPEEDUP: Target("≥", 5), BELOW_BASELINE: _DEFAULT_FIT_TARGETS[size]},
            repeats=3,
        )
    )
    return sized if size == "full" else [case.small() for case in sized]


def _of_each_type(
    source: Source[FloatArray], K: int, speeds: Mapping[str, int], quality: Target
) -> list[Case]:
    return [
        Case(
            f"{source.name}, K={K}, {covariance_type}",
            source.make,
            Task(K, covariance_type),
            {
                SPEEDUP: Target("≥", speeds[covariance_type]),
                BELOW_BASELINE: quality,
            },
            # NumPy's once a matrix, as it is slow
            (ONE_THREAD, *([_NUMPY] if covariance_type == "full" else [])),
        )
        for covariance_type in get_args(CovarianceType)
    ]


def prepare(X: FloatArray, task: Task) -> Task:
    """Give a task with a set number of iterations the start that all methods share."""
    if task.n_iter is None:
        return task
    return replace(task, start=short_start(X, task.n_components, task.covariance_type))


def short_start(
    X: FloatArray, n_components: int, covariance_type: CovarianceType
) -> Start:
    """Take the clusters that a short k-means finds among the first rows.

    It is in the type of ``X``, so that no method has to compute in a wider one.
    """
    rows = X[:_START_ROWS].astype(np.float64)
    k_means = KMeans(n_components, n_init=1, max_iter=_LLOYD_STEPS, random_state=0)
    # Each row belongs to its cluster alone.
    r = np.eye(n_components)[k_means.fit(rows).labels_]
    weights, means, covariances = m_step(rows, r, covariance_type)
    precisions = inverse(covariances, covariance_type)
    return Start(*(part.astype(X.dtype) for part in (weights, means, precisions)))


def fit_latentia(X: FloatArray, task: Task) -> Mixture:
    """Fit :class:`latentia.GaussianMixture`."""
    return _fit(latentia.GaussianMixture, X, task)


def fit_scikit_learn(X: FloatArray, task: Task) -> Mixture:
    """Fit scikit-learn's class of the same name."""
    return _fit(sklearn.mixture.GaussianMixture, X, task)


def _fit(estimator: Callable[..., Any], X: FloatArray, task: Task) -> Mixture:
    settings: dict[str, Any] = {}
    if task.start is not None:
        settings = {f"{name}_init": part for name, part in task.start._asdict().items()}
    if task.n_iter is not None:
        settings |= {"max_iter": task.n_iter, "tol": 0}
    mixture = estimator(
        task.n_components,
        covariance_type=task.covariance_type,
        random_state=0,
        **settings,
    )
    unconverged(mixture.fit, X)
    return Mixture(mixture.weights_, mixture.means_, mixture.covariances_)


def _fit_numpy(X: FloatArray, task: Task) -> Mixture:
    assert task.start is not None
    assert task.n_iter is not None
    found = em(X, task.start, covariance_type=task.covariance_type, n_iter=task.n_iter)
    return Mixture(found.weights, found.means, found.covariances)


METHODS: dict[str, Method] = {
    LATENTIA: fit_latentia,
    BASELINE: fit_scikit_learn,
    ONE_THREAD: partial(on_one_blas_thread, fit_scikit_learn),
    _NUMPY: _fit_numpy,
}


def judge(
    X: FloatArray,
    task: Task,
    answers: Mapping[str, Mixture],
    baseline: str = BASELINE,
) -> dict[str, Measures]:
    """Work out all log-likelihoods by the same function, in float64.

    They are shown relative to the baseline's too.
    """
    found = {
        name: log_likelihood(X, *mixture, covariance_type=task.covariance_type)
        for name, mixture in answers.items()
    }
    judged: dict[str, Measures] = {}
    for name, value in found.items():
        judged[name] = {LOG_LIKELIHOOD: Quantity(value, "nats")}
        if name != baseline:
            below = (found[baseline] - value) / abs(found[baseline])
            judged[name][f"log-likelihood below {baseline}'s"] = Quantity(below)
    return judged


def iteration_limits(size: Size, dtype: DType) -> Measures:
    """Set iterations with full covariances in relation to the FMA peak.

    Of rows that overlap, each has a share in every component, and all operations are
    done. Of real ones most responsibilities are too small to count, and are not worked
    out: so the share of them that exceeds the square of the type's rounding unit, below
    which they are lost in every sum, is told too. The small size has no target.
    """
    sources = overlapping(size, dtype), fashion_components(size, dtype)
    targets = (_SHARE_TARGET if size == "full" else None, None)
    kernels, counted = [], {}
    for source, target in zip(sources, targets, strict=True):
        X = source.make()
        task = prepare(X, Task(10, "full", n_iter=_N_LIMIT_ITER))
        name = f"EM iteration, {source.name}, K={task.n_components}, full"
        # Half of them whiten the rows, half add up the scatter matrices: of each d × d
        # product a triangle is needed. ``2 n K d²`` an iteration
        operations = _N_LIMIT_ITER * 2 * X.size * task.n_components * X.shape[1]
        n_bytes = _N_LIMIT_ITER * X.nbytes
        fit = partial(fit_latentia, X, task)
        kernels.append(Kernel(name, fit, operations, n_bytes, target))
        _, r = e_step(X, *fit(), "full")
        share = 100 * float(np.mean(r > np.finfo(X.dtype).eps ** 2))
        counted[f"{name}, responsibilities above ε²"] = Quantity(share, "%")
    # What belongs to a matrix, together
    return dict(sorted((shares_of_peak(dtype, kernels) | counted).items()))


def fit_memory(size: Size) -> Measures:
    """Measure the peak of a fit, initialisation included, at ``n`` and ``4 n`` rows.

    latentia's at ``4 n`` has that at ``n`` for a target: it does not grow.
    """
    few, many = (clusters(times * _N_MADE[size]) for times in (1, 4))
    task = Task(8, "full")
    ours, peer = (partial(fit, task=task) for fit in (fit_latentia, fit_scikit_learn))
    at_n, at_4n = extra_memory(few.make, ours), extra_memory(many.make, ours)
    peer_at_n = extra_memory(few.make, peer)
    if at_n is None or at_4n is None or peer_at_n is None:
        return {}
    target = Target("≤", _GROWTH * at_n.value + _ROUNDING)
    return {
        f"extra memory of fit, {few.name}, {LATENTIA}": at_n,
        f"extra memory of fit, {many.name}, {LATENTIA}": replace(at_4n, target=target),
        f"extra memory of fit, {few.name}, {BASELINE}": peer_at_n,
    }


def steps(size: Size) -> Iterator[Step]:
    """List what is measured of iterations, memory and the machine."""
    for dtype in get_args(DType):
        name = f"FMA peak and EM iteration, {dtype}"
        yield limits_step(name, partial(iteration_limits, size, dtype))
    yield limits_step("extra memory of fit", partial(fit_memory, size))
    yield limits_step("read bandwidth", read_bandwidth)


GMM = Suite(
    name="gmm",
    quality=BELOW_BASELINE,
    cases=cases,
    methods=METHODS,
    prepare=prepare,
    judge=judge,
    steps=steps,
)
