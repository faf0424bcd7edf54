"""The NMF suite: latentia, scikit-learn and plain NumPy from the same start."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import sklearn.decomposition

import latentia
from latentia.benchmarks.data import (
    N_FASHION_MNIST,
    DType,
    Source,
    fashion_mnist,
    zipf_counts,
)
from latentia.benchmarks.quality import Loss, objective
from latentia.benchmarks.reference_numpy import (
    Factors,
    FloatArray,
    Matrix,
    multiplicative_nmf,
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
from latentia.benchmarks.runner import Case, Method, on_one_blas_thread
from latentia.benchmarks.timing import MIB, extra_memory

OBJECTIVE, MEMORY = "objective", "extra memory"
ABOVE_BASELINE = f"objective above {BASELINE}'s"

# On few rows, other local minima are further off.
OBJECTIVE_TARGETS = {"small": Target("≤", 1e-2), "full": Target("≤", 1e-3)}
"""How far above a peer's objective latentia's may lie, as a part of it."""

_COUNTS_SHAPE = {
    "small": (5_000, 2_000, 100_000),
    "full": (50_000, 20_000, 1_000_000),
}

# Latentia may take 32 MiB for tiles and threads, four pairs of factors (the start, the
# state, the sums, the answer) and two copies of what a sparse matrix stores (one by
# columns, one to spare); nothing as large as a dense matrix.
_FLOOR = 32 * MIB
_N_FACTORS = 4
_N_COPIES_OF_STORED = 2

_MEMORY_ITER = 3  # as many as need anything

_NUMPY = "NumPy multiplicative updates"


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked for: ``n_iter`` iterations from ``start``, or from a random one.

    With ``observed_only``, unstored entries of a sparse matrix are missing, not zero.
    """

    n_components: int
    solver: Literal["mu", "cd"]
    loss: Loss
    n_iter: int
    start: Factors | None = None
    observed_only: bool = False

    @property
    def name(self) -> str:
        """Its rank and its updates, for tables."""
        return f"k={self.n_components}, {_NAMES[self.solver, self.loss]}"


MULTIPLICATIVE = partial(Task, solver="mu", loss="frobenius", n_iter=30)
HALS = partial(Task, solver="cd", loss="frobenius", n_iter=30)
KULLBACK_LEIBLER = partial(Task, solver="mu", loss="kullback-leibler", n_iter=15)

_NAMES = {
    ("mu", "frobenius"): "multiplicative",
    ("cd", "frobenius"): "HALS",
    ("mu", "kullback-leibler"): "Kullback–Leibler",
}


def cases(size: Size) -> list[Case]:
    """List the cases of a size; the small one has one run, and no targets of speed."""
    images, wide = (fashion_pictures(size, dtype) for dtype in ("float32", "float64"))
    counts = zipf_counts(*_COUNTS_SHAPE[size])
    one = (ONE_THREAD,)
    quick: dict[str, Any] = {"references": one, "repeats": 7, "reference_repeats": 3}
    weighed: dict[str, Any] = {"references": one, "measure_memory": True}
    found = [
        _case(images, MULTIPLICATIVE(40), 2.5, references=(ONE_THREAD, _NUMPY)),
        _case(images, HALS(40), 3.5, **weighed),
        _case(images, KULLBACK_LEIBLER(40), 3.5, **weighed),
        _case(wide, MULTIPLICATIVE(40), repeats=1),
        _case(wide, HALS(40), repeats=1),
        _case(counts, MULTIPLICATIVE(20), 3, **quick),
        _case(counts, HALS(20), 4, **quick),
        _case(counts, KULLBACK_LEIBLER(20), 12, **weighed),
    ]
    if size == "full":
        return found
    quality = {ABOVE_BASELINE: OBJECTIVE_TARGETS[size]}
    return [replace(case.small(), targets=quality) for case in found]


def _case(
    source: Source[Any],
    task: Task,
    speed: float | None = None,
    **settings: Any,
) -> Case:
    targets = {ABOVE_BASELINE: OBJECTIVE_TARGETS["full"]}
    if speed is not None:
        targets[SPEEDUP] = Target("≥", speed)
    settings = {"repeats": 3, "reference_repeats": 1, **settings}
    return Case(f"{source.name}, {task.name}", source.make, task, targets, **settings)


def fashion_pictures(size: Size, dtype: DType) -> Source[FloatArray]:
    """Name the pictures of Fashion-MNIST, a row each."""
    n = N_FASHION_MNIST[size]
    return Source(f"Fashion-MNIST {n}×784 {dtype}", partial(fashion_mnist, n, dtype))


