"""A corpus of text that needs no download: the docstrings of the dependencies."""

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
"""Characters; shorter docstrings are mostly signatures."""


@dataclass(frozen=True)
class Documents:
    """Texts, each with a name and a group.

    Attributes
    ----------
    texts : tuple of str
    names : tuple of str
    groups : tuple of str
        Where each text comes from.

    Examples
    --------
    >>> from latentia.datasets import Documents
    >>> texts = "Rice and tea.", "Salt."
    >>> notes = Documents(texts, names=("lunch", "rest"), groups=("food", "food"))
    >>> dict(zip(notes.names, notes.texts))
    {'lunch': 'Rice and tea.', 'rest': 'Salt.'}
    """

    texts: tuple[str, ...]
    names: tuple[str, ...]
    groups: tuple[str, ...]


def load_docstrings() -> Documents:
    """Load docstrings of functions and classes of NumPy, SciPy and scikit-learn.

    Returns
    -------
    docstrings : Documents
        About 2000 different texts of at least 200 characters. Names are those of the
        functions and classes, such as "rfft"; groups are their public modules, such as
        "numpy.fft". The texts depend on the installed versions.

    Examples
    --------
    >>> from latentia.datasets import load_docstrings
    >>> found = load_docstrings()
    >>> len(found.texts) > 1000, "numpy.fft" in found.groups
    (True, True)
    """
    found: dict[str, tuple[str, str]] = {}
    for module_name in _module_names():
        module = import_module(module_name)
        # Some modules make __all__ from a set, whose order differs between processes.
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
