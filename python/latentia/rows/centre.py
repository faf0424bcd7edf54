"""The point that is subtracted from the columns, without loss of digits.

A mean much larger than the deviation (a timestamp, an identifier) costs digits three
times: when it is rounded to the precision of the data, when a product with it is
subtracted from a product with the rows, and where zeros that are not stored become
−mean. So its rounding error is kept as a second number. In sparse rows such a column is
centred entry by entry: where the mean is more than 128 deviations, at most one in 16384
entries is zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import scipy.sparse

from latentia.rows.backend import on_host
from latentia.rows.block import Array, Csr
from latentia.rows.source import RowSource
from latentia.rows.summary import FAR, Summary

Mean = Array | tuple[Array, Array]
"""What the kernels subtract: (1, n) or (m, 1), or a pair of these, as their sum."""


@dataclass(frozen=True)
class Centre:
    """The point value + rest (n_features,), float64.

    Attributes
    ----------
    value, rest : ndarray of shape (n_features,)
        The number, and its rounding error.
    far : ndarray of bool (n_features,)
        Whether it is more than 128 deviations from zero.

    Examples
    --------
    >>> import numpy as np
    >>> from latentia.rows import Centre, as_rows, product, summarise
    >>> rows = as_rows(np.array([[1.0, 10.0], [3.0, 14.0]]))
    >>> centre = Centre.of(summarise(rows))
    >>> centre.value
    array([ 2., 12.])
    >>> product(rows, np.eye(2), mean=centre.parts(rows.dtype)).to_numpy()
    array([[-1., -2.],
           [ 1.,  2.]])
    """

    value: Array
    rest: Array
    far: Array

    @classmethod
    def of(cls, summary: Summary) -> Self:
        """Return the mean of the rows, origin + sum/n, with its rounding error."""
        offset = summary.sum / summary.n_rows
        value = summary.origin + offset
        rest = (summary.origin - value) + offset
        square = summary.n_rows * value**2
        far = square > FAR**2 * summary.centred_square
        return cls(value / summary.scale, rest / summary.scale, far)

    @classmethod
    def at(cls, point: Array) -> Self:
        """Return a point without a rounding error."""
        value = np.asarray(point, dtype=np.float64)
        return cls(value, np.zeros(value.shape), np.zeros(value.shape, dtype=bool))

    def rounded(self, dtype: np.dtype[Any]) -> Array:
        """Return the point in a precision (n_features,)."""
        return self.value.astype(dtype)

    def parts(self, dtype: np.dtype[Any], *, but: Array | None = None) -> Mean:
        """Return the point in a precision as the kernels subtract it.

        Nothing is subtracted from the columns in ``but`` (bool).
        """
        rounded = self.rounded(dtype)
        rest = np.where(self.far, (self.value - rounded) + self.rest, 0.0).astype(dtype)
        if but is not None:
            rounded, rest = np.where(but, 0, rounded), np.where(but, 0, rest)
        if rest.any():
            return rounded[np.newaxis], rest[np.newaxis]
        return rounded[np.newaxis]

    def lost(self, dtype: np.dtype[Any], *, sparse: bool) -> Array:
        """Return the rounding error of each number when it is subtracted (n_features,).

        The dense kernels subtract it entry by entry; for sparse rows it is subtracted
        from the product. Columns whose mean is far are exact either way.
        """
        eps = float(np.finfo(dtype).eps)
        size = np.abs(self.value)
        rounding = (
            8 * eps * size if sparse else np.abs(self.value - self.rounded(dtype))
        )
        return np.where(self.far, 0.0, rounding)

    def take_off(self, rows: RowSource) -> tuple[RowSource, Mean]:
        """Return rows and the mean that is left to subtract.

        The kernels centre dense rows. Of sparse rows the columns whose mean is far are
        centred in a copy that stores all their entries.
        """
        if not rows.sparse or not self.far.any():
            return rows, self.parts(rows.dtype)
        fill_in = partial(_centred, point=self.value, rest=self.rest, far=self.far)
        mean = self.parts(rows.dtype, but=self.far)
        return rows.map(fill_in, sparse=True), mean


@on_host
def _centred(block: Csr, *, point: Array, rest: Array, far: Array) -> Csr:
    """Subtract the point from the far columns of sparse rows, whose zeros it stores."""
    column, value, shape = block.indices, block.data, block.shape
    off = np.where(far, point, 0.0)
    shifted = value - off[column]
    shifted -= np.where(far, rest, 0.0)[column]
    shifted_block = block._replace(data=shifted.astype(value.dtype))
    if int(far[column].sum()) == shape[0] * int(far.sum()):  # no zeros there
        return shifted_block
    stored = block._replace(data=np.ones(len(value))).to_scipy()
    numbers = np.flatnonzero(far)
    row, place = np.nonzero(stored[:, numbers].toarray() == 0)
    zeros = (-off[numbers[place]] - rest[numbers[place]]).astype(value.dtype)
    filled = scipy.sparse.csr_array((zeros, (row, numbers[place])), shape)
    return Csr.from_scipy(shifted_block.to_scipy() + filled)
