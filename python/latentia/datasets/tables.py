"""Tables of numbers in text files: .csv and .tsv."""

from __future__ import annotations

import csv
from array import array
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ._reading import reading


def read_table(
    path: str | PathLike[str], *, delimiter: str = ","
) -> NDArray[np.float64]:
    """Read a table of numbers, one row a line.

    The first line is taken for a header, and left out, if not one of its cells is a
    number. Blank lines are passed over.

    Parameters
    ----------
    path : path-like
        Text in UTF-8, cells as Python writes numbers, quoted or not.
    delimiter : str
        What stands between two cells.

    Returns
    -------
    table : ndarray of float64, shape (n_rows, n_columns)
        In the order of the file.

    Raises
    ------
    ValueError
        A cell is not a number or a line has another length than those before it (line
        and column are named, counted from 1), or there is no number at all.
    OSError
        The file cannot be opened.
    """
    with (
        Path(path).open(newline="", encoding="utf-8-sig") as file,
        reading(path, "table of numbers"),
    ):
        values = array("d")
        n_columns = 0
        lines = csv.reader(file, delimiter=delimiter)
        for cells in lines:
            if not "".join(cells).strip() and len(cells) < 2:
                continue
            if n_columns == 0:
                n_columns = len(cells)
                if not any(map(_is_number, cells)):
                    continue
            if len(cells) != n_columns:
                raise ValueError(
                    f"line {lines.line_num} has {len(cells)} columns, "
                    f"those before it have {n_columns}"
                )
            try:
                values.extend(map(float, cells))
            except ValueError:
                column, cell = _first_text(cells)
                raise ValueError(
                    f"line {lines.line_num}, column {column}: {cell!r} is not a number"
                ) from None
        if not values:
            raise ValueError("it holds no numbers")
    return np.frombuffer(values).reshape(-1, n_columns)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _first_text(cells: list[str]) -> tuple[int, str]:
    return next(
        (column, cell)
        for column, cell in enumerate(cells, start=1)
        if not _is_number(cell)
    )
