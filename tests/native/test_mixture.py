"""The passes of a mixture against NumPy in float64.

An error bound goes with every number: x − origin − centre is worked out from numbers of
the size s = |x − origin| + |centre|, so that is what its rounding grows with, and a
squared distance's with ‖|P|ᵀs‖². A responsibility is then off relatively by what its
exponent is off by, and a sum by what its terms are. Sums are about points that lie off
the centres.
"""

import itertools

import numpy as np
import pytest
from scipy.special import logsumexp

from latentia._native import kernels

TYPES = ["full", "tied", "diag", "spherical"]
DENSE = ["C", "F", "C apart", "F apart"]
SIZES = [
    *[(1, 1, 1), (1, 65, 2), (2, 2, 2), (7, 3, 2), (31, 8, 3), (33, 9, 8), (33, 2, 10)],
    *[(100, 1, 3), (100, 7, 1), (100, 16, 3), (257, 17, 8), (257, 33, 2)],
    *[(257, 8, 2), (1000, 3, 10), (1000, 50, 3), (1000, 65, 2), (1000, 7, 8)],
]
EVERY_SIZE = list(
    itertools.product(
        [1, 7, 31, 33, 100, 257, 1000],
        [1, 2, 3, 7, 8, 9, 16, 17, 33, 50, 65],
        [1, 2, 3, 8, 10],
    )
)
with_types = pytest.mark.parametrize("type_", TYPES)
with_layouts = pytest.mark.parametrize("layout", DENSE)


def factor_of(type_, components, features, rng):
    if type_ == "diag":
        return rng.uniform(0.3, 1, (components, features))
    if type_ == "spherical":
        return rng.uniform(0.3, 1, components)
    shape = (components, features, features)[type_ == "tied" :]
    upper = np.triu(rng.standard_normal(shape)) / np.sqrt(features)
    return upper + np.eye(features) / 2


class Case:
    """Rows, weights and a mixture in the kernels' type, and what NumPy makes of them.

    ``weights`` None is no weight; others are small integers, zero among them.
    """

    def __init__(self, type_, n, d, k, dtype, store=np.array, *, weighted=True, seed=0):
        rng = np.random.default_rng(seed)
        rows = (2 * rng.standard_normal((n, d)) + 3).astype(dtype)
        self.X = store(rows)
        self.weight = rng.integers(0, 3, n).astype(dtype) if weighted else None
        self.type = type_
        self.origin = rows.mean(axis=0)
        self.centre, self.reference_points = rng.standard_normal((2, k, d)).astype(
            dtype
        )
        self.factor = factor_of(type_, k, d, rng).astype(dtype)
        self.log_weight = rng.standard_normal(k).astype(dtype)
        self.eps = np.finfo(dtype).eps
        self.shape = n, d, k

        self.from_origin = (rows.astype(float) - self.origin)[:, np.newaxis]
        self.off = self.from_origin - self.centre.astype(float)
        self.size = np.abs(self.from_origin) + np.abs(self.centre)
        distance = (self.whiten(self.off, self.factor) ** 2).sum(axis=2)
        largest = (self.whiten(self.size, np.abs(self.factor)) ** 2).sum(axis=2)
        log_prob = self.log_weight - distance / 2
        self.log_prob = log_prob
        self.gain = logsumexp(log_prob, axis=1)
        self.r = np.exp(log_prob - self.gain[:, np.newaxis])
        self.log_prob_error = (2 * d + 8) * self.eps * (largest + np.abs(log_prob) + 1)
        self.gain_error = self.log_prob_error.max(axis=1)

    @property
    def w(self):
        return np.ones(self.shape[0]) if self.weight is None else self.weight

    def whiten(self, x, factor):
        """Pᵀx of all rows and components (n, K, d)."""
        factor = factor.astype(float)
        if self.type == "full":
            return np.einsum("nki,kij->nkj", x, factor)
        if self.type == "tied":
            return x @ factor
        return x * (factor if self.type == "diag" else factor[:, np.newaxis])

    def second(self, r, x):
        """Σ r x xᵀ in the form of the type."""
        if self.type in ("diag", "spherical"):
            return np.einsum("nk,nki,nki->ki", r, x, x)
        if self.type == "full":
            return np.stack(
                [(r[:, k] * x[:, k].T) @ x[:, k] for k in range(r.shape[1])]
            )
        flat = x.reshape(-1, x.shape[2])
        return (r.ravel() * flat.T) @ flat

    def mixture(self):
        return self.type, self.origin, self.centre, self.factor, self.log_weight

    def e_step_statistics(self, n_threads=1):
        return kernels.e_step_statistics(
            self.X, self.weight, *self.mixture(), self.reference_points, n_threads
        )

    def init_statistics(self, seed=None, n_threads=1):
        return kernels.init_statistics(
            self.X,
            self.weight,
            *self.mixture()[:3],
            self.reference_points,
            seed,
            n_threads,
        )

    def each_row(self, what, n_threads=1):
        """Return what a light pass writes; in memory that held NaN."""
        n, _, k = self.shape
        dtype = self.X.dtype
        if what == "squared_distances":
            out = np.full((n, k), np.nan, dtype)
            kernels.squared_distances(self.X, self.origin, self.centre, out, n_threads)
            return out
        out = {
            "labels": np.full(n, -1),
            "log_likelihood": np.full(n, np.nan, dtype),
            "responsibilities": np.full((n, k), np.nan, dtype),
        }[what]
        function = getattr(kernels, f"mixture_{what}")
        function(self.X, *self.mixture(), out, n_threads)
        return out

    def check_sums(self, found, r, r_error):
        """Σ r, Σ r c and Σ r c cᵀ, where r is off by r_error relatively."""
        weight, first, second = found
        n, d, k = self.shape
        assert (weight.shape, first.shape) == ((k,), (k, d))
        assert {x.dtype for x in found} == {np.dtype(float)}
        rw = r * self.w[:, np.newaxis]
        off = self.from_origin - self.reference_points.astype(float)
        size = np.abs(self.from_origin) + np.abs(self.reference_points)
        # What is off: a share by itself, by the exponential's last bits and where it is
        # too small to count; a term by its own products; a sum by its additions.
        error = rw * (r_error + (n + 2 * d + 16) * self.eps)
        error = 4 * error + self.w[:, np.newaxis] * self.eps**2
        near(weight, rw.sum(axis=0), error.sum(axis=0))
        near(
            first,
            np.einsum("nk,nki->ki", rw, off),
            np.einsum("nk,nki->ki", error, size),
        )
        near(second, self.second(rw, off), self.second(error, size))


