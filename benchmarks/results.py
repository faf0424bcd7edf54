"""What a suite finds: times, quality, and the target of each that has one."""

import math
import statistics
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from latentia.benchmarks.machine import Machine

Size: TypeAlias = Literal["small", "full"]

LATENTIA, BASELINE = "latentia", "scikit-learn"
"""The two methods that every case of a factorisation has."""

ONE_THREAD = f"{BASELINE}, BLAS on 1 thread"

SPEEDUP = f"× {BASELINE}"
"""What each of their methods has: scikit-learn's median time over its own."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a quantity has to reach; ± asks for a magnitude of at most that."""

    relation: Literal["≥", "≤", "±"]
    limit: float

    def met_by(self, value: float) -> bool:
        """Tell whether ``value`` reaches the target; NaN never does."""
        match self.relation:
            case "≥":
                return value >= self.limit
            case "≤":
                return value <= self.limit
            case "±":
                return abs(value) <= self.limit


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured number, its unit ("" for a plain ratio) and its target, if any."""

    value: float
    unit: str = ""
    target: Target | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without one."""
        return None if self.target is None else self.target.met_by(self.value)


Measures: TypeAlias = dict[str, Quantity]


@dataclass(frozen=True, slots=True)
class MethodResult:
    """One method on one case: the seconds of each run, and its measures by name.

    A measure that was not taken of this method is missing. Without times it is that of
    a package which is not installed.
    """

    case: str
    method: str
    times: tuple[float, ...]
    measures: Measures

    @property
    def median(self) -> float:
        """Median of ``times``, in seconds; NaN without any."""
        return statistics.median(self.times) if self.times else math.nan


@dataclass(frozen=True, slots=True)
class Results:
    """One run of a suite.

    ``date`` is UTC in ISO 8601; ``quality`` names the measure that a short table shows
    next to the times; ``limits`` are single quantities by name, such as the machine's
    peak and the share of it that a kernel reaches; ``notes`` tell what was left out and
    why. ``baseline`` is the method that every case has next to latentia; where the two
    are not timed against each other, their qualities are what counts. ``pictures`` are
    PNG files by name, written next to the tables and not read again.
    """

    suite: str
    size: Size
    date: str
    machine: Machine
    quality: str
    methods: tuple[MethodResult, ...]
    limits: Measures
    notes: tuple[str, ...]
    baseline: str = BASELINE
    pictures: dict[str, bytes] = field(default_factory=dict, compare=False)

    @property
    def speedup(self) -> str:
        """Name of the measure that a method has where it is timed against others."""
        return f"× {self.baseline}"

    @property
    def quantities(self) -> list[Quantity]:
        """All that may have a target."""
        of_methods = [q for result in self.methods for q in result.measures.values()]
        return [*of_methods, *self.limits.values()]
