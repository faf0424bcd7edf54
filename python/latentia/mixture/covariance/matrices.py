"""Algebra of one symmetric positive definite d × d matrix and its factor P."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Array = NDArray[Any]


def factor(covariance: Array) -> Array:
    """Return the upper triangular P = L⁻ᵀ with Σ⁻¹ = P·Pᵀ, where Σ = L·Lᵀ."""
    lower = scipy.linalg.cholesky(covariance, lower=True)
    # What of a variance the other features leave: no more than rounding is none.
    left = np.diagonal(lower) ** 2 / np.diagonal(covariance)
    if left.min() <= 4 * len(lower) * np.finfo(np.float64).eps:
        raise np.linalg.LinAlgError(f"feature {np.argmin(left)} follows from others")
    inverse, fault = scipy.linalg.lapack.dtrtri(lower, lower=1)
    if fault or not np.isfinite(inverse).all():
        raise np.linalg.LinAlgError("the inverse leaves the range of float64")
    return np.ascontiguousarray(inverse.T)


def factor_of_precision(precision: Array) -> Array:
    """Return the upper triangular P with P·Pᵀ given.

    Cholesky's factor is a lower one; read from the last row and column to the first,
    lower is upper.
    """
    lower = scipy.linalg.cholesky(precision[::-1, ::-1], lower=True)
    return np.ascontiguousarray(lower[::-1, ::-1])


def upper(p: Array) -> Array:
    """Return the upper triangular P that has the P·Pᵀ of a lower triangular one.

    P = U·Q, Q orthogonal: P·Pᵀ = U·Uᵀ. The signs of U's columns are free.
    """
    found = scipy.linalg.rq(p, mode="r", check_finite=False)
    found = found * np.where(np.diagonal(found) < 0, -1.0, 1.0)
    return np.ascontiguousarray(np.triu(found))


def condition(covariance: Array, given: Array, rest: Array) -> tuple[Array, Array]:
    """Return the slopes of the features ``rest`` on those given, and Σ of what is left.

    With the given ones first Σ = L·Lᵀ, L = [[A, 0], [B, C]]: the slopes (rest × given)
    are B·A⁻¹, and C·Cᵀ is the covariance of the rest about the regression.
    """
    order = np.concatenate([given, rest])
    lower = scipy.linalg.cholesky(covariance[np.ix_(order, order)], lower=True)
    n = len(given)
    a, b, c = lower[:n, :n], lower[n:, :n], lower[n:, n:]
    slopes = scipy.linalg.solve_triangular(a, b.T, lower=True, trans="T").T
    return slopes, c @ c.T


def is_symmetric(matrix: Array) -> bool:
    """Return whether A (..., d, d) is: by the scale of an entry's row and column."""
    diagonal = np.abs(np.diagonal(matrix, axis1=-2, axis2=-1))
    root = np.sqrt(diagonal)
    size = root[..., :, np.newaxis] * root[..., np.newaxis, :]
    off = np.abs(matrix - np.swapaxes(matrix, -1, -2))
    return bool((off <= 1e-6 * size).all())


def invert(p: Array) -> Array:
    """Return Σ = P⁻ᵀ·P⁻¹."""
    inverse = scipy.linalg.solve_triangular(p, np.eye(len(p)), lower=False)
    covariance: Array = inverse.T @ inverse
    return covariance


def is_factor(p: Array) -> bool:
    """Return whether P (..., d, d) is upper triangular, its diagonal positive."""
    positive = (np.diagonal(p, axis1=-2, axis2=-1) > 0).all()
    return bool(positive and not np.tril(p, -1).any())


def belong_together(covariance: Array, p: Array) -> bool:
    """Return whether Σ is symmetric and Pᵀ·Σ·P = I, but for a multiple of rounding."""
    size = np.abs(p).T @ np.abs(covariance) @ np.abs(p)
    tolerance = 1e-2 + 64 * len(p) * np.finfo(np.float64).eps * size
    off = np.abs(p.T @ covariance @ p - np.eye(len(p)))
    return bool((off <= tolerance).all()) and is_symmetric(covariance)


def colour(noise: Array, p: Array) -> Array:
    """Return P⁻ᵀ·z for every row z."""
    coloured: Array = scipy.linalg.solve_triangular(p, noise.T, trans="T", lower=False)
    return coloured.T


def each(operation: Callable[[Array], Array], matrices: Array) -> Array:
    """Return the operation's results for all components; say which one has none."""
    results = []
    for k, matrix in enumerate(matrices):
        try:
            results.append(operation(matrix))
        except np.linalg.LinAlgError as error:
            raise np.linalg.LinAlgError(f"component {k}: {error}") from None
    return np.stack(results)
