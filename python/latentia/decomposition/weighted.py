"""Rows that count more or less than once: weights in the sums of every pass.

A weight w of a row is how often it occurs, as in our Gaussian mixtures. The mean is
Σ w·x/Σ w, and what is decomposed is √w·(x − mean), which is made of a tile of rows
while it is read: X is not copied.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentia._native import kernels
from latentia.decomposition.svd import (
    Decomposition,
    Operator,
    Settings,
    in_safe_unit,
    in_unit_of_rows,
    plan,
    solve,
)
from latentia.decomposition.svd.plan import Method
from latentia.rows import (
    Block,
    Centre,
    Kernel,
    Mean,
    MemoryRows,
    RowSource,
    Summary,
    about_the_mean,
    add_up,
    dense,
    product,
)
from latentia.rows.source import S

Array = NDArray[Any]

_TILE_BYTES = 4 << 20

_SMALL = 1 << 20
"""Numbers of which a copy is no burden: then all routes are open."""


def check_weights(weight: Any, rows: RowSource) -> Array:
    """Return weights (n_rows,) in float64, or raise naming what is wrong.

    Raises
    ------
    ValueError
        If they are not one number a row, finite, not negative and not all zero.
    """
    n_rows = rows.shape[0]
    if isinstance(weight, numbers.Real):
        weight = np.full(n_rows, float(weight))
    elif hasattr(weight, "compute"):
        weight = weight.compute()
    checked = np.ascontiguousarray(weight, dtype=np.float64)
    if checked.shape != (n_rows,):
        raise ValueError(
            f"sample_weight must have the shape ({n_rows},), got {checked.shape}"
        )
    bad = ~(np.isfinite(checked) & (checked >= 0))
    if bad.any():
        where = int(np.argmax(bad))
        raise ValueError(
            "sample_weight must be finite and not negative, got "
            f"{checked[where]} at {where}"
        )
    if not checked.any():
        raise ValueError("sample_weight is zero for every sample")
    return checked


def check_enough(count: float, *, weighted: bool) -> None:
    """Raise if rows, or their weights, are too few for a variance."""
    if not weighted and count < 2:
        raise ValueError(f"PCA needs at least two samples, got n_samples={count}")
    if count < 1 + 1e-6:  # shares add up to 1 with rounding
        raise ValueError(
            "sample_weight tells how often a row occurs, so that its sum must be "
            f"greater than 1, got {count:.6g}: weights that add up to 1 are to be "
            "multiplied by the number of samples"
        )


def weighted_summary(
    rows: RowSource, weight: Array, found: Summary, *, n_threads: int
) -> Summary:
    """Return the moments of weighted rows; ``n_rows`` is the sum of the weights.

    They are taken about the mean of the rows, and anew about their own if that is far
    away: a row without weight is no reason to lose digits.
    """

    def about(origin: Array) -> Summary:
        kernel = partial(_moments, origin=origin, like=found)
        return rows.reduce(kernel, state, n_threads=n_threads)

    state = rows.beside(weight)
    found = about(found.origin + found.sum / found.n_rows)
    return about_the_mean(rows, found, about)


def _moments(
    block: Block, weight: Array | None, n_threads: int, *, origin: Array, like: Summary
) -> Summary:
    assert weight is not None

    def of(tile: Block, w: Array) -> Summary:
        x, factor, missing = _entries(tile, w, origin, like.unit)
        total, square = (
            kernels.adjoint_product(part, None, factor[:, np.newaxis], n_threads)[:, 0]
            for part in (x, _squared(x))
        )
        if missing is not None:  # zeros, which are −origin
            absent = factor.sum() - missing
            total, square = total - absent * origin, square + absent * origin**2
        return replace(
            like,
            n_rows=float(w.sum(dtype=np.float64)),
            n_blocks=1,
            origin=origin,
            sum=total,
            square=square,
        )

    return add_up(of(tile, w) for tile, w in _tiles(block, weight))


def _entries(
    tile: Block, weight: Array, origin: Array, unit: float
) -> tuple[Any, Array, Array | None]:
    """Return x·unit − origin, the weights, and Σ w of what each column stores."""
    factor = weight.astype(np.float64)
    if not isinstance(tile, tuple):
        return np.ascontiguousarray(tile * np.float64(unit) - origin), factor, None
    row_start, column, value, n_features = tile
    x = value * np.float64(unit) - origin[column]
    of_entry = np.repeat(factor, np.diff(row_start))
    stored = np.bincount(column, of_entry, minlength=n_features)
    return (row_start, column, x, n_features), factor, stored


def _squared(x: Any) -> Any:
    if isinstance(x, tuple):
        return x[0], x[1], x[2] ** 2, x[3]
    return x**2


def _tiles(block: Block, state: Array) -> Iterator[tuple[Block, Array]]:
    """Yield dense rows some at a time, as their copies in float64 stay in the cache."""
    if isinstance(block, tuple):
        yield block, state
        return
    at_once = max(64, _TILE_BYTES // (8 * block.shape[1]))
    for begin in range(0, len(block), at_once):
        yield block[begin : begin + at_once], state[begin : begin + at_once]


@dataclass(frozen=True)
class WeightedOperator(Operator):
    """diag(root)·(A − mean)·diag(weight): no state of its rows is kept.

    Attributes
    ----------
    root : RowSource
        √w beside the rows, in their type.
    total : float
        Σ w.
    """

    root: RowSource | None = None
    total: float = 0.0

    def normal_product(self, X: Array, Y: RowSource | None = None) -> Array:
        """Return MᵀM·X (n × b), reading each tile of rows for both products."""
        assert Y is None
        X = np.ascontiguousarray(self._weighted(X), dtype=self.dtype)
        kernel = partial(_normal_product, mean=self._offset, X=X)
        Z: Array = self.rows.reduce(kernel, self.root, n_threads=self.n_threads)
        return self._weighted(Z)

    def product(self, X: Array) -> RowSource:
        """Raise: rows of U have weights in them that nobody wants."""
        raise NotImplementedError

    def image(self, X: Array, kernel: Kernel[S], Y: RowSource | None = None) -> S:
        """Run a kernel on the rows of M·X."""
        assert Y is None
        X = np.ascontiguousarray(self._weighted(X), dtype=self.dtype)
        then = partial(_image, mean=self._offset, X=X, kernel=kernel)
        return self.rows.reduce(then, self.root, n_threads=self.n_threads)

    def gram(self) -> Array:
        """Return MᵀM (n × n) in float64."""
        mean = self._offset
        kernel = partial(_gram, mean=mean)
        G: Array = self.rows.reduce(kernel, self.root, n_threads=self.n_threads)
        if self.rows.sparse and mean is not None:
            # Σ w·(a − c)(a − c)ᵀ = Σ w·aaᵀ − Σw·ccᵀ, as Σ w·a = Σw·c.
            centre = _exact(mean)
            G = G - self.total * np.outer(centre, centre)
        weight = np.asarray(self.weight, dtype=np.float64)
        return weight * G * weight.T


def weighted_operator(
    rows: RowSource,
    weight: Array,
    summary: Summary,
    *,
    in_copy: bool,
    n_threads: int,
) -> Operator:
    """Return √w·(A − mean), read from A in passes or made in a dense copy."""
    n_features = rows.shape[1]
    rows, offset = Centre.of(summary).take_off(rows)
    root = np.sqrt(weight).astype(rows.dtype)
    square = float(summary.centred_square.sum())
    if in_copy:
        eye = np.eye(n_features, dtype=rows.dtype)
        M = dense(product(rows, eye, mean=offset, n_threads=n_threads))
        M *= root[:, np.newaxis]
        return Operator(MemoryRows(M), n_threads, weight=summary.unit, square=square)
    mean, rest = offset if isinstance(offset, tuple) else (offset, None)
    if isinstance(rows, MemoryRows):
        rows = _PassedRows(rows.block)
    return WeightedOperator(
        rows,
        n_threads,
        mean,
        rest,
        weight=summary.unit,
        square=square,
        root=rows.beside(root),
        total=float(weight.sum()),
    )


def decompose_weighted(
    rows: RowSource,
    weight: Array,
    summary: Summary,
    k: int,
    settings: Settings,
    *,
    method: Method | Literal["auto"],
    n_threads: int,
) -> Decomposition:
    """Return the k leading singular triplets of the weighted rows, centred, without U.

    LAPACK, which copies the matrix anyhow, and small matrices get a copy.
    """
    rows, summary, unit = in_safe_unit(rows, summary)
    small = rows.shape[0] * rows.shape[1] <= _SMALL
    in_copy = rows.whole and (method == "lapack" or small)
    op = weighted_operator(rows, weight, summary, in_copy=in_copy, n_threads=n_threads)
    mirror = plan.mirrored(op.rows)
    if mirror:
        op = replace(op, rows=op.rows.transpose())
    result = solve(
        op,
        k,
        settings,
        method=method,
        unit=summary.unit,
        want_U=False,
        mirror=mirror,
    )
    return in_unit_of_rows(result, unit)


class _PassedRows(MemoryRows):
    """Rows in memory that are read by passes alone."""

    @property
    def whole(self) -> bool:
        """False: the matrix that is decomposed is nowhere in memory."""
        return False


def _exact(mean: Mean) -> Array:
    parts = mean if isinstance(mean, tuple) else (mean,)
    total: Array = np.sum([part.astype(np.float64) for part in parts], axis=0)[0]
    return total


def _normal_product(
    block: Block, root: Array | None, n_threads: int, *, mean: Mean | None, X: Array
) -> Array:
    assert root is not None

    def of(tile: Block, w: Array) -> Array:
        Y = np.empty((len(w), X.shape[1]), dtype=X.dtype)
        kernels.product(tile, mean, X, Y, n_threads)
        Y *= (w * w)[:, np.newaxis]
        return kernels.adjoint_product(tile, mean, Y, n_threads)

    return add_up(of(tile, w) for tile, w in _tiles(block, root))


def _image(
    block: Block,
    root: Array | None,
    n_threads: int,
    *,
    mean: Mean | None,
    X: Array,
    kernel: Kernel[S],
) -> S:
    assert root is not None

    def of(tile: Block, w: Array) -> S:
        Y = np.empty((len(w), X.shape[1]), dtype=X.dtype)
        kernels.product(tile, mean, X, Y, n_threads)
        Y *= w[:, np.newaxis]
        return kernel(Y, None, n_threads)

    return add_up(of(tile, w) for tile, w in _tiles(block, root))


def _gram(
    block: Block, root: Array | None, n_threads: int, *, mean: Mean | None
) -> Array:
    assert root is not None
    if isinstance(block, tuple):
        row_start, column, value, n_features = block
        scaled = value * np.repeat(root.astype(np.float64), np.diff(row_start))
        return kernels.gram((row_start, column, scaled, n_features), None, n_threads)

    def of(tile: Block, w: Array) -> Array:
        assert not isinstance(tile, tuple)
        M = tile.astype(np.float64)
        for part in (
            () if mean is None else mean if isinstance(mean, tuple) else (mean,)
        ):
            M -= part
        M = np.ascontiguousarray(M * w.astype(np.float64)[:, np.newaxis])
        return kernels.gram(M, None, n_threads)

    return add_up(of(tile, w) for tile, w in _tiles(block, root))
