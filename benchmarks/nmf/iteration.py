"""How fast an iteration is, beside the machine's peak and its memory."""

import time
from functools import partial
from typing import get_args

from latentia.benchmarks.data import DType
from latentia.benchmarks.limits import read_bandwidth, shares_of_peak
from latentia.benchmarks.nmf.cases import fashion_pictures
from latentia.benchmarks.nmf.methods import MULTIPLICATIVE, Work, fit_latentia
from latentia.benchmarks.nmf.start import random_start
from latentia.benchmarks.reference_numpy import FloatArray
from latentia.benchmarks.results import Quantity, Size

_N_COMPONENTS = 40


def iteration_limits(size: Size) -> dict[str, Quantity]:
    """Set multiplicative updates in relation to the FMA peak and the read bandwidth.

    Parameters
    ----------
    size : {"small", "full"}

    Returns
    -------
    dict of str to Quantity
        The read bandwidth, for each type what
        :func:`latentia.benchmarks.limits.shares_of_peak` gives, and the rate at which
        the matrix is read, in GB/s and as a share of the bandwidth in per cent.

    Raises
    ------
    FileNotFoundError
        If Fashion-MNIST is not on this machine.
    """
    limits = read_bandwidth()
    (bandwidth,) = limits.values()
    for dtype in get_args(DType):
        source = fashion_pictures(size, dtype)
        A = source.make()
        work = MULTIPLICATIVE(_N_COMPONENTS, start=random_start(A, _N_COMPONENTS))
        name = f"iteration, {source.name}, {work.name}"
        limits |= shares_of_peak(dtype, {name: partial(_rate, A, work)}, {})
        # GFLOP/s, over flop an iteration, times bytes an iteration
        read = limits[name].value / _operations(A, work) * A.nbytes
        limits |= {
            f"{name}, read": Quantity(read, "GB/s"),
            f"{name}, of the read bandwidth": Quantity(
                100 * read / bandwidth.value, "%"
            ),
        }
    return limits


def _rate(A: FloatArray, work: Work) -> float:
    """Fit, and return the flop/s of the iterations and all that is around them."""
    begin = time.perf_counter()
    fit_latentia(A, work)
    return work.n_iter * _operations(A, work) / (time.perf_counter() - begin)


def _operations(A: FloatArray, work: Work) -> float:
    """Count ``A Hᵀ`` and ``Wᵀ A``, and ``W (HHᵀ)`` and ``WᵀW`` beside them."""
    m, n = A.shape
    k = work.n_components
    return float(4 * m * n * k + 4 * m * k * k)
