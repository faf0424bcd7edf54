"""The made interactions of the recommend suite, and its peers."""

import warnings
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from scipy.sparse import csr_matrix

import latentia
from latentia.benchmarks.results import Size
from latentia.benchmarks.timing import one_blas_thread
from latentia.datasets import make_interactions

NUMPY, IMPLICIT, IRSPACK, RANX = "NumPy", "implicit", "irspack", "ranx"
DIFFERENCE = "difference from NumPy"
REGULARIZATION = 0.01

MOST_FACTORS_OF_NUMPY = 64
"""With 256 a fit of the full size takes NumPy a quarter of an hour."""


class Shape(NamedTuple):
    """Sizes of the made interactions, the numbers of factors, and the items of EASE."""

    n_users: int
    n_items: int
    n_events: int
    n_factors: tuple[int, ...]
    n_ease_items: int
    repeats: int


SHAPES: dict[Size, Shape] = {
    "small": Shape(1000, 400, 20_000, (8, 32), 300, 1),
    "full": Shape(100_000, 20_000, 5_000_000, (64, 256), 10_000, 3),
}


@cache
def events_of(n_users: int, n_items: int, n_events: int) -> Any:
    """Return made events, the same ones each time."""
    return make_interactions(n_users, n_items, n_events, random_state=0).matrix


def implicit_model(X: Any, k: int, n_iter: int) -> Any:
    """Return a fitted model of the package implicit, with the loss "hu"."""
    # The weight of a seen pair is alpha, that of others 1
    model = peer_module("implicit.cpu.als").AlternatingLeastSquares(
        factors=k,
        regularization=REGULARIZATION,
        alpha=2.0,
        iterations=n_iter,
        num_threads=latentia.n_threads(),
        random_state=0,
    )
    with one_blas_thread():
        model.fit(csr_matrix(X), show_progress=False)
    return model


def is_installed(package: str) -> bool:
    """Return whether a package is there."""
    return find_spec(package) is not None


def peer_module(name: str) -> Any:
    """Import a module of another package, whatever it warns of."""
    with warnings.catch_warnings(action="ignore"):
        return import_module(name)
