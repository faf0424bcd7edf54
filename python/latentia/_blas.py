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
"""Bytes of two OpenBLAS buffers (of NumPy and SciPy, 33 MB each), and some more."""

_lock = threading.Lock()
_running = 0
_limit: object = None


@contextmanager
def serial_blas() -> Iterator[None]:
    """Limit BLAS to one thread.

    The matrices between passes are too small for threads, idle BLAS threads would use
    the cores that the next pass needs, and results would depend on their number. The
    limit holds for the process, so concurrent fits share it: the first one sets it, the
    last one removes it.

    Raises
    ------
    MemoryError
        If there is no memory for the buffers of BLAS.
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
    """Make BLAS allocate its buffers, which it keeps, while there is memory.

    OpenBLAS allocates them at its first factorisation, and ends the process if this
    fails.
    """
    try:
        mmap.mmap(-1, WORK_MEMORY).close()
    except OSError as error:
        raise MemoryError(
            f"BLAS needs {WORK_MEMORY >> 20} MiB of address space for its buffers"
        ) from error
    np.linalg.cholesky(np.eye(8))
    dpotrf(np.eye(8))


# At import, before data and threads use the memory; else the first fit tries again.
with suppress(MemoryError):
    _reserve_work_memory()


def _take_control() -> None:
    """Allow any thread to set the limit of OpenBLAS.

    threadpoolctl ≥ 3.8 silently ignores all threads but the first that set a limit;
    here a lock orders the threads.
    """
    release = getattr(OpenBLASController, "clear_controlling_thread", None)
    if release is not None:
        release(force=True)


def _forget_running_fits() -> None:
    """Reset the state in a forked child, which has no threads of its parent."""
    global _lock, _running
    _lock, _running = threading.Lock(), 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_running_fits)


@functools.cache
def _controller() -> ThreadpoolController:
    """Find the BLAS libraries once; those of NumPy and SciPy are loaded already."""
    return ThreadpoolController()
