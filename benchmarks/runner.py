"""A suite is a list of steps: each measures something, and any may lack its data."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, Protocol, TypeAlias, get_args

from latentia.benchmarks import machine
from latentia.benchmarks.results import (
    BASELINE,
    MethodResult,
    Quantity,
    Results,
    Size,
)

Progress: TypeAlias = Callable[[str], None]


class Suite(Protocol):
    """A function that runs a suite and reports each step to ``progress``."""

    def __call__(self, size: Size, *, progress: Progress) -> Results:
        """Run it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a step adds to the results."""

    methods: list[MethodResult] = field(default_factory=list)
    limits: dict[str, Quantity] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)


class Step(NamedTuple):
    """A part of a suite: raises FileNotFoundError if its data are absent."""

    name: str
    measure: Callable[[], Found]


def limits_step(name: str, measure: Callable[[], dict[str, Quantity]]) -> Step:
    """Make a step of a function that returns limits."""
    return Step(name, lambda: Found(limits=measure()))


def run_suite(
    suite: str,
    steps: Callable[[Size], Iterable[Step]],
    size: Size,
    *,
    quality: str,
    progress: Progress,
    baseline: str = BASELINE,
) -> Results:
    """Take the steps of a suite in turn.

    Parameters
    ----------
    suite : str
        Its name.
    steps : callable
        Gives the steps of a size.
    size : {"small", "full"}
    quality : str
        The measure for short tables.
    progress : callable
        Called with a line of text as each step begins.
    baseline : str
        The method that every case has beside latentia.

    Returns
    -------
    Results
        A step whose data are not on this machine is left out, with a note.

    Raises
    ------
    ValueError
        If ``size`` is another.
    """
    if size not in get_args(Size):
        raise ValueError(f"size must be one of {get_args(Size)}, got {size!r}")
    methods: list[MethodResult] = []
    limits: dict[str, Quantity] = {}
    pictures: dict[str, bytes] = {}
    notes: list[str] = []
    for step in steps(size):
        progress(step.name)
        try:
            found = step.measure()
        except FileNotFoundError as error:
            notes.append(f"{step.name} is left out. {error}")
            progress(notes[-1])
            continue
        methods += found.methods
        limits |= found.limits
        pictures |= found.pictures
    return Results(
        suite=suite,
        size=size,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=machine.describe(),
        quality=quality,
        methods=tuple(methods),
        limits=limits,
        notes=tuple(notes),
        baseline=baseline,
        pictures=pictures,
    )
