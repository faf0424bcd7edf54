"""What ``fit`` takes beyond the rows, and that it does not grow with their number."""

from dataclasses import replace
from functools import partial

from latentia.benchmarks.gmm.cases import N_ITER, made_lumps
from latentia.benchmarks.gmm.methods import Work, fit_latentia, fit_scikit_learn
from latentia.benchmarks.memory import extra_memory
from latentia.benchmarks.results import BASELINE, LATENTIA, Bar, Quantity, Size

_N_ROWS = {"small": 20_000, "full": 500_000}
_WORK = Work(8, "full", n_iter=N_ITER)

# To within what the system counts in: 1 MiB, and a tenth for the run of the threads.
_GROWTH, _ROUNDING = 1.1, 1.0


def fit_memory(size: Size) -> dict[str, Quantity]:
    """Measure the peak of a fit, initialisation included, at ``n`` and ``4 n`` rows.

    Parameters
    ----------
    size : {"small", "full"}

    Returns
    -------
    dict of str to Quantity
        In MiB; latentia's at ``4 n`` has that at ``n`` for a bar. Empty where the
        system does not tell.
    """
    n = _N_ROWS[size]
    few, many = made_lumps(n), made_lumps(4 * n)
    ours, peer = (partial(fit, work=_WORK) for fit in (fit_latentia, fit_scikit_learn))
    at_n, at_4n = extra_memory(few.make, ours), extra_memory(many.make, ours)
    peer_at_n = extra_memory(few.make, peer)
    if at_n is None or at_4n is None or peer_at_n is None:
        return {}
    bar = Bar("≤", _GROWTH * at_n.value + _ROUNDING)
    return {
        f"extra memory of fit, {few.name}, {LATENTIA}": at_n,
        f"extra memory of fit, {many.name}, {LATENTIA}": replace(at_4n, bar=bar),
        f"extra memory of fit, {few.name}, {BASELINE}": peer_at_n,
    }
