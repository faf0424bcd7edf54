"""One writer at a time in a folder, whatever ends the writer."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

LOCK = ".lock"

_held: ContextVar[frozenset[Path]] = ContextVar("held_folders", default=frozenset())
"""Folders that the caller has locked: a command locks one before its ``fit`` does."""

_BUSY = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a folder, if it is missing, and keep other writers out of it.

    The operating system gives the lock up when the process ends, however it ends: a
    ``.lock`` that a killed process left keeps nobody out. Folders that were made and
    are empty at the end are removed again. Where a file system has no locks, none is
    taken.

    Raises
    ------
    BlockingIOError
        If another process or thread writes there.
    """
    place = folder.resolve()
    if place in _held.get():
        yield
        return
    made = [p for p in (place, *place.parents) if not p.exists()]
    place.mkdir(parents=True, exist_ok=True)
    try:
        handle = _lock(folder, place / LOCK)
        token = _held.set(_held.get() | {place})
        try:
            yield
        finally:
            _held.reset(token)
            # Before the lock is given up: whoever opened this file looks again.
            with suppress(OSError):  # Windows removes no open file
                (place / LOCK).unlink(missing_ok=True)
            os.close(handle)
    finally:
        with suppress(OSError):  # not empty
            for path in made:
                path.rmdir()


def _lock(folder: Path, file: Path) -> int:
    """Return the open lock file; the lock is given up when it is closed."""
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            _try_to_lock(handle)
            if file.exists() and os.path.samestat(os.fstat(handle), file.stat()):
                return handle
        except OSError as error:
            os.close(handle)
            if error.errno not in _BUSY:
                raise
            raise BlockingIOError(
                f"{folder} is being written by another training: wait for its end, or "
                "choose another folder"
            ) from None
        os.close(handle)  # the one before removed it meanwhile


if sys.platform == "win32":

    def _try_to_lock(handle: int) -> None:
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:

    def _try_to_lock(handle: int) -> None:
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _BUSY:
                raise
