"""Tensors, and arrays that speak DLPack, as rows: converted only where needed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch
import torch.utils.dlpack
from torch import Tensor

from latentia.rows.torch.source import TorchRows
from latentia.rows.torch.sparse import TensorCsr, csr_of

_SPARSE = {
    torch.sparse_csr: "CSR",
    torch.sparse_csc: "CSC",
    torch.sparse_coo: "COO",
    torch.sparse_bsr: "BSR",
    torch.sparse_bsc: "BSC",
}


def torch_rows(X: Tensor, *, name: str = "X") -> TorchRows:
    """Return a tensor as rows on its device.

    float32 and float64 are kept; float16 and bfloat16 become float32, integers and
    booleans float64. Rows or columns that are contiguous are read without a copy. Other
    strides, and sparse layouts other than CSR, are converted once. No graph is kept of
    tensors that require a gradient.

    Raises
    ------
    TypeError, ValueError
        If it is not a real two-dimensional matrix with at least one row and column, or
        a sparse tensor is malformed. NaN and infinity are found by ``summarise``.
    """
    if X.layout not in {torch.strided, *_SPARSE} or X.is_quantized or X.is_nested:
        kind = "quantized" if X.is_quantized else "nested" if X.is_nested else X.layout
        raise TypeError(f"{name} must be a dense or sparse tensor, got a {kind} one")
    if X.layout == torch.sparse_coo and X.dense_dim():
        raise TypeError(
            f"{name} must have numbers as its entries, got a hybrid tensor whose "
            f"entries have {X.dense_dim()} dimension(s): use {name}.to_dense()"
        )
    if X.device.type == "meta":
        raise TypeError(f"{name} must be a tensor with values, got one on meta")
    if X.device.type == "mps":
        raise TypeError(
            f"{name} must be on the CPU or on CUDA, got a tensor on {X.device}, which "
            f"has no float64 for sums: use {name}.cpu()"
        )
    if X.dtype.is_complex:
        raise TypeError(f"{name} must be of real numbers, got {X.dtype}")
    check_shape(X, name)
    with torch.no_grad():
        X = X.detach()
        if X.layout != torch.strided:
            return TorchRows(_csr(X, name))
        X = _in_float(X)
        steps, sizes = X.stride(), X.shape
        by_rows = (steps[1] == 1 or sizes[1] == 1) and steps[0] >= sizes[1]
        by_columns = (steps[0] == 1 or sizes[0] == 1) and steps[1] >= sizes[0]
        return TorchRows(X if by_rows or by_columns else X.contiguous())


def check_shape(X: Any, name: str) -> None:
    """Raise if it is not a matrix with at least one row and column.

    The texts are scikit-learn's.
    """
    if X.ndim != 2:
        raise ValueError(
            f"{name} must be two-dimensional, got {X.ndim} dimension(s). Reshape your "
            "data, with reshape(-1, 1) for one feature or reshape(1, -1) for one sample"
        )
    for count, what in zip(X.shape, ("sample", "feature"), strict=True):
        if count == 0:
            raise ValueError(
                f"Found array with 0 {what}(s) (shape={tuple(X.shape)}): {name} must "
                "have at least one"
            )


def _in_float(X: Tensor) -> Tensor:
    if X.dtype in (torch.float32, torch.float64):
        return X
    return X.to(torch.float32 if X.dtype.is_floating_point else torch.float64)


def _csr(X: Tensor, name: str) -> TensorCsr:
    if X.layout not in (torch.sparse_csr, torch.sparse_coo):
        if X.layout == torch.sparse_csc:
            _check_valid(X.ccol_indices(), X.row_indices(), X, name)
        X = X.to_sparse(layout=torch.sparse_coo)
    if X.layout == torch.sparse_csr:
        indptr, indices = X.crow_indices(), X.col_indices()
        if _check_valid(indptr, indices, X, name):
            return csr_of(indptr, indices, _in_float(X.values()), X.shape[1])
        X = X.to_sparse(layout=torch.sparse_coo)
    for index, count in zip(X._indices(), X.shape, strict=True):
        if len(index) and not 0 <= int(index.min()) <= int(index.max()) < count:
            raise ValueError(
                f"{name} is not a valid sparse matrix: an index is outside"
            )
    # As floats, so that sums of repeated entries do not wrap. PyTorch takes what was
    # CSR for ordered, whatever it is.
    whole = torch.sparse_coo_tensor(
        X._indices(),
        _in_float(X._values()),
        X.shape,
        check_invariants=False,
        is_coalesced=False,
    ).coalesce()
    row, column = whole.indices()
    counts = torch.bincount(row, minlength=X.shape[0])
    indptr = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
    return csr_of(indptr, column, whole.values(), X.shape[1])


def _check_valid(indptr: Tensor, indices: Tensor, X: Tensor, name: str) -> bool:
    """Return whether columns ascend in every row; raise if an index is outside.

    PyTorch does not check the indices of a CSR tensor unless it is asked to.
    """
    n_places = X.shape[0 if X.layout == torch.sparse_csc else 1]
    steps = indptr.diff()
    pointers = int(indptr[0]) == 0 and int(indptr[-1]) == len(indices)
    inside = (
        not len(indices) or 0 <= int(indices.min()) <= int(indices.max()) < n_places
    )
    if not pointers or int(steps.min()) < 0 or not inside:
        raise ValueError(
            f"{name} is not a valid {_SPARSE[X.layout]} matrix: a bad row pointer or a "
            f"column index outside 0..{n_places - 1}"
        )
    ascends = indices.diff() > 0
    first_of_line = indptr[1:-1] - 1
    inner = first_of_line[(first_of_line >= 0) & (first_of_line < len(ascends))]
    ascends[inner] = True
    return bool(ascends.all())


def dlpack_rows(X: Any, *, name: str = "X") -> TorchRows:
    """Return an array that speaks DLPack (CuPy, JAX) as rows, without a copy.

    Results for each row are arrays of the same library. PyTorch has no negative strides
    and ends the process where DLPack gives it some: such rows are copied before.
    """
    given = X
    if _runs_backwards(X) and callable(getattr(X, "copy", None)):
        X = X.copy()
    if _runs_backwards(X):
        raise TypeError(
            f"{name} must be an array that PyTorch can read by DLPack, got a "
            f"{type(X).__name__} with negative strides: copy it"
        )
    try:
        tensor = torch.utils.dlpack.from_dlpack(X)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise TypeError(
            f"{name} must be an array that PyTorch can read by DLPack, got a "
            f"{type(X).__name__}: {error}"
        ) from error
    rows = torch_rows(tensor, name=name)
    return TorchRows(rows.block, rows.precision, _maker_of(given))


def _runs_backwards(X: Any) -> bool:
    return any(step < 0 for step in getattr(X, "strides", None) or ())


def _maker_of(X: Any) -> Callable[[Tensor], Any] | None:
    """Return what makes a tensor an array of the library of X; None if nothing does."""
    if hasattr(X, "__array_namespace__"):
        library = X.__array_namespace__()
    else:
        library = sys.modules.get(type(X).__module__.partition(".")[0])
    found: Callable[[Tensor], Any] | None = getattr(library, "from_dlpack", None)
    return found
