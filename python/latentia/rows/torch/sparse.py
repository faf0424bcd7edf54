"""CSR blocks of tensors: runs of their rows, and their products."""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import Any, TypeAlias

import torch
from torch import Tensor

from latentia.rows.block import Csr, run_of_rows

TensorBlock: TypeAlias = Any
"""A dense tensor, or CSR of tensors."""


def is_csr(block: TensorBlock) -> bool:
    """Whether the rows are CSR."""
    return isinstance(block, Csr)


def values_of(block: TensorBlock) -> Tensor:
    """Return the entries that are stored: of a dense tensor all."""
    found: Tensor = block.data if is_csr(block) else block
    return found


class TensorCsr(Csr):
    """A whole CSR matrix of tensors, with a copy by columns once that is needed.

    A product with the transpose takes PyTorch many times as long as one with the copy.
    """

    @cached_property
    def transposed(self) -> TensorCsr:
        """The transpose."""
        return transpose(self)


def csr_of(indptr: Any, indices: Any, data: Any, n_columns: int) -> TensorCsr:
    """Return a whole CSR matrix of these tensors."""
    return TensorCsr(indptr, indices, data, n_columns)


def csr_rows(block: TensorBlock, begin: int, end: int) -> TensorBlock:
    """Return a run of CSR rows; entries are not copied."""
    return run_of_rows(block, begin, end)


def transpose(block: TensorBlock) -> TensorCsr:
    """Return the transpose of CSR rows, its columns ascending."""
    n_rows, n_columns = block.shape
    of_entry = rows_of_entries(block)
    order = torch.argsort(block.indices, stable=True)
    count = torch.zeros(n_columns + 1, dtype=torch.int64, device=block.data.device)
    ones = torch.ones_like(block.indices, dtype=torch.int64)
    count.index_add_(0, block.indices + 1, ones)
    return csr_of(
        count.cumsum(0).to(block.indptr.dtype),
        of_entry[order].to(block.indices.dtype),
        block.data[order],
        n_rows,
    )


def transposed_of(block: TensorBlock) -> TensorBlock:
    """Return the transpose, kept next to a whole matrix."""
    return block.transposed if isinstance(block, TensorCsr) else transpose(block)


def rows_of_entries(block: TensorBlock) -> Tensor:
    """Return the row of each stored entry, int64."""
    counts = block.indptr.diff()
    rows = torch.arange(len(counts), device=counts.device)
    return torch.repeat_interleave(rows, counts, output_size=len(block.data))


def csr_product(block: TensorBlock, X: Tensor) -> Tensor:
    """Return A·X (m × b) of CSR rows."""
    if not len(block.data):
        return X.new_zeros(block.shape[0], X.shape[1])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support")
        A = torch.sparse_csr_tensor(
            block.indptr,
            block.indices,
            block.data,
            size=block.shape,
            device=block.data.device,  # else a default device that the caller has set
            check_invariants=False,
        )
    return A @ X


def dense_rows(block: TensorBlock, begin: int, end: int) -> Tensor:
    """Return some rows as a dense tensor."""
    first, last = (int(i) for i in block.indptr[[begin, end]].tolist())
    counts = block.indptr[begin : end + 1].diff()
    rows = torch.arange(end - begin, device=counts.device)
    of_entry = torch.repeat_interleave(rows, counts, output_size=last - first)
    tile: Tensor = block.data.new_zeros(end - begin, block.n_columns)
    tile[of_entry, block.indices[first:last].long()] = block.data[first:last]
    return tile
