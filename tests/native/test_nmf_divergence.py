"""Multiplicative updates for β-divergences against NumPy in float64.

Nothing is negative: a sum is off, relatively, as its terms are and by one more eps a
term, and a quotient as both its parts are. Factors lie in wider arrays with NaN next to
them.
"""

import itertools

import numpy as np
import pytest

from latentia._native import kernels

# m, n and k: vectors are 2 to 16 numbers long, tiles 32 or 48 rows, panels of A 512
# columns; more than 64 components are more than four vectors.
SIZES = [
    *[(1, 1, 1), (1, 7, 2), (7, 1, 3), (2, 9, 8), (9, 2, 7), (31, 33, 5), (33, 31, 17)],
    *[(97, 13, 33), (40, 12, 70), (13, 1030, 9), (500, 13, 4)],
]
BETAS = [-1, 0, 0.5, 1, 1.5, 2, 3]
PENALTIES = [(0, 0), (0.125, 0), (0.125, 0.5)]
FLOOR = 0.5  # some products lie below
LEAST = np.finfo(np.float32).eps  # in place of a denominator of zero

SPARSE = ["CSR int32", "CSR int64"]
with_canonical_layouts = pytest.mark.parametrize(
    "layout", ["C", "F", "C apart", "F apart", *SPARSE]
)
with_sparse_layouts = pytest.mark.parametrize("layout", SPARSE)


def positive(shape, dtype, seed):
    return np.random.default_rng(seed).uniform(0.5, 1.5, shape).astype(dtype)


def rare(shape, dtype, seed):
    """Mostly zeros, and every fifth row nothing else."""
    X = positive(shape, dtype, seed)
    X[np.random.default_rng(seed + 1).random(shape) < 0.75] = 0
    X[3::5] = 0
    return X


def apart(X):
    memory = np.full((len(X), X.shape[1] + 3), np.nan, X.dtype)
    memory[:, : X.shape[1]] = X
    return memory[:, : X.shape[1]]


def empty(shape, dtype):
    return apart(np.full(shape, np.nan, dtype))


def untouched(X):
    """Tell whether nothing was written next to a factor."""
    return np.isnan(X.base[:, X.shape[1] :]).all()


def workspace(dtype):
    return getattr(kernels, f"NmfWorkspace{np.dtype(dtype).name.capitalize()}")()


def near(found, expected, terms, size=None):
    """Written so that NaN fails."""
    error = np.abs(found.astype(float) - expected)
    bound = (terms + 8) * np.finfo(found.dtype).eps
    assert (error <= bound * (expected if size is None else size)).all()


def divergence(A, known, W, Ht, beta, floor=FLOOR):
    """Return Σ d over what is known, its largest parts, u and v in float64."""
    q = (W.astype(float) @ Ht.T.astype(float))[known]
    a, least = A[known].astype(float), np.maximum(q, floor)
    # Powers that are not negative need no floor.
    u, v = np.zeros((2, *known.shape))
    u[known] = a * (least if beta < 2 else q) ** (beta - 2)
    v[known] = (least if beta < 1 else q) ** (beta - 1)
    if beta == 1:
        parts = [a * np.log(np.maximum(a, 1e-300) / least), -a, q]
    elif beta == 0:
        parts = [a / least, -np.log(a / least), np.full_like(a, -1)]
    else:
        powers = a**beta, (beta - 1) * (least if beta < 0 else q) ** beta
        parts = [x / (beta * (beta - 1)) for x in (*powers, -beta * a * v[known])]
    size = np.abs(parts).sum() + ((u + v)[known] * least).sum()
    return np.sum(parts), size, u, v


def multiplied(W, numerator, denominator, beta, penalty):
    gamma = 1 / (2 - beta) if beta < 1 else 1 / (beta - 1) if beta > 2 else 1
    denominator = denominator + penalty[0] + penalty[1] * W.astype(float)
    denominator = np.where(denominator == 0, LEAST, denominator)
    return W * (numerator / denominator) ** gamma


