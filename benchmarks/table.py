"""The results of a suite as a terminal table and as Markdown, whole or in short."""

import math
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from latentia.benchmarks.results import LATENTIA, Quantity, Results

_LIMIT_COLUMNS = ("quantity", "measured")

_Row: TypeAlias = tuple[str, ...]


def as_rich(results: Results) -> Group:
    """Render for a terminal, with a console of :mod:`rich`."""
    return Group(
        Text(results.machine.line(), style="dim"),
        _rich_table(_method_columns(results), _method_rows(results)),
        _rich_table(_LIMIT_COLUMNS, _limit_rows(results)),
        *(Text(note, style="yellow") for note in results.notes),
        Text(_summary(results)),
    )


def as_markdown(results: Results) -> str:
    """Render as Markdown that reads well on its own and inside another page."""
    paragraphs = [
        f"{_command(results)}, {results.date}  \n{results.machine.line()}",
        markdown_table(_method_columns(results), _method_rows(results)),
        markdown_table(_LIMIT_COLUMNS, _limit_rows(results)),
        *results.notes,
        _summary(results),
    ]
    return "\n\n".join(paragraphs) + "\n"


def as_short_markdown(results: Results) -> str:
    """Render as Markdown with a row a case: latentia, the baseline and one quality.

    The times of both come first where they are measured against each other.
    """
    rows: list[_Row] = [
        (case, *cells) for case, cells in beside(results.baseline, results).items()
    ]
    both_judged = any(row[-1].endswith(")") for row in rows)
    judged = results.quality + both_judged * f" ({results.baseline})"
    columns: _Row = ("case", LATENTIA, results.baseline, "× faster", judged)
    if not any(row[1] for row in rows):
        columns, rows = (columns[0], judged), [(row[0], row[-1]) for row in rows]
    paragraphs = [
        f"{_command(results)}, {results.date[:10]}, {results.machine.short_line()}. "
        f"{_summary(results)}",
        markdown_table(columns, rows),
        *results.notes,
    ]
    return "\n\n".join(paragraphs) + "\n"


def beside(peer: str, results: Results) -> dict[str, _Row]:
    """Return of each case latentia's time, that of a peer, their ratio, and a quality.

    The peer's quality is in brackets; what was not measured is empty.
    """
    found = {(result.case, result.method): result for result in results.methods}
    rows: dict[str, _Row] = {}
    for case in dict.fromkeys(case for case, _ in found):
        ours, theirs = (found.get((case, method)) for method in (LATENTIA, peer))
        if ours is None or theirs is None:  # it has other peers
            continue
        times = "", "", ""
        if results.speedup in ours.measures:  # their times are compared
            faster = f"{theirs.median / ours.median:.1f}×"
            times = seconds(ours.median), seconds(theirs.median), faster
        qualities = [
            number(result.measures[results.quality])
            for result in (ours, theirs)
            if results.quality in result.measures
        ]
        in_brackets = [f"({quality})" for quality in qualities[1:]]
        rows[case] = (*times, " ".join([*qualities[:1], *in_brackets]))
    return rows


def _method_columns(results: Results) -> _Row:
    """Every measure that some method has, in the order in which they come up."""
    measures = dict.fromkeys(
        name for result in results.methods for name in result.measures
    )
    return ("case", "method", "median", *measures)


def _method_rows(results: Results) -> Iterator[_Row]:
    measures = _method_columns(results)[3:]
    last_case = None
    for result in results.methods:
        yield (
            "" if result.case == last_case else result.case,
            result.method,
            seconds(result.median),
            *(
                _cell(result.measures[name]) if name in result.measures else ""
                for name in measures
            ),
        )
        last_case = result.case


def _limit_rows(results: Results) -> Iterator[_Row]:
    for name, quantity in results.limits.items():
        yield name, _cell(quantity)


def _command(results: Results) -> str:
    return f"`latentia bench {results.suite} --size {results.size}`"


def _summary(results: Results) -> str:
    met = [q.met for q in results.quantities if q.met is not None]
    return f"{sum(met)} of {len(met)} targets met." if met else "No targets."


def _cell(quantity: Quantity) -> str:
    """Show the value, then the target and whether it is met: ``7.41× (≥ 7×) ✓``."""
    value, target = number(quantity), quantity.target
    if target is None:
        return value
    limit = number(Quantity(target.limit, quantity.unit))
    return f"{value} ({target.relation} {limit}) {'✓' if quantity.met else '✗'}"


def number(quantity: Quantity) -> str:
    """Write a value with its unit."""
    value = quantity.value
    match quantity.unit:
        case "":
            return f"{value:.3g}" if 0.01 <= abs(value) < 1000 else f"{value:.1e}"
        case "×":
            return f"{value:.2f}×"
        case "nats":
            return f"{value:.4f}"
        case unit:
            return f"{value:.{1 if abs(value) < 10 else 0}f} {unit}"


def seconds(value: float) -> str:
    """Write a time with its unit."""
    if math.isnan(value):
        return "not installed"
    return f"{value:.3f} s" if value >= 0.1 else f"{value * 1e3:.2f} ms"


def _rich_table(columns: _Row, rows: Iterable[_Row]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column)
    styles = {"✓": "green", "✗": "red"}
    for row in rows:
        # The first cell is empty within a case: a rule between cases, not rows.
        if row[0] and table.row_count and len(row) > 2:
            table.add_section()
        table.add_row(*(Text(cell, styles.get(cell[-1:], "")) for cell in row))
    return table


def markdown_table(columns: _Row, rows: Iterable[_Row]) -> str:
    """Render cells as a table of Markdown."""
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
