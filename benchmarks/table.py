"""The results of a suite as a terminal table and as Markdown, whole or in short."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TypeAlias

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from latentia.benchmarks.results import LATENTIA, MethodResult, Quantity, Results

_LIMIT_COLUMNS = ("quantity", "measured")

_Case: TypeAlias = dict[str, MethodResult]  # by method
_Table: TypeAlias = tuple[tuple[str, ...], list[tuple[str, ...]]]  # header and rows


def as_rich(results: Results) -> Group:
    """Render for a terminal, with a console of :mod:`rich`.

    Parameters
    ----------
    results : Results

    Returns
    -------
    rich.console.Group
    """
    return Group(
        Text(results.machine.line(), style="dim"),
        _rich_table(_method_columns(results), _method_rows(results)),
        _rich_table(_LIMIT_COLUMNS, _limit_rows(results)),
        *(Text(note, style="yellow") for note in results.notes),
        Text(_summary(results)),
    )


def as_markdown(results: Results) -> str:
    """Render as Markdown that reads well on its own and inside another page.

    Parameters
    ----------
    results : Results

    Returns
    -------
    str
        Ends with a line break.
    """
    paragraphs = [
        f"{_command(results)}, {results.date}  \n{results.machine.line()}",
        _markdown_table(_method_columns(results), _method_rows(results)),
        _markdown_table(_LIMIT_COLUMNS, _limit_rows(results)),
        *results.notes,
        _summary(results),
    ]
    return "\n\n".join(paragraphs) + "\n"


def as_short_markdown(results: Results) -> str:
    """Render as Markdown with a row a case: latentia, the baseline and one quality.

    The times of both come first where they are measured against each other.

    Parameters
    ----------
    results : Results

    Returns
    -------
    str
        Ends with a line break.
    """
    by_case = [
        {result.method: result for result in group}
        for _, group in groupby(results.methods, key=lambda result: result.case)
    ]
    timed = any(results.speedup in case[LATENTIA].measures for case in by_case)
    columns, rows = (_timed if timed else _judged)(results, by_case)
    paragraphs = [
        f"{_command(results)}, {results.date[:10]}, {results.machine.short_line()}. "
        f"{_summary(results)}",
        _markdown_table(columns, rows),
        *results.notes,
    ]
    return "\n\n".join(paragraphs) + "\n"


def _timed(results: Results, by_case: list[_Case]) -> _Table:
    baseline, quality = results.baseline, results.quality
    both_judged = any(quality in case[baseline].measures for case in by_case)
    columns = (
        "case",
        LATENTIA,
        baseline,
        "× faster",
        f"{quality} ({baseline}'s)" if both_judged else quality,
    )
    rows: list[tuple[str, ...]] = []
    for case in by_case:
        ours, peer = case[LATENTIA], case[baseline]
        qualities = [
            _number(result.measures[quality])
            for result in (ours, peer)
            if quality in result.measures
        ]
        rows.append(
            (
                ours.case,
                _seconds(ours.median),
                _seconds(peer.median),
                f"{ours.measures[results.speedup].value:.1f}×",
                " ".join([*qualities[:1], *(f"({value})" for value in qualities[1:])]),
            )
        )
    return columns, rows


def _judged(results: Results, by_case: list[_Case]) -> _Table:
    methods, quality = (LATENTIA, results.baseline), results.quality
    columns = ("case", *(f"{quality}, {method}" for method in methods))
    rows = [
        (name, *(_number(case[method].measures[quality]) for method in methods))
        for case in by_case
        for name in [case[LATENTIA].case]
    ]
    return columns, rows


def _method_columns(results: Results) -> tuple[str, ...]:
    """Every measure that some method has, in the order in which they come up."""
    measures = dict.fromkeys(
        name for result in results.methods for name in result.measures
    )
    return ("case", "method", "median", *measures)


def _method_rows(results: Results) -> Iterator[tuple[str, ...]]:
    measures = _method_columns(results)[3:]
    last_case = None
    for result in results.methods:
        yield (
            "" if result.case == last_case else result.case,
            result.method,
            _seconds(result.median),
            *(
                _cell(result.measures[name]) if name in result.measures else ""
                for name in measures
            ),
        )
        last_case = result.case


def _limit_rows(results: Results) -> Iterator[tuple[str, ...]]:
    for name, quantity in results.limits.items():
        yield name, _cell(quantity)


def _command(results: Results) -> str:
    return f"`latentia bench {results.suite} --size {results.size}`"


def _summary(results: Results) -> str:
    met = [q.met for q in results.quantities if q.met is not None]
    return f"{sum(met)} of {len(met)} bars met." if met else "No bars."


def _cell(quantity: Quantity) -> str:
    """Show the value, then the bar and whether it is met: ``7.41× (≥ 7×) ✓``."""
    value = _number(quantity)
    if quantity.bar is None:
        return value
    bar = quantity.bar
    mark = "✓" if quantity.met else "✗"
    limit = _number(Quantity(bar.limit, quantity.unit))
    return f"{value} ({bar.relation} {limit}) {mark}"


def _number(quantity: Quantity) -> str:
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


def _seconds(value: float) -> str:
    return f"{value:.3f} s" if value >= 0.1 else f"{value * 1e3:.2f} ms"


def _rich_table(columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column)
    for row in rows:
        # The first cell is empty within a case: a rule between cases, not rows.
        if row[0] and table.row_count and len(row) > 2:
            table.add_section()
        table.add_row(*(_coloured(cell) for cell in row))
    return table


def _coloured(cell: str) -> Text:
    style = {"✓": "green", "✗": "red"}.get(cell[-1:], "")
    return Text(cell, style=style)


def _markdown_table(columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    header = tuple(columns)
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
