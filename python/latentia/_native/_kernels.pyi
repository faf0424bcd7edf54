"""The contract of the compiled kernels.

A matrix A (m × n) is given as a dense array of float32 or float64 with unit stride
along one axis, or as a CSR tuple. ``mean`` is taken off as NumPy broadcasts: (1, n) is
one number a column, (m, 1) one a row; a pair (mean, rest) stands for the sum of both,
where one number of A's type would lose digits. Everything else has A's dtype,
shapes as below, C order. Nothing is converted: what does not fit is an error.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Csr = tuple[NDArray[Any], NDArray[Any], NDArray[Any], int]
"""(row_start (m + 1), column (stored), value (stored), n)."""

Matrix = NDArray[Any] | Csr
Mean = NDArray[Any] | tuple[NDArray[Any], NDArray[Any]]

level: str
vector_bytes: int
has_openmp: bool

def normal_product(
    A: Matrix,
    mean: Mean | None,
    X: NDArray[Any],
    Y: NDArray[Any] | None,
    n_threads: int,
) -> NDArray[Any]:
    """Return AᵀA·X (n × b) in one read of A; write A·X to Y (m × b) if it is given."""

def product(
    A: Matrix,
    mean: Mean | None,
    X: NDArray[Any],
    Y: NDArray[Any],
    n_threads: int,
) -> None:
    """Write A·X to Y (m × b), which may be A's own first columns."""

def adjoint_product(
    A: Matrix, mean: Mean | None, Y: NDArray[Any], n_threads: int
) -> NDArray[Any]:
    """Return AᵀY (n × b)."""

def gram(A: Matrix, mean: Mean | None, n_threads: int) -> NDArray[np.float64]:
    """Return AᵀA (n × n), accumulated in float64."""

def summary(
    A: Matrix, origin: NDArray[np.float64], n_threads: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float, int, int]:
    """Return (sum, square, max_abs, bad_row, bad_col).

    ``sum`` and ``square`` (n) are the columns' Σ(a − origin) and Σ(a − origin)², of
    sparse A with its zeros; the last two tell the first entry that is not finite, or
    −1.
    """

def inspect(A: Csr, stored: int) -> tuple[int, bool]:
    """Return (first malformed row or −1, whether rows are sorted without repeats)."""

MixtureSums = tuple[
    float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]
]
"""(Σ w·gain, Σ r (K), Σ r (x − c) (K × d), Σ r (x − c)(x − c)ᵀ), c = origin + point.

The last is K × d × d for "full", d × d over all components for "tied", and the squares
of each feature (K × d) for "diag" and "spherical".
"""

def em_pass(
    X: Matrix,
    sample_weight: NDArray[Any] | None,
    covariance_type: str,
    origin: NDArray[Any],
    centre: NDArray[Any],
    factor: NDArray[Any],
    log_weight: NDArray[Any],
    points: NDArray[Any],
    n_threads: int,
) -> MixtureSums:
    """Return the sums of an EM iteration in one read of X (dense, n × d).

    The mixture has means origin (d) + centre (K × d), precisions P·Pᵀ with ``factor``
    P (K × d × d or tied d × d upper triangular, K × d, or K) and ``log_weight`` (K)
    log π + log |P| − d/2·log 2π. The gain of a row is log p(x). The sums are about
    origin + ``points`` (K × d).
    """

def start_pass(
    X: Matrix,
    sample_weight: NDArray[Any] | None,
    covariance_type: str,
    origin: NDArray[Any],
    centre: NDArray[Any],
    points: NDArray[Any],
    seed: int | None,
    n_threads: int,
) -> MixtureSums:
    """Return the sums of rows that belong to the nearest centre.

    The gain of a row is −‖x − c‖². With a seed rows have random shares in all centres
    instead, and no gain.
    """

def mixture_labels(
    X: Matrix,
    covariance_type: str,
    origin: NDArray[Any],
    centre: NDArray[Any],
    factor: NDArray[Any],
    log_weight: NDArray[Any],
    out: NDArray[np.int64],
    n_threads: int,
) -> None:
    """Write every row's most probable component to ``out`` (n)."""

def mixture_log_likelihood(
    X: Matrix,
    covariance_type: str,
    origin: NDArray[Any],
    centre: NDArray[Any],
    factor: NDArray[Any],
    log_weight: NDArray[Any],
    out: NDArray[Any],
    n_threads: int,
) -> None:
    """Write log p(x) of every row to ``out`` (n)."""

def mixture_responsibilities(
    X: Matrix,
    covariance_type: str,
    origin: NDArray[Any],
    centre: NDArray[Any],
    factor: NDArray[Any],
    log_weight: NDArray[Any],
    out: NDArray[Any],
    n_threads: int,
) -> None:
    """Write the components' posterior probabilities to ``out`` (n × K)."""

def squared_distances(
    X: Matrix,
    origin: NDArray[Any],
    centre: NDArray[Any],
    out: NDArray[Any],
    n_threads: int,
) -> None:
    """Write ‖x − origin − centre‖² to ``out`` (n × K)."""

# Non-negative factors: A ≈ W·H with W (m × k) and Ht (n × k), H's transpose. Updates
# work in place; a factor may be columns of a wider array. Sparse rows are sorted
# without repeats.

class NmfWorkspaceFloat32:
    """Memory that passes over float32 keep for the next one; for one at a time."""