def prepare(A: Matrix, task: Task) -> Task:
    """Give a task the start that all methods share."""
    return replace(task, start=random_start(A, task.n_components))


def random_start(A: Matrix, k: int, *, seed: int = 0) -> Factors:
    """Draw half-normal factors in the type of ``A``, with about its mean as product."""
    rng = np.random.default_rng(seed)
    m, n = A.shape
    scale = np.sqrt(A.mean() / k)
    W, H = (
        np.abs(scale * rng.standard_normal(shape)).astype(A.dtype)
        for shape in ((m, k), (k, n))
    )
    return Factors(W, H)


def fit_latentia(A: Matrix, task: Task) -> Factors:
    """Fit :class:`latentia.NMF`."""
    return fit_from(_latentia(task), A, task.start)


def fit_scikit_learn(A: Matrix, task: Task) -> Factors:
    """Fit scikit-learn's class of the same name."""
    return fit_from(sklearn.decomposition.NMF(**_settings(task)), A, task.start)


def errors_of_latentia(A: Matrix, task: Task) -> FloatArray:
    """Return the error of the start and after each iteration of latentia's.

    They are the ``n_iter + 1`` roots of twice the divergence.
    """
    nmf = _latentia(task)
    fit_from(nmf, A, task.start)
    return np.asarray(nmf.reconstruction_errs_)


def _latentia(task: Task) -> Any:
    return latentia.NMF(
        **_settings(task),
        missing="unobserved" if task.observed_only else None,
        alpha_W=0.0,
    )


def _settings(task: Task) -> dict[str, Any]:
    return {
        "n_components": task.n_components,
        "init": "random" if task.start is None else "custom",
        "solver": task.solver,
        "beta_loss": task.loss,
        "tol": 0,
        "max_iter": task.n_iter,
        "random_state": 0,
    }


def fit_from(nmf: Any, A: Matrix, start: Factors | None) -> Factors:
    """Fit from copies of a start, as scikit-learn works in what it is given."""
    own = {} if start is None else {"W": start.W.copy(), "H": start.H.copy()}
    return Factors(nmf.fit_transform(A, **own), nmf.components_)


def _fit_numpy(A: Matrix, task: Task) -> Factors:
    assert isinstance(A, np.ndarray)
    assert task.start is not None
    return multiplicative_nmf(A, *task.start, n_iter=task.n_iter)


METHODS: dict[str, Method] = {
    LATENTIA: fit_latentia,
    BASELINE: fit_scikit_learn,
    ONE_THREAD: partial(on_one_blas_thread, fit_scikit_learn),
    _NUMPY: _fit_numpy,
}


def judge(
    A: Matrix, task: Task, answers: Mapping[str, Factors], baseline: str = BASELINE
) -> dict[str, Measures]:
    """Work out all objectives, and how far they lie above the baseline's."""
    reached = {
        name: objective(A, *factors, task.loss, observed_only=task.observed_only)
        for name, factors in answers.items()
    }
    judged: dict[str, Measures] = {}
    for name, value in reached.items():
        judged[name] = {OBJECTIVE: Quantity(value)}
        if name != baseline:
            excess = (value - reached[baseline]) / reached[baseline]
            judged[name][f"objective above {baseline}'s"] = Quantity(excess)
    return judged


def weigh(case: Case, _: Matrix, method: Method) -> Measures:
    """Measure the extra memory of a fit from a random start that it makes itself."""
    few = replace(case.task, start=None, n_iter=_MEMORY_ITER)
    extra = extra_memory(case.make, partial(method, task=few))  # type: ignore[call-arg]
    return {} if extra is None else {MEMORY: extra}


def targets(case: Case, A: Matrix) -> dict[str, Target]:
    """Add to the targets of a case the memory that follows from its matrix."""
    return {**case.targets, MEMORY: memory_target(A, case.task)}


def memory_target(A: Matrix, task: Task) -> Target:
    """Give the extra memory that latentia may take, in MiB."""
    factors = sum(A.shape) * task.n_components * A.dtype.itemsize
    stored = 0
    if not isinstance(A, np.ndarray):
        stored = A.data.nbytes + A.indices.nbytes + A.indptr.nbytes
    allowed = _FLOOR + _N_FACTORS * factors + _N_COPIES_OF_STORED * stored
    return Target("≤", allowed / MIB)
