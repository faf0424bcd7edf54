"""Names of a package that are imported at their first use (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any


def lazy(
    package: str,
    names: Mapping[str, Iterable[str]],
    *,
    folders: Iterable[str] = (),
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package.

    Type checkers read the same names from imports under ``TYPE_CHECKING``.

    Parameters
    ----------
    package : str
        ``__name__`` of the package.
    names : mapping of str to iterable of str
        Modules, and the names that the package takes from them.
    folders : iterable of str
        Packages inside this one that are attributes without being imported.
    """
    module_of = {name: module for module, some in names.items() for name in some}
    inside = frozenset(folders)

    def get(name: str) -> Any:
        found: Any
        if name in module_of:
            found = getattr(import_module(module_of[name]), name)
        elif name in inside:
            found = import_module(f"{package}.{name}")
        else:
            raise AttributeError(
                f"module {package!r} has no attribute {name!r}",
                name=name,
                obj=sys.modules[package],  # Python looks there for what was meant
            )
        setattr(sys.modules[package], name, found)
        return found

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *module_of, *inside})

    return get, listed
