"""The contract of the compiled kernels.

A matrix A (m × n) is given as a dense array of float32 or float64 with unit stride
along one axis, or as a CSR tuple. ``mean`` is subtracted from A as NumPy broadcasts:
(1, n) is one number per column, (m, 1) one per row. A pair (mean, remainder) stands for
the sum of both, if one number of A's dtype would lose digits. All other arrays have A's
dtype, the shapes below and C order. Nothing is converted: an array that does not fit is
an error.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Csr = tuple[NDArray[Any], NDArray[Any], NDArray[Any], int]
"""(row_start (m + 1), column (nnz), value (nnz), n)."""

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
    """Return AᵀA (n × n), with products and sums in float64."""

def gram_by_float32(
    A: NDArray[np.float32], mean: Mean | None, n_threads: int
) -> NDArray[np.float64]:
    """Return AᵀA (n × n) of dense A: float32 within 128 rows, sums in float64."""

def mirror_lower_triangle(G: NDArray[np.float64], n_threads: int) -> None:
    """Copy the lower triangle of G (n × n) into the upper one."""

def summary(
    A: Matrix, origin: NDArray[np.float64], n_threads: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float, int, int]:
    """Return (sum, square, max_abs, nonfinite_row, nonfinite_column).

    ``sum`` and ``square`` (n) are Σ(a − origin) and Σ(a − origin)² of each column,
    including the zeros of sparse A. The last two are the first entry that is not
    finite, or −1.
    """

def csr_structure(A: Csr, nnz: int) -> tuple[int, bool]:
    """Return (first malformed row or −1, whether columns increase in each row)."""

MixtureSums = tuple[
    float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]
]
"""(Σ w·log p(x), Σ r (K), Σ r (x − c) (K × d), Σ r (x − c)(x − c)ᵀ).

c = origin + point. The last is K × d × d for "full", the sum over all components
(d × d) for "tied", and the diagonals (K × d) for "diag" and "spherical".
"""

def e_step_statistics(
    X: Matrix,
    sample_weight: NDArray[Any] | None,
    covariance_type: str,
    origin: NDArray[Any],
    centre: NDArray[Any],
    precision_cholesky: NDArray[Any],
    log_weight: NDArray[Any],
    reference_points: NDArray[Any],
    n_threads: int,
) -> MixtureSums:
    """Return the sufficient statistics of an EM iteration in one read of X (n × d).

    X is dense. The mixture has the means origin (d) + centre (K × d), the precisions
    P·Pᵀ with ``precision_cholesky`` = P (upper triangular K × d × d, or d × d for
    "tied"; K × d for "diag", K for "spherical"), and ``log_weight`` (K) =
    log π + log |P| − d/2·log 2π. Moments are about origin + ``reference_points``
    (K × d).
    """

def init_statistics(
    X: Matrix,
    sample_weight: NDArray[Any] | None,
    covariance_type: str,
    origin: NDArray[Any],
    centre: NDArray[Any],
    reference_points: NDArray[Any],
    seed: int | None,
    n_threads: int,
) -> MixtureSums:
    """Return the statistics of an initialisation: rows belong to the nearest centre.

    −‖x − c‖² takes the place of log p(x). With a seed the responsibilities are random
    instead, and 0 takes the place of log p(x).
    """

def mixture_labels(
    X: Matrix,
    covariance_type: str,
    origin: NDArray[Any],
    centre: NDArray[Any],
    precision_cholesky: NDArray[Any],
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
    precision_cholesky: NDArray[Any],
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
    precision_cholesky: NDArray[Any],
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

# Non-negative factors: A ≈ W·H with W (m × k) and Ht = Hᵀ (n × k). Factors are updated
# in place and may be columns of a wider array. Columns increase in each row of CSR.

class NmfWorkspaceFloat32:
    """Memory that passes over float32 reuse. Only one pass at a time may use it."""

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
    At: Csr | None = None,
) -> FactorSums:
    """Update W given Ht and ``gram`` = HHᵀ; write AᵀW (n × k) of the new W to ``AtW``.

    It minimises ½‖A − W·H‖² + l1·ΣW + ½·l2·ΣW². Solver "mu" is the multiplicative
    update. "hals" updates one coordinate after the other in at most ``sweeps`` sweeps.
    If ``order`` is given, it lists the coordinates to update; others keep their values.
    A is read once, and entries of a sparse row may have any order. P is A·Ht. With
    ``At``, the transpose of sparse A, AᵀW is computed from its rows.
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
    """Update W given ``P`` = A·Ht, or Ht given P = AᵀW and the Gram matrix WᵀW."""

