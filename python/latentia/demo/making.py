"""Makes the demo's page: section by section, and writes it as each one ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

from latentia._number_format import seconds
from latentia.demo.data import DemoData
from latentia.demo.plan import Plan
from latentia.pages import Document, Fact, Section, Table, write_page
from latentia.pages.build import make_section
from latentia.plots import png

Make = Callable[[DemoData], Section | None]

HEADLINES = {
    "timings": 2,
    "photo": 1,
    "mixture": 2,
    "topics": 1,
    "ratings": 1,
    "interactions": 1,
}
"""How many facts of a section open the page."""


_NO_TIME = (
    "This section is left out: the time of the quick version was over. “latentia demo "
    "--full” has it."
)


@dataclass(frozen=True)
class Made:
    """A section that was made, and the seconds that it took."""

    name: str
    section: Section
    time: float


def make_page(
    title: str,
    lead: str,
    plan: Plan,
    *,
    load: Callable[[Plan], DemoData],
    sections: Sequence[Make],
    out: Path,
    force: bool = False,
    console: Console | None = None,
) -> Path:
    """Make all sections, and write the page after each.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C; the message names the page and what it has.
    """
    names = [_name(make) for make in sections]
    start = plan.clock()
    made: list[Made] = []
    drawn: dict[str, bytes] = {}
    page: Path | None = None

    def write(*, ended: bool) -> Path:
        front = _front(made, len(names), plan, plan.clock() - start, ended=ended)
        document = Document(title, lead=lead, colophon=_colophon())
        for section in (front, *(one.section for one in made)):
            document.add(section)
        return write_page(document, out, force=force or page is not None, drawn=drawn)

    with _progress(console or Console(stderr=True), plan, names) as report:
        try:
            report(0, "load the data", None)
            data = load(plan)
            for number, make in enumerate(sections):
                begin = plan.clock()
                report(number, names[number], None)
                title_of = names[number].replace("_", " ").capitalize()
                if plan.has_time(names[number]):
                    section = make_section(make, data, title_of)
                else:
                    section = Section(title_of, prose=[_NO_TIME])
                if section is not None:
                    for picture in section.pictures:
                        drawn[picture.name] = png(picture.figure)
                    took = plan.clock() - begin
                    made.append(Made(names[number], section, took))
                    page = write(ended=False)
                report(number + 1, names[number], plan.clock() - begin)
            return write(ended=True)
        except KeyboardInterrupt:
            has = "nothing is written yet"
            if page is not None:
                has = f"{page} has {len(made)} of {len(names)} sections"
            raise KeyboardInterrupt(f"stopped: {has}") from None


def _name(make: Make) -> str:
    return make.__name__.removeprefix("section_")


def _colophon() -> str:
    return f"Written by latentia {version('latentia')} on {date.today()}."


def _front(
    made: Sequence[Made], n: int, plan: Plan, elapsed: float, *, ended: bool
) -> Section:
    """Return the section that opens the page: its main numbers, and what ran."""
    facts: list[Fact] = []
    for one in made:
        facts += one.section.facts[: HEADLINES.get(one.name, 0)]
    prose = [f"{_extent(plan)} {_counted(len(made))} in {seconds(elapsed)}."]
    if not ended:
        prose.append(
            f"{len(made)} of {n} sections are made: the demo is running, or was "
            "stopped here."
        )
    return Section(
        "At a glance",
        prose=prose,
        facts=facts,
        tables=[
            Table(
                "What ran",
                ["Section", "Time"],
                [[one.section.title, seconds(one.time)] for one in made],
            )
        ]
        if made
        else [],
    )


def _counted(n: int) -> str:
    return f"{n} section{'' if n == 1 else 's'}"


def _extent(plan: Plan) -> str:
    if not plan.is_quick:
        return "The full version: all images."
    few = "" if plan.n_images is None else f" at most {plan.n_images:,} images and"
    return (
        f"The quick version, with{few} networks that are trained for seconds: their "
        "images are blurred. “latentia demo --full” uses all images and trains longer, "
        f"about {_minutes(plan.full_seconds)} on this machine."
    )


def _minutes(time: float) -> str:
    minutes = max(1, round(time / 60))
    return f"{minutes} minute{'s' if minutes > 1 else ''}"


Report = Callable[[int, str, float | None], None]
"""Called with the number of sections that are made, a name, and a time at an end."""


@contextmanager
def _progress(console: Console, plan: Plan, names: Sequence[str]) -> Iterator[Report]:
    """Show a bar on a terminal; elsewhere print a line as a section begins and ends."""

    def left(n_made: int) -> str:
        return f"about {plan.left(list(names[n_made:])):.0f} s left"

    if not console.is_terminal:

        def say(n_made: int, name: str, took: float | None) -> None:
            state = "…" if took is None else f": {seconds(took)}"
            number = n_made + (took is None)
            name = name.replace("_", " ")
            line = f"[{number}/{len(names)}] {name}{state}, {left(n_made)}"
            console.print(line, soft_wrap=True, markup=False, highlight=False)

        yield say
        return
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<18}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        Elapsed(),
        TextColumn("{task.fields[left]}"),
        console=console,
    ) as progress:
        task = progress.add_task("", total=len(names), left=left(0))

        def show(n_made: int, name: str, took: float | None) -> None:
            name = name.replace("_", " ")
            progress.update(task, completed=n_made, description=name, left=left(n_made))

        yield show
