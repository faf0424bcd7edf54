"""Least squares and best items of non-negative factors against NumPy in float64.

Sums of what is not negative are off, relatively, by an eps a term. Factors lie in wider
arrays with NaN next to them.
"""

import itertools

import numpy as np
import pytest
import scipy.sparse

from latentia._native import kernels

# m, n and k: vectors are 2 to 16 numbers long, tiles up to 96 rows; more than 64
# components are more than four vectors.
SIZES = [
    *[(1, 1, 1), (1, 7, 2), (7, 1, 3), (2, 9, 8), (9, 2, 7), (31, 33, 5), (33, 31, 17)],
    *[(97, 13, 33), (40, 12, 70), (13, 1030, 9), (500, 13, 4), (7, 5000, 3)],
]
PENALTIES = [(0, 0), (0.125, 0), (0.125, 0.5)]
LEAST = np.finfo(np.float32).eps  # in place of a denominator of zero
SPARSE = ["CSR int32", "CSR int64"]
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


def gram_of(factor):
    return (factor.T.astype(float) @ factor).astype(factor.dtype)


def descended(W, G, P, l1, sweeps, order, terms):
    """Yield W after each sweep over its coordinates, and what each row moved.

    And by how many eps it may be off: what G (1 or m × k × k) and P have and what each
    step rounds goes through all later steps.
    """
    W, off = W.astype(float), np.zeros(W.shape)
    top = W.copy()
    for _ in range(sweeps):
        moved = np.zeros(len(W))
        for j in range(W.shape[1]) if order is None else order:
            g, own = G[:, j], G[:, j, j]
            with np.errstate(divide="ignore", invalid="ignore"):
                slope = (g * W).sum(axis=1) + l1 - P[:, j]
                size = (g * top).sum(axis=1) + l1 + P[:, j]
                others = (g * off).sum(axis=1) - own * off[:, j]
                best = np.maximum(0, W[:, j] - slope / own)
                error = (others + terms * size) / own
            some = own > 0  # where H has nothing there is no slope
            moved += np.where(some, best - W[:, j], 0) ** 2
            W[:, j] = np.where(some, best, W[:, j])
            off[:, j] = np.where(some, error, off[:, j])
            top = np.maximum(top, W)
        yield W.copy(), off + 8 * W, moved


def rows_near(found, expected, off):
    error = np.abs(found.astype(float) - expected)
    return (error <= np.finfo(found.dtype).eps * off).all(axis=1)


def assert_as_after_sweeps(found, sweeps):
    """Each row goes on until a sweep moves a tenth of the first one's way at most."""
    expected, off, first = next(sweeps)
    goes_on = first > 0
    for W, off_by, moved in sweeps:
        expected[goes_on], off[goes_on] = W[goes_on], off_by[goes_on]
        goes_on &= moved > 0.01 * first
    assert rows_near(found, expected, off).all()


class Case:
    """A matrix as the kernels take it, and factors."""

    def __init__(self, size, dtype, store, make=rare, seed=0):
        self.m, self.n, self.k = size
        self.dense = make(size[:2], dtype, seed)
        self.A = store(self.dense)
        self.W = rare((self.m, self.k), dtype, seed + 2)
        self.Ht = rare((self.n, self.k), dtype, seed + 4)
        self.gram = gram_of(self.Ht)
        self.P = self.dense.astype(float) @ self.Ht
        self.dtype = dtype

    def multiplied(self, penalty):
        l1, l2 = penalty
        denominator = self.W @ (self.gram.astype(float) + l2 * np.eye(self.k)) + l1
        return self.W * self.P / np.where(denominator == 0, LEAST, denominator)

    def check_descent(self, W, penalty, sweeps, order):
        """Rows are swept together: each may be as after any of the sweeps."""
        l1, l2 = penalty
        G = (self.gram.astype(float) + l2 * np.eye(self.k))[np.newaxis]
        terms = self.n + self.k + 8
        found = np.zeros(self.m, bool)
        for expected, off, _ in descended(self.W, G, self.P, l1, sweeps, order, terms):
            found |= rows_near(W, expected, off)
        assert found.all()

    def check_update(self, W, sums, penalty, solver, sweeps, order):
        gram, cross = sums
        assert untouched(W)
        if solver == "mu":
            near(W, self.multiplied(penalty), self.n + self.k)
        else:
            self.check_descent(W, penalty, sweeps, order)
        assert gram.dtype == float
        near(gram.astype(self.dtype), W.T.astype(float) @ W, self.m)
        near(np.array(cross, self.dtype), (W * self.P).sum(), self.n + self.m + self.k)


RULES = [("mu", 1, False), ("hals", 1, False), ("hals", 4, True)]


