"""How a table of text begins: its first rows as cells, before Arrow reads all of it."""

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
    """What a text begins with.

    Attributes
    ----------
    n_blank : int
        Lines without anything before the first row.
    cells : list of list of str
        Some rows, all as long as the first.
    row_bytes : int
        About as long as a row is.
    """

    n_blank: int
    cells: list[list[str]]
    row_bytes: int


def first_rows(path: Path, delimiter: str) -> FirstRows:
    """Return how a text begins.

    Raises
    ------
    ValueError
        If it is no text in UTF-8, or there is nothing but blanks.
    """
    size = _HEAD_BYTES
    while True:
        text, whole = _head(path, size)
        begin = text.lstrip(_BLANK)
        if whole and not begin:
            raise ValueError("it holds no numbers")
        # The end of what was read can be within a row.
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
    """Return how a text begins, decompressed, and whether that is all of it."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with cast(IO[bytes], opener(path, "rb")) as file:
        head = file.read(n_bytes)
        whole = not file.read(1)
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head, whole)
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not text in UTF-8: {error}") from error
    if "\0" in text:
        raise ValueError("it is not text, but has a zero byte")
    return text, whole
