"""The machine a benchmark ran on: without it a time means nothing."""

import os
import platform
import re
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import joblib
import threadpoolctl

import latentia

SLOWER_PEERS = ("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES")
"""Variables that can keep NumPy and its BLAS from the units that the CPU has."""

_PACKAGES = ("latentia", "numpy", "scipy", "scikit-learn")


@dataclass(frozen=True, slots=True)
class Machine:
    """Hardware, thread count and versions behind a set of times.

    ``cores`` are those this process may use; ``n_threads`` is what latentia uses;
    ``memory_gib`` is None where the system does not tell.
    """

    cpu: str
    cores: int
    n_threads: int
    cpu_level: str
    memory_gib: float | None
    blas: str
    versions: dict[str, str]

    def short_line(self) -> str:
        """Name the CPU and the threads alone."""
        return f"{self.cpu}, {_counted(self.n_threads, 'thread')}"

    def line(self) -> str:
        """Everything in one line of text."""
        memory = [] if self.memory_gib is None else [f"{self.memory_gib:.0f} GiB"]
        parts = [
            self.cpu,
            _counted(self.cores, "core"),
            *memory,
            f"{_counted(self.n_threads, 'thread')}, level {self.cpu_level}",
            *(f"{name} {number}" for name, number in self.versions.items()),
            self.blas,
        ]
        return " · ".join(parts)


def describe() -> Machine:
    """Describe the machine, the threads and the packages of this process."""
    # torch matters only where it is in use
    packages = [*_PACKAGES, *(["torch"] if "torch" in sys.modules else [])]
    return Machine(
        cpu=_cpu_model(),
        cores=joblib.cpu_count(),
        n_threads=latentia.n_threads(),
        cpu_level=latentia.cpu_level(),
        memory_gib=_memory_gib(),
        blas=_blas(),
        versions={name: version(name) for name in packages}
        | {"python": platform.python_version()},
    )


def _cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    if cpuinfo.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE)
        if found is not None:
            return found[1].strip()
    return platform.processor() or platform.machine() or "unknown CPU"


def _memory_gib() -> float | None:
    if not hasattr(os, "sysconf"):
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _blas() -> str:
    """Name every BLAS that is loaded: NumPy and SciPy often bring one each.

    With the CPU of its kernels: OPENBLAS_CORETYPE may hold it to those of another.
    """
    found = {
        " ".join(
            filter(
                None,
                [
                    library["internal_api"],
                    library["version"],
                    library.get("architecture"),
                    f"with {_counted(library['num_threads'], 'thread')}",
                ],
            )
        )
        for library in threadpoolctl.threadpool_info()
        if library["user_api"] == "blas"
    }
    return ", ".join(sorted(found)) or "unknown BLAS"


def held_back() -> list[str]:
    """Tell which variables keep the peers from the kernels that this CPU allows."""
    return [
        f"{name} is {os.environ[name]}: NumPy, SciPy and scikit-learn may be slower "
        "than they are without it."
        for name in SLOWER_PEERS
        if os.environ.get(name)
    ]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
