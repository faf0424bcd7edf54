"""The SVD suite: latentia, scikit-learn and plain NumPy on the same matrices."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, get_args

import numpy as np
import sklearn.decomposition
import sklearn.utils.extmath

import latentia
from latentia import datasets
from latentia.benchmarks import reference_numpy
from latentia.benchmarks.data import (
    N_FASHION_MNIST,
    DType,
    Source,
    fashion_mnist,
    zipf_counts,
)
from latentia.benchmarks.limits import Kernel, read_bandwidth, shares_of_peak
from latentia.benchmarks.quality import (
    column_means,
    optimal_residual,
    orthonormality,
    residual_above_best,
)
from latentia.benchmarks.reference_numpy import FloatArray, Matrix
from latentia.benchmarks.results import (
    BASELINE,
    LATENTIA,
    ONE_THREAD,
    SPEEDUP,
    Measures,
    MethodResult,
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
from latentia.benchmarks.timing import MIB, extra_memory, interleaved
from latentia.rows import as_rows, normal_product

ABOVE_BEST, ORTHONORMALITY, MEMORY = (
    "residual above the best",
    "orthonormality",
    "working memory",
)

_RANK = 50
_DENSE_SHAPE = {"small": (3_000, 400), "full": (20_000, 2_000)}
_COUNTS_SHAPE = {
    "small": (10_000, 2_000, 200_000),
    "full": (200_000, 20_000, 4_000_000),
}

# Rounding in the inner product of two unit vectors, a sum over many rows.
_ORTHONORMALITY_TARGETS = {"float32": Target("≤", 1e-5), "float64": Target("≤", 1e-12)}
_PCA_OVER_SVD_TARGET = Target("≤", 1.3)

# Latentia may take 64 MiB and three bases. Five Krylov blocks of 32 columns hold rank
# 50; with a sixth and padding, a basis has up to 4 columns for each singular vector.
_FLOOR = 64 * MIB
_N_BASES = 3
_BASIS_COLUMNS_PER_RANK = 4

_PASS_COLUMNS = 32
_PASS_SHAPE = (20_000, 2_000)
_PASS_TARGET = Target("≥", 75)

_SUBSPACE, _KRYLOV = "NumPy subspace iteration", "NumPy block Krylov"


class Task(NamedTuple):
    """The rank, and whether ``A`` stands for ``A`` less its column means, as in PCA."""

    rank: int = _RANK
    centered: bool = False


class Factors(NamedTuple):
    """``A − 1 centerᵀ ≈ U diag(s) Vt``."""

    U: FloatArray
    s: FloatArray
    Vt: FloatArray
    center: FloatArray | None = None


def cases(size: Size) -> list[Case]:
    """List the cases of a size.

    The small size has few runs, and targets of speed only where its matrix is the one
    that the target is meant for.
    """
    m, n = _DENSE_SHAPE[size]
    counts = zipf_counts(*_COUNTS_SHAPE[size])
    n_images = N_FASHION_MNIST[size]
    images = Source(
        f"Fashion-MNIST {n_images}×784 float32", partial(fashion_mnist, n_images)
    )
    scaled = Source(
        f"decaying {m}×{n} float64, one column × 1e8", partial(_one_large_column, m, n)
    )
    other = (ONE_THREAD, _SUBSPACE, _KRYLOV)
    sized = [
        Case(
            source.name,
            source.make,
            Task(),
            _targets(speed, excess),
            other,
            measure_memory=weighed,
        )
        for source, speed, excess, weighed in (
            (_decaying(m, n, "float32"), 7, 1e-4, True),
            (_decaying(m, n, "float64"), 6, 1e-4, False),
            (scaled, None, 1e-4, False),
            (images, 6, 1.6e-4, False),
            (counts, 5, 1e-4, True),
        )
    ]
    pca = Task(centered=True)
    sized.append(
        Case(f"PCA of {counts.name}", counts.make, pca, _targets(), (_KRYLOV,))
    )
    if size == "small":
        sized = [case.small(repeats=3) for case in sized]
    # A millisecond of work, so more repeats for a steady median.
    tiny = _decaying(500, 50, "float64")
    own = Case(tiny.name, tiny.make, Task(10), _targets(1), other, repeats=15)
    return [*sized, own]


def _targets(speed: float | None = None, excess: float = 1e-4) -> dict[str, Target]:
    accuracy = {ABOVE_BEST: Target("≤", excess)}
    return accuracy if speed is None else accuracy | {SPEEDUP: Target("≥", speed)}


def _decaying(m: int, n: int, dtype: DType) -> Source[Matrix]:
    return Source(
        f"decaying {m}×{n} {dtype}",
        partial(datasets.make_decaying, m, n, dtype=dtype, random_state=0),
    )


def _one_large_column(m: int, n: int) -> Matrix:
    """Return a matrix whose first singular value is 10⁷ times the others'."""
    A = datasets.make_decaying(m, n, dtype="float64", random_state=0)
    A[:, 0] *= 1e8
    return A


def _latentia(A: Matrix, task: Task) -> Any:
    if task.centered:
        pca = latentia.PCA(task.rank, random_state=0)
        return pca.fit_transform(A), pca
    return latentia.randomized_svd(A, task.rank, random_state=0)


