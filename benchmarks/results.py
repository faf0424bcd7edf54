"""What a suite finds: times, quality, and the bar each of them was to reach."""

import statistics
from dataclasses import dataclass
from typing import Literal, TypeAlias

from latentia.benchmarks.machine import Machine

Size: TypeAlias = Literal["small", "full"]

LATENTIA, BASELINE = "latentia", "scikit-learn"
"""The two methods that every case has."""

SPEEDUP = "× scikit-learn"
"""The measure that every method has: scikit-learn's median time over its own."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What a quantity is expected to reach; ± asks for a magnitude of at most that."""

    relation: Literal["≥", "≤", "±"]
    limit: float

    def met_by(self, value: float) -> bool:
        """Tell whether ``value`` reaches the bar; NaN never does."""
        match self.relation:
            case "≥":
                return value >= self.limit
            case "≤":
                return value <= self.limit
            case "±":
                return abs(value) <= self.limit


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
    """One method on one case: the seconds of each run, and its measures by name.

    A measure that was not taken of this method is missing.
    """

    case: str
    method: str
    times: tuple[float, ...]
    measures: dict[str, Quantity]

    @property
    def median(self) -> float:
        """Median of ``times``, in seconds."""
        return statistics.median(self.times)


@dataclass(frozen=True, slots=True)
class Results:
    """One run of a suite.

    ``date`` is UTC in ISO 8601; ``quality`` names the measure that a short table shows
    beside the times; ``limits`` are single quantities by name, such as the machine's
    peak and the share of it that a kernel reaches; ``notes`` tell what was left out and
    why.
    """

    suite: str
    size: Size
    date: str
    machine: Machine
    quality: str
    methods: tuple[MethodResult, ...]
    limits: dict[str, Quantity]
    notes: tuple[str, ...]

    @property
    def quantities(self) -> list[Quantity]:
        """All that may carry a bar."""
        of_methods = [q for result in self.methods for q in result.measures.values()]
        return [*of_methods, *self.limits.values()]
