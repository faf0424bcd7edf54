"""A lock of a folder, so that one process at a time writes to it."""

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
"""Folders that are locked already: a command locks its folder before ``fit`` does."""

_BUSY = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Create a folder if it is missing, and lock it.

    The operating system releases the lock when the process ends, so the ``.lock`` file
    of a killed process blocks nothing. Folders that were created and are empty at the
    end are removed. On file systems without locks the folder is not locked.

    Raises
    ------
    BlockingIOError
        If another process or thread has locked the folder.
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
            # Before the lock is released; another process checks that the file exists.
            with suppress(OSError):  # Windows removes no open file
                (place / LOCK).unlink(missing_ok=True)
            os.close(handle)
    finally:
        with suppress(OSError):  # not empty
            for path in made:
                path.rmdir()


def _lock(folder: Path, file: Path) -> int:
    """Return the open lock file; closing it releases the lock."""
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
                f"another training writes to {folder}: wait until it ends, or choose "
                "another folder"
            ) from None
        os.close(handle)  # the previous owner has removed the file: try again


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
