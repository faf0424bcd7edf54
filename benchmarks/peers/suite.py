"""The peers suite: other libraries on cases of the suites of factorisations.

All use as many threads as latentia: those of BLAS, OpenMP, torch and oneDAL are set.
JAX takes the cores that the process may use.
"""

import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from importlib import import_module

import threadpoolctl

import latentia
from latentia.benchmarks.data import N_FASHION_MNIST, fashion_mnist
from latentia.benchmarks.peers.compare import Family, compare
from latentia.benchmarks.peers.decompositions import PCA, SVD
from latentia.benchmarks.peers.factorisations import NMF
from latentia.benchmarks.peers.mixtures import GMM
from latentia.benchmarks.results import Size, Target
from latentia.benchmarks.runner import Case, Step
from latentia.benchmarks.svd import ABOVE_BEST, Task

# Of each suite, by the order in which it lists its cases
_CHOSEN = {
    "svd": (0, 1, 3, 4),  # decaying in both types, Fashion-MNIST, sparse
    "nmf": (1, 2, 6, 7),  # HALS and Kullback–Leibler, dense and sparse
    "gmm": (0, 4, 5, 6),  # Fashion-MNIST: full in both types, tied, diag
}


def pca_cases(size: Size) -> list[Case]:
    """List a tall table in both types; its exact PCA is a peer's default."""
    n = N_FASHION_MNIST[size]
    return [
        Case(
            f"PCA of Fashion-MNIST {n}×784 {dtype}",
            partial(fashion_mnist, n, dtype),
            Task(centered=True),
            {ABOVE_BEST: Target("≤", 1e-4)},
        )
        for dtype in ("float32", "float64")
    ]


def cases(size: Size) -> Iterator[tuple[Family, Case]]:
    """List the cases, each with its family."""
    for family in (SVD, NMF, GMM):
        listed = list(family.suite.cases(size))
        for number in _CHOSEN[family.suite.name]:
            yield family, listed[number]
        if family is SVD:
            for case in pca_cases(size):
                yield PCA, case


def steps(size: Size) -> Iterator[Step]:
    """List the comparisons, on equal threads."""
    n_threads = latentia.n_threads()
    with suppress(ImportError):
        import_module("torch").set_num_threads(n_threads)
    with suppress(ImportError):
        import_module("daal4py").daalinit(n_threads)
    # Whatever the peers warn of
    with (
        threadpoolctl.threadpool_limits(n_threads),
        warnings.catch_warnings(action="ignore"),
    ):
        for family, case in cases(size):
            yield Step(case.name, partial(compare, family, case))
