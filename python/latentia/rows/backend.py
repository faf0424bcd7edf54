"""Blocks of NumPy and of PyTorch: the kernels that read them, and what kernels need.

A kernel is written once. It takes ``kernels_of(block)`` and makes its temporaries with
the functions below, so that it runs where the block is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from latentia._native import kernels as native
from latentia.rows.block import Block, Csr, stored_values
from latentia.rows.kinds import torch_tensor

Array = NDArray[Any]
F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:

    class Kernels:
        """The kernels that there are for blocks of both kinds."""

        adjoint_product = staticmethod(native.adjoint_product)
        e_step_statistics = staticmethod(native.e_step_statistics)
        gram = staticmethod(native.gram)
        gram_by_float32 = staticmethod(native.gram_by_float32)
        init_statistics = staticmethod(native.init_statistics)
        mixture_labels = staticmethod(native.mixture_labels)
        mixture_log_likelihood = staticmethod(native.mixture_log_likelihood)
        mixture_responsibilities = staticmethod(native.mixture_responsibilities)
        nmf_divergence = staticmethod(native.nmf_divergence)
        nmf_divergence_pass = staticmethod(native.nmf_divergence_pass)
        nmf_frobenius_pass = staticmethod(native.nmf_frobenius_pass)
        nmf_observed_hals_pass = staticmethod(native.nmf_observed_hals_pass)
        nmf_update = staticmethod(native.nmf_update)
        normal_product = staticmethod(native.normal_product)
        product = staticmethod(native.product)
        # Only of tensors: NumPy has these.
        count_nonzero: Callable[[Any], int]
        least_value: Callable[[Any], tuple[float, int, int]]
        r_factor: Callable[[Any], Array]
        squared_distances = staticmethod(native.squared_distances)
        summary = staticmethod(native.summary)


def is_tensor(block: Any) -> bool:
    """Whether the numbers of a block or state are in a tensor.

    Parameters
    ----------
    block : ndarray, tensor or Csr

    Returns
    -------
    bool
    """
    return torch_tensor(stored_values(block))


def kernels_of(block: Any) -> type[Kernels]:
    """Return the kernels that read blocks of this kind, by their names.

    Parameters
    ----------
    block : ndarray, tensor or Csr

    Returns
    -------
    module or class
        The compiled kernels, or their counterparts for tensors.
    """
    if not is_tensor(block):
        return native  # type: ignore[return-value]
    from latentia.rows.torch import kernels

    return kernels  # type: ignore[return-value]


def dtype_of(block: Any) -> np.dtype[Any]:
    """Return the type of the numbers.

    Parameters
    ----------
    block : ndarray, tensor or Csr

    Returns
    -------
    numpy.dtype
    """
    values: Any = stored_values(block)
    kind = values.dtype
    if is_tensor(block):
        from latentia.rows.torch.transfer import NUMPY

        kind = NUMPY[kind]
    found: np.dtype[Any] = np.dtype(kind)
    return found


def placed_like(array: Any, block: Any) -> Any:
    """Return an array where the block is.

    Parameters
    ----------
    array : ndarray
    block : ndarray, tensor or Csr

    Returns
    -------
    ndarray or tensor
    """
    if not is_tensor(block):
        return array
    from latentia.rows.torch.transfer import upload

    return upload(array, stored_values(block))  # type: ignore[arg-type]


def empty_like(block: Any, shape: tuple[int, ...], dtype: Any = None) -> Any:
    """Return memory of the block's kind, and of its type unless another is given.

    Parameters
    ----------
    block : ndarray, tensor or Csr
    shape : tuple of int
    dtype : numpy.dtype, optional

    Returns
    -------
    ndarray or tensor
    """
    dtype = dtype_of(block) if dtype is None else np.dtype(dtype)
    if not is_tensor(block):
        return np.empty(shape, dtype=dtype)
    from latentia.rows.torch.transfer import TORCH

    values: Any = stored_values(block)
    return values.new_empty(shape, dtype=TORCH[dtype])


def as_float64(values: Any) -> Any:
    """Return numbers in float64, a copy of others.

    Parameters
    ----------
    values : ndarray or tensor

    Returns
    -------
    ndarray or tensor
    """
    return values.double() if is_tensor(values) else values.astype(np.float64)


def to_numpy(block: Any) -> Any:
    """Return a block, a state or any tensor as NumPy's arrays in this process.

    Parameters
    ----------
    block : ndarray, tensor or Csr

    Returns
    -------
    ndarray or Csr
    """
    if not is_tensor(block):
        return block
    from latentia.rows.torch.transfer import download

    if isinstance(block, Csr):
        parts: Any = block
        indptr, indices, data = (download(part) for part in parts[:3])
        return Csr(indptr, indices, data, block.n_columns)
    return download(block)


def sum_in_float64(values: Any) -> float:
    """Return the sum of all numbers.

    Parameters
    ----------
    values : ndarray or tensor

    Returns
    -------
    float
    """
    if not is_tensor(values):
        return float(values.sum(dtype=np.float64))
    from latentia.rows.torch.transfer import as_float

    return as_float(values.double().sum())


def sum_of_rows(values: Any) -> Array:
    """Return the sum of each column in float64, in this process.

    Parameters
    ----------
    values : ndarray or tensor of shape (n_rows, n)

    Returns
    -------
    ndarray of shape (n,)
    """
    if not is_tensor(values):
        return np.asarray(values.sum(axis=0, dtype=np.float64))
    return np.asarray(to_numpy(values.double().sum(dim=0)))


def extremes_of_columns(values: Any) -> tuple[Array, Array]:
    """Return the largest and the smallest number of every column, in this process.

    Parameters
    ----------
    values : ndarray or tensor of shape (n_rows, n)

    Returns
    -------
    largest, smallest : ndarray of shape (n,)
    """
    if is_tensor(values):
        return to_numpy(values.amax(dim=0)), to_numpy(values.amin(dim=0))
    return np.asarray(values.max(axis=0)), np.asarray(values.min(axis=0))


def products_of_rows(x: Any, y: Any) -> Any:
    """Return Σ_j x_ij·y_ij of every row (n_rows,), without a copy of the rows.

    Parameters
    ----------
    x, y : ndarray or tensor of shape (n_rows, n)

    Returns
    -------
    ndarray or tensor
    """
    if not is_tensor(x):
        return np.einsum("ij,ij->i", x, y)
    from latentia.rows.torch.products import products_of_rows as of_tensors

    return of_tensors(x, y)


def square_of_rows(x: Any) -> Any:
    """Return Σ_j x_ij² of every row (n_rows,).

    Parameters
    ----------
    x : ndarray or tensor of shape (n_rows, n)

    Returns
    -------
    ndarray or tensor
    """
    return products_of_rows(x, x)


def on_host(function: F) -> F:
    """Let a function of NumPy blocks, block -> block, take tensors too.

    They are copied to this process and back: for what is rarely needed.

    Parameters
    ----------
    function : callable
        ndarray or Csr -> ndarray or Csr.

    Returns
    -------
    callable
    """

    @wraps(function)
    def of_any(block: Block, **arguments: Any) -> Any:
        if not is_tensor(block):
            return function(block, **arguments)
        made = function(to_numpy(block), **arguments)
        if not isinstance(made, Csr):
            return placed_like(made, block)
        return Csr(
            placed_like(made.indptr, block),
            placed_like(made.indices, block),
            placed_like(made.data, block),
            made.n_columns,
        )

    return of_any  # type: ignore[return-value]
