"""Ratings, most of which are unknown: an iteration, and what a fit takes beyond them.

scikit-learn does not do this. The peer is plain NumPy, which works with all entries and
a mask; so it gets a matrix of which it can hold several.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from latentia import datasets
from latentia.benchmarks.data import Source
from latentia.benchmarks.nmf.cases import OBJECTIVE_BARS
from latentia.benchmarks.nmf.memory import fit_memory, memory_bar
from latentia.benchmarks.nmf.methods import HALS, MULTIPLICATIVE, Work, fit_latentia
from latentia.benchmarks.nmf.objective import objective
from latentia.benchmarks.nmf.start import random_start
from latentia.benchmarks.reference_numpy import (
    Factors,
    Matrix,
    hals_nmf,
    multiplicative_nmf,
)
from latentia.benchmarks.results import LATENTIA, Bar, Quantity, Size
from latentia.benchmarks.timing import Timing, interleaved

_N_COMPONENTS = 20
_N_ITER = 10
_REPEATS = {"small": 1, "full": 3}

# That which NumPy can hold, and that which it cannot
_SHAPES = {
    "small": ((1_000, 500, 20_000), (5_000, 1_000, 100_000)),
    "full": ((5_000, 2_000, 100_000), (50_000, 5_000, 1_000_000)),
}

_PEER = "NumPy with a mask"
_NUMPY_FITS: dict[str, Callable[..., Factors]] = {
    "mu": multiplicative_nmf,
    "cd": hals_nmf,
}
_SPEED_BAR = Bar("≥", 20)


def ratings_limits(size: Size) -> dict[str, Quantity]:
    """Time iterations beside plain NumPy, then alone on a larger matrix.

    Parameters
    ----------
    size : {"small", "full"}
        The small one has no bar on speed.

    Returns
    -------
    dict of str to Quantity
        Of each kind of update the milliseconds of an iteration, the ratio of NumPy's
        to latentia's, how far latentia's objective lies above NumPy's, and the extra
        memory of a fit where the system tells.
    """
    smaller, larger = (_ratings(*shape) for shape in _SHAPES[size])
    limits: dict[str, Quantity] = {}
    for updates in (MULTIPLICATIVE, HALS):
        work = updates(_N_COMPONENTS, n_iter=_N_ITER, known_only=True)
        limits |= _beside_numpy(smaller, work, size)
        limits |= _alone(larger, work, size)
    return limits


def _ratings(m: int, n: int, n_known: int) -> Source[Any]:
    name = f"ratings {m}×{n}, {n_known / 1e6:g}M known, float32"
    return Source(name, partial(_made_ratings, m, n, n_known))


def _made_ratings(m: int, n: int, n_known: int) -> Matrix:
    return datasets.make_ratings(m, n, n_known, random_state=0).ratings


def _beside_numpy(source: Source[Any], work: Work, size: Size) -> dict[str, Quantity]:
    A = source.make()
    start = random_start(A, work.n_components)
    dense = A.toarray()
    known = dense != 0  # the least rating is 1
    numpy_fit = _NUMPY_FITS[work.solver]
    ours, peer = interleaved(
        {
            LATENTIA: partial(fit_latentia, A, replace(work, start=start)),
            _PEER: partial(numpy_fit, dense, *start, n_iter=work.n_iter, known=known),
        },
        repeats=_REPEATS[size],
    ).values()
    reached, peer_reached = (
        objective(A, *timing.result, work.loss, known_only=True)
        for timing in (ours, peer)
    )
    name = f"{source.name}, {work.name}"
    return {
        f"{name}, iteration, {LATENTIA}": _iteration(ours, work),
        f"{name}, iteration, {_PEER}": _iteration(peer, work),
        f"{name}, iteration, × {_PEER}": Quantity(
            peer.median / ours.median, "×", _SPEED_BAR if size == "full" else None
        ),
        f"{name}, objective above that of {_PEER}": Quantity(
            (reached - peer_reached) / peer_reached, bar=OBJECTIVE_BARS[size]
        ),
    }


def _alone(source: Source[Any], work: Work, size: Size) -> dict[str, Quantity]:
    A = source.make()
    started = replace(work, start=random_start(A, work.n_components))
    fit = partial(fit_latentia, A, started)
    (ours,) = interleaved({LATENTIA: fit}, repeats=_REPEATS[size]).values()
    name = f"{source.name}, {work.name}"
    found = {f"{name}, iteration, {LATENTIA}": _iteration(ours, work)}
    memory = fit_memory(source, fit_latentia, work)
    if memory is not None:
        bar = memory_bar(A, work)
        found[f"{name}, extra memory, {LATENTIA}"] = replace(memory, bar=bar)
    return found


def _iteration(timing: Timing[Factors], work: Work) -> Quantity:
    return Quantity(1e3 * timing.median / work.n_iter, "ms")