def test_frobenius_agrees_with_numpy(layout, store, dtype, transpose_csr):
    sparse = layout.startswith("CSR")
    make = rare if sparse else positive
    for size, penalty in zip(SIZES, itertools.cycle(PENALTIES), strict=False):
        case = Case(size, dtype, store, make)
        P, gram, Ht = apart(case.P.astype(dtype)), apart(case.gram), apart(case.Ht)
        for solver, sweeps, mixed in RULES:
            order = np.random.default_rng(9).permutation(case.k) if mixed else None
            rule = solver, *penalty, sweeps, order
            for At in [None, transpose_csr(case.A)] if sparse else [None]:
                W, AtW = apart(case.W), empty(Ht.shape, dtype)
                sums = kernels.nmf_frobenius_pass(
                    case.A, W, Ht, gram, *rule, AtW, workspace(dtype), 1, At
                )
                case.check_update(W, sums, penalty, solver, sweeps, order)
                near(AtW, case.dense.T.astype(float) @ W, case.m)
                assert untouched(AtW)

            W = apart(case.W)
            sums = kernels.nmf_update(W, P, gram, *rule, 1)
            case.check_update(W, sums, penalty, solver, sweeps, order)


@pytest.mark.parametrize("rows", [1, 50, 300])
def test_sweeps_are_over_when_they_move_little(dtype, rows):
    """Rows that are alike need equally many."""
    case = Case((rows, 40, 9), dtype, np.array, positive)
    case.W[:], P = case.W[0], np.repeat(case.P[:1].astype(dtype), rows, axis=0)
    G = case.gram.astype(float)[np.newaxis]
    W = apart(case.W)
    kernels.nmf_update(W, P, case.gram, "hals", 0, 0, 30, None, 1)
    assert_as_after_sweeps(W, descended(case.W, G, P, 0, 30, None, 60))


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
def test_known_coordinates_agree_with_numpy(store, dtype):
    for size, (l1, l2) in zip(SIZES, itertools.cycle(PENALTIES), strict=False):
        m, n, k = size
        A, dense, known = ratings((m, n), dtype, store, zeros=True)
        W0, Ht = rare((m, k), dtype, 2), apart(rare((n, k), dtype, 4))
        H = Ht.astype(float)
        G = np.einsum("mn,nk,nl->mkl", known, H, H, optimize=True) + l2 * np.eye(k)
        for sweeps, mixed in [(1, False), (9, True)]:
            order = np.random.default_rng(9).permutation(k) if mixed else None
            W = apart(W0)
            value = kernels.nmf_observed_hals_pass(
                A, W, Ht, l1, l2, None, sweeps, order, workspace(dtype), 1
            )
            rule = l1, sweeps, order, n + k * (sweeps + 1) + 8
            assert_as_after_sweeps(W, descended(W0, G, dense @ H, *rule))
            assert untouched(W)
            q = W @ H.T
            squares, largest = ((known * (dense + s * q) ** 2).sum() for s in (-1, 1))
            near(np.array(value, dtype), squares / 2, k, 2 * largest)


@with_sparse_layouts
def test_rows_are_drawn_to_a_centre(store, dtype):
    """½·l2·Σ(w − c)²; rows that store nothing are not, and keep their values."""
    for m, n, k in SIZES[::3]:
        A, dense, known = ratings((m, n), dtype, store, zeros=True)
        W0, Ht = rare((m, k), dtype, 2), rare((n, k), dtype, 4)
        centre, l1, l2 = positive((1, k), dtype, 5)[0], 0.25, 2.0
        H, c = Ht.astype(float), centre.astype(float)
        G = np.einsum("mn,nk,nl->mkl", known, H, H, optimize=True) + l2 * np.eye(k)
        W = apart(W0)
        kernels.nmf_observed_hals_pass(
            A, W, Ht, l1, l2, centre, 5, None, workspace(dtype), 1
        )
        rule = l1, 5, None, n + k * 6 + 8
        stores = np.diff(A[0]) > 0
        np.testing.assert_array_equal(W[~stores], W0[~stores])
        P = (dense @ H + l2 * c)[stores]
        assert_as_after_sweeps(W[stores], descended(W0[stores], G[stores], P, *rule))


def test_coordinates_that_are_not_in_order_keep_their_values(dtype):
    """The others end where they do if those are taken off P."""
    W, Ht = positive((70, 6), dtype, 0), positive((40, 6), dtype, 1)
    A = positive((70, 40), dtype, 2)
    gram, order = gram_of(Ht), np.array([4, 0, 3])
    rest = np.array([1, 2, 5])
    P = (A @ Ht).astype(dtype)
    found, alone = W.copy(), np.ascontiguousarray(W[:, order])
    sums, cross = kernels.nmf_update(found, P, gram, "hals", 0, 0, 4, order, 1)
    np.testing.assert_array_equal(found[:, rest], W[:, rest])
    np.testing.assert_allclose(sums, found.T.astype(float) @ found, rtol=1e-4)
    assert cross == pytest.approx((found.astype(float) * P).sum(), rel=1e-4)
    left = np.ascontiguousarray((P - W[:, rest] @ gram[rest])[:, order])
    part = np.ascontiguousarray(gram[np.ix_(order, order)])
    kernels.nmf_update(alone, left, part, "hals", 0, 0, 4, None, 1)
    tolerance = 2e-3 if dtype == np.float32 else 1e-10
    np.testing.assert_allclose(found[:, order], alone, atol=tolerance)
    none = W.copy()
    kernels.nmf_update(none, P, gram, "hals", 0, 0, 4, order[:0], 1)
    np.testing.assert_array_equal(none, W)