def near(found, expected, error):
    """Written so that NaN fails."""
    assert found.shape == expected.shape
    assert (np.abs(found.astype(float) - expected) <= error).all()


def check_em_pass(case):
    gain, *sums = case.e_step_statistics()
    error = case.gain_error + case.shape[0] * case.eps * np.abs(case.gain)
    assert isinstance(gain, float)
    near(np.array(gain), (case.w * case.gain).sum(), (case.w * error).sum() + 1e-300)
    case.check_sums(sums, case.r, 2 * case.gain_error[:, np.newaxis])


def check_light_passes(case):
    near(case.each_row("log_likelihood"), case.gain, case.gain_error)
    r = case.each_row("responsibilities")
    near(r, case.r, case.r * 2 * case.gain_error[:, np.newaxis] + case.eps)
    np.testing.assert_allclose(r.sum(axis=1), 1, rtol=8 * case.eps)
    labels = case.each_row("labels")
    best = case.log_prob[np.arange(len(labels)), labels]
    assert (case.log_prob.max(axis=1) - best <= 2 * case.gain_error).all()
    distances = case.each_row("squared_distances")
    error = (case.shape[1] + 8) * case.eps * (case.size**2).sum(axis=2)
    near(distances, (case.off**2).sum(axis=2), error)


def check_nearest(case):
    """The first of the nearest takes a row, and no other a share."""
    gain, *sums = case.init_statistics()
    distances = case.each_row("squared_distances")
    least = distances.min(axis=1).astype(float)
    near(
        np.array(gain),
        -(case.w * least).sum(),
        case.shape[0] * case.eps * (case.w * least).sum(),
    )
    r = np.eye(case.shape[2])[distances.argmin(axis=1)]
    case.check_sums(sums, r, 0)
    if case.shape[2] > 1:
        np.testing.assert_array_equal(sums[0], (case.w[:, np.newaxis] * r).sum(axis=0))


@with_types
@with_layouts
@pytest.mark.parametrize(
    "sizes", [SIZES, pytest.param(EVERY_SIZE, marks=pytest.mark.slow)], ids=len
)
def test_agrees_with_numpy(type_, layout, store, dtype, sizes):
    for i, size in enumerate(sizes):
        case = Case(type_, *size, dtype, store, weighted=i % 3 > 0)
        check_em_pass(case)
        check_light_passes(case)
        check_nearest(case)


@with_types
def test_the_oracle_can_fail(type_, dtype):
    case = Case(type_, 257, 17, 3, dtype)
    case.centre = case.centre * dtype(1 + 1e-3)
    for check in (check_em_pass, check_light_passes):
        with pytest.raises(AssertionError):
            check(case)


