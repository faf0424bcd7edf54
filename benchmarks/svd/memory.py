"""Working memory of an SVD: its peak beyond the matrix and the answer."""

from functools import partial

from latentia.benchmarks.memory import MIB, extra_memory
from latentia.benchmarks.reference_numpy import Matrix
from latentia.benchmarks.results import Bar, Quantity
from latentia.benchmarks.svd.cases import Case
from latentia.benchmarks.svd.methods import Method

# Latentia's bar is 64 MiB and three bases. Five Krylov blocks of 32 columns hold rank
# 50; with a sixth and padding, a basis has up to 4 columns for each singular vector.
_FLOOR = 64 * MIB
_N_BASES = 3
_BASIS_COLUMNS_PER_RANK = 4


def working_memory(case: Case, method: Method, A: Matrix) -> Quantity | None:
    """Measure the working memory of a method, ``U``, ``s`` and ``V`` not counted.

    Parameters
    ----------
    case : Case
    method : Method
    A : array or sparse matrix of shape (m, n)
        The matrix of the case, for its shape.

    Returns
    -------
    Quantity or None
        In MiB; None where the system does not tell.
    """
    extra = extra_memory(case.make, partial(_run, case, method))
    answer = (sum(A.shape) + 1) * case.rank * A.dtype.itemsize / MIB
    return None if extra is None else Quantity(max(extra.value - answer, 0), "MiB")


def memory_bar(case: Case, A: Matrix) -> Bar:
    """Give the working memory that latentia may take, in MiB."""
    columns = _BASIS_COLUMNS_PER_RANK * case.rank
    basis = min(A.shape) * columns * A.dtype.itemsize
    return Bar("≤", (_FLOOR + _N_BASES * basis) / MIB)


def _run(case: Case, method: Method, A: Matrix) -> object:
    return method.run(A, case.rank)
