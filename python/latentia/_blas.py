"""BLAS on one thread while a fit runs."""

from __future__ import annotations

import functools
import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np
from scipy.linalg.lapack import dpotrf
from threadpoolctl import OpenBLASController, ThreadpoolController

WORK_MEMORY = 80 << 20
"""Bytes: two buffers of OpenBLAS, 33 MB each, NumPy's and SciPy's, and some more."""

_lock = threading.Lock()
_running = 0
_limit: object = None


@contextmanager
def serial_blas() -> Iterator[None]:
    """Keep BLAS from starting threads of its own beside the kernels'.

    The small algebra between passes is too small for threads, BLAS's idle ones would
    spin on the cores that the next pass needs, and results would depend on their
    number. The limit is the process's, so fits that overlap share it: the first sets
    it, the last lifts it.

    Raises
    ------
    MemoryError
        If there is no memory for BLAS to work in.
    """
    global _running, _limit
    with _lock:
        if _running == 0:
            _take_control()
            _limit = _controller().limit(limits=1, user_api="blas")
            try:
                _reserve_work_memory()
            except MemoryError:
                _restore()
                raise
        _running += 1
    try:
        yield
    finally:
        with _lock:
            _running -= 1
            if _running == 0:
                _restore()


def _restore() -> None:
    _take_control()
    _limit.restore_original_limits()  # type: ignore[attr-defined]
    _take_control()


@functools.cache
def _reserve_work_memory() -> None:
    """Let BLAS take the memory that it works in, and keeps, while there is some.

    OpenBLAS asks for it at its first factorisation, and ends the process if there is
    none.
    """
    try:
        mmap.mmap(-1, WORK_MEMORY).close()
    except OSError as error:
        raise MemoryError(
            f"BLAS needs {WORK_MEMORY >> 20} MiB of address space to work in"
        ) from error
    np.linalg.cholesky(np.eye(8))
    dpotrf(np.eye(8))


# Before data and the kernels' threads take the memory; else the first fit tries again.
with suppress(MemoryError):
    _reserve_work_memory()


def _take_control() -> None:
    """Let any thread set OpenBLAS's limit next.

    threadpoolctl ≥ 3.8 lets the thread that set it first do so again and silently
    ignores the others; ours take turns under the lock.
    """
    release = getattr(OpenBLASController, "clear_controlling_thread", None)
    if release is not None:
        release(force=True)


def _forget_running_fits() -> None:
    """Start afresh in a forked child: its parent's threads are not there to finish."""
    global _lock, _running
    _lock, _running = threading.Lock(), 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_running_fits)


@functools.cache
def _controller() -> ThreadpoolController:
    """Look for the BLAS libraries once: SciPy's and NumPy's are loaded by now."""
    return ThreadpoolController()
