"""Options that decide how a table is read."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from latentia._extras import install_hint


@dataclass(frozen=True)
class TableOptions:
    """Options of a table; those that are None are decided by its content.

    Parameters
    ----------
    header : bool, optional
        Text: whether the first line has the names of the columns.
    index_column : str or False, optional
        The column that names the rows and is left out, "" for one without name; False
        keeps all columns.
    columns : str or sequence of str, optional
        Names of the columns to read, in this order; one name can be given as a string.
        ``"a:c"`` is all columns from a to c, ``"a:"`` all from a on, ``":c"`` all up to
        c. The columns of a text without header are "0", "1", ….
    delimiter : str, optional
        Text: the character between two cells, by default a comma, in ``.tsv`` files a
        tab.

    Raises
    ------
    TypeError, ValueError
        If an option is of another type or form.
    """

    header: bool | None = None
    index_column: str | bool | None = None
    columns: str | Sequence[str] | None = None
    delimiter: str | None = None

    def __post_init__(self) -> None:
        """Check the options."""
        if self.header not in (None, True, False):
            raise TypeError(f"header must be True, False or None, got {self.header!r}")
        index = self.index_column
        if not (index is None or index is False or isinstance(index, str)):
            raise TypeError(
                f"index_column must be the name of a column or False, got {index!r}"
            )
        if self.columns is not None:
            if not isinstance(self.columns, Sequence) or not self.columns:
                raise TypeError(
                    f"columns must be a name or a list of names, got {self.columns!r}"
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
    def wanted(self) -> Sequence[str] | None:
        """The columns to read as a list, or None for all."""
        return [self.columns] if isinstance(self.columns, str) else self.columns

    @property
    def given(self) -> list[str]:
        """Names of the options that are not None."""
        return [name for name, value in vars(self).items() if value is not None]


@contextmanager
def returning_memory() -> Generator[None]:
    """Let Arrow return the memory that it caches to the system at the end."""
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
        If pyarrow is missing; the message has the command that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"pyarrow is needed to read tables: {install_hint('files')}"
        ) from error