def check_divergence_pass(A, dense, known, W, Ht, beta, penalty, At=None):
    """``known`` is None where all entries are, and zeros if they are not stored."""
    (m, k), n, dtype = W.shape, len(Ht), W.dtype
    slopes, options = beta != 1 or known is not None, (beta, FLOOR, known is not None)
    mask = np.ones(dense.shape, bool) if known is None else known
    value, size, u, v = divergence(dense, mask, W, Ht, beta)
    down = v @ Ht if slopes else Ht.sum(axis=0, dtype=float)
    expected = multiplied(W, u @ Ht, down, beta, penalty)

    found, Ht = apart(W), apart(Ht)
    numerator = empty((n, k), dtype)
    denominator = empty((n, k), dtype) if slopes else None
    before, sums = kernels.nmf_divergence_pass(
        *(A, found, Ht, *options, *penalty, None),
        *(numerator, denominator, workspace(dtype), 1, At),
    )
    # Exponentials and logarithms add to the rounding; a power of zero may come out as
    # one of a very small number.
    near(found, expected, 4 * (n + k) + 128)
    near(np.array(before, dtype), value, 4 * k + 640, size)
    near(sums, found.sum(axis=0, dtype=float), m)
    _, _, u, v = divergence(dense, mask, found, Ht, beta)
    expected = u.T @ found
    near(numerator, expected, 4 * (m + k) + 128, expected + 1e-6)
    assert untouched(found)
    assert untouched(numerator)
    if slopes:
        expected = v.T @ found
        near(denominator, expected, 4 * (m + k) + 128, expected + 1e-6)
        assert untouched(denominator)

    # Nobody has to want the sums.
    alone = apart(W)
    before_too, _ = kernels.nmf_divergence_pass(
        A, alone, Ht, *options, *penalty, None, None, None, workspace(dtype), 1
    )
    np.testing.assert_array_equal(alone, found)
    # Other runs of rows are added up.
    near(np.array(before_too, dtype), value, 4 * k + 640, size)
    only = kernels.nmf_divergence(A, apart(W), Ht, *options, 1)
    near(np.array(only, dtype), value, 4 * k + 640, size)


