"""The compiled kernels: exactly one module, for the best CPU level that this CPU has.

``LATENTIA_CPU_LEVEL`` (``v2``, ``v3``, ``v4`` on x86-64, ``generic`` elsewhere) asks
for another one; a level that the CPU lacks is an ``ImportError``. The functions are
described in ``_kernels.pyi``.
"""

import importlib
import os
from typing import TYPE_CHECKING

from latentia._native import _cpu_level
from latentia._native._fork import forked_with_openmp


def _choose_level() -> str:
    supported = _cpu_level.supported_levels()
    asked = os.environ.get("LATENTIA_CPU_LEVEL")
    if not supported:
        raise ImportError(
            "latentia's kernels need a CPU of level x86-64-v2 or later (SSE4.2, POPCNT)"
        )
    if asked and asked not in supported:
        raise ImportError(
            f"LATENTIA_CPU_LEVEL={asked!r}: this CPU supports {', '.join(supported)}"
        )
    return asked or supported[0]


if TYPE_CHECKING:
    from latentia._native import _kernels as kernels
else:
    _forked = forked_with_openmp()  # before the kernels bring an OpenMP library
    kernels = importlib.import_module(f"latentia._native._kernels_{_choose_level()}")
    if _forked:
        kernels.set_forked()

__all__ = ["kernels"]
