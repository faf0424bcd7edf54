"""A process that may not hold more than so many bytes."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_MOUNT = Path("/sys/fs/cgroup")
_PATIENCE = 5.0  # seconds until a group whose process has ended is empty


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of bytes that a process puts itself under; it can be sent there.

    Without a control group it is ``RLIMIT_DATA``.
    """

    n_bytes: int
    group: Path | None

    @property
    def kind(self) -> str:
        """What sets the limit, in words."""
        return "RLIMIT_DATA" if self.group is None else "a memory control group"

    def enter(self) -> None:
        """Put this process under the limit, for good."""
        if self.group is not None:
            (self.group / "cgroup.procs").write_text(str(os.getpid()))
            return
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (self.n_bytes, self.n_bytes))


@contextmanager
def memory_limit(n_bytes: int) -> Iterator[Limit]:
    """Give a limit, of a control group if this process may make one.

    A group counts the pages of files that were read, too, and drops those first.
    """
    group = _group(n_bytes)
    try:
        yield Limit(n_bytes, group)
    finally:
        if group is not None:
            _remove(group)


def _group(n_bytes: int) -> Path | None:
    """Make a group below the one this process is in, or return None."""
    for parent, limit_file in _parents():
        group = parent / f"latentia-bench-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / limit_file).write_text(str(n_bytes))
        except OSError:
            group.rmdir()
            continue
        return group
    return None


def _parents() -> Iterator[tuple[Path, str]]:
    """List the group of this process, and what either version calls the limit."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "memory":
            yield _MOUNT / "memory" / path.lstrip("/"), "memory.limit_in_bytes"
        elif not controllers:
            yield _MOUNT / path.lstrip("/"), "memory.max"


def _remove(group: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            group.rmdir()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return
