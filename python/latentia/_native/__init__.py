"""The compiled kernels: exactly one module, for the best CPU level that was built.

``LATENTIA_CPU_LEVEL`` (``v2``, ``v3``, ``v4`` on x86-64, ``generic`` elsewhere) asks
for another one. A level that the CPU lacks, or that was not built, is an
``ImportError``. The functions are described in ``_kernels.pyi``.
"""

import importlib
import importlib.util
import os
from typing import TYPE_CHECKING

from latentia._native import _cpu_level
from latentia._native._fork import forked_with_openmp

_LEVELS = ("v4", "v3", "v2", "generic")


def _name(level: str) -> str:
    return f"latentia._native._kernels_{level}"


def built_levels() -> list[str]:
    """Return the CPU levels that were built, best first."""
    return [level for level in _LEVELS if importlib.util.find_spec(_name(level))]


def available_levels() -> list[str]:
    """Return the CPU levels that this CPU supports and that were built, best first."""
    supported = _cpu_level.supported_levels()
    return [level for level in built_levels() if level in supported]


def _choose_level() -> str:
    supported, available = _cpu_level.supported_levels(), available_levels()
    asked = os.environ.get("LATENTIA_CPU_LEVEL")
    if not supported:
        raise ImportError(
            "latentia's kernels need a CPU of level x86-64-v2 or later (SSE4.2, POPCNT)"
        )
    remedy = (
        "in latentia's source folder, run pip install --force-reinstall --no-deps . "
        "-C cmake.define.LATENTIA_LEVELS=all"
    )
    if not available:
        raise ImportError(
            f"latentia was built for the CPU levels {', '.join(built_levels())}; this "
            f"CPU supports {', '.join(supported)}: {remedy}"
        )
    if asked and asked not in available:
        also = f"; to build it, {remedy}" if asked in supported else ""
        raise ImportError(
            f"LATENTIA_CPU_LEVEL must be one of {', '.join(available)} (built, and of "
            f"this CPU), got {asked!r}{also}"
        )
    return asked or available[0]


if TYPE_CHECKING:
    from latentia._native import _kernels as kernels
else:
    _forked = forked_with_openmp()  # before the kernels bring an OpenMP library
    kernels = importlib.import_module(_name(_choose_level()))
    if _forked:
        kernels.set_forked()

__all__ = ["available_levels", "built_levels", "kernels"]