def _scikit_learn(A: Matrix, task: Task) -> Any:
    if task.centered:
        # Of its truncated solvers, ARPACK takes sparse matrices.
        solver = "auto" if isinstance(A, np.ndarray) else "arpack"
        pca = sklearn.decomposition.PCA(task.rank, svd_solver=solver, random_state=0)
        return pca.fit_transform(A), pca
    return sklearn.utils.extmath.randomized_svd(A, task.rank, random_state=0)


def _subspace(A: Matrix, task: Task) -> Any:
    return reference_numpy.randomized_svd(A, task.rank)


def _krylov(A: Matrix, task: Task) -> Any:
    mean = np.asarray(A.mean(axis=0)).ravel() if task.centered else None
    svd = reference_numpy.block_krylov_svd(
        A, task.rank, n_passes=4, block=task.rank, center=mean
    )
    return *svd, mean


def factors(answer: Any) -> Factors:
    """Read an answer: U, s and Vt, a center or none, or scores and a fitted PCA."""
    if len(answer) > 2:
        return Factors(*answer)
    scores, pca = answer
    s = pca.singular_values_
    return Factors(scores / s, s, pca.components_, pca.mean_)


METHODS: dict[str, Method] = {
    LATENTIA: _latentia,
    BASELINE: _scikit_learn,
    ONE_THREAD: partial(on_one_blas_thread, _scikit_learn),
    _SUBSPACE: _subspace,
    _KRYLOV: _krylov,
}


def optimum(A: Matrix, task: Task) -> float:
    """Return the least error that the rank of a task allows."""
    center = column_means(A) if task.centered else None
    return optimal_residual(A, task.rank, center=center)


def judge(
    A: Matrix, task: Task, answers: Mapping[str, Any], optimal: float | None = None
) -> dict[str, Measures]:
    """Work out how far each answer is from the best, and from orthonormal vectors.

    ``optimal`` is the :func:`optimum` where it is known.
    """
    if optimal is None:
        optimal = optimum(A, task)
    judged: dict[str, Measures] = {}
    for name, answer in answers.items():
        U, s, Vt, own_center = factors(answer)
        excess = residual_above_best(A, U, s, Vt, optimal, center=own_center)
        judged[name] = {
            ABOVE_BEST: Quantity(excess),
            ORTHONORMALITY: Quantity(max(orthonormality(U), orthonormality(Vt.T))),
        }
    return judged


def weigh(case: Case, A: Matrix, method: Method) -> Measures:
    """Measure the working memory of a method, ``U``, ``s`` and ``V`` not counted."""
    extra = extra_memory(case.make, partial(method, task=case.task))  # type: ignore[call-arg]
    answer = (sum(A.shape) + 1) * case.task.rank * A.dtype.itemsize / MIB
    return (
        {} if extra is None else {MEMORY: Quantity(max(extra.value - answer, 0), "MiB")}
    )


def targets(case: Case, A: Matrix) -> dict[str, Target]:
    """Add to the targets of a case those that follow from its matrix."""
    columns = _BASIS_COLUMNS_PER_RANK * case.task.rank
    basis = min(A.shape) * columns * A.dtype.itemsize
    return {
        **case.targets,
        ORTHONORMALITY: _ORTHONORMALITY_TARGETS[A.dtype.name],
        MEMORY: Target("≤", (_FLOOR + _N_BASES * basis) / MIB),
    }


def time_over_svd(case: Case, A: Matrix, _: list[MethodResult]) -> Measures:
    """Return latentia's time for a centred case over that for the matrix as it is."""
    if not case.task.centered:
        return {}
    tasks = (case.task, case.task._replace(centered=False))
    runs = {str(task): partial(_latentia, A, task) for task in tasks}
    centred, as_it_is = interleaved(runs, repeats=case.repeats).values()
    ratio = Quantity(centred.median / as_it_is.median, "×", _PCA_OVER_SVD_TARGET)
    return {f"{case.name}: time over SVD": ratio}


def pass_limits(dtype: DType) -> Measures:
    """Set the fused pass ``Aᵀ(A X)`` in relation to the FMA peak."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal(_PASS_SHAPE, dtype=np.dtype(dtype).type)
    X = rng.standard_normal((A.shape[1], _PASS_COLUMNS), dtype=A.dtype.type)
    rows = as_rows(A)
    fused_pass = Kernel(
        f"fused pass, {_PASS_COLUMNS} columns, {dtype}",
        partial(normal_product, rows, X, n_threads=latentia.n_threads()),
        operations=4 * A.size * _PASS_COLUMNS,
        target=_PASS_TARGET,
    )
    return shares_of_peak(dtype, [fused_pass])


def steps(_: Size) -> Iterator[Step]:
    """List what is measured of the machine and the kernels."""
    for dtype in get_args(DType):
        name = f"FMA peak and fused pass, {dtype}"
        yield limits_step(name, partial(pass_limits, dtype))
    yield limits_step("read bandwidth", read_bandwidth)


SVD = Suite(
    name="svd",
    quality=ABOVE_BEST,
    cases=cases,
    methods=METHODS,
    judge=judge,
    weigh=weigh,
    targets=targets,
    limits=time_over_svd,
    steps=steps,
)
