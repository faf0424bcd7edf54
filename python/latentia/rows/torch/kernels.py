"""The kernels of blocks that are tensors, under the names of the compiled ones."""

from latentia.rows.torch.divergence import nmf_divergence, nmf_divergence_pass
from latentia.rows.torch.mixture import (
    e_step_statistics,
    init_statistics,
    mixture_labels,
    mixture_log_likelihood,
    mixture_responsibilities,
    squared_distances,
)
from latentia.rows.torch.nmf import nmf_frobenius_pass, nmf_update
from latentia.rows.torch.observed_hals import nmf_observed_hals_pass
from latentia.rows.torch.products import (
    adjoint_product,
    gram,
    gram_by_float32,
    normal_product,
    product,
    r_factor,
)
from latentia.rows.torch.summary import count_nonzero, least_value, summary

__all__ = [
    "adjoint_product",
    "count_nonzero",
    "e_step_statistics",
    "gram",
    "gram_by_float32",
    "init_statistics",
    "least_value",
    "mixture_labels",
    "mixture_log_likelihood",
    "mixture_responsibilities",
    "nmf_divergence",
    "nmf_divergence_pass",
    "nmf_frobenius_pass",
    "nmf_observed_hals_pass",
    "nmf_update",
    "normal_product",
    "product",
    "r_factor",
    "squared_distances",
    "summary",
]
