"""Which route is cheapest: the cost model, in one place.

Costs are counted in multiply-adds of a pass of the Krylov route, in the data's own
precision. They depend on shape, type and CPU level alone, so that a seed gives the same
bits on all machines of a level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from latentia._native import kernels
from latentia.rows import MemoryRows, RowSource

Method = Literal["krylov", "power", "gram", "lapack"]

KEEP_BYTES = 48 << 20
"""M·K is kept up to this size; see ``krylov.block_krylov``."""

EXACT_ROWS, EXACT_COLUMNS = 1000, 500
"""Matrices up to this size are decomposed exactly: it takes less than 50 ms."""

_BLOCK = 32  # columns that keep the products at full speed for every vector width
# Of the Krylov route, at the default tolerance: 5 where the spectrum decays quickly, 6
# to 8 for images.
_PASSES = 7.0
_SPARSE = 10.0  # a stored entry of a sparse matrix against one of a dense tile
_LAPACK = 60.0  # gesdd of m × n: m·n² times this
_START = 3e7  # what a pass costs before it multiplies: Python, threads, small algebra


@dataclass(frozen=True)
class Costs:
    """What a CPU level's other work costs, for float32 and float64 data.

    Attributes
    ----------
    gram32, gram64 : float
        A multiply-add of the Gram matrix of n columns, of which there are m·n²/2.
    eigen32, eigen64 : float
        The leading eigenvectors of n × n, by n³. LAPACK's are float64 for both.
    """

    gram32: float
    gram64: float
    eigen32: float
    eigen64: float


COSTS = {
    "v2": Costs(gram32=1.1, gram64=0.8, eigen32=4.0, eigen64=2.0),
    "v3": Costs(gram32=1.1, gram64=0.8, eigen32=5.2, eigen64=2.1),
    "v4": Costs(gram32=1.1, gram64=0.8, eigen32=5.2, eigen64=2.1),
}
"""Those of v4 were measured by ``latentia.benchmarks.route_costs``.

The kernels come to about the same share of the peak at all levels; a slower peak makes
LAPACK cheaper in comparison.
"""


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
    return KEEP_BYTES if rows.in_memory and isinstance(rows, MemoryRows) else 0


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


def choose(rows: RowSource, k: int, *, by_float32: bool) -> Method:
    """Return the cheapest of the routes at rank k; whole dense rows have m ≥ n.

    ``by_float32``: the Gram matrix is made of products in float32.
    """
    m, n = rows.shape
    level = COSTS.get(kernels.level, COSTS["v2"])
    single = rows.dtype == np.float32
    sparse, stored = rows.sparse, rows.n_stored
    entry = _SPARSE if sparse else 1.0
    eigen = level.eigen32 if single else level.eigen64
    # The products of the sketch, of sparse rows and of small eigenvalues are float64.
    gram = level.gram32 if single else level.gram64
    gram_float64 = 2 * gram if single else gram
    b = block_size(k, n)
    passes = max(_PASSES, 2 * k / b)
    width = min(passes * b, n)
    # Twice: reading the sketch from memory takes as long as multiplying it.
    rayleigh_ritz = 2 * m * width * (width / 2 * gram_float64 + k)
    small = n * (passes * b) ** 2 + rayleigh_ritz
    if sparse:
        pairs = stored * (stored / m) * _SPARSE * gram_float64
    else:
        pairs = stored * (n / 2) * (gram if by_float32 else gram_float64)
    costs: dict[Method, float] = {
        "krylov": passes * (2 * stored * b * entry + _START) + small,
        "gram": pairs + eigen * n**3 + stored * k * entry + _START,
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
