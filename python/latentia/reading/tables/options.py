"""What a caller may say about a table."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class TableOptions:
    """How a table is to be read; what is None is found by looking at it.

    Parameters
    ----------
    header : bool, optional
        Whether the first line of a text has the names of the columns.
    index_column : str or False, optional
        The column that names rows and is left out, "" for an unnamed one; False if
        there is none.
    columns : sequence of str, optional
        Names of the columns to take, in this order. ``"a:c"`` is all from a to c;
        ``"a:"`` and ``":c"`` go to the end and begin at the start. A text without
        header has the names "0", "1", ….
    delimiter : str, optional
        What stands between two cells of a text: by default a comma, in ``.tsv`` files a
        tab.

    Raises
    ------
    TypeError, ValueError
        If one is not as said above.
    """

    header: bool | None = None
    index_column: str | bool | None = None
    columns: Sequence[str] | None = None
    delimiter: str | None = None

    def __post_init__(self) -> None:
        """Check them."""
        if self.header not in (None, True, False):
            raise TypeError(f"header must be True, False or None, got {self.header!r}")
        index = self.index_column
        if not (index is None or index is False or isinstance(index, str)):
            raise TypeError(
                f"index_column must be the name of a column or False, got {index!r}"
            )
        if self.columns is not None:
            several = isinstance(self.columns, Sequence)
            if isinstance(self.columns, str) or not several or not self.columns:
                raise TypeError(
                    f"columns must be a list of names, got {self.columns!r}"
                )
            if not all(isinstance(name, str) for name in self.columns):
                raise TypeError(f"columns must be names (str), got {self.columns!r}")
        delimiter = self.delimiter
        one = isinstance(delimiter, str) and len(delimiter) == 1
        if delimiter is not None and (
            not one or not delimiter.isascii() or delimiter in '"\r\n'
        ):
            raise ValueError(
                f"delimiter must be one ASCII character such as ';', got {delimiter!r}"
            )

    @property
    def given(self) -> list[str]:
        """Names of those that the caller gave."""
        return [name for name, value in vars(self).items() if value is not None]


@contextmanager
def returning_memory() -> Generator[None]:
    """Let Arrow give back to the system, at the end, what it keeps for its next use."""
    try:
        yield
    finally:
        if "pyarrow" in sys.modules:
            arrow().default_memory_pool().release_unused()


def arrow(module: str = "pyarrow") -> Any:
    """Return a module of pyarrow.

    Raises
    ------
    ImportError
        If it is missing; it names the extra.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            'pyarrow is needed to read tables: pip install "latentia[files]"'
        ) from error
