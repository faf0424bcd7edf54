"""What commands print: the report on standard output, all else on standard error.

Names of files and classes are the users'. Nothing in them is taken for Rich's markup,
for the code of an emoji or for an order to the terminal.
"""

from __future__ import annotations

import os
import re
import sys
from io import StringIO, TextIOWrapper
from pathlib import Path

from rich.console import Console, RenderableType
from rich.status import Status
from rich.table import Table
from rich.text import Text

from latentia._files import WritingError

STANDARD_OUTPUT = Path("standard output")


def say(*parts: RenderableType) -> None:
    """Print a report. A command writes its files first.

    Raises
    ------
    OSError
        If it cannot be printed; the message names standard output.
    """
    console = Console(markup=False, emoji=False, highlight=False)
    try:
        for part in parts:
            if isinstance(part, str):
                console.print(visible(part), soft_wrap=True)
            else:
                console.print(part)
        sys.stdout.flush()
    except OSError as error:
        raise WritingError(STANDARD_OUTPUT, error) from error


def warn(message: object) -> None:
    """Print one line on standard error. If that cannot be, the command goes on."""
    line = " ".join(str(message).split()) or type(message).__name__
    try:
        print(f"latentia: {visible(line)}", file=sys.stderr, flush=True)
    except OSError:
        _discard(sys.stderr)


def working(text: str) -> Status:
    """Show on a terminal what is being done, inside ``with``."""
    console = Console(stderr=True)
    if not console.is_terminal:
        # Even then Rich ends a line, which is an error where the disk is full.
        console = Console(file=StringIO())
    return console.status(Text(visible(text)))


def facts(values: dict[str, str]) -> Table:
    """Return a table of names and values."""
    table = Table(show_header=False, box=None)
    for name, value in values.items():
        table.add_row(name, Text(value))
    return table


def visible(text: str) -> str:
    r"""Return text with control characters as Python writes them, such as \x1b."""
    return re.sub(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", lambda found: ascii(found[0])[1:-1], text
    )


def prepare_streams() -> None:
    """Let every character be printed: as "?" where the terminal does not have it."""
    for name, errors in (("stdout", "replace"), ("stderr", "backslashreplace")):
        stream = getattr(sys, name)
        if stream is None:  # closed, as by >&-
            nowhere = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(nowhere, "w", encoding="utf-8"))
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=errors)


def flush_output() -> None:
    """Print what is left of standard output, such as a help text.

    Raises
    ------
    OSError
        If it cannot be printed. What is left is thrown away: else Python, when it ends,
        would try again and print a traceback.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        _discard(sys.stdout)
        raise WritingError(STANDARD_OUTPUT, error) from error


def _discard(stream: object) -> None:
    """Let what is in a stream's buffer, and what comes, go nowhere."""
    if isinstance(stream, TextIOWrapper):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
