"""How fast an iteration of EM is, beside the machine's peak."""

import time

import numpy as np

from latentia.benchmarks.data import DType
from latentia.benchmarks.gmm.cases import fashion_components, made_overlapping
from latentia.benchmarks.gmm.methods import Work, fit_latentia
from latentia.benchmarks.gmm.start import short_start
from latentia.benchmarks.limits import shares_of_peak
from latentia.benchmarks.reference_numpy import FloatArray, e_step
from latentia.benchmarks.results import Bar, Quantity, Size

N_COMPONENTS = 10
N_ITER = 20

_BAR = Bar("≥", 60)


def iteration_limits(size: Size, dtype: DType) -> dict[str, Quantity]:
    """Set iterations with full covariances in relation to the FMA peak.

    Of rows that overlap, each has a share in every component, and all operations are
    done. Of real ones most shares are too small to count, and are not worked out.

    Parameters
    ----------
    size : {"small", "full"}
        The small one has no bar.
    dtype : {"float32", "float64"}

    Returns
    -------
    dict of str to Quantity
        As from :func:`latentia.benchmarks.limits.shares_of_peak`, the rates at which
        the rows are read, and how many of the responsibilities exceed the square of the
        type's rounding unit, below which they are lost in every sum.

    Raises
    ------
    FileNotFoundError
        If Fashion-MNIST is not on this machine.
    """
    overlapping, real = (
        _Run(source.name, source.make())
        for source in (made_overlapping(size, dtype), fashion_components(size, dtype))
    )
    limits = shares_of_peak(
        dtype,
        rates={run.name: run.rate for run in (overlapping, real)},
        bars={overlapping.name: _BAR} if size == "full" else {},
    )
    for run in (overlapping, real):
        # GFLOP/s, over flop a read, times bytes a read
        read = limits[run.name].value / run.operations * run.X.nbytes
        limits |= {
            f"{run.name}, read": Quantity(read, "GB/s"),
            f"{run.name}, responsibilities above ε²": run.responsibilities_that_count(),
        }
    return dict(sorted(limits.items()))  # what belongs to a matrix, together


class _Run:
    """Iterations on one matrix, from a start that is found beforehand."""

    def __init__(self, matrix_name: str, X: FloatArray) -> None:
        self.name = f"EM iteration, {matrix_name}, K={N_COMPONENTS}, full"
        self.X = X
        start = short_start(X, N_COMPONENTS, "full")
        self.work = Work(N_COMPONENTS, "full", start, N_ITER)
        # Half of them whiten the rows, half add up the scatter matrices: of each d × d
        # product a triangle is needed. ``2 n K d²``
        self.operations = 2 * X.size * N_COMPONENTS * X.shape[1]

    def rate(self) -> float:
        """Fit, and return the flop/s of the iterations and all that is around them."""
        begin = time.perf_counter()
        fit_latentia(self.X, self.work)
        return float(N_ITER * self.operations) / (time.perf_counter() - begin)

    def responsibilities_that_count(self) -> Quantity:
        """Return how many exceed ε² at the end, in per cent."""
        _, r = e_step(self.X, *fit_latentia(self.X, self.work), "full")
        return Quantity(100 * float(np.mean(r > np.finfo(self.X.dtype).eps ** 2)), "%")
