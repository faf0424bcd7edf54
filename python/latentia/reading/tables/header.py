"""Whether the first line of a text has names or numbers.

    first line                      rows below                        decision
    ------------------------------  --------------------------------  -------------
    words, blank cells              any                               names
    blank, 0, 1, …, n − 1           any                               names (pandas)
    0, 1, …, n − 1                  a column written with points      names, with a
                                                                      remark
    0, 1, …, n − 1                  whole numbers, or few             undecided
    whole numbers                   every column written with points  undecided
    words and numbers, or a blank   any                               undecided
    first cell and numbers
    missing values alone            any                               undecided
    other numbers, missing values   any                               data

A writer uses one number format for a column. So a line of integers above a column whose
numbers all have a point or an exponent is not a row of data. Where the line could be
both, an error asks the caller to decide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# The lists of pandas and of Arrow together.
_NANS = ("1.#IND", "1.#QNAN", "NaN", "nan")
_UNKNOWN = ("#N/A", "#N/A N/A", "#NA", "<NA>", "N/A", "NA", "n/a", "NULL", "null")
MISSING = frozenset({"", "None", *_UNKNOWN, *_NANS, *(f"-{nan}" for nan in _NANS)})
_LEAST_ROWS = 2
"""With fewer rows the format of the numbers decides nothing."""
_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.I)


@dataclass(frozen=True)
class Header:
    """Whether the first line has names, and a remark for the caller."""

    has_names: bool
    remark: str | None = None


def is_number(cell: str) -> bool:
    """Whether Arrow reads a cell as a number."""
    return _NUMBER.fullmatch(cell.strip()) is not None


def is_whole(cell: str) -> bool:
    """Whether a cell is a number without point or exponent."""
    return _WHOLE.fullmatch(cell.strip()) is not None


def find_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> Header:
    """Decide by the first line and some rows below whether it has names.

    Raises
    ------
    ValueError
        If it could be names or data.
    """
    cells = [cell.strip() for cell in first]
    n_numbers = sum(map(is_number, cells))
    n_missing = sum(cell in MISSING for cell in cells)
    n_blank = cells.count("")
    n_words = len(cells) - n_numbers - n_missing
    if n_words:
        if n_numbers:
            raise _undecided(cells, "has words and numbers")
        return Header(has_names=True)
    if cells[0] == "" and n_blank == 1 and _counts(cells[1:]):
        return Header(has_names=True)
    if n_numbers == 0 or cells[0] == "":
        raise _undecided(cells, "begins with an empty cell, or has no number")
    judged = below if len(below) >= _LEAST_ROWS else ()
    pointed = map(_always_pointed, zip(*judged, strict=True))
    if _counts(cells):
        if any(pointed):
            return Header(
                has_names=True,
                remark=f"the first line, {_few(cells)}, is treated as column names as "
                "pandas writes them; header=False (--no-header) makes it data",
            )
        raise _undecided(cells, "counts from 0, as pandas names columns,")
    if judged and all(map(is_whole, cells)) and all(pointed):
        raise _undecided(cells, "has whole numbers above columns that have none")
    return Header(has_names=False)


def _counts(cells: Sequence[str]) -> bool:
    """Whether cells are 0, 1, …, n − 1."""
    return bool(cells) and list(cells) == [str(i) for i in range(len(cells))]


def _always_pointed(column: Sequence[str]) -> bool:
    """Whether all numbers of a column have a point or an exponent."""
    known = [cell for cell in column if cell.strip() not in MISSING]
    return bool(known) and all(is_number(c) and not is_whole(c) for c in known)


def _undecided(cells: Sequence[str], why: str) -> ValueError:
    return ValueError(
        f"the first line, {_few(cells)}, {why} and may be column names or data: say "
        "header=True (--header) or header=False (--no-header)"
    )


def _few(cells: Sequence[str]) -> str:
    shown = [repr(cell) if not is_number(cell) else cell for cell in cells[:4]]
    return ", ".join(shown) + (", …" if len(cells) > 4 else "")
