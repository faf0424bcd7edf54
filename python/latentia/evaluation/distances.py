"""Distances between many rows, one tile at a time, without an n × n matrix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from latentia.evaluation._feature_checks import Features

_TILE = 1024
"""Rows of a tile: a few megabytes of distances."""

_NEAR = 1e-8
"""Squared distances below this share of |x|² + |y|² have lost half of their digits."""


def squared_distances(
    X: Features, Y: Features
) -> Iterator[tuple[slice, slice, NDArray[np.float64]]]:
    """Yield rows of X, rows of Y and their squared distances, tile by tile.

    Rows are centred first, so that a large level costs |x|² + |y|² − 2x·y no digits: by
    the median, which a row of other values does not move. Where most digits are lost
    all the same, as for copies, the differences themselves are squared.
    """
    centre = np.median(Y, axis=0)
    X, Y = X - centre, Y - centre
    x, y = (np.einsum("nd,nd->n", Z, Z) for Z in (X, Y))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("features are too large for their squares: scale them")
    for rows in _tiles(len(X)):
        for columns in _tiles(len(Y)):
            squares = x[rows, np.newaxis] + y[columns]
            tile = squares - 2 * (X[rows] @ Y[columns].T)
            near = tile <= _NEAR * squares
            for i in np.flatnonzero(near.any(axis=1)):
                off = X[rows][i] - Y[columns][near[i]]
                tile[i, near[i]] = np.einsum("nd,nd->n", off, off)
            yield rows, columns, tile


def nearest(X: Features, Y: Features) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the index of the nearest row of Y for every row of X, and its distance.

    The distance is the norm of the difference, and exactly 0 for equal rows.
    """
    index = np.zeros(len(X), dtype=np.intp)
    least = np.full(len(X), np.inf)
    for rows, columns, tile in squared_distances(X, Y):
        best = tile.argmin(axis=1)
        found = tile[np.arange(len(tile)), best]
        nearer = found < least[rows]
        index[rows][nearer] = best[nearer] + columns.start
        least[rows][nearer] = found[nearer]
    return index, np.linalg.norm(X - Y[index], axis=1)


def kth_distance(X: Features, k: int) -> NDArray[np.float64]:
    """Return the squared distance of every row to its k-th nearest other row."""
    least = np.full((len(X), k), np.inf)
    for rows, columns, tile in squared_distances(X, X):
        if rows == columns:
            np.fill_diagonal(tile, np.inf)
        both = np.concatenate([least[rows], tile], axis=1)
        least[rows] = np.partition(both, k - 1, axis=1)[:, :k]
    return np.asarray(least.max(axis=1))


def _tiles(n: int) -> Iterator[slice]:
    return (slice(start, min(start + _TILE, n)) for start in range(0, n, _TILE))
