"""Of which kind an object is, by its type.

A data frame gives its columns as attributes, so that one with columns called "reduce"
and "state_from_array", or "dtype" and "chunks", would be taken for something else.
So attributes are looked up in the type, which has no columns.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def has(X: Any, *names: str) -> bool:
    """Whether the type of X has all of these attributes."""
    return all(hasattr(type(X), name) for name in names)


def is_source(X: Any) -> bool:
    """Whether X is a row source."""
    return has(X, "reduce", "state_from_array")


def is_lazy(X: Any) -> bool:
    """Whether X is a Dask collection; labelled arrays only have its attributes."""
    return has(X, "__dask_graph__") and X.__dask_graph__() is not None


def pandas_frame(X: Any) -> bool:
    """Whether X is a pandas DataFrame."""
    return _is_a(X, "pandas", "DataFrame")


def polars_frame(X: Any) -> bool:
    """Whether X is a polars DataFrame."""
    return _is_a(X, "polars", "DataFrame")


def polars_query(X: Any) -> bool:
    """Whether X is a polars LazyFrame."""
    return _is_a(X, "polars", "LazyFrame")


def torch_tensor(X: Any) -> bool:
    """Whether X is a tensor of PyTorch."""
    return _is_a(X, "torch", "Tensor")


def speaks_dlpack(X: Any) -> bool:
    """Whether X is an array of a library other than NumPy that speaks DLPack."""
    return (
        has(X, "__dlpack__", "__dlpack_device__", "ndim", "shape")
        and not isinstance(X, np.ndarray | np.generic)
        and getattr(X, "ndim", None) == 2
    )


def hdf5_dataset(X: Any) -> bool:
    """Whether X is an HDF5 dataset."""
    return _is_a(X, "h5py", "Dataset")


def zarr_array(X: Any) -> bool:
    """Whether X is a Zarr array."""
    return _is_a(X, "zarr", "Array")


def _is_a(X: Any, package: str, name: str) -> bool:
    """Whether X has this type of a package; the package is not imported for that."""
    kind = getattr(sys.modules.get(package), name, None)
    return kind is not None and isinstance(X, kind)
