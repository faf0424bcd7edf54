"""Output of commands: reports on standard output, messages on standard error.

Names of files and classes come from users. They are printed as they are: not as markup
of Rich, as codes of emojis or as control sequences of the terminal.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from io import StringIO, TextIOWrapper
from pathlib import Path

from rich.console import Console, RenderableType
from rich.status import Status
from rich.table import Table
from rich.text import Text

from latentia._files import WritingError

STANDARD_OUTPUT = Path("standard output")


def say(*parts: RenderableType) -> None:
    """Print a report. A command calls this after it has written its files.

    Raises
    ------
    OSError
        If printing fails; the message names standard output.
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
    """Print one line on standard error; errors of printing are ignored."""
    line = " ".join(str(message).split()) or type(message).__name__
    try:
        print(f"latentia: {visible(line)}", file=sys.stderr, flush=True)
    except OSError:
        _discard(sys.stderr)


def working(text: str) -> Status:
    """Show a status on a terminal while a ``with`` block runs."""
    console = Console(stderr=True)
    if not console.is_terminal:
        # Rich writes a line end even then, which fails if the disk is full.
        console = Console(file=StringIO())
    return console.status(Text(visible(text)))


def facts(values: Mapping[str, str | tuple[str, str]]) -> Table:
    """Return a table of names, values and, where given, what a value means."""
    table = Table(show_header=False, box=None)
    for name, value in values.items():
        value, meaning = value if isinstance(value, tuple) else (value, "")
        table.add_row(name, Text(value), Text(meaning, style="dim"))
    return table


def visible(text: str) -> str:
    r"""Return text with control characters as Python writes them, such as \x1b."""
    return re.sub(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", lambda found: ascii(found[0])[1:-1], text
    )


def prepare_streams() -> None:
    """Print characters that the terminal does not support as "?"."""
    for name, errors in (("stdout", "replace"), ("stderr", "backslashreplace")):
        stream = getattr(sys, name)
        if stream is None:  # closed, as by >&-
            nowhere = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(nowhere, "w", encoding="utf-8"))
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=errors)


def flush_output() -> None:
    """Flush standard output, for example a help text.

    Raises
    ------
    OSError
        If printing fails. The rest is discarded; otherwise Python would try again at
        exit and print a traceback.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        _discard(sys.stdout)
        raise WritingError(STANDARD_OUTPUT, error) from error


def _discard(stream: object) -> None:
    """Discard what is in the buffer of a stream and all later output."""
    if isinstance(stream, TextIOWrapper):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
