"""Tables that users get."""

from __future__ import annotations

import importlib
from typing import Any

from latentia.recommend.ids import Array


def as_frame(columns: dict[str, Array]) -> Any:
    """Return a pandas.DataFrame, or the dict of arrays itself without pandas."""
    try:
        pandas = importlib.import_module("pandas")
    except ImportError:
        return columns
    return pandas.DataFrame(columns, copy=False)
