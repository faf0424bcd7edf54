"""The matrices of the NMF suite and the bars latentia has to reach on them."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from latentia import datasets
from latentia.benchmarks.data import N_FASHION_MNIST, DType, Source, fashion_mnist
from latentia.benchmarks.nmf.methods import (
    HALS,
    ITERATION_METHODS,
    ITERATION_METHODS_AND_NUMPY,
    KULLBACK_LEIBLER,
    METHODS_WITHOUT_REFERENCES,
    MULTIPLICATIVE,
    Methods,
    Work,
)
from latentia.benchmarks.reference_numpy import FloatArray, Matrix
from latentia.benchmarks.results import Bar, Size

# On few rows, other local minima are further off.
OBJECTIVE_BARS = {"small": Bar("≤", 1e-2), "full": Bar("≤", 1e-3)}
"""How far above a peer's objective latentia's may lie, as a part of it."""

_COUNTS_SHAPE = {
    "small": (5_000, 2_000, 100_000),
    "full": (50_000, 20_000, 1_000_000),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A matrix, what is done with it, the methods compared, and latentia's bars.

    All methods begin at the same random start. ``repeats`` and ``reference_repeats``
    are how often the compared methods and the references are timed; ``moonshot`` is a
    bar on the speed beyond the one that is to be reached; ``measure_memory`` adds the
    extra memory.
    """

    source: Source[Any]
    work: Work
    speed_bar: Bar | None = None
    objective_bar: Bar = OBJECTIVE_BARS["full"]
    moonshot: Bar | None = None
    repeats: int = 3
    reference_repeats: int = 1
    measure_memory: bool = False
    methods: Methods = ITERATION_METHODS

    @property
    def name(self) -> str:
        """The matrix and the work."""
        return f"{self.source.name}, {self.work.name}"


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
    images = fashion_pictures(size, "float32")
    counts = zipf_counts(*_COUNTS_SHAPE[size])
    sized = [
        Case(
            images,
            MULTIPLICATIVE(40),
            Bar("≥", 2.5),
            methods=ITERATION_METHODS_AND_NUMPY,
        ),
        Case(images, HALS(40), Bar("≥", 3.5), measure_memory=True),
        Case(images, KULLBACK_LEIBLER(40), Bar("≥", 3.5), measure_memory=True),
        *(
            Case(
                fashion_pictures(size, "float64"),
                work(40),
                repeats=1,
                methods=METHODS_WITHOUT_REFERENCES,
            )
            for work in (MULTIPLICATIVE, HALS)
        ),
        Case(counts, MULTIPLICATIVE(20), Bar("≥", 3), repeats=7, reference_repeats=3),
        Case(counts, HALS(20), Bar("≥", 4), repeats=7, reference_repeats=3),
        Case(
            counts,
            KULLBACK_LEIBLER(20),
            Bar("≥", 10),
            moonshot=Bar("≥", 20),
            measure_memory=True,
        ),
    ]
    if size == "full":
        return sized
    return [
        replace(
            case,
            speed_bar=None,
            objective_bar=OBJECTIVE_BARS[size],
            moonshot=None,
            repeats=1,
            reference_repeats=1,
        )
        for case in sized
    ]


def fashion_pictures(size: Size, dtype: DType) -> Source[FloatArray]:
    """Name the pictures of Fashion-MNIST, a row each."""
    n = N_FASHION_MNIST[size]
    return Source(f"Fashion-MNIST {n}×784 {dtype}", partial(_pictures, n, dtype))


def zipf_counts(m: int, n: int, n_stored: int) -> Source[Matrix]:
    """Name a sparse matrix like that of words in documents."""
    return Source(
        f"zipf sparse {m}×{n}, {n_stored / 1e6:g}M stored, float32",
        partial(datasets.make_zipf_counts, m, n, n_stored, random_state=0),
    )


def _pictures(n: int, dtype: DType) -> FloatArray:
    return fashion_mnist(n).astype(dtype, copy=False)
