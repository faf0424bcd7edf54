"""The matrices of the SVD suite and the bars latentia has to reach on them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from latentia import datasets
from latentia.benchmarks.data import N_FASHION_MNIST, DType, Source, fashion_mnist
from latentia.benchmarks.reference_numpy import Matrix
from latentia.benchmarks.results import Bar, Size
from latentia.benchmarks.svd.methods import PCA_METHODS, SVD_METHODS, Methods

RANK = 50

_DENSE_SHAPE = {"small": (3_000, 400), "full": (20_000, 2_000)}
_COUNTS_SHAPE = {
    "small": (10_000, 2_000, 200_000),
    "full": (200_000, 20_000, 4_000_000),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A matrix, a rank, the methods compared on it, and latentia's bars.

    ``repeats`` and ``reference_repeats`` are how often the compared methods and the
    references are timed; a ``centered`` case is about the matrix less its column means;
    ``measure_memory`` adds the working memory.
    """

    name: str
    make: Callable[[], Matrix]
    speed_bar: Bar | None
    excess_bar: Bar
    rank: int = RANK
    repeats: int = 7
    reference_repeats: int = 3
    centered: bool = False
    measure_memory: bool = False
    methods: Methods = SVD_METHODS


def cases(size: Size) -> list[Case]:
    """List the cases of a size.

    The small size has few repeats, and bars on speed only where its matrix is the one
    that the bar is meant for.

    Parameters
    ----------
    size : {"small", "full"}

    Returns
    -------
    list of Case
    """
    dense_shape, counts = _DENSE_SHAPE[size], _counts(*_COUNTS_SHAPE[size])
    sized = [
        Case(
            *_decaying(*dense_shape, "float32"),
            Bar("≥", 7),
            Bar("≤", 1e-4),
            measure_memory=True,
        ),
        Case(*_decaying(*dense_shape, "float64"), Bar("≥", 6), Bar("≤", 1e-4)),
        Case(*_other_units(*dense_shape), None, Bar("≤", 1e-4)),
        Case(*_images(N_FASHION_MNIST[size]), Bar("≥", 6), Bar("≤", 1.6e-4)),
        Case(*counts, Bar("≥", 5), Bar("≤", 1e-4), measure_memory=True),
        Case(
            f"PCA of {counts.name}",
            counts.make,
            None,
            Bar("≤", 1e-4),
            centered=True,
            methods=PCA_METHODS,
        ),
    ]
    if size == "small":
        sized = [
            replace(case, speed_bar=None, repeats=3, reference_repeats=1)
            for case in sized
        ]
    # A millisecond of work, so more repeats for a steady median.
    tiny = Case(
        *_decaying(500, 50, "float64"), Bar("≥", 1), Bar("≤", 1e-4), 10, repeats=15
    )
    return [*sized, tiny]


def _decaying(m: int, n: int, dtype: DType) -> Source[Matrix]:
    return Source(
        f"decaying {m}×{n} {dtype}",
        partial(datasets.make_decaying, m, n, dtype=dtype, random_state=0),
    )


def _other_units(m: int, n: int) -> Source[Matrix]:
    return Source(
        f"decaying {m}×{n} float64, one column × 1e8", partial(_one_large_column, m, n)
    )


def _one_large_column(m: int, n: int) -> Matrix:
    """Return a matrix whose first singular value is 10⁷ times the others'."""
    A = datasets.make_decaying(m, n, dtype="float64", random_state=0)
    A[:, 0] *= 1e8
    return A


def _counts(m: int, n: int, n_stored: int) -> Source[Matrix]:
    return Source(
        f"zipf sparse {m}×{n}, {n_stored / 1e6:g}M stored, float32",
        partial(datasets.make_zipf_counts, m, n, n_stored, random_state=0),
    )


def _images(n: int) -> Source[Matrix]:
    return Source(f"Fashion-MNIST {n}×784 float32", partial(fashion_mnist, n))
