"""The products of a factorisation by torch operations: those of ``cpp/kernels/svd``.

Shapes: A (m × n), X (n × b), Y (m × b). ``mean`` is subtracted from A as in
``rows.passes``: of dense rows entry by entry, of sparse ones from the products.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentia.rows.torch.narrow import adjoint_times, times
from latentia.rows.torch.sparse import (
    TensorBlock,
    csr_product,
    dense_rows,
    is_csr,
    transposed_of,
    values_of,
)
from latentia.rows.torch.tiles import sum_over_tiles
from latentia.rows.torch.transfer import NUMPY, download, upload

Array = NDArray[Any]


class TensorMean:
    """What is subtracted from A, on its device: parts of (1, n) or of (m, 1).

    ``is_per_row`` tells which.
    """

    def __init__(self, mean: Any, block: TensorBlock, dtype: Any = None) -> None:
        parts = () if mean is None else mean if isinstance(mean, tuple) else (mean,)
        like = values_of(block)
        self.parts = [upload(part, like, dtype or like.dtype) for part in parts]
        of_rows = (block.shape[0], 1)
        self.is_per_row = bool(parts) and self.parts[0].shape == of_rows

    def total(self) -> Tensor:
        """Return the mean as one vector in float64."""
        return torch.stack([part.double().flatten() for part in self.parts]).sum(dim=0)

    def centred(self, tile: Tensor, begin: int, end: int) -> Tensor:
        """Return the rows from ``begin`` to ``end`` of dense A less the mean."""
        for part in self.parts:
            tile = tile - (part[begin:end] if self.is_per_row else part)
        return tile


def normal_product(
    A: TensorBlock, mean: Any, X: Array, Y: Tensor | None, n_threads: int
) -> Array:
    """Return (A − mean)ᵀ(A − mean)·X; write (A − mean)·X to ``Y`` if it is given."""
    values, of_mean = values_of(A), TensorMean(mean, A)
    x = upload(X, values)
    if is_csr(A):
        y = _csr_times(A, of_mean, x)
        if Y is not None:
            Y.copy_(y)
        return _in_type(_csr_adjoint(A, of_mean, y), values)

    def body(begin: int, end: int) -> list[Tensor]:
        tile = of_mean.centred(A[begin:end], begin, end)
        y = times(tile, x)
        z = adjoint_times(tile, y).double()
        if Y is not None:
            Y[begin:end] = y
        return [z]

    (Z,) = sum_over_tiles(A, _row_bytes(A, x.shape[1]), body)
    return _in_type(Z, values)


def product(A: TensorBlock, mean: Any, X: Array, Y: Tensor, n_threads: int) -> None:
    """Write (A − mean)·X to ``Y``, which may be A itself."""
    of_mean = TensorMean(mean, A)
    x = upload(X, values_of(A), values_of(A).dtype)
    if is_csr(A):
        Y.copy_(_csr_times(A, of_mean, x))
        return

    def body(begin: int, end: int) -> list[Tensor]:
        Y[begin:end] = times(of_mean.centred(A[begin:end], begin, end), x)
        return []

    sum_over_tiles(A, _row_bytes(A, x.shape[1]), body)


def adjoint_product(A: TensorBlock, mean: Any, Y: Tensor, n_threads: int) -> Array:
    """Return (A − mean)ᵀY."""
    values, of_mean = values_of(A), TensorMean(mean, A)
    if is_csr(A):
        return _in_type(_csr_adjoint(A, of_mean, Y), values)

    def body(begin: int, end: int) -> list[Tensor]:
        tile = of_mean.centred(A[begin:end], begin, end)
        return [adjoint_times(tile, Y[begin:end]).double()]

    (Z,) = sum_over_tiles(A, _row_bytes(A, Y.shape[1]), body)
    return _in_type(Z, values)


def gram(A: TensorBlock, mean: Any, n_threads: int) -> Array:
    """Return (A − mean)ᵀ(A − mean), products and sums in float64."""
    of_mean = TensorMean(mean, A, torch.float64)

    def body(begin: int, end: int) -> list[Tensor]:
        tile = dense_rows(A, begin, end) if is_csr(A) else A[begin:end]
        tile = of_mean.centred(tile.double(), begin, end)
        return [tile.T @ tile]

    (G,) = sum_over_tiles(A, 2 * 8 * A.shape[1], body)
    return download(G)


def gram_by_float32(A: Tensor, mean: Any, n_threads: int) -> Array:
    """Return (A − mean)ᵀ(A − mean) of float32 rows, products in float32."""
    of_mean = TensorMean(mean, A)

    def body(begin: int, end: int) -> list[Tensor]:
        tile = of_mean.centred(A[begin:end], begin, end)
        return [(tile.T @ tile).double()]

    (G,) = sum_over_tiles(A, _row_bytes(A, 0), body)
    return download(G)


def products_of_rows(x: Tensor, y: Tensor) -> Tensor:
    """Return Σ_j x_ij·y_ij of every row."""
    found = x.new_empty(len(x))

    def body(begin: int, end: int) -> list[Tensor]:
        tile = slice(begin, end)
        found[tile] = (x[tile] * y[tile]).sum(dim=1)
        return []

    sum_over_tiles(x, 2 * x.element_size() * x.shape[1], body)
    return found


def r_factor(Y: Tensor) -> Array:
    """Return R (c × c) of Y = Q·R in float64, with zero rows if m < c."""
    R = torch.linalg.qr(Y.double(), mode="r").R
    n_columns = Y.shape[1]
    if len(R) < n_columns:
        R = torch.cat([R, R.new_zeros(n_columns - len(R), n_columns)])
    return download(R)


def _row_bytes(A: Tensor, b: int) -> int:
    return int(A.element_size()) * (2 * A.shape[1] + b)


def _csr_times(A: TensorBlock, mean: TensorMean, x: Tensor) -> Tensor:
    """A·X − 1·(mean·X), or A·X − mean·(1·X) with one mean a row."""
    y = csr_product(A, x)
    if mean.parts and mean.is_per_row:
        total = x.sum(dim=0, dtype=torch.float64)
        y = y - torch.outer(mean.total(), total).to(y.dtype)
    elif mean.parts:
        y = y - (mean.total() @ x.double()).to(y.dtype)
    return y


def _csr_adjoint(A: TensorBlock, mean: TensorMean, y: Tensor) -> Tensor:
    """AᵀY − mean·(1·Y), or AᵀY − 1·(mean·Y) with one mean a row, in float64."""
    Z = csr_product(transposed_of(A), y).double()
    if mean.parts and mean.is_per_row:
        Z = Z - mean.total() @ y.double()
    elif mean.parts:
        Z = Z - torch.outer(mean.total(), y.sum(dim=0, dtype=torch.float64))
    return Z


def _in_type(Z: Tensor, like: Tensor) -> Array:
    """Return float64 sums in this process, in the type of the rows."""
    return np.asarray(download(Z), dtype=NUMPY[like.dtype])
