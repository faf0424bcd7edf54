"""Where the suites get their matrices from."""

from collections.abc import Callable
from functools import partial
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

import latentia
from latentia import datasets
from latentia.benchmarks.reference_numpy import FloatArray, Matrix
from latentia.benchmarks.results import Size

A = TypeVar("A", bound=Any)  # a matrix, dense or sparse: its rows can be sliced
DType: TypeAlias = Literal["float32", "float64"]

N_FASHION_MNIST = {"small": 3_000, "full": 60_000}
"""How many of its pictures a size takes."""

_N_FEATURES = 50  # principal components of them


class Source(NamedTuple, Generic[A]):
    """A matrix by name; ``make`` can be sent to another process.

    It raises FileNotFoundError if its data are not on this machine.
    """

    name: str
    make: Callable[[], A]


def fashion_mnist(n: int, dtype: DType = "float32") -> FloatArray:
    """Return the first ``n`` pictures of Fashion-MNIST, a row each, 0 to 255."""
    pictures = datasets.load_fashion_mnist().images[:n]
    return pictures.reshape(n, -1).astype(dtype)


def zipf_counts(m: int, n: int, n_stored: int) -> Source[Matrix]:
    """Name a sparse matrix like that of words in documents."""
    return Source(
        f"zipf sparse {m}×{n}, {n_stored / 1e6:g}M stored, float32",
        partial(datasets.make_zipf_counts, m, n, n_stored, random_state=0),
    )


def fashion_components(size: Size, dtype: DType) -> Source[FloatArray]:
    """Name the principal components of the pictures, a row each."""
    n = N_FASHION_MNIST[size]
    return Source(
        f"Fashion-MNIST components {n}×{_N_FEATURES} {dtype}",
        partial(_fashion_components, n, dtype),
    )


def _fashion_components(n: int, dtype: DType) -> FloatArray:
    pca = latentia.PCA(_N_FEATURES, random_state=0)
    components: FloatArray = pca.fit_transform(fashion_mnist(n)).astype(dtype)
    return components


def clusters(n: int) -> Source[FloatArray]:
    """Name rows of four features in eight clusters, of which neighbours overlap."""
    return Source(
        f"made {n}×4 float64", partial(gaussian_rows, n, 4, 8, spread=2, variety=0.3)
    )


def overlapping(size: Size, dtype: DType) -> Source[FloatArray]:
    """Name rows that any of ten components could have given."""
    n = N_FASHION_MNIST[size]
    return Source(
        f"overlapping {n}×{_N_FEATURES} {dtype}",
        partial(
            gaussian_rows, n, _N_FEATURES, 10, spread=0.1, variety=0.1, dtype=dtype
        ),
    )


def gaussian_rows(
    n: int,
    d: int,
    n_components: int,
    *,
    spread: float,
    variety: float,
    dtype: DType = "float64",
    seed: int = 0,
) -> NDArray[np.floating[Any]]:
    """Draw ``n`` rows of ``d`` features from a mixture of correlated Gaussians.

    ``x = μ_k + A_k z`` with ``z`` standard normal, ``μ_k`` normal with a standard
    deviation of ``spread``, ``A_k`` the identity plus a normal matrix of the spectral
    norm ``2 variety``, about. The last component comes twice as often as the first.
    """
    rng = np.random.default_rng(seed)
    means = spread * rng.standard_normal((n_components, d))
    deviation = rng.standard_normal((n_components, d, d)) / np.sqrt(d)
    mixing = np.eye(d) + variety * deviation
    weights = np.linspace(1, 2, n_components)
    component = rng.choice(n_components, n, p=weights / weights.sum())
    X = rng.standard_normal((n, d))
    for k in range(n_components):
        drawn = component == k
        X[drawn] = means[k] + X[drawn] @ mixing[k].T
    return X.astype(dtype, copy=False)