@pytest.mark.parametrize("excluded", [None, *SPARSE])
def test_best_items(dtype, request, excluded):
    """Scores are integers, many of them equal: of these the lower item comes first."""
    rng = np.random.default_rng(0)
    for m, items in [(1, 1), (5, 7), (53, 33), (49, 511), (3, 1100)]:
        W = apart(rng.integers(0, 4, (m, 5)).astype(dtype))
        Ht = apart(rng.integers(0, 4, (items, 5)).astype(dtype))
        seen, exclude = np.zeros((m, items), bool), None
        if excluded is not None:
            seen = rng.random((m, items)) < 0.4
            seen[::3] = m % 2  # all of them or none
            rows = scipy.sparse.csr_array(seen)
            index = np.dtype(excluded.split()[1])
            parts = (rows.indptr.astype(index), rows.indices.astype(index))
            exclude = *parts, rows.data.astype(dtype), items
        scores = np.where(seen, -np.inf, W @ Ht.T)
        best = np.argsort(-scores, axis=1, kind="stable")
        for n in (1, 10, items, items + 3):
            wide = ((0, 0), (0, max(0, n - items)))
            order = np.pad(best, wide, constant_values=-1)[:, :n]
            expected = np.pad(np.sort(scores)[:, ::-1], wide, constant_values=-np.inf)
            found, values = np.zeros((m, n), np.int64), empty((m, n), dtype)
            kernels.top_of_product(W, Ht, exclude, found, values, 1)
            np.testing.assert_array_equal(values, expected[:, :n])
            np.testing.assert_array_equal(found, np.where(values < 0, -1, order))
            assert untouched(values)


def test_nothing_gives_zeros(layout, store, dtype):
    """No entries, nothing in the factors: no quotient is NaN."""
    W, Ht, AtW = (np.zeros((rows, 3), dtype) for rows in (70, 9, 9))
    A, gram = store(np.zeros((70, 9), dtype)), gram_of(Ht)
    for solver in ("mu", "hals"):
        AtW[:] = np.nan
        sums, cross = kernels.nmf_frobenius_pass(
            A, W, Ht, gram, solver, 0, 0, 3, None, AtW, workspace(dtype), 1
        )
        assert (cross, W.any(), sums.any(), AtW.any()) == (0, False, False, False)
    if layout.startswith("CSR"):
        value = kernels.nmf_observed_hals_pass(
            A, W, Ht, 0, 0, None, 3, None, workspace(dtype), 1
        )
        assert (value, W.any()) == (0, False)


def test_bits_depend_on_nothing_else(layout, store, dtype, transpose_csr):
    """Neither on threads nor on what a workspace was used for."""
    sparse = layout.startswith("CSR")
    m, n, k = (4001, 300, 21) if sparse else (1501, 90, 33)
    case = Case((m, n, k), dtype, store, rare if sparse else positive)
    P, used = case.P.astype(dtype), workspace(dtype)
    larger = [positive((rows, 70), dtype, 0) for rows in (5000, 7, 7)]
    kernels.nmf_frobenius_pass(
        *(positive((5000, 7), dtype, 0), *larger[:2], gram_of(larger[1])),
        *("mu", 0, 0, 1, None, larger[2], used, 1),
    )

    def everything(space, n_threads):
        W, AtW = case.W.copy(), np.empty((n, k), dtype)
        for solver in ("mu", "hals"):
            rule = case.gram, solver, 0.1, 0.2, 3, None
            yield from kernels.nmf_frobenius_pass(
                case.A, W, case.Ht, *rule, AtW, space, n_threads
            )
            yield from (W.copy(), AtW.copy())
            yield from kernels.nmf_update(W, P, *rule, n_threads)
            yield W.copy()
        if sparse:
            rule = case.gram, "mu", 0.1, 0.2, 3, None
            At = transpose_csr(case.A)
            yield from kernels.nmf_frobenius_pass(
                case.A, W, case.Ht, *rule, AtW, space, n_threads, At
            )
            yield from (W.copy(), AtW.copy())
            yield kernels.nmf_observed_hals_pass(
                case.A, W, case.Ht, 0.1, 0.2, None, 3, None, space, n_threads
            )
            items, scores = np.empty((m, 5), np.int64), np.empty((m, 5), dtype)
            kernels.top_of_product(W, case.Ht, None, items, scores, n_threads)
            yield from (W, items, scores)

    expected = list(everything(workspace(dtype), 1))
    for n_threads in (1, 2, 7):
        for found, one in zip(everything(used, n_threads), expected, strict=True):
            np.testing.assert_array_equal(found, one)