class NmfWorkspaceFloat64:
    """The same for float64."""

NmfWorkspace = NmfWorkspaceFloat32 | NmfWorkspaceFloat64

FactorSums = tuple[NDArray[np.float64], float]
"""(FᵀF (k × k), ⟨F, P⟩) of an updated factor F, where P is what it was updated with."""

def nmf_frobenius_pass(
    A: Matrix,
    W: NDArray[Any],
    Ht: NDArray[Any],
    gram: NDArray[Any],
    solver: str,
    l1: float,
    l2: float,
    sweeps: int,
    order: NDArray[np.int64] | None,
    AtW: NDArray[Any],
    workspace: NmfWorkspace,
    n_threads: int,
) -> FactorSums:
    """Update W given Ht and ``gram`` = HHᵀ; write AᵀW (n × k) of the new W to ``AtW``.

    It minimises ½‖A − W·H‖² + l1·ΣW + ½·l2·ΣW². Solver "mu" multiplies; "hals" takes
    one coordinate after the other, in ``order`` if it is given, up to ``sweeps`` times;
    those that are not in it keep their values. A is read once, in any order of a sparse
    row's entries, and P is A·Ht.
    """

def nmf_update(
    W: NDArray[Any],
    P: NDArray[Any],
    gram: NDArray[Any],
    solver: str,
    l1: float,
    l2: float,
    sweeps: int,
    order: NDArray[np.int64] | None,
    n_threads: int,
) -> FactorSums:
    """Do the same where ``P`` = A·Ht is known; with AᵀW and WᵀW it updates Ht."""

def nmf_known_coordinate_pass(
    A: Csr,
    W: NDArray[Any],
    Ht: NDArray[Any],
    l1: float,
    l2: float,
    centre: NDArray[Any] | None,
    sweeps: int,
    order: NDArray[np.int64] | None,
    workspace: NmfWorkspace,
    n_threads: int,
) -> float:
    """Update W as "hals" does, where what A does not store is unknown.

    ``centre`` (k) is where the penalty ½·l2·Σ(w − centre)² is least, by default zero;
    if it is given, rows that store nothing keep their values. Return ½Σ(a − w·h)² over
    the stored entries with the new W.
    """

def nmf_divergence_pass(
    A: Matrix,
    W: NDArray[Any],
    Ht: NDArray[Any],
    beta: float,
    floor: float,
    known_only: bool,
    l1: float,
    l2: float,
    centre: NDArray[Any] | None,
    numerator: NDArray[Any] | None,
    denominator: NDArray[Any] | None,
    workspace: NmfWorkspace,
    n_threads: int,
) -> tuple[float, NDArray[np.float64]]:
    """Update W given Ht for the β-divergence; return (D(A | W·H) before it, ΣW).

    W is multiplied by ((u·Ht + l2·centre) / (v·Ht + l1 + l2·W))^γ with u = a·q^(β−2),
    v = q^(β−1) and q = W·H, which is at least ``floor`` where it divides. With
    ``known_only`` entries that sparse A does not store are unknown, else they are
    zeros, and β must be positive. Without ``centre`` (k) it is zero. ``numerator``
    (n × k) is where to write uᵀW with the new W and its new q. ``denominator`` is where
    to write vᵀW: given if and only if there is a numerator and v is not 1 for all
    entries; else vᵀW is ΣW (k) in every row, which is zero without a numerator.
    """

def nmf_divergence(
    A: Matrix,
    W: NDArray[Any],
    Ht: NDArray[Any],
    beta: float,
    floor: float,
    known_only: bool,
    n_threads: int,
) -> float:
    """Return D(A | W·H): ½Σ(a − q)² for β = 2, KL for 1, Itakura-Saito for 0."""

def nmf_multiply(
    W: NDArray[Any],
    numerator: NDArray[Any],
    denominator: NDArray[Any],
    beta: float,
    l1: float,
    l2: float,
    n_threads: int,
) -> None:
    """Multiply W by (numerator / (denominator + l1 + l2·W))^γ, the power of ``beta``.

    ``numerator`` is as large as W, as is ``denominator`` or it is one row for all.
    """

def nmf_recommend(
    W: NDArray[Any],
    Ht: NDArray[Any],
    exclude: Csr | None,
    items: NDArray[np.int64],
    scores: NDArray[Any],
    n_threads: int,
) -> None:
    """Write the columns of each row's largest entries of W·H to ``items``, best first.

    And the entries to ``scores``, as many as both have columns. What ``exclude`` stores
    is left out; of equals the lower column comes first. −1 and −∞ fill what is left.
    """

def fill_normal(out: NDArray[Any], seed: int, n_threads: int) -> None:
    """Fill ``out`` with standard normal numbers that depend on ``seed`` alone."""

def max_threads() -> int:
    """Return OpenMP's limit; 1 without OpenMP and in a forked child."""

def set_forked() -> None:
    """Work on one thread from now on, as the child of a fork has to."""

def eigen() -> str:
    """Return the instruction sets that Eigen uses."""

def fma_peak(dtype: Literal["float32", "float64"], n_threads: int) -> float:
    """Measure the flop/s of multiply-adds in registers."""

def read_bandwidth(data: NDArray[np.float32], n_threads: int) -> float:
    """Measure the bytes/s of reading ``data``."""
