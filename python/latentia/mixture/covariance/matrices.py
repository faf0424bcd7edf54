"""Algebra of one symmetric positive definite d × d matrix and its Cholesky factor P."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Array = NDArray[Any]


def precision_cholesky(covariance: Array) -> Array:
    """Return the upper triangular P = L⁻ᵀ with Σ⁻¹ = P·Pᵀ, where Σ = L·Lᵀ."""
    lower = scipy.linalg.cholesky(covariance, lower=True)
    # The share of a variance that the features before it do not explain. Cholesky
    # rounds it to about d·ε: a share below 4·d·ε may as well be 0.
    unexplained = np.diagonal(lower) ** 2 / np.diagonal(covariance)
    if unexplained.min() <= 4 * len(lower) * np.finfo(np.float64).eps:
        raise np.linalg.LinAlgError(
            f"feature {np.argmin(unexplained)} is a linear function of others"
        )
    inverse, info = scipy.linalg.lapack.dtrtri(lower, lower=1)
    if info or not np.isfinite(inverse).all():
        raise np.linalg.LinAlgError("the inverse is outside the range of float64")
    return np.ascontiguousarray(inverse.T)


def cholesky_of_precision(precision: Array) -> Array:
    """Return the upper triangular P with P·Pᵀ = precision.

    The Cholesky factor is lower triangular. That of the matrix with rows and columns in
    reverse order is upper triangular once its own are reversed.
    """
    lower = scipy.linalg.cholesky(precision[::-1, ::-1], lower=True)
    return np.ascontiguousarray(lower[::-1, ::-1])


def upper_cholesky(p: Array) -> Array:
    """Return the upper triangular U with U·Uᵀ = P·Pᵀ of a lower triangular P.

    P = U·Q with Q orthogonal. The signs of U's columns are arbitrary; they are chosen
    so that its diagonal is positive.
    """
    found = scipy.linalg.rq(p, mode="r", check_finite=False)
    found = found * np.where(np.diagonal(found) < 0, -1.0, 1.0)
    return np.ascontiguousarray(np.triu(found))


def regression(covariance: Array, given: Array, rest: Array) -> tuple[Array, Array]:
    """Return the slopes (rest, given) of the features ``rest``, and their residual Σ.

    With the given features first Σ = L·Lᵀ, L = [[A, 0], [B, C]]. The slopes are B·A⁻¹,
    and C·Cᵀ is the covariance of the rest about the regression.
    """
    order = np.concatenate([given, rest])
    lower = scipy.linalg.cholesky(covariance[np.ix_(order, order)], lower=True)
    n = len(given)
    a, b, c = lower[:n, :n], lower[n:, :n], lower[n:, n:]
    slopes = scipy.linalg.solve_triangular(a, b.T, lower=True, trans="T").T
    return slopes, c @ c.T


def is_symmetric(matrix: Array) -> bool:
    """Return whether |A_ij − A_ji| ≤ 1e-6·√(A_ii·A_jj) in A (..., d, d).

    1e-6 lets pass a matrix that was rounded to float32.
    """
    diagonal = np.abs(np.diagonal(matrix, axis1=-2, axis2=-1))
    root = np.sqrt(diagonal)
    size = root[..., :, np.newaxis] * root[..., np.newaxis, :]
    off = np.abs(matrix - np.swapaxes(matrix, -1, -2))
    return bool((off <= 1e-6 * size).all())


def covariance_of_cholesky(p: Array) -> Array:
    """Return Σ = P⁻ᵀ·P⁻¹."""
    inverse = scipy.linalg.solve_triangular(p, np.eye(len(p)), lower=False)
    covariance: Array = inverse.T @ inverse
    return covariance


def is_cholesky(p: Array) -> bool:
    """Return whether P (..., d, d) is upper triangular with a positive diagonal."""
    positive = (np.diagonal(p, axis1=-2, axis2=-1) > 0).all()
    return bool(positive and not np.tril(p, -1).any())


def is_consistent(covariance: Array, p: Array) -> bool:
    """Return whether Σ is symmetric and Pᵀ·Σ·P = I.

    An entry may differ by 1 %, as of factors that were rounded to float32, and by 64·d
    times the rounding of the product, as of an ill-conditioned Σ.
    """
    size = np.abs(p).T @ np.abs(covariance) @ np.abs(p)
    tolerance = 1e-2 + 64 * len(p) * np.finfo(np.float64).eps * size
    off = np.abs(p.T @ covariance @ p - np.eye(len(p)))
    return bool((off <= tolerance).all()) and is_symmetric(covariance)


def colour(noise: Array, p: Array) -> Array:
    """Return P⁻ᵀ·z of every row z."""
    coloured: Array = scipy.linalg.solve_triangular(p, noise.T, trans="T", lower=False)
    return coloured.T


def for_each_component(operation: Callable[[Array], Array], matrices: Array) -> Array:
    """Return the results of all components; an error names the component."""
    results = []
    for k, matrix in enumerate(matrices):
        try:
            results.append(operation(matrix))
        except np.linalg.LinAlgError as error:
            raise np.linalg.LinAlgError(f"component {k}: {error}") from error
    return np.stack(results)
