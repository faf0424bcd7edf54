"""What the pages of the API reference take from classes and docstrings.

Members that latentia defines are documented. Those of scikit-learn's base classes are
only named: scikit-learn documents them.
"""

from __future__ import annotations

import inspect
import re
from functools import cached_property
from importlib import import_module
from typing import Any

from sphinx.application import Sphinx


def _members(module: str, name: str, package: str) -> list[tuple[str, Any]]:
    """Return the public members of a class that a package defines."""
    cls = getattr(import_module(module), name)

    def is_of_the_package(member: Any) -> bool:
        member = getattr(member, "__func__", member)  # of a class method
        member = getattr(member, "fget", member)  # of a property
        member = getattr(member, "func", member)  # of a cached property
        return str(getattr(member, "__module__", "")).split(".")[0] == package

    members = ((name, inspect.getattr_static(cls, name)) for name in dir(cls))
    return [
        (name, member)
        for name, member in members
        if not name.startswith("_") and is_of_the_package(member)
    ]


def own_members(module: str, name: str) -> list[tuple[str, str]]:
    """Return kind and name of the members of a class that latentia defines."""
    members = _members(module, name, "latentia")
    is_property = property, cached_property
    return [
        ("property" if isinstance(member, is_property) else "method", member_name)
        for member_name, member in members
        if isinstance(member, is_property)
        or callable(member)
        or isinstance(member, classmethod | staticmethod)
    ]


def scikit_learn_members(module: str, name: str) -> list[str]:
    """Return the names of those that scikit-learn defines."""
    return [member_name for member_name, _ in _members(module, name, "sklearn")]


def prepare_docstring(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Write types and references of a docstring as reST that shows them well."""
    lines[:] = list_references([escape_attributes(line) for line in lines])


def escape_attributes(line: str) -> str:
    """Escape names of attributes in a type, which reST would take for links.

    ``components_ : ndarray of shape (n_components_, n_features)``
    """
    item, colon, kind = line.partition(" : ")
    return item + colon + re.sub(r"(?<=\w)_(?=\W)", r"\_", kind)


def list_references(lines: list[str]) -> list[str]:
    """Make a list of the papers under References: a line that ends one ends in a dot.

    The dot of an initial ends none.
    """
    if "References" not in lines:
        return lines
    begin = lines.index("References") + 2
    end = next(
        (i for i in range(begin, len(lines)) if not lines[i].strip()), len(lines)
    )
    listed, is_first = [], True
    for line in lines[begin:end]:
        listed.append(("- \\" if is_first else "  ") + line)  # "T." is no number
        is_first = re.search(r"(?<![ .-][A-Z])\.$", line) is not None
    return [*lines[:begin], *listed, *lines[end:]]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.config.autosummary_context = {  # what the templates call
        "own_members": own_members,
        "scikit_learn_members": scikit_learn_members,
    }
    before_numpydoc = 100
    app.connect("autodoc-process-docstring", prepare_docstring, before_numpydoc)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
