"""Working memory of a method: its peak beyond the matrix and the answer."""

from functools import partial

from latentia.benchmarks.cases import Case
from latentia.benchmarks.methods import Method
from latentia.benchmarks.reference_numpy import Matrix
from latentia.benchmarks.results import Bar, Quantity
from latentia.benchmarks.timing import peak_extra_memory

_MIB = 2**20

_WARM_UP_ROWS = 200

# Latentia's bar is 64 MiB and three bases. Five Krylov blocks of 32 columns hold rank
# 50; with a sixth and padding, a basis has up to 4 columns for each singular vector.
_FLOOR = 64 * _MIB
_N_BASES = 3
_BASIS_COLUMNS_PER_RANK = 4


def working_memory(case: Case, method: Method, A: Matrix) -> Quantity | None:
    """Measure the working memory of a method, ``U``, ``s`` and ``V`` not counted.

    It runs in a process of its own that has called it on a few rows before: code and
    thread pools, which are loaded once, are not counted either.

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
    peak = peak_extra_memory(
        partial(_made_and_warmed_up, case, method), partial(_run, case, method)
    )
    answer = (sum(A.shape) + 1) * case.rank * A.dtype.itemsize
    return None if peak is None else Quantity(max(peak - answer, 0) / _MIB, "MiB")


def memory_bar(case: Case, A: Matrix) -> Bar:
    """Give the working memory that latentia may take, in MiB."""
    columns = _BASIS_COLUMNS_PER_RANK * case.rank
    basis = min(A.shape) * columns * A.dtype.itemsize
    return Bar("≤", (_FLOOR + _N_BASES * basis) / _MIB)


def _made_and_warmed_up(case: Case, method: Method) -> Matrix:
    A = case.make()
    method.run(A[:_WARM_UP_ROWS], case.rank)
    return A


def _run(case: Case, method: Method, A: Matrix) -> object:
    return method.run(A, case.rank)
