"""The number of threads of the kernels, decided in one function."""

from __future__ import annotations

import functools
import numbers
import os

import joblib

from latentia._native import kernels

_MOST = 2**31 - 1
"""Largest number that the kernels can count."""


def n_threads(requested: int | None = None) -> int:
    """Return the number of threads that a fit uses.

    Parameters
    ----------
    requested : int, optional
        Requested number, at least 1. By default the environment variable
        ``LATENTIA_NUM_THREADS`` if it is set, else the smaller one of the limits of
        OpenMP (``OMP_NUM_THREADS``, ``threadpoolctl``, the processor affinity) and of
        the container.

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
    It is an upper limit: a pass uses fewer threads if it has less work, or if the
    system cannot start them. In a forked child it uses one.

    Examples
    --------
    >>> import latentia
    >>> latentia.n_threads() >= 1
    True
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
    """Return the number of threads for work outside the kernels, without OpenMP."""
    return n_threads() if kernels.has_openmp else _usable_cores()


@functools.cache
def _usable_cores() -> int:
    """Cores within the affinity and the quota of the control group."""
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