@with_types
@pytest.mark.parametrize("d", [3, 33])
def test_random_shares(type_, d, dtype):
    """In (0, 1), and they add up to one: seen a row at a time."""
    case = Case(type_, 40, d, 3, dtype, weighted=False)
    gain, *sums = case.init_statistics(seed=5)
    assert gain == 0
    X, shares = case.X, []
    for i in range(len(X)):
        case.X = X[i : i + 1]
        shares.append(case.init_statistics(seed=5)[1])
    shares = np.array(shares)
    assert ((shares > 0) & (shares < 1)).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=8 * case.eps)
    assert len(np.unique(shares)) == shares.size
    # The same numbers in any order and split, and by them the sums of all rows.
    case.check_sums(sums, shares, 0)
    case.X = X[::-1].copy()
    np.testing.assert_allclose(
        case.init_statistics(seed=5)[1], sums[0], rtol=40 * case.eps
    )
    case.X = np.asfortranarray(X)
    np.testing.assert_allclose(
        case.init_statistics(seed=5)[1], sums[0], rtol=40 * case.eps
    )
    assert (case.init_statistics(seed=6)[1] != sums[0]).all()


def test_random_shares_are_fair(dtype):
    case = Case("spherical", 20_011, 3, 4, dtype, weighted=False)
    weight = case.init_statistics(seed=0)[1] / case.shape[0]
    # u / Σu of four uniform numbers has a deviation of some 0.13.
    np.testing.assert_allclose(weight, 1 / 4, atol=5 * 0.13 / np.sqrt(20_011))


@with_types
@with_layouts
def test_weight_is_repetition(type_, layout, store, dtype):
    """And a row of weight zero is no row, wherever it lies."""
    once = Case(type_, 33, 9, 3, dtype)
    again = Case(type_, 33, 9, 3, dtype)
    again.X = store(np.repeat(once.X, once.weight.astype(int), axis=0))
    again.weight = None
    once.X = store(once.X)
    once.X[once.weight == 0] = 1e6
    for function in (Case.e_step_statistics, Case.init_statistics):
        for ours, theirs in zip(function(once), function(again), strict=True):
            size = np.abs(theirs).max()
            np.testing.assert_allclose(ours, theirs, atol=200 * once.eps * size)


@with_types
def test_no_weight_at_all(type_, dtype):
    case = Case(type_, 33, 9, 3, dtype)
    case.weight = np.zeros(33, dtype)
    for sums in (
        case.e_step_statistics(),
        case.init_statistics(),
        case.init_statistics(seed=1),
    ):
        for x in sums:
            np.testing.assert_array_equal(x, 0)


@with_types
def test_log_weights_of_minus_infinity(type_, dtype):
    """Components that have no share in anything."""
    case = Case(type_, 33, 9, 3, dtype)
    case.log_weight[[0, 2]] = -np.inf
    for x in case.e_step_statistics():
        assert np.isfinite(x).all()
    np.testing.assert_array_equal(case.each_row("labels"), 1)
    np.testing.assert_allclose(
        case.each_row("responsibilities"), np.tile([0, 1, 0], (33, 1)), atol=1e-30
    )
    np.testing.assert_array_equal(case.e_step_statistics()[1][[0, 2]], 0)


@with_types
def test_rows_far_beyond_everything(type_, dtype):
    """Squares that overflow: the row still belongs somewhere, entirely."""
    case = Case(type_, 33, 9, 3, dtype)
    case.X[7] = np.finfo(dtype).max / 1e3
    r = case.each_row("responsibilities")
    np.testing.assert_allclose(r.sum(axis=1), 1, rtol=8 * case.eps)
    assert np.isfinite(case.each_row("log_likelihood")).all()
    assert set(case.each_row("labels")) <= {0, 1, 2}


@pytest.mark.parametrize("d", [5, 65])
@with_types
def test_bits_do_not_depend_on_threads(type_, dtype, d):
    case = Case(type_, 210_000 // (d + 8), d, 40, dtype)

    def everything(n_threads):
        found = [
            *case.e_step_statistics(n_threads),
            *case.init_statistics(None, n_threads),
        ]
        found += case.init_statistics(3, n_threads)
        light = ("labels", "log_likelihood", "responsibilities", "squared_distances")
        return found + [case.each_row(what, n_threads) for what in light]

    expected = everything(1)
    for n_threads in (2, 7):
        for ours, theirs in zip(everything(n_threads), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@with_types
def test_results_go_where_they_should(type_, dtype):
    """Rows of ``out`` may lie apart; nothing else is written to."""
    case = Case(type_, 100, 9, 3, dtype)
    expected = case.each_row("responsibilities")
    memory = np.full((100, 7), np.nan, dtype)
    out = memory[:, 2:5]
    kernels.mixture_responsibilities(case.X, *case.mixture(), out, 1)
    np.testing.assert_array_equal(out, expected)
    assert np.isnan(memory[:, [0, 1, 5, 6]]).all()
