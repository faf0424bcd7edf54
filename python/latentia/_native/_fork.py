"""Whether this process was forked from one that may have started OpenMP's threads.

The kernels notice a fork that comes after their import. A fork before it, in a process
where PyTorch or scikit-learn had used the same OpenMP library, leaves a thread pool
without threads behind, and a parallel region in the child would wait for them forever.
"""

from __future__ import annotations

import os
from pathlib import Path

_FORKED_WITHOUT_EXEC = 0x40
"""PF_FORKNOEXEC of Linux: the flag of a process that has run no program of its own."""

_RUNTIMES = ("libgomp", "libiomp", "libomp")


def forked_with_openmp() -> bool:
    """Return whether an OpenMP library came along with a fork.

    A library that lies at the same address in the parent was there before the fork,
    unlike one that the child has loaded itself. Linux alone tells; elsewhere False.
    """
    try:
        # The name of the program, in parentheses, may hold anything.
        status = Path("/proc/self/stat").read_text("latin-1").rpartition(")")[2].split()
        if not int(status[6]) & _FORKED_WITHOUT_EXEC:
            return False
        mine = _files("self")
    except (OSError, ValueError, IndexError):
        return False
    runtimes = {line for line in mine if Path(line[1]).name.startswith(_RUNTIMES)}
    try:
        theirs = _files(str(os.getppid()))
    except OSError:
        theirs = []
    if mine[:1] != theirs[:1]:
        # The process that it was forked from has ended, or is another user's.
        return bool(runtimes)
    return not runtimes.isdisjoint(theirs)


def _files(process: str) -> list[tuple[str, str]]:
    """Return (address range, path) of every file in the memory of a process."""
    lines = Path(f"/proc/{process}/maps").read_text("latin-1").splitlines()
    fields = [line.split(maxsplit=5) for line in lines]
    return [(field[0], field[5]) for field in fields if len(field) == 6]
