"""Which columns of a table are features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from latentia.reading.tables.options import TableOptions

ASKED_OTHERS = "columns= (--columns)"
KEEP = "index_column=False (--index-column none) keeps it"


def choose(names: Sequence[str], options: TableOptions) -> list[int]:
    """Return the numbers of the columns that the caller wants: by default all.

    Raises
    ------
    ValueError
        If a name is unknown, stands for several columns, or is wanted twice; or if no
        column is left.
    """
    chosen = list(range(len(names)))
    if options.columns is not None:
        chosen = [c for text in options.columns for c in _resolve(text, names)]
        twice = [names[c] for c, n in Counter(chosen).items() if n > 1]
        if twice:
            raise ValueError(f"columns has {listed(twice)} more than once")
    if isinstance(options.index_column, str):
        index = _position(options.index_column, names)
        if options.columns is not None and index in chosen:
            raise ValueError(
                f"column {options.index_column!r} is in columns and index_column"
            )
        chosen = [c for c in chosen if c != index]
    if not chosen:
        raise ValueError("there is no column besides the index")
    return chosen


def found_index(
    names: Sequence[str], known: Sequence[int], options: TableOptions
) -> tuple[list[int], list[str]]:
    """Return the columns that are an index without looking at data, and remarks.

    Parameters
    ----------
    names : sequence of str
        Of all columns.
    known : sequence of int
        The columns that the file itself says are an index, or that have no name where
        others have one.
    options : TableOptions
    """
    if options.index_column is not None or options.columns is not None:
        return [], []
    if len(known) >= len(names):
        return [], []
    remarks = [
        f"column {label(names[c])} is taken for the index and left out; {KEEP}"
        for c in known
    ]
    return list(known), remarks


def label(name: str) -> str:
    """Return a name as messages show it."""
    return repr(name) if name.strip() else "without name"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Return names in a line, the ones in the middle left out where there are many."""
    shown = [name if name.strip() else "(no name)" for name in names]
    if len(shown) > most:
        shown = [*shown[: most - 3], "…", *shown[-2:]]
    return ", ".join(shown)


def _resolve(text: str, names: Sequence[str]) -> list[int]:
    """Return the columns that a name or a range of names stands for."""
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
            f"there is no column {name!r}; the columns are {listed(names, 20)}"
        )
    if len(found) > 1:
        raise ValueError(f"{len(found)} columns have the name {name!r}")
    return found[0]
