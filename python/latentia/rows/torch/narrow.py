"""Products of a tile of rows with a narrow matrix.

MKL takes up to half the time if the narrow matrix comes first, so that the transpose of
the product is made. On CUDA both are the same call of cuBLAS.
"""

from __future__ import annotations

from torch import Tensor


def times(tile: Tensor, X: Tensor) -> Tensor:
    """Return tile·X (rows × b) of X (n × b), its transpose contiguous."""
    return (X.T @ tile.T).T


def adjoint_times(tile: Tensor, Y: Tensor) -> Tensor:
    """Return tileᵀ·Y (n × b) of Y (rows × b), its transpose contiguous."""
    return (Y.T @ tile).T
