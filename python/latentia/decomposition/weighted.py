"""The decomposition of rows that count more or less than once.

It is that of √w·(x − mean), which is made of a tile of rows while it is read: X is not
copied.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentia.decomposition.svd import (
    Decomposition,
    Operator,
    SVDOptions,
    in_safe_unit,
    in_unit_of_rows,
    plan,
    solve,
)
from latentia.decomposition.svd.plan import Method
from latentia.decomposition.weights import dense_tiles, weighted_tiles
from latentia.rows import (
    Block,
    Centre,
    Csr,
    Kernel,
    Mean,
    MemoryRows,
    RowSource,
    RowState,
    S,
    Summary,
    pairwise_sum,
    product,
)
from latentia.rows.backend import (
    as_float64,
    empty_like,
    kernels_of,
    placed_like,
    to_numpy,
)

Array = NDArray[Any]

_NO_U = "weighted rows are decomposed without U"

_SMALL = 1 << 20
"""Numbers of which a copy is no burden: then all routes are open."""


@dataclass(frozen=True, kw_only=True)
class WeightedOperator(Operator):
    """diag(root)·(A − mean)·diag(weight): no state of its rows is kept.

    Attributes
    ----------
    root : RowState
        √w of each row, in the type of the rows.
    total : float
        Σ w.
    """

    root: RowState
    total: float

    def normal_product(self, X: Array, Y: RowState | None = None) -> Array:
        """Return MᵀM·X (n × b), reading each tile of rows for both products."""
        _check_no_state(Y)
        X = np.ascontiguousarray(self._weighted(X), dtype=self.dtype)
        kernel = partial(_normal_product, mean=self._offset, X=X)
        Z: Array = self.rows.reduce_with(kernel, self.root, n_threads=self.n_threads)
        return self._weighted(Z)

    def product(self, X: Array) -> RowState:
        """Raise: rows of U would contain the weights."""
        raise TypeError(_NO_U)

    def reduce_product(
        self, X: Array, kernel: Kernel[Array, S], Y: RowState | None = None
    ) -> S:
        """Run a kernel on the rows of M·X."""
        _check_no_state(Y)
        X = np.ascontiguousarray(self._weighted(X), dtype=self.dtype)
        then = partial(_reduce_product, mean=self._offset, X=X, kernel=kernel)
        return self.rows.reduce_with(then, self.root, n_threads=self.n_threads)

    def gram(self) -> Array:
        """Return MᵀM (n × n) in float64."""
        mean = self._offset
        kernel = partial(_gram, mean=mean)
        G: Array = self.rows.reduce_with(kernel, self.root, n_threads=self.n_threads)
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
    centre = Centre.of(summary)
    per_row = centre.lost(rows.dtype, sparse=rows.sparse) * summary.scale
    lost = float(np.linalg.norm(per_row) * weight.sum() ** 0.5)
    rows, offset = centre.take_off(rows)
    root = np.sqrt(weight).astype(rows.dtype)
    square = float(summary.centred_square.sum())
    if in_copy:
        eye = np.eye(n_features, dtype=rows.dtype)
        M = product(rows, eye, mean=offset, n_threads=n_threads).to_numpy()
        M *= root[:, np.newaxis]
        return Operator(
            MemoryRows(M),
            n_threads,
            weight=summary.scale,
            square=square,
            mean_rounding=lost,
        )
    mean, rest = offset if isinstance(offset, tuple) else (offset, None)
    if isinstance(rows, MemoryRows):
        rows = _PassedRows(rows.block)
    return WeightedOperator(
        rows,
        n_threads,
        mean,
        rest,
        weight=summary.scale,
        square=square,
        mean_rounding=lost,
        root=rows.state_from_array(root),
        total=float(weight.sum()),
    )


def decompose_weighted(
    rows: RowSource,
    weight: Array,
    summary: Summary,
    k: int,
    options: SVDOptions,
    *,
    method: Method | Literal["auto"],
    n_threads: int,
) -> Decomposition:
    """Return the k leading singular triplets of the weighted rows, centred, without U.

    LAPACK, which copies the matrix anyhow, and small matrices get a copy.
    """
    rows, summary, unit = in_safe_unit(rows, summary)
    small = rows.shape[0] * rows.shape[1] <= _SMALL
    in_copy = rows.in_memory and (method == "lapack" or small)
    op = weighted_operator(rows, weight, summary, in_copy=in_copy, n_threads=n_threads)
    transposed = plan.reads_transposed(op.rows)
    if transposed:
        op = replace(op, rows=op.rows.transpose())
    result = solve(
        op,
        k,
        options,
        method=method,
        unit=summary.scale,
        want_U=False,
        transposed=transposed,
    )
    return in_unit_of_rows(result, unit)


class _PassedRows(MemoryRows):
    """Rows in memory that are read by passes alone."""

    @property
    def in_memory(self) -> bool:
        """False: the matrix that is decomposed is nowhere in memory."""
        return False


def _check_no_state(Y: RowState | None) -> None:
    if Y is not None:
        raise TypeError(_NO_U)


def _exact(mean: Mean) -> Array:
    parts = mean if isinstance(mean, tuple) else (mean,)
    total: Array = np.sum([part.astype(np.float64) for part in parts], axis=0)[0]
    return total


def _normal_product(
    block: Block, n_threads: int, root: Array, *, mean: Mean | None, X: Array
) -> Array:
    def of(tile: Block, w: Array) -> Array:
        Y = empty_like(tile, (len(w), X.shape[1]))
        kernels = kernels_of(tile)
        kernels.product(tile, mean, X, Y, n_threads)
        Y *= (w * w)[:, np.newaxis]
        Z: Array = kernels.adjoint_product(tile, mean, Y, n_threads)
        return Z

    return pairwise_sum(of(tile, w) for tile, w in weighted_tiles(block, root))


def _reduce_product(
    block: Block,
    n_threads: int,
    root: Array,
    *,
    mean: Mean | None,
    X: Array,
    kernel: Kernel[Array, S],
) -> S:
    def of(tile: Block, w: Array) -> S:
        Y = empty_like(tile, (len(w), X.shape[1]))
        kernels = kernels_of(tile)
        kernels.product(tile, mean, X, Y, n_threads)
        Y *= w[:, np.newaxis]
        return kernel(Y, n_threads)

    return pairwise_sum(of(tile, w) for tile, w in weighted_tiles(block, root))


def _gram(block: Block, n_threads: int, root: Array, *, mean: Mean | None) -> Array:
    if isinstance(block, Csr):
        rows: Csr = to_numpy(block)
        of_entry = np.repeat(as_float64(to_numpy(root)), np.diff(rows.indptr))
        return _gram_of(rows._replace(data=rows.data * of_entry), n_threads)

    def of(tile: Array, w: Array) -> Array:
        M = as_float64(tile)
        for part in (
            () if mean is None else mean if isinstance(mean, tuple) else (mean,)
        ):
            M = M - placed_like(part, M)
        return _gram_of(M * as_float64(w)[:, np.newaxis], n_threads)

    return pairwise_sum(of(tile, w) for tile, w in dense_tiles(block, root))


def _gram_of(M: Block, n_threads: int) -> Array:
    G: Array = kernels_of(M).gram(M, None, n_threads)
    return G
