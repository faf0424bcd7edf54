"""The results of a suite as a terminal table, as Markdown and as JSON."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from latentia.benchmarks.results import Quantity, Results

SCHEMA_VERSION = 1
"""Raised whenever a reader of the JSON file would have to change."""

_METHOD_COLUMNS = (
    "matrix",
    "method",
    "median",
    "× scikit-learn",
    "excess residual",
    "orthonormality",
    "working memory",
)
_LIMIT_COLUMNS = ("quantity", "measured")


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
        _rich_table(_METHOD_COLUMNS, _method_rows(results)),
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
        f"`latentia bench {results.suite} --size {results.size}`, {results.date}  \n"
        f"{results.machine.line()}",
        _markdown_table(_METHOD_COLUMNS, _method_rows(results)),
        _markdown_table(_LIMIT_COLUMNS, _limit_rows(results)),
        *results.notes,
        _summary(results),
    ]
    return "\n\n".join(paragraphs) + "\n"


def as_json(results: Results) -> str:
    """Render as JSON: every time, every quantity with its bar, and the machine.

    Parameters
    ----------
    results : Results

    Returns
    -------
    str
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "suite": results.suite,
        "size": results.size,
        "date": results.date,
        "machine": asdict(results.machine),
        "methods": [
            {
                "case": result.case,
                "method": result.method,
                "times": result.times,
                "median": result.median,
                "speedup": _json_quantity(result.speedup),
                "excess": _json_quantity(result.excess),
                "orthonormality": _json_quantity(result.orthonormality),
                "memory": _json_quantity(result.memory),
            }
            for result in results.methods
        ],
        "limits": {name: _json_quantity(q) for name, q in results.limits.items()},
        "notes": results.notes,
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def result_files(suite: str, size: str, folder: Path) -> tuple[Path, Path]:
    """Return where the results of a suite go: a JSON and a Markdown file."""
    return folder / f"{suite}-{size}.json", folder / f"{suite}-{size}.md"


def write(results: Results, folder: Path) -> tuple[Path, Path]:
    """Write ``SUITE-SIZE.json`` and ``SUITE-SIZE.md``, each whole or not at all.

    Parameters
    ----------
    results : Results
    folder : Path
        Made if it is missing; older results of the suite and size are replaced.

    Returns
    -------
    tuple of Path
        The JSON and the Markdown file.

    Raises
    ------
    OSError
        If the folder or a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    json_file, markdown_file = result_files(results.suite, results.size, folder)
    replace_text(json_file, as_json(results))
    replace_text(markdown_file, as_markdown(results))
    return json_file, markdown_file


def replace_text(path: Path, text: str) -> None:
    """Give a file new content at once: a reader sees the old or the new, never a part.

    Parameters
    ----------
    path : Path
    text : str

    Raises
    ------
    OSError
        If it cannot be written; the old file is then untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _method_rows(results: Results) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    last_case = None
    for result in results.methods:
        rows.append(
            (
                "" if result.case == last_case else result.case,
                result.method,
                _seconds(result.median),
                _cell(result.speedup),
                _cell(result.excess),
                _cell(result.orthonormality),
                "" if result.memory is None else _cell(result.memory),
            )
        )
        last_case = result.case
    return rows


def _limit_rows(results: Results) -> list[tuple[str, ...]]:
    return [(name, _cell(quantity)) for name, quantity in results.limits.items()]


def _summary(results: Results) -> str:
    met = [q.met for q in results.quantities if q.met is not None]
    return f"{sum(met)} of {len(met)} bars met."


def _cell(quantity: Quantity) -> str:
    """Show the value, then the bar and whether it is met: ``7.41× (≥ 7×) ✓``."""
    value = _number(quantity.value, quantity.unit)
    if quantity.bar is None:
        return value
    bar = quantity.bar
    mark = "✓" if quantity.met else "✗"
    return f"{value} ({bar.relation} {_number(bar.limit, quantity.unit)}) {mark}"


def _number(value: float, unit: str) -> str:
    match unit:
        case "":
            return f"{value:.1e}"
        case "×":
            return f"{value:.2f}×"
        case _:
            return f"{value:.0f} {unit}"


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


def _json_quantity(quantity: Quantity | None) -> dict[str, Any] | None:
    if quantity is None:
        return None
    return {**asdict(quantity), "met": quantity.met}
