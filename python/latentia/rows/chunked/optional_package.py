"""Packages that are imported when one of their files is read."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from latentia._extras import install_hint


def package(name: str) -> Any:
    """Return a package.

    Raises
    ------
    ImportError
        If it is missing; it names the extra.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            f"{name} is needed to read this file: {install_hint('files')}"
        ) from error
