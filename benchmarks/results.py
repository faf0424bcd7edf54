"""What a suite finds: times, quality, and the bar each of them was to reach."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from latentia.benchmarks.machine import Machine

Size: TypeAlias = Literal["small", "full"]
Progress: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Bar:
    """What a quantity is expected to reach."""

    relation: Literal["≥", "≤"]
    limit: float

    def met_by(self, value: float) -> bool:
        """Tell whether ``value`` reaches the bar; NaN never does."""
        return value >= self.limit if self.relation == "≥" else value <= self.limit


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured number, its unit ("" for a plain ratio) and its bar, if it has one."""

    value: float
    unit: str = ""
    bar: Bar | None = None

    @property
    def met(self) -> bool | None:
        """Whether the bar is reached; None without one."""
        return None if self.bar is None else self.bar.met_by(self.value)


@dataclass(frozen=True, slots=True)
class MethodResult:
    """One method on one case.

    ``speedup`` is scikit-learn's median time over this one's; ``excess`` and
    ``orthonormality`` (the worse of ``U`` and ``V``) are those of
    :mod:`latentia.benchmarks.quality`; ``memory`` is the peak beyond the matrix and the
    answer, None where it was not measured.
    """

    case: str
    method: str
    times: tuple[float, ...]
    speedup: Quantity
    excess: Quantity
    orthonormality: Quantity
    memory: Quantity | None

    @property
    def quantities(self) -> list[Quantity]:
        """All that may carry a bar."""
        measured = [self.speedup, self.excess, self.orthonormality]
        return measured if self.memory is None else [*measured, self.memory]

    @property
    def median(self) -> float:
        """Median of ``times``, in seconds."""
        return statistics.median(self.times)


@dataclass(frozen=True, slots=True)
class Results:
    """One run of a suite.

    ``date`` is UTC in ISO 8601; ``limits`` are single quantities by name, such as the
    machine's peak and the share of it that a kernel reaches; ``notes`` tell what was
    left out and why.
    """

    suite: str
    size: Size
    date: str
    machine: Machine
    methods: tuple[MethodResult, ...]
    limits: dict[str, Quantity]
    notes: tuple[str, ...]

    @property
    def quantities(self) -> list[Quantity]:
        """All that may carry a bar."""
        of_methods = [q for result in self.methods for q in result.quantities]
        return [*of_methods, *self.limits.values()]


class Suite(Protocol):
    """A function that runs a suite and reports each step to ``progress``."""

    def __call__(self, size: Size, *, progress: Progress) -> Results:
        """Run it."""
