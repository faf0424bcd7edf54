"""Memory that a step of a training frees, kept for the next one.

Activations of a step are tens of megabytes. As they are freed, glibc gives the top of
its heap back to the system, and in the next step gets it again page by page: 90 pages
for each image of an RAE on two cores, 15 % of all processor time. Without that its
first stage sees 15 % more images in the same time. In threads other than the first
glibc keeps 64 MB at most, whatever is set.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of <malloc.h>: how much may be free at the top,
and from which size on blocks are not on the heap."""

_NEVER, _HUGE = -1, 1 << 30

_LARGEST_TRIM, _LARGEST_MMAP = 64 << 20, 32 << 20
"""The values up to which glibc raises the two by itself, as large blocks are freed. It
stops doing so once one of them is set, so a process has these after its first
training."""

_lock = threading.Lock()
_running = 0


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Keep what is freed, where the C library is glibc and has not been tuned.

    The setting holds for the process, so concurrent trainings share it: the first one
    sets it, the last one gives the memory back.
    """
    libc = None if _tuned_by_user() else _glibc()
    if libc is None:
        yield
        return
    _begin(libc)
    try:
        yield
    finally:
        _end(libc)


def _begin(libc: Any) -> None:
    global _running
    with _lock:
        _running += 1
        if _running == 1:
            # Older versions of glibc accept 32 MB at most.
            if not libc.mallopt(_MMAP_THRESHOLD, _HUGE):
                libc.mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP)
            libc.mallopt(_TRIM_THRESHOLD, _NEVER)


def _end(libc: Any) -> None:
    global _running
    with _lock:
        # A child that was forked inside has begun anew, and may come here again.
        _running = max(_running - 1, 0)
        if _running == 0:
            libc.mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP)
            libc.mallopt(_TRIM_THRESHOLD, _LARGEST_TRIM)
            libc.malloc_trim(0)


def _forked() -> None:
    """Begin anew in a child process, in which no training runs."""
    global _lock, _running
    _lock = threading.Lock()
    if _running:
        _running = 1
        _end(_glibc())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def _tuned_by_user() -> bool:
    environment = os.environ
    return "glibc.malloc" in environment.get("GLIBC_TUNABLES", "") or any(
        name.startswith("MALLOC_") and name.endswith("_") for name in environment
    )


@cache
def _glibc() -> Any:
    """Return the C library of this process, or None if it is another."""
    try:
        libc = ctypes.CDLL(None)
        # The first is glibc's alone.
        needed = libc.gnu_get_libc_version, libc.mallopt, libc.malloc_trim
    except (OSError, TypeError, AttributeError):
        return None
    needed[1].argtypes = [ctypes.c_int, ctypes.c_int]
    needed[2].argtypes = [ctypes.c_size_t]
    return libc