@with_canonical_layouts
def test_divergences_agree_with_numpy(layout, store, dtype, transpose_csr):
    for i, ((m, n, k), beta) in enumerate(itertools.product(SIZES, BETAS)):
        # Zeros have no finite divergence for β ≤ 0.
        make = rare if layout.startswith("CSR") and beta > 0 else positive
        dense, make_factor = make((m, n), dtype, 0), (positive, rare)[i % 2]
        W, Ht = make_factor((m, k), dtype, 2), make_factor((n, k), dtype, 4)
        penalty = PENALTIES[i // 2 % 3]
        A = store(dense)
        check_divergence_pass(A, dense, None, W, Ht, beta, penalty)
        if layout.startswith("CSR") and beta == 1:
            At = transpose_csr(A)
            check_divergence_pass(A, dense, None, W, Ht, beta, penalty, At)


def ratings(size, dtype, store, *, zeros):
    """Return A as CSR and dense, and what is known of it, zeros among it."""
    dense = rare(size, dtype, 0)
    known = dense != 0
    row_start, column, value, n = store(dense)
    if zeros:
        none = np.random.default_rng(1).random(len(value)) < 0.3
        value = np.where(none, 0, value).astype(dtype)
        dense[known] = value
    return (row_start, column, value, n), dense, known


@with_sparse_layouts
def test_known_divergences_agree_with_numpy(store, dtype, transpose_csr):
    for i, ((m, n, k), beta) in enumerate(itertools.product(SIZES, BETAS)):
        A, dense, known = ratings((m, n), dtype, store, zeros=beta > 0)
        make_factor = (positive, rare)[i % 2]
        W, Ht = make_factor((m, k), dtype, 2), make_factor((n, k), dtype, 4)
        for At in (None, transpose_csr(A)):
            check_divergence_pass(
                A, dense, known, W, Ht, beta, PENALTIES[i // 2 % 3], At
            )


def test_rows_are_drawn_to_a_centre(dtype):
    """The numerator has l2·c more, the denominator l2·w."""
    m, n, k = 53, 31, 7
    W0, Ht = positive((m, k), dtype, 2), positive((n, k), dtype, 4)
    dense, centre = positive((m, n), dtype, 0), positive((1, k), dtype, 5)[0]
    sparse = np.arange(m + 1) * n, np.tile(np.arange(n), m), dense.ravel(), n
    l1, l2 = 0.125, 0.5
    for (A, known), beta in itertools.product([(dense, False), (sparse, True)], BETAS):
        _, _, u, v = divergence(dense, np.ones((m, n), bool), W0, Ht, beta)
        up, down = u @ Ht + l2 * centre.astype(float), v @ Ht
        W = apart(W0)
        kernels.nmf_divergence_pass(
            *(A, W, Ht, beta, FLOOR, known, l1, l2, centre),
            *(None, None, workspace(dtype), 1),
        )
        near(W, multiplied(W0, up, down, beta, (l1, l2)), 4 * (n + k) + 128)


def test_factors_are_multiplied(dtype):
    for m, k in [(1, 1), (1, 9), (97, 1), (95, 17), (800, 5)]:
        W, up = rare((m, k), dtype, 0), positive((m, k), dtype, 2)
        for rows, beta, penalty in itertools.product((m, 1), BETAS, PENALTIES):
            down, found = rare((rows, k), dtype, 4), apart(W)
            kernels.nmf_multiply(found, apart(up), apart(down), beta, *penalty, 1)
            expected = multiplied(W, up.astype(float), down, beta, penalty)
            near(found, expected, 128)
            assert untouched(found)


@with_canonical_layouts
def test_nothing_gives_zeros(layout, store, dtype):
    """No entries, nothing in the factors: no quotient is NaN."""
    W, Ht = np.zeros((70, 3), dtype), np.zeros((9, 3), dtype)
    A = store(np.zeros((70, 9), dtype))
    known = [True, False] if layout.startswith("CSR") else [False]
    for beta, observed_only in itertools.product([0.5, 1, 1.5, 2, 3], known):
        up, down = np.full((2, 9, 3), np.nan, dtype)
        down = None if beta == 1 and not observed_only else down
        value, of_factor = kernels.nmf_divergence_pass(
            A,
            W,
            Ht,
            beta,
            LEAST,
            observed_only,
            0,
            0,
            None,
            up,
            down,
            workspace(dtype),
            1,
        )
        assert (W.any(), of_factor.any(), up.any()) == (False, False, False)
        assert down is None or not down.any()
        assert 0 <= value < 1


@with_canonical_layouts
def test_bits_depend_on_nothing_else(layout, store, dtype, transpose_csr):
    """Neither on threads nor on what a workspace was used for."""
    sparse = layout.startswith("CSR")
    m, n, k = (4001, 300, 21) if sparse else (1501, 90, 33)
    A = store((rare if sparse else positive)((m, n), dtype, 0))
    start, Ht = positive((m, k), dtype, 2), positive((n, k), dtype, 4)
    used = workspace(dtype)
    kernels.nmf_divergence_pass(
        *(positive((5000, 7), dtype, 0), positive((5000, 70), dtype, 1)),
        *(positive((7, 70), dtype, 2), 0.5, FLOOR, False, 0, 0, None),
        *(np.empty((7, 70), dtype), np.empty((7, 70), dtype), used, 1),
    )

    def everything(space, n_threads):
        W = start.copy()
        for beta, known in [(1, False), (1.5, False), *[(0.5, True)] * sparse]:
            up, down = np.empty((2, n, k), dtype)
            down = None if (beta, known) == (1, False) else down
            options = beta, FLOOR, known
            yield from kernels.nmf_divergence_pass(
                A, W, Ht, *options, 0.1, 0.2, None, up, down, space, n_threads
            )
            yield from (W.copy(), up, np.zeros(0) if down is None else down)
            yield kernels.nmf_divergence(A, W, Ht, *options, n_threads)
            if sparse and (known or beta == 1):
                At = transpose_csr(A)
                yield from kernels.nmf_divergence_pass(
                    A, W, Ht, *options, 0.1, 0.2, None, up, down, space, n_threads, At
                )
                yield from (W.copy(), up.copy())
        kernels.nmf_multiply(W, start, start + 1, 0, 0.1, 0, n_threads)
        yield W

    expected = list(everything(workspace(dtype), 1))
    for n_threads in (1, 2, 7):
        for found, one in zip(everything(used, n_threads), expected, strict=True):
            np.testing.assert_array_equal(found, one)


@with_canonical_layouts
def test_bits_do_not_depend_on_addresses(layout, store, dtype):
    """What a pass allocates lies elsewhere each time."""
    dense = positive((31, 33), dtype, 0)
    A, Ht, values, between = store(dense), positive((33, 5), dtype, 4), set(), []
    for turn in range(64):
        between.append(np.empty(4000 + 16 * turn, np.uint8))
        W = positive((31, 5), dtype, 2)
        sums = kernels.nmf_divergence_pass(
            A, W, Ht, 1, FLOOR, False, 0, 0, None, None, None, workspace(dtype), 1
        )
        alone = kernels.nmf_divergence(A, W, Ht, 1, FLOOR, False, 1)
        values.add((sums[0], alone, W.tobytes()))
    assert len(values) == 1