def nmf_observed_hals_pass(
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
    """Update W by HALS where unstored entries of A are missing.

    The penalty is l1·ΣW + ½·l2·Σ(w − centre)², with ``centre`` (k) zero by default. If
    it is given, rows without entries keep their values. Return ½Σ(a − w·h)² over the
    stored entries with the new W.
    """

def nmf_divergence_pass(
    A: Matrix,
    W: NDArray[Any],
    Ht: NDArray[Any],
    beta: float,
    floor: float,
    observed_only: bool,
    l1: float,
    l2: float,
    centre: NDArray[Any] | None,
    numerator: NDArray[Any] | None,
    denominator: NDArray[Any] | None,
    workspace: NmfWorkspace,
    n_threads: int,
    At: Csr | None = None,
) -> tuple[float, NDArray[np.float64]]:
    """Update W given Ht for the β-divergence; return (D(A | W·H) before it, ΣW).

    W is multiplied by ((u·Ht + l2·centre) / (v·Ht + l1 + l2·W))^γ with u = a·q^(β−2),
    v = q^(β−1) and q = W·H. In denominators q is at least ``floor``. With
    ``observed_only`` unstored entries of sparse A are missing; else they are zero, and
    β must be positive. ``centre`` (k) is zero by default. The pass writes uᵀW with the
    new W and its q to ``numerator`` (n × k), and vᵀW to ``denominator`` (n × k). The
    denominator must be given if and only if there is a numerator and v is not 1 for all
    entries. If v is 1, every row of vᵀW is ΣW (k). Without a numerator the returned ΣW
    is zero. With ``At``, the transpose of sparse A, uᵀW and vᵀW are computed from its
    rows; then only stored entries may be needed.
    """

def nmf_divergence(
    A: Matrix,
    W: NDArray[Any],
    Ht: NDArray[Any],
    beta: float,
    floor: float,
    observed_only: bool,
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
    """Multiply W by (numerator / (denominator + l1 + l2·W))^γ, where β determines γ.

    ``numerator`` has the shape of W. ``denominator`` has it, too, or one row for all.
    """

# Ranked lists. Entries that ``exclude`` stores are left out. Of equal scores the lower
# item comes first. −1 and −∞ are where there are no more, and an item with the score −∞
# is never taken. Columns increase in each row of CSR.

def top_of_product(
    W: NDArray[Any],
    Ht: NDArray[Any],
    exclude: Csr | None,
    items: NDArray[np.int64],
    scores: NDArray[Any],
    n_threads: int,
) -> None:
    """Write the columns of each row's largest entries of W·H to ``items``, best first.

    Write the entries to ``scores``. Both arrays have one column per entry.
    """

def top_of_scores(
    S: NDArray[Any],
    exclude: Csr | None,
    items: NDArray[np.int64],
    scores: NDArray[Any],
    n_threads: int,
) -> None:
    """Do the same for the entries of S (m × number of items)."""

def ranking_metrics(
    list: NDArray[np.int64],
    relevant: Csr,
    depths: NDArray[np.int64],
    information: NDArray[np.float64] | None,
    out: NDArray[np.float64],
    n_threads: int,
) -> None:
    """Write the metrics of each row's list of items to ``out`` (m × 7·n_depths).

    They are recall, precision, NDCG, MAP, MRR, hit rate and novelty, each at all
    ``depths``, which ascend. ``list`` (m × length) has −1 after its end. ``relevant``
    stores the relevant items; its values are not read. Novelty is the mean of the
    items' ``information``. NaN: nothing is relevant, or novelty of an empty list.
    """

def als_implicit_half(
    A: Csr,
    X: NDArray[Any],
    Y: NDArray[Any],
    gram: NDArray[Any],
    ridge: NDArray[Any],
    prior: NDArray[Any] | None,
    extra: float,
    solver: str,
    n: int,
    n_threads: int,
) -> float:
    """Update X (m × k), the factors of A's rows, for those of its columns, Y (n × k).

    A row x minimises Σ w (yᵀx)² − 2·t·yᵀx + t + xᵀ·``gram``·x + ridge·‖x − prior‖² over
    its stored entries w, with t = w + ``extra``. Returned is the sum over rows.
    ``solver`` is "cholesky" (exact), "cg" with ``n`` steps from X, or "subspace" with
    blocks of ``n`` coordinates. ``ridge`` (m), ``prior`` (m × k). For "cg" ``gram`` can
    be the diagonal of a diagonal matrix (1 × k): a step then takes no k² operations.
    """

def als_rating_half(
    A: Csr,
    X: NDArray[Any],
    Y: NDArray[Any],
    gram: NDArray[Any],
    ridge: NDArray[Any],
    prior: NDArray[Any] | None,
    column_bias: NDArray[Any],
    solver: str,
    n: int,
    n_threads: int,
) -> float:
    """Do the same for Σ (a − column_bias − yᵀx)² over the stored entries a."""

def als_rotate(X: NDArray[Any], Q: NDArray[Any], n_threads: int) -> None:
    """Replace X (m × k) by X·``Q`` (k × k)."""

def fill_normal(out: NDArray[Any], seed: int, n_threads: int) -> None:
    """Fill ``out`` with standard normal numbers that depend only on ``seed``."""

def max_threads() -> int:
    """Return OpenMP's limit; 1 without OpenMP and in a forked child."""

def set_forked() -> None:
    """Use one thread from now on. The child of a fork must do so."""

def eigen() -> str:
    """Return the instruction sets that Eigen uses."""

def fma_peak(dtype: Literal["float32", "float64"], n_threads: int) -> float:
    """Measure the flop/s of multiply-adds in registers."""

def read_bandwidth(data: NDArray[np.float32], n_threads: int) -> float:
    """Measure the bytes/s of reading ``data``."""
