"""The kernels of blocks that are tensors, under the names of the compiled ones."""

from latentia.rows.torch.mixture import (
    e_step_statistics,
    init_statistics,
    mixture_labels,
    mixture_log_likelihood,
    mixture_responsibilities,
    squared_distances,
)
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
    "e_step_statistics",
    "gram",
    "gram_by_float32",
    "init_statistics",
    "mixture_labels",
    "mixture_log_likelihood",
    "mixture_responsibilities",
    "normal_product",
    "product",
    "r_factor",
    "squared_distances",
    "summary",
]
