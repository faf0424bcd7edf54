"""The matrices of the mixture suite and the bars latentia has to reach on them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import get_args

import latentia
from latentia.benchmarks.data import N_FASHION_MNIST, DType, Source, fashion_mnist
from latentia.benchmarks.gmm.made import made_mixture
from latentia.benchmarks.gmm.methods import (
    DEFAULT_FIT_METHODS,
    ITERATION_METHODS,
    ITERATION_METHODS_AND_NUMPY,
    Methods,
)
from latentia.benchmarks.reference_numpy import CovarianceType, FloatArray
from latentia.benchmarks.results import Bar, Size

N_ITER = 10

_N_MADE = {"small": 20_000, "full": 500_000}
_N_FEATURES = 50

_FASHION_BARS = {
    "float64": {"full": 8, "tied": 15, "diag": 4, "spherical": 4},
    "float32": {"full": 10, "tied": 15, "diag": 4, "spherical": 4},
}
_MADE_BARS = {"full": 15, "tied": 15, "diag": 8, "spherical": 8}

# Of few rows, other local optima are further off.
_DEFAULT_FIT_BARS = {"small": Bar("≤", 2e-2), "full": Bar("≤", 5e-3)}
_SAME_START_BARS = {"float64": Bar("±", 1e-6), "float32": Bar("±", 1e-4)}


@dataclass(frozen=True, slots=True)
class Case:
    """A matrix, a mixture, the methods compared on it, and latentia's bars.

    ``n_iter`` iterations from a common start, or, if it is None, a whole default fit
    from whatever start a method finds. ``repeats`` and ``reference_repeats`` are how
    often the compared methods and the references are timed.
    """

    name: str
    make: Callable[[], FloatArray]
    n_components: int
    covariance_type: CovarianceType
    speed_bar: Bar | None
    quality_bar: Bar
    n_iter: int | None = N_ITER
    repeats: int = 7
    reference_repeats: int = 3
    methods: Methods = ITERATION_METHODS


def cases(size: Size) -> list[Case]:
    """List the cases of a size.

    The small size has one timed run of each method and no bars on speed.

    Parameters
    ----------
    size : {"small", "full"}

    Returns
    -------
    list of Case
    """
    sized = [
        case
        for dtype in ("float64", "float32")
        for case in _of_each_type(
            fashion_components(size, dtype),
            10,
            _FASHION_BARS[dtype],
            _SAME_START_BARS[dtype],
        )
    ]
    sized += _of_each_type(
        made_lumps(_N_MADE[size]), 8, _MADE_BARS, _SAME_START_BARS["float64"]
    )
    whole = fashion_components(size, "float64")
    sized.append(
        Case(
            f"{whole.name}, K=10, full, default fit",
            whole.make,
            10,
            "full",
            Bar("≥", 5),
            _DEFAULT_FIT_BARS[size],
            n_iter=None,
            repeats=3,
            methods=DEFAULT_FIT_METHODS,
        )
    )
    if size == "full":
        return sized
    return [
        replace(case, speed_bar=None, repeats=1, reference_repeats=1) for case in sized
    ]


def fashion_components(size: Size, dtype: DType) -> Source[FloatArray]:
    """Name the principal components of the pictures, a row each."""
    n = N_FASHION_MNIST[size]
    return Source(
        f"Fashion-MNIST components {n}×{_N_FEATURES} {dtype}",
        partial(_fashion_components, n, dtype),
    )


def made_lumps(n: int) -> Source[FloatArray]:
    """Name rows of four features in eight lumps, of which neighbours overlap."""
    return Source(
        f"made {n}×4 float64", partial(made_mixture, n, 4, 8, spread=2, variety=0.3)
    )


def made_overlapping(size: Size, dtype: DType) -> Source[FloatArray]:
    """Name rows that any of ten components could have given."""
    n = N_FASHION_MNIST[size]
    return Source(
        f"overlapping {n}×{_N_FEATURES} {dtype}",
        partial(made_mixture, n, _N_FEATURES, 10, spread=0.1, variety=0.1, dtype=dtype),
    )


def _fashion_components(n: int, dtype: DType) -> FloatArray:
    pca = latentia.PCA(_N_FEATURES, random_state=0)
    components: FloatArray = pca.fit_transform(fashion_mnist(n)).astype(dtype)
    return components


def _of_each_type(
    source: Source[FloatArray],
    n_components: int,
    speed_bars: dict[str, int],
    quality_bar: Bar,
) -> list[Case]:
    return [
        Case(
            f"{source.name}, K={n_components}, {covariance_type}",
            source.make,
            n_components,
            covariance_type,
            Bar("≥", speed_bars[covariance_type]),
            quality_bar,
            methods=(
                ITERATION_METHODS_AND_NUMPY
                if covariance_type == "full"  # once a matrix, as it is slow
                else ITERATION_METHODS
            ),
        )
        for covariance_type in get_args(CovarianceType)
    ]
