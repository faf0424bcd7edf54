"""A suite is a row of a table, and this runs it.

A suite has cases, on which the same methods are timed in turn and judged, or steps that
measure something else, or both. What needs data or a package that is not on this
machine raises FileNotFoundError; it is left out, and a note says so.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple, TypeAlias

from latentia._extras import install_hint
from latentia.benchmarks import machine
from latentia.benchmarks.results import (
    BASELINE,
    LATENTIA,
    SPEEDUP,
    Measures,
    MethodResult,
    Quantity,
    Results,
    Size,
    Target,
)
from latentia.benchmarks.timing import Timing, interleaved, one_blas_thread

Progress: TypeAlias = Callable[[str], None]
Method: TypeAlias = Callable[[Any, Any], Any]
"""(matrix, task) → answer; a function of a module, so that it can be sent to another
process."""

Answers: TypeAlias = Mapping[str, Any]
Targets: TypeAlias = Mapping[str, Target]
Judge: TypeAlias = Callable[[dict[str, Any]], Mapping[str, Measures]]


@dataclass(frozen=True, slots=True)
class Found:
    """What a step adds to the results."""

    methods: list[MethodResult] = field(default_factory=list)
    limits: Measures = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Step(NamedTuple):
    """A part of a suite."""

    name: str
    measure: Callable[[], Found]


def on_one_blas_thread(method: Method, A: Any, task: Any) -> Any:
    """Call a method with one thread of every BLAS."""
    with one_blas_thread():
        return method(A, task)


def limits_step(name: str, measure: Callable[[], Measures]) -> Step:
    """Make a step of a function that returns limits."""
    return Step(name, lambda: Found(limits=measure()))


@dataclass(frozen=True, slots=True)
class Case:
    """A matrix, the task on it, and what latentia has to reach, by measure.

    latentia and scikit-learn run ``repeats`` times; ``references`` are slower methods,
    which run ``reference_repeats`` times. ``make`` can be sent to another process.
    """

    name: str
    make: Callable[[], Any]
    task: Any
    targets: Targets
    references: tuple[str, ...] = ()
    repeats: int = 7
    reference_repeats: int = 3
    measure_memory: bool = False

    def small(self, repeats: int = 1) -> "Case":
        """Return the case with few runs, and without targets of speed."""
        kept = {k: v for k, v in self.targets.items() if k != SPEEDUP}
        return replace(self, targets=kept, repeats=repeats, reference_repeats=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What ``latentia bench NAME`` measures.

    ``quality`` is the measure that short tables show, ``baseline`` the method that
    every case has next to latentia, ``needs`` maps packages to the extra with them.

    cases : size → the cases
    methods : all of them by name
    prepare : (matrix, task) → the task with the start that all methods share
    judge : (matrix, task, answers by method) → the measures of each method
    weigh : (case, matrix, method) → its memory; {} where the system does not tell
    targets : (case, matrix) → what latentia has to reach, by measure
    limits : (case, matrix, its results) → single quantities of the case
    steps : size → the steps that come after the cases
    """

    name: str
    quality: str
    cases: Callable[[Size], Iterable[Case]] = lambda _: ()
    methods: Mapping[str, Method] = field(default_factory=dict)
    prepare: Callable[[Any, Any], Any] = lambda _, task: task
    judge: Callable[[Any, Any, Answers], Mapping[str, Measures]] = lambda *_: {}
    weigh: Callable[[Case, Any, Method], Measures] = lambda *_: {}
    targets: Callable[[Case, Any], Targets] = lambda case, _: case.targets
    limits: Callable[[Case, Any, list[MethodResult]], Measures] = lambda *_: {}
    steps: Callable[[Size], Iterable[Step]] = lambda _: ()
    baseline: str = BASELINE
    needs: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self,
        size: Size,
        *,
        progress: Progress,
        keep: Callable[[Results], object] = lambda _: None,
    ) -> Results:
        """Run the suite, and call ``progress`` with a line of text as each step begins.

        ``keep`` gets what is known after each step: the next one may end the process.
        A package without which nothing of it runs is an ImportError.
        """
        self._require_packages()
        found: list[Found] = []
        notes = machine.held_back()
        for note in notes:
            progress(note)
        # Closed at once after an error or Ctrl-C: steps may hold files meanwhile
        with closing(self._all_steps(size)) as steps:
            for step in steps:
                progress(step.name)
                try:
                    found.append(step.measure())
                    notes += found[-1].notes
                except FileNotFoundError as error:
                    notes.append(f"{step.name} is left out. {error}")
                    progress(notes[-1])
                keep(self._results(size, found, [*notes, "The suite had not ended."]))
        return self._results(size, found, notes)

    def _results(self, size: Size, found: list[Found], notes: list[str]) -> Results:
        return Results(
            suite=self.name,
            size=size,
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            machine=machine.describe(),
            quality=self.quality,
            methods=tuple(result for one in found for result in one.methods),
            limits={name: q for one in found for name, q in one.limits.items()},
            notes=tuple(notes),
            baseline=self.baseline,
            pictures={name: p for one in found for name, p in one.pictures.items()},
        )

    def compared(self, case: Case) -> dict[str, Method]:
        """Return the methods of a case, the references last."""
        names = (LATENTIA, self.baseline, *case.references)
        return {name: self.methods[name] for name in names}

    def case_steps(self, size: Size) -> Iterator[Step]:
        """List the cases as steps, also of another suite."""
        for case in self.cases(size):
            yield Step(case.name, partial(self.measure, case))

    def measure(self, case: Case) -> Found:
        """Time the methods of a case in turn, and judge what they return."""
        A = case.make()
        task = self.prepare(A, case.task)
        methods = self.compared(case)
        runs = {name: partial(method, A, task) for name, method in methods.items()}
        references = {name: runs.pop(name) for name in case.references}
        timings = interleaved(runs, repeats=case.repeats)
        timings |= interleaved(references, repeats=case.reference_repeats)

        def judge(answers: Answers) -> Mapping[str, Measures]:
            judged = {k: dict(v) for k, v in self.judge(A, task, answers).items()}
            for name in runs if case.measure_memory else ():
                judged[name] |= self.weigh(case, A, methods[name])
            return judged

        targets = self.targets(case, A)
        results = judge_timings(
            case.name, timings, judge=judge, targets=targets, baseline=self.baseline
        )
        return Found(results, dict(self.limits(case, A, results)))

    def _all_steps(self, size: Size) -> Generator[Step, None, None]:
        yield from self.case_steps(size)
        yield from self.steps(size)

    def _require_packages(self) -> None:
        for package, extra in self.needs.items():
            try:
                import_module(package)
            except ImportError as error:
                raise ImportError(
                    f"the {self.name} suite needs {package}: {install_hint(extra)}"
                ) from error


def judge_timings(
    case: str,
    timings: Mapping[str, Timing[Any]],
    *,
    judge: Judge,
    targets: Targets,
    baseline: str = BASELINE,
) -> list[MethodResult]:
    """Judge what the methods of a case returned, the baseline among them.

    Each gets the baseline's median time over its own, if that was timed, and the
    measures that ``judge`` gives it; latentia's have the targets.
    """
    judged = judge({name: timing.result for name, timing in timings.items()})
    reference = timings.get(baseline)
    results = []
    for name, timing in timings.items():
        measures: Measures = {}
        if reference is not None:
            ratio = reference.median / timing.median
            measures = {f"× {baseline}": Quantity(ratio, "×")}
        measures |= judged[name]
        if name == LATENTIA:
            measures = {
                measure: replace(quantity, target=targets.get(measure))
                for measure, quantity in measures.items()
            }
        results.append(MethodResult(case, name, timing.times, measures))
    return results
