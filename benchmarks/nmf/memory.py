"""What a fit takes beyond the matrix, its start and its answer included."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from latentia.benchmarks.data import Source
from latentia.benchmarks.memory import MIB, extra_memory
from latentia.benchmarks.nmf.methods import Method, Work
from latentia.benchmarks.reference_numpy import Factors, Matrix
from latentia.benchmarks.results import Bar, Quantity

# As many as need anything
_N_ITER = 3

# Latentia's bar: 32 MiB for tiles and threads, four pairs of factors (the start, the
# state, the sums, the answer) and two copies of what a sparse matrix stores (one by
# columns, one to spare); nothing as large as a dense matrix.
_FLOOR = 32 * MIB
_N_FACTORS = 4
_N_COPIES_OF_STORED = 2


def fit_memory(source: Source[Any], method: Method, work: Work) -> Quantity | None:
    """Measure the extra memory of a fit from a random start that it makes itself.

    Parameters
    ----------
    source : Source
    method : Method
    work : Work

    Returns
    -------
    Quantity or None
        In MiB; None where the system does not tell.
    """
    few = replace(work, start=None, n_iter=_N_ITER)
    return extra_memory(source.make, partial(_run, method, few))


def memory_bar(A: Matrix, work: Work) -> Bar:
    """Give the extra memory that latentia may take, in MiB."""
    factors = sum(A.shape) * work.n_components * A.dtype.itemsize
    stored = 0
    if not isinstance(A, np.ndarray):
        stored = A.data.nbytes + A.indices.nbytes + A.indptr.nbytes
    allowed = _FLOOR + _N_FACTORS * factors + _N_COPIES_OF_STORED * stored
    return Bar("≤", allowed / MIB)


def _run(method: Method, work: Work, A: Matrix) -> Factors:
    return method(A, work)
