"""Which route is cheapest: the cost model, in one place.

Costs are counted in multiply-adds of the register-blocked product, in the data's own
precision; the factors are rough estimates of what other work takes compared with it.
They decide well away from the borders between routes, which nobody has fitted yet.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from latentia.rows import RowSource

Method = Literal["krylov", "power", "gram", "lapack"]

KEEP_BYTES = 48 << 20
"""M·K is kept up to this size; see ``krylov.block_krylov``."""

EXACT_ROWS, EXACT_COLUMNS = 1000, 500
"""Matrices up to this size are decomposed exactly: it takes less than 50 ms."""

_BLOCK = 32  # columns that keep the products at full speed for every vector width
_PASSES = 5.5  # of the Krylov route, at the default tolerance
_SPARSE = 10.0  # a stored entry of a sparse matrix against one of a dense tile
_EIGEN = 100.0  # eigh of n × n: n³ times this
_LAPACK = 60.0  # gesdd of m × n: m·n² times this
_START = 3e7  # what a pass costs before it multiplies: Python, threads, small algebra


def block_size(k: int, n: int) -> int:
    """Columns of a block: about k/2, so that some five passes hold k comfortably."""
    return min(n, _BLOCK * max(1, round((k / 2 + 7) / _BLOCK)))


def reads_transposed(rows: RowSource) -> bool:
    """Tell whether the transpose is to be decomposed: bases have the length of n.

    Sparse rows have to be sorted anew for that, which a longer basis alone is worth.
    """
    m, n = rows.shape
    return rows.in_memory and (n > 4 * m if rows.sparse else n > m)


def keep_bytes(rows: RowSource) -> int:
    """Return how much of M·K is kept: nothing where it would be moved about."""
    return KEEP_BYTES if rows.in_memory else 0


def widest_basis(rows: RowSource, k: int) -> int | None:
    """Return the width at which ARPACK takes over where no tolerance ends the search.

    A block of b columns costs 2·stored·b for its pass and about 4·n·c·b to be made
    orthogonal to c columns. None: the rows are elsewhere, and ARPACK's many passes with
    a single column would cost more; or k is too near n for it.
    """
    n, b = rows.shape[1], block_size(k, rows.shape[1])
    if not rows.in_memory or 2 * k + 20 >= n:
        return None
    entry = _SPARSE if rows.sparse else 1.0
    return max(int(rows.n_stored * entry / (2 * n)), 8 * b, 3 * k)


def choose(rows: RowSource, k: int) -> Method:
    """Return the cheapest of the routes at rank k; whole dense rows have m ≥ n."""
    m, n = rows.shape
    wide = 1.0 if rows.dtype == np.float32 else 0.5  # vector lanes against float64's
    sparse, stored = rows.sparse, rows.n_stored
    entry = _SPARSE if sparse else 1.0
    b = block_size(k, n)
    passes = max(_PASSES, 2 * k / b)
    small = n * (passes * b) ** 2
    costs: dict[Method, float] = {
        "krylov": passes * (2 * stored * b * entry + _START) + small,
        "gram": stored * (stored / m if sparse else n / 2) * entry / wide * 0.5 * 2
        + _EIGEN * n**3
        + stored * k * entry
        + _START,
        "lapack": _LAPACK * m * n * min(m, n),
    }
    if not rows.in_memory or (sparse and m * n > 2**20):
        del costs["lapack"]
    cheapest = min(costs, key=lambda method: costs[method])
    is_small = max(m, n) <= EXACT_ROWS and min(m, n) <= EXACT_COLUMNS
    if cheapest == "krylov" and is_small:
        if n <= EXACT_COLUMNS:
            return "gram"
        if "lapack" in costs:  # sparse and wide, but not so wide that it is transposed
            return "lapack"
    return cheapest
