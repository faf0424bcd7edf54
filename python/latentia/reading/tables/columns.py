"""Selection of the columns of a table that are features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from latentia._arguments import did_you_mean
from latentia.reading.tables.options import TableOptions

ASKED_OTHERS = "columns= (--columns)"
KEEP = "index_column=False (--index-column none) keeps it"


def choose(names: Sequence[str], options: TableOptions) -> list[int]:
    """Return the numbers of the columns that the options select, by default all.

    Raises
    ------
    ValueError
        If a name is unknown, belongs to several columns, or is selected twice; or if no
        column remains.
    """
    chosen = list(range(len(names)))
    if options.wanted is not None:
        chosen = [c for text in options.wanted for c in _resolve(text, names)]
        twice = [names[c] for c, n in Counter(chosen).items() if n > 1]
        if twice:
            raise ValueError(f"columns selects {listed(twice)} more than once")
    if isinstance(options.index_column, str):
        index = _position(options.index_column, names)
        if options.columns is not None and index in chosen:
            raise ValueError(
                f"column {options.index_column!r} is in both columns and index_column"
            )
        chosen = [c for c in chosen if c != index]
    if not chosen:
        raise ValueError("the table has no column besides the index")
    return chosen


def found_index(
    names: Sequence[str], known: Sequence[int], options: TableOptions
) -> tuple[list[int], list[str]]:
    """Return the columns that are an index by their names alone, and remarks.

    Parameters
    ----------
    names : sequence of str
        Of all columns.
    known : sequence of int
        The columns that the file marks as an index, or the one without a name where
        others have names.
    options : TableOptions
    """
    if options.index_column is not None or options.columns is not None:
        return [], []
    if len(known) >= len(names):
        return [], []
    remarks = [
        f"column {label(names[c])} is treated as the index and left out; {KEEP}"
        for c in known
    ]
    return list(known), remarks


def label(name: str) -> str:
    """Return a name as messages show it."""
    return repr(name) if name.strip() else "without name"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Return names as one line; of many names the middle ones are left out."""
    shown = [name if name.strip() else "(no name)" for name in names]
    if len(shown) > most:
        shown = [*shown[: most - 3], "…", *shown[-2:]]
    return ", ".join(shown)


def _resolve(text: str, names: Sequence[str]) -> list[int]:
    """Return the columns of a name or of a range of names."""
    first, colon, last = text.partition(":")
    if text in names or not colon:
        return [_position(text, names)]
    begin = _position(first, names) if first else 0
    end = _position(last, names) if last else len(names) - 1
    if end < begin:
        raise ValueError(f"columns {text!r}: {last!r} comes before {first!r}")
    return list(range(begin, end + 1))


def _position(name: str, names: Sequence[str]) -> int:
    found = [c for c, other in enumerate(names) if other == name]
    if not found:
        raise ValueError(
            f"there is no column {name!r}{did_you_mean(name, names)}; the columns are "
            f"{listed(names, 20)}"
        )
    if len(found) > 1:
        raise ValueError(f"{len(found)} columns have the name {name!r}")
    return found[0]
