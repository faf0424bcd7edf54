"""Ratings of films in the files of MovieLens, and in RecBole's form of them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentia._files import check_input

_NAMES = {
    "userid": "user",
    "user_id": "user",
    "movieid": "item",
    "item_id": "item",
    "rating": "rating",
    "timestamp": "time",
}
_PLAIN = ("user", "item", "rating", "time")
_KNOWN = ("u.data", "ratings.dat", "ratings.csv")


def load_movielens(path: str | PathLike[str]) -> dict[str, NDArray[Any]]:
    """Load the ratings of MovieLens from a file that you have downloaded.

    The data may not be redistributed: https://grouplens.org/datasets/movielens has it.

    ===============  ===================================================================
    ``u.data``       100K: tabs
    ``ratings.dat``  1M and 10M: "::"
    ``ratings.csv``  20M and later, "latest": commas and a line of names
    ``*.inter``      RecBole: tabs and a line of names with types
    ===============  ===================================================================

    Parameters
    ----------
    path : path-like
        The file, or a folder with one of them.

    Returns
    -------
    dict of ndarray of shape (n_ratings,)
        ``user`` and ``item``: int64, or objects if ids of a ``.inter`` file are other
        strings. ``rating``: float32. ``time``: int64, seconds since 1970. A ``.inter``
        file can have neither rating nor time. ``pandas.DataFrame`` and
        ``Interactions.from_frame`` take it as it is.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or none of them in the folder.
    ValueError
        If it is none of these files, or a line is malformed.

    Examples
    --------
    >>> from latentia.datasets import load_movielens
    >>> from latentia.recommend import Interactions
    >>> ratings = load_movielens("ml-100k/u.data")  # doctest: +SKIP
    >>> data = Interactions.from_frame(
    ...     ratings, value="rating", time="time"
    ... )  # doctest: +SKIP
    """
    file = _file_of(Path(path))
    content = file.read_bytes()
    if file.name == "u.data":
        columns, delimiter = list(_PLAIN), "\t"
    elif file.suffix == ".dat":
        columns, delimiter = list(_PLAIN), "\t"
        content = content.replace(b"::", b"\t")
    elif file.suffix in (".csv", ".inter"):
        delimiter = "," if file.suffix == ".csv" else "\t"
        head, _, content = content.partition(b"\n")
        columns = _columns(file, head, delimiter)
    else:
        raise ValueError(
            f"the file must be {', '.join(_KNOWN)} or end in .inter, got {file.name}"
        )
    if not content.strip():
        raise ValueError(f"{file} has no ratings")
    return _parse(file, content, columns, delimiter)


def _file_of(path: Path) -> Path:
    if path.is_dir():
        found = [path / name for name in _KNOWN if (path / name).exists()]
        found += sorted(path.glob("*.inter"))
        if len(found) != 1:
            names = ", ".join(file.name for file in found) or "none"
            raise FileNotFoundError(
                f"the folder {path} must have one of {', '.join(_KNOWN)} and *.inter, "
                f"got {names}"
            )
        return found[0]
    check_input(path)
    return path


def _columns(file: Path, head: bytes, delimiter: str) -> list[str]:
    names = head.decode("utf-8", "replace").strip().split(delimiter)
    columns = [_NAMES.get(name.partition(":")[0].lower(), "") for name in names]
    if not {"user", "item"} <= set(columns):
        raise ValueError(
            f"{file} must have columns of users and items in its first line, got "
            f"{', '.join(names)[:200]}"
        )
    return columns


def _parse(
    file: Path, content: bytes, columns: Sequence[str], delimiter: str
) -> dict[str, NDArray[Any]]:
    kinds = {"user": "i8", "item": "i8", "rating": "f4", "time": "f8"}
    used = [i for i, name in enumerate(columns) if name]

    def read(ids: str) -> NDArray[Any]:
        dtype = [
            (columns[i], ids if columns[i] in ("user", "item") else kinds[columns[i]])
            for i in used
        ]
        return np.loadtxt(
            BytesIO(content),
            dtype=dtype,
            delimiter=delimiter,
            usecols=used,
            comments=None,
            ndmin=1,
            encoding="utf-8",
        )

    try:
        try:
            table = read("i8")
        except ValueError:
            if file.suffix != ".inter":
                raise
            table = read("O")
    except ValueError as error:
        raise ValueError(f"{file} has a malformed line: {error}") from None
    found = {
        name: np.ascontiguousarray(table[name]) for name in table.dtype.names or ()
    }
    if "time" in found:
        found["time"] = found["time"].astype(np.int64)
    return found
