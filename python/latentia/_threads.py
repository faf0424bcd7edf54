"""How many threads the kernels use, decided in one function."""

from __future__ import annotations

import functools
import numbers
import os

import joblib

from latentia._native import kernels

_MOST = 2**31 - 1
"""What the kernels can count to."""


def n_threads(requested: int | None = None) -> int:
    """Return the number of threads that a fit uses.

    Parameters
    ----------
    requested : int, optional
        What the caller asks for, at least 1. By default the first of these that is
        set: the environment variable ``LATENTIA_NUM_THREADS``; the limits of OpenMP
        (``OMP_NUM_THREADS``, ``threadpoolctl``, the processor affinity) and the quota
        of the container, whichever is less.

    Returns
    -------
    int
        1 if the kernels were built without OpenMP.

    Raises
    ------
    ValueError
        If the number is not an integer from 1 to 2**31 − 1.

    Notes
    -----
    It is an upper limit: a pass takes no more threads than it has work for and the
    system can start. In the child of a fork it takes one.
    """
    from_environment = os.environ.get("LATENTIA_NUM_THREADS")
    if requested is not None:
        count = _positive(requested, "n_threads")
    elif from_environment:
        count = _positive(from_environment, "LATENTIA_NUM_THREADS")
    else:
        count = max(1, min(kernels.max_threads(), _usable_cores()))
    return count if kernels.has_openmp else 1


def usable_threads() -> int:
    """Return the threads for work outside of the kernels, which needs no OpenMP."""
    return n_threads() if kernels.has_openmp else _usable_cores()


@functools.cache
def _usable_cores() -> int:
    """Cores within the affinity and the control group's quota."""
    return int(joblib.cpu_count())


def _positive(value: object, name: str) -> int:
    try:
        count = int(value) if isinstance(value, (str, numbers.Integral)) else 0
    except ValueError:
        count = 0
    if count < 1 or isinstance(value, bool):
        raise ValueError(f"{name} must be a positive integer, got {value!r}")
    if count > _MOST:
        raise ValueError(f"{name} must be at most {_MOST}, got {value!r}")
    return count
