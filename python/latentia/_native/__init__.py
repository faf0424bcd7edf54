"""The compiled kernels: exactly one module, for the best CPU level that this CPU has.

``LATENTIA_CPU_LEVEL`` (``v2``, ``v3``, ``v4`` on x86-64, ``generic`` elsewhere) asks
for another one; a level that the CPU lacks is an ``ImportError``. The functions are
described in ``_kernels.pyi``.
"""

import importlib
import importlib.util
import os
from typing import TYPE_CHECKING

from latentia._native import _cpu_level
from latentia._native._fork import forked_with_openmp


def _name(level: str) -> str:
    return f"latentia._native._kernels_{level}"


def available_levels() -> list[str]:
    """Return the CPU levels that this CPU supports and that were built, best first."""
    supported = _cpu_level.supported_levels()
    return [level for level in supported if importlib.util.find_spec(_name(level))]


def _choose_level() -> str:
    supported, built = _cpu_level.supported_levels(), available_levels()
    asked = os.environ.get("LATENTIA_CPU_LEVEL")
    if not supported:
        raise ImportError(
            "latentia's kernels need a CPU of level x86-64-v2 or later (SSE4.2, POPCNT)"
        )
    if not built:
        raise ImportError(
            f"latentia was built without a CPU level of {', '.join(supported)}, which "
            "this CPU supports: build it with one of them in LATENTIA_LEVELS"
        )
    if asked and asked not in built:
        raise ImportError(
            f"LATENTIA_CPU_LEVEL must be one of {', '.join(built)} (built, and of "
            f"this CPU), got {asked!r}"
        )
    return asked or built[0]


if TYPE_CHECKING:
    from latentia._native import _kernels as kernels
else:
    _forked = forked_with_openmp()  # before the kernels bring an OpenMP library
    kernels = importlib.import_module(_name(_choose_level()))
    if _forked:
        kernels.set_forked()

__all__ = ["available_levels", "kernels"]
