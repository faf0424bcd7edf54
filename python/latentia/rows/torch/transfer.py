"""The only places where numbers cross between NumPy and the device of a tensor.

Everything else in this folder stays on one device, which the tests show with fake CUDA
tensors: they replace these functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[Any]

NUMPY: dict[torch.dtype, np.dtype[Any]] = {
    torch.float32: np.dtype(np.float32),
    torch.float64: np.dtype(np.float64),
    torch.int32: np.dtype(np.int32),
    torch.int64: np.dtype(np.int64),
}
TORCH = {of_numpy: of_torch for of_torch, of_numpy in NUMPY.items()}


def upload(array: Array | Tensor, like: Tensor, dtype: Any = None) -> Tensor:
    """Return numbers on the device of ``like``; those of an array are copied."""
    if isinstance(array, Tensor):
        return array if dtype is None else array.to(dtype)
    plain = np.ascontiguousarray(array)
    if any(step < 0 for step in plain.strides):  # of an axis of length 1
        plain = plain.copy()
    return torch.tensor(plain, dtype=dtype, device=like.device)


def download(values: Tensor) -> Array:
    """Return numbers as an array in this process; those on the CPU are shared.

    Those of a sparse tensor are spread out. Types that NumPy lacks become float32.
    """
    here = values.detach().to_dense().resolve_neg().cpu()
    if here.dtype.is_floating_point and here.dtype not in NUMPY:
        here = here.float()
    found: Array = here.numpy()
    return found


def as_float(value: Tensor) -> float:
    """Return a tensor of one number as a number."""
    return float(download(value))
