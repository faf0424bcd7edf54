"""Titles and genres of films in the files of MovieLens."""

from __future__ import annotations

import csv
from io import StringIO
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GENRES = (
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)
"""Of the flags that end the lines of ``u.item``."""

_KNOWN = ("u.item", "movies.dat", "movies.csv")


def load_movielens_items(path: str | PathLike[str]) -> dict[str, NDArray[Any]]:
    """Load the titles and genres of the films of MovieLens.

    ==============  ====================================================================
    ``u.item``      100K: "|" and a flag for each genre
    ``movies.dat``  1M and 10M: "::"
    ``movies.csv``  20M and later, "latest": commas and a line of names
    ==============  ====================================================================

    Parameters
    ----------
    path : path-like
        The folder with one of these files, or a file in it, such as that of the
        ratings.

    Returns
    -------
    dict of ndarray of shape (n_items,)
        ``item``: int64. ``title`` and ``genres``: strings; several genres of a film
        have "|" between them.

    Raises
    ------
    FileNotFoundError
        If none of the files is in the folder.
    ValueError
        If a line is malformed; the message has its number.

    Examples
    --------
    >>> from latentia.datasets import load_movielens_items
    >>> films = load_movielens_items("ml-100k/u.data")  # doctest: +SKIP
    """
    folder = Path(path) if Path(path).is_dir() else Path(path).parent
    found = [folder / name for name in _KNOWN if (folder / name).is_file()]
    if not found:
        raise FileNotFoundError(
            f"the folder {folder} must have one of {', '.join(_KNOWN)}"
        )
    file, content = found[0], found[0].read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:  # older editions
        text = content.decode("latin-1")
    if file.suffix == ".csv":
        lines = list(csv.reader(StringIO(text, newline="")))[1:]
    else:
        separator = "|" if file.name == "u.item" else "::"
        lines = [line.rstrip("\r").split(separator) for line in text.split("\n")]
    items, titles, genres = [], [], []
    for number, cells in enumerate(lines, 1 + (file.suffix == ".csv")):
        if not any(cell.strip() for cell in cells):
            continue
        try:
            item, title, *rest = cells
            items.append(int(item))
            genres.append(_flagged(rest) if file.name == "u.item" else rest[0])
        except (ValueError, IndexError):
            shown = " ".join(cells)[:60]
            raise ValueError(f"{file}, line {number} is malformed: {shown!r}") from None
        titles.append(title)
    return {
        "item": np.array(items, dtype=np.int64),
        "title": np.array(titles, dtype=object),
        "genres": np.array(genres, dtype=object),
    }


def _flagged(cells: list[str]) -> str:
    """Return the genres whose flags are 1."""
    flags = cells[-len(_GENRES) :]
    if len(flags) < len(_GENRES) or not {*flags} <= {"0", "1"}:
        raise ValueError(flags)
    pairs = zip(_GENRES, flags, strict=True)
    return "|".join(genre for genre, flag in pairs if flag == "1")
