"""The first rows of a table of text, which are read before Arrow reads all of it."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

_HEAD_BYTES = 1 << 20
_MOST_ROWS = 100
_BLANK = " \r\n"


@dataclass(frozen=True)
class FirstRows:
    """The beginning of a text.

    Attributes
    ----------
    n_blank : int
        Empty lines before the first row.
    cells : list of list of str
        Rows of the same length as the first.
    row_bytes : int
        Approximate length of a row.
    """

    n_blank: int
    cells: list[list[str]]
    row_bytes: int


def first_rows(path: Path, delimiter: str) -> FirstRows:
    """Return the beginning of a text.

    Raises
    ------
    ValueError
        If it is not UTF-8 text, or has only blanks.
    """
    size = _HEAD_BYTES
    while True:
        text, whole = _head(path, size)
        begin = text.lstrip(_BLANK)
        if whole and not begin:
            raise ValueError("it has no numbers")
        # The last row of the part that was read can be incomplete.
        stream = io.StringIO(begin if whole else begin[: begin.rfind("\n") + 1])
        rows = list(
            itertools.islice(csv.reader(stream, delimiter=delimiter), _MOST_ROWS)
        )
        if rows:
            break
        size *= 4
    return FirstRows(
        text[: len(text) - len(begin)].count("\n"),
        [row for row in rows if len(row) == len(rows[0])],
        stream.tell() // len(rows),
    )


def _head(path: Path, n_bytes: int) -> tuple[str, bool]:
    """Return the beginning of a text, decompressed, and whether it is all of it."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with cast(IO[bytes], opener(path, "rb")) as file:
        head = file.read(n_bytes)
        whole = not file.read(1)
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head, whole)
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not text in UTF-8: {error}") from error
    if "\0" in text:
        raise ValueError("it is not text: it has a zero byte")
    return text, whole
