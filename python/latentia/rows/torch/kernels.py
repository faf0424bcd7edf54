"""The kernels of blocks that are tensors, under the names of the compiled ones."""

from latentia.rows.torch.products import (
    adjoint_product,
    gram,
    gram_by_float32,
    normal_product,
    product,
    r_factor,
)
from latentia.rows.torch.summary import summary

__all__ = [
    "adjoint_product",
    "gram",
    "gram_by_float32",
    "normal_product",
    "product",
    "r_factor",
    "summary",
]
