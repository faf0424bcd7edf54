"""A corpus of text that is on every machine: the docstrings of the dependencies."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

_MODULES = {
    "numpy": "fft linalg polynomial random",
    "scipy": "cluster.hierarchy fft integrate interpolate linalg ndimage optimize "
    "signal sparse sparse.csgraph sparse.linalg spatial spatial.distance special stats",
    "sklearn": "cluster covariance datasets decomposition ensemble feature_extraction "
    "feature_selection linear_model manifold metrics mixture model_selection "
    "naive_bayes neighbors neural_network pipeline preprocessing svm tree",
}
_SHORTEST = 200
"""Characters; below it there is more of a signature than of a text."""


@dataclass(frozen=True)
class Documents:
    """Texts, each with a name and a group.

    Attributes
    ----------
    texts : tuple of str
    names : tuple of str
    groups : tuple of str
        Where each text comes from.
    """

    texts: tuple[str, ...]
    names: tuple[str, ...]
    groups: tuple[str, ...]


def load_docstrings() -> Documents:
    """Load the docstrings of the functions and classes of NumPy, SciPy, scikit-learn.

    Returns
    -------
    docstrings : Documents
        About 2000 different texts of 200 characters and more. The names are those of
        the functions and classes, such as "rfft"; the groups are the public modules
        that have them, such as "numpy.fft". They change with the installed versions.
    """
    found: dict[str, tuple[str, str]] = {}
    for module_name in _module_names():
        module = import_module(module_name)
        # Some modules make __all__ of a set, with another order in each process.
        for name in sorted(module.__all__):
            # Not getattr, which some modules answer with an error or a warning.
            thing = vars(module).get(name)
            text = inspect.getdoc(thing) if callable(thing) else None
            if text and len(text) >= _SHORTEST:
                found.setdefault(text, (name, module_name))
    names, groups = zip(*found.values(), strict=True)
    return Documents(tuple(found), names, groups)


def _module_names() -> Iterator[str]:
    yield "numpy"
    for package, modules in _MODULES.items():
        yield from (f"{package}.{module}" for module in modules.split())
