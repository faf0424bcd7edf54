"""Size and moments of the rows, and a check that they are finite: one pass, or two.

Moments are taken about a point near the data. That is the first row, which the variance
of n rows exceeds by n·ε at most, or zero, which is exact for columns that are mostly
zero. Where the mean is still much larger than the deviation, Σ(a − origin)² has few
digits of the variance: then the rows are read again, about the mean (the two-pass
algorithm of Chan, Golub & LeVeque, "Algorithms for computing the sample variance",
The American Statistician 37, 1983).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from latentia.rows.backend import is_tensor, kernels_of, to_numpy
from latentia.rows.block import Array, Block, Csr, length, stored_values
from latentia.rows.source import RowSource

FAR = 128.0
"""A mean of more deviations than this is far from zero: it costs log₂ 128 = 7 bits."""


@dataclass(frozen=True)
class Location:
    """A stored number and its place; the first row is row 0 of block 0.

    Attributes
    ----------
    value : float
    row, column, block : int
    """

    value: float
    row: int
    column: int
    block: int = 0

    def after(self, n_rows: int, n_blocks: int) -> Location:
        """Return the location when so many rows and blocks come before."""
        return replace(self, row=self.row + n_rows, block=self.block + n_blocks)

    def within(self, n_blocks: int) -> str:
        """Return the place as text, with the block if there are several."""
        where = f"row {self.row}, column {self.column}"
        return where if n_blocks == 1 else f"{where} (block {self.block})"


@dataclass(frozen=True)
class Summary:
    """Counts and moments of columns; the summaries of two blocks can be added.

    Moments are those of A·scale. ``scale`` is 1, or a power of two for matrices whose
    squares would overflow float64 or whose products would overflow float32.

    Attributes
    ----------
    n_rows : int or float
        Of weighted rows the sum of the weights.
    n_blocks : int
    scale : float
    origin : ndarray of shape (n_features,)
        The point that moments are taken about, so that variances do not cancel.
    sum, square : ndarray of shape (n_features,)
        Σ(a·scale − origin) and Σ(a·scale − origin)².
    max_abs : float
        Largest ``|a·scale|``.
    first_nonfinite : Location, optional
        The first number that is not finite; the moments mean nothing then.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows, summarise
    >>> found = summarise(as_rows(np.array([[1.0, 5.0], [3.0, 5.0]])))
    >>> found.n_rows, found.mean
    (2, array([2., 5.]))
    >>> found.centred_square
    array([2., 0.])
    """

    n_rows: float
    scale: float
    origin: Array
    sum: Array
    square: Array
    max_abs: float
    n_blocks: int = 1
    first_nonfinite: Location | None = None

    def __add__(self, other: Summary) -> Summary:
        """Merge the summaries of two runs of rows with the same origin and scale."""
        first_nonfinite = self.first_nonfinite
        if first_nonfinite is None and other.first_nonfinite is not None:
            first_nonfinite = other.first_nonfinite.after(
                int(self.n_rows), self.n_blocks
            )
        return replace(
            self,
            n_rows=self.n_rows + other.n_rows,
            n_blocks=self.n_blocks + other.n_blocks,
            sum=self.sum if first_nonfinite else self.sum + other.sum,
            square=self.square if first_nonfinite else self.square + other.square,
            max_abs=max(self.max_abs, other.max_abs),
            first_nonfinite=first_nonfinite,
        )

    @property
    def mean(self) -> Array:
        """Mean of each column of A itself, float64 (n_features,)."""
        return (self.origin + self.sum / self.n_rows) / self.scale

    @property
    def centred_square(self) -> Array:
        """Σ(a − mean)²·scale² of each column (n_features,)."""
        centred: Array = np.maximum(self.square - self.sum**2 / self.n_rows, 0.0)
        return centred

    @property
    def square_about_zero(self) -> Array:
        """Σa²·scale² of each column (n_features,)."""
        shift = self.origin * (2 * self.sum + self.n_rows * self.origin)
        about_zero: Array = np.maximum(self.square + shift, 0.0)
        return about_zero

    def check_finite(self, name: str) -> None:
        """Raise a ValueError that names the first number that is not finite."""
        if self.first_nonfinite is not None:
            what = "NaN" if np.isnan(self.first_nonfinite.value) else "infinity (inf)"
            where = self.first_nonfinite.within(self.n_blocks)
            raise ValueError(f"{name} contains {what} at {where}")


def summarise(rows: RowSource, *, name: str = "X", n_threads: int = 1) -> Summary:
    """Return size and moments of the columns, or raise where a number is not finite.

    Rows of very large or small numbers are read twice, the second time rescaled. So are
    rows with a column whose mean is far from the point that moments were taken about.

    Parameters
    ----------
    rows : RowSource
        A, of shape (m, n).
    name : str, default="X"
        How the error names the rows.
    n_threads : int, default=1

    Returns
    -------
    Summary

    Raises
    ------
    ValueError
        Naming the first row and column that hold NaN or infinity.

    References
    ----------
    T. Chan, G. Golub and R. LeVeque, "Algorithms for computing the sample variance",
    The American Statistician 37 (1983).

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import as_rows, summarise
    >>> summarise(as_rows(np.array([[1.0, 2.0], [3.0, 4.0]]))).mean
    array([2., 3.])
    >>> summarise(as_rows(np.array([[1.0, np.nan]])))
    Traceback (most recent call last):
        ...
    ValueError: X contains NaN at row 0, column 1
    """
    found = rows.reduce(summary_kernel(rows), n_threads=n_threads)
    found.check_finite(name)
    found = summarise_in_range(rows, found, n_threads=n_threads)

    def about(origin: Array) -> Summary:
        return rows.reduce(SummaryKernel(found.scale, origin), n_threads=n_threads)

    return about_the_mean(rows, found, about)


def summarise_in_range(rows: RowSource, found: Summary, *, n_threads: int) -> Summary:
    """Return the summary; of very large or small numbers a new one, rescaled.

    Parameters
    ----------
    rows : RowSource
        A, of shape (m, n).
    found : Summary
        Of these rows, by ``summary_kernel``.
    n_threads : int

    Returns
    -------
    Summary
    """
    most = 120 if rows.dtype == np.float32 else 1000
    exponent = int(np.clip(np.frexp(found.max_abs)[1], -most, most))
    if found.max_abs == 0 or abs(exponent) <= 30:
        return found
    return rows.reduce(summary_kernel(rows, 2.0**-exponent), n_threads=n_threads)


def about_the_mean(
    rows: RowSource, found: Summary, about: Callable[[Array], Summary]
) -> Summary:
    """Return the summary, or a new one about the mean of columns that need it.

    Where the first row is near the mean, moments are taken about that row instead: then
    the variance of a constant column is exactly 0.

    Parameters
    ----------
    rows : RowSource
        A, of shape (m, n).
    found : Summary
        Of these rows.
    about : callable
        (origin of shape (n,)) -> Summary about this point: another pass.

    Returns
    -------
    Summary
    """
    far = found.centred_square * FAR**2 < found.square
    if not far.any():
        return found
    mean = found.origin + found.sum / found.n_rows
    first = _first_row(rows, found.scale)
    near = np.where(np.abs(first - mean) <= 1e-3 * np.abs(mean), first, mean)
    return about(np.where(far, near, found.origin))


@dataclass(frozen=True)
class SummaryKernel:
    """Block of rows -> its summary."""

    scale: float
    origin: Array

    def __call__(self, block: Block, n_threads: int) -> Summary:
        """Summarise the block."""
        if self.scale != 1.0:
            block = rescale(block, self.scale)
        found, square, max_abs, nonfinite_row, nonfinite_column = kernels_of(
            block
        ).summary(block, self.origin, n_threads)
        first_nonfinite = None
        if nonfinite_row >= 0:
            first_nonfinite = Location(
                _value_at(block, nonfinite_row, nonfinite_column),
                nonfinite_row,
                nonfinite_column,
            )
        n_rows = length(block)
        return Summary(
            n_rows,
            self.scale,
            self.origin,
            found,
            square,
            max_abs,
            first_nonfinite=first_nonfinite,
        )


def summary_kernel(rows: RowSource, scale: float = 1.0) -> SummaryKernel:
    """Return the kernel of a summary about a point near the data.

    It is the first row, or zero for sparse rows, which are mostly zero.

    Parameters
    ----------
    rows : RowSource
        A, of shape (m, n).
    scale : float, default=1.0
        What the rows are multiplied by.

    Returns
    -------
    Kernel
        (block, number of threads) -> Summary.
    """
    origin = np.zeros(rows.shape[1])
    if not rows.sparse:
        row = _first_row(rows, scale)
        origin = np.where(np.isfinite(row), row, 0.0)
    return SummaryKernel(scale, origin)


def _first_row(rows: RowSource, scale: float) -> Array:
    """Return the first row times ``scale``, float64 (n_features,)."""
    first = rows.take(np.zeros(1, dtype=np.int64))
    if scale != 1.0:
        first = rescale(first, scale)
    if not isinstance(first, Csr):
        return np.asarray(first[0], dtype=np.float64)
    row: Array = np.zeros(first.n_columns)
    row[first.indices] = first.data
    return row


def rescale_rows(rows: RowSource, scale: float) -> RowSource:
    """Return the rows times ``scale``, in a copy: it is rarely needed.

    Parameters
    ----------
    rows : RowSource
        A, of shape (m, n).
    scale : float
        A power of two changes no digits.

    Returns
    -------
    RowSource
    """
    return rows.map(partial(rescale, scale=scale), sparse=rows.sparse)


def rescale(block: Block, scale: float) -> Block:
    """Return the block times ``scale``, a copy."""
    if isinstance(block, Csr):
        return block._replace(data=block.data * float(scale))
    scaled: Array = block * float(scale)
    return scaled


def least_value(block: Block) -> Location:
    """Return the smallest stored number, or the first NaN; of nothing infinity.

    The location of a number that is not negative is not looked for.

    Parameters
    ----------
    block : ndarray, tensor or Csr

    Returns
    -------
    Location
    """
    if is_tensor(block):
        return Location(*kernels_of(block).least_value(block))
    values = stored_values(block)
    value = float(values.min()) if values.size else np.inf
    if value >= 0:
        return Location(value, 0, 0)
    there = np.isnan(values) if np.isnan(value) else values == value
    if not isinstance(block, Csr):
        row, column = np.argwhere(there)[0]
        return Location(value, int(row), int(column))
    entry = int(np.argmax(there))
    row = int(np.searchsorted(block.indptr, entry, side="right")) - 1
    return Location(value, row, int(block.indices[entry]))


def _value_at(block: Block, row: int, column: int) -> float:
    """Return the number in this place that is not finite."""
    if isinstance(block, Csr):
        host: Csr = to_numpy(block)
        begin, end = host.indptr[row : row + 2]
        values = host.data[begin:end][host.indices[begin:end] == column]
        return float(values[~np.isfinite(values)][0])
    return float(block[row, column])
