"""Check whether data fit into memory, before they are read or computed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from math import prod, sqrt
from pathlib import Path

PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")

SHARE = 0.8
"""Share of the available memory that images of a suggested size use."""

LEAST_SIDE = 8
"""Smallest suggested side in pixels."""


class NoRoomError(MemoryError):
    """Data that do not fit into memory; the message suggests what to do."""


def check_room(shape: Sequence[int], copies: int = 1) -> None:
    """Raise unless images with one byte per value fit into memory.

    Parameters
    ----------
    shape : tuple (n, C, H, W)
    copies : int, default=1
        How many copies are in memory at once.

    Raises
    ------
    NoRoomError
        The message has a size that fits.
    """
    n, n_channels, *size = shape
    needed, there = copies * prod(shape), available_memory()
    if needed <= there:
        return
    height, width = smaller(size, there / (copies * n * n_channels))
    if copies * n * n_channels * height * width > there:
        raise NoRoomError(f"{n:,} images do not fit into memory: give fewer of them")
    held_out = "" if copies == 1 else ", as those held out are copied"
    raise NoRoomError(
        f"{n:,} images of {size[0]}×{size[1]} pixels and {n_channels} channel(s) need "
        f"{needed / 2**30:,.1f} GiB{held_out}, {there / 2**30:,.1f} are available: "
        f"choose size=({height}, {width}) (--size {height}x{width}), or "
        "give fewer of them"
    )


def check_bytes(needed: int, what: str, advice: str) -> None:
    """Raise unless so many bytes are available.

    Raises
    ------
    NoRoomError
        The message says what needs them, and what to do.
    """
    there = available_memory()
    if needed > there:
        raise NoRoomError(
            f"{what} need {needed / 2**30:,.1f} GiB, {there / 2**30:,.1f} are "
            f"available: {advice}"
        )


def smaller(size: Sequence[int], room: float) -> tuple[int, int]:
    """Return a smaller size of about the same proportions, of at most ``room`` pixels.

    No side is smaller than `LEAST_SIDE`.
    """
    factor = min(0.5, sqrt(SHARE * room / prod(size)))
    height, width = (max(LEAST_SIDE, int(side * factor) // 8 * 8) for side in size)
    return height, width


def available_memory() -> int:
    """Return the bytes that this process can allocate, within its control groups."""
    found = []
    with suppress(OSError, KeyError, ValueError):
        lines = (PROC / "meminfo").read_text().splitlines()
        kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        found.append(1024 * (kilobytes["MemAvailable"] + kilobytes["SwapFree"]))
    for group, names in _groups():
        limit, used, cache = names
        with suppress(OSError, ValueError):  # ValueError: "max"
            room = int((group / limit).read_text()) - int((group / used).read_text())
            found.append(max(room + _cached(group, cache), 0))
    return min(found, default=_physical())


def _physical() -> int:
    with suppress(OSError, ValueError):
        if not hasattr(os, "sysconf"):  # Windows
            return 2**63
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return 2**63


def _groups() -> Iterator[tuple[Path, tuple[str, str, str]]]:
    """Yield the control groups of this process and the names of their files."""
    with suppress(OSError):
        for line in (PROC / "self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "":
                top, names = CGROUPS, ("memory.max", "memory.current", "inactive_file")
            elif "memory" in controllers.split(","):
                top = CGROUPS / "memory"
                names = (
                    "memory.limit_in_bytes",
                    "memory.usage_in_bytes",
                    "total_inactive_file",
                )
            else:
                continue
            group = top / path.lstrip("/")
            inside = (at for at in (group, *group.parents) if top in (at, *at.parents))
            yield from ((at, names) for at in inside)


def _cached(group: Path, name: str) -> int:
    """Return the bytes of cached files in the memory of a group, which can be freed."""
    with suppress(OSError, ValueError):
        for line in (group / "memory.stat").read_text().splitlines():
            if line.split()[0] == name:
                return int(line.split()[1])
    return 0
