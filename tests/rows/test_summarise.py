"""Moments of columns, and the first number that is not finite by its row and column."""

import numpy as np
import pytest
import scipy.sparse

from latentia.rows import as_rows, summarise

LAYOUTS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "CSR": scipy.sparse.csr_array,
}


@pytest.fixture(params=LAYOUTS.values(), ids=LAYOUTS)
def store(request):
    return request.param


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (13, 1), (97, 33)], ids=str)
def test_moments(store, shape, dtype):
    A = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    A *= np.random.default_rng(1).random(shape) > 0.3
    found = summarise(as_rows(store(A)), n_threads=2)
    exact = A.astype(np.float64)
    assert found.n_rows == shape[0]
    # Rounding of float64 sums over the rows.
    near = {"rtol": 0, "atol": 1e-12}
    np.testing.assert_allclose(found.mean, exact.mean(axis=0), **near)
    np.testing.assert_allclose(
        found.centred_square, shape[0] * exact.var(axis=0), **near
    )
    np.testing.assert_allclose(found.square_about_zero, (exact**2).sum(axis=0), **near)
    assert found.max_abs == np.abs(A).max()
    assert found.scale == 1


@pytest.mark.parametrize("store", [np.ascontiguousarray, np.asfortranarray])
def test_variance_does_not_cancel_beside_a_large_mean(store):
    """Moments are taken about the first row: about 0, 1e9² would leave no digits."""
    A = 1e9 + np.random.default_rng(0).standard_normal((203, 5))
    found = summarise(as_rows(store(A)))
    exact = 203 * (A - 1e9).var(axis=0)
    np.testing.assert_allclose(found.centred_square, exact, rtol=1e-9)
    np.testing.assert_allclose(found.mean, A.mean(axis=0), rtol=1e-15)


def test_a_constant_column_has_no_variance(store):
    A = np.random.default_rng(0).standard_normal((97, 3))
    A[:, 1] = 0.1
    assert summarise(as_rows(store(A))).centred_square[1] == 0


@pytest.mark.parametrize(
    ("bad", "called"),
    [(np.nan, "NaN"), (np.inf, "infinity (inf)"), (-np.inf, "infinity (inf)")],
)
@pytest.mark.parametrize("place", [(0, 0), (0, 6), (211, 3), (299, 6)], ids=str)
def test_the_first_bad_number_is_named(store, place, bad, called):
    A = np.random.default_rng(0).standard_normal((300, 7)).astype(np.float32)
    A[299, 6] = -bad
    A[place] = bad
    rows = as_rows(store(A), name="A")
    with pytest.raises(ValueError, match="A contains") as caught:
        summarise(rows, name="A", n_threads=2)
    row, column = place
    assert str(caught.value) == f"A contains {called} at row {row}, column {column}"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_numbers_have_a_unit_of_their_own(store, dtype):
    """Squares of the greatest and the least numbers leave the range of float64."""
    range_ = np.finfo(dtype)
    pattern = np.random.default_rng(0).integers(-8, 9, (97, 3)) / 8
    for size in (range_.max, range_.tiny, range_.smallest_subnormal * 8):
        A = (pattern * size).astype(dtype)
        found = summarise(as_rows(store(A)))
        assert found.max_abs == np.abs(A).max() * found.scale
        exact = A.astype(np.float64) * found.scale
        np.testing.assert_allclose(found.square_about_zero, (exact**2).sum(axis=0))
        np.testing.assert_allclose(found.centred_square, 97 * exact.var(axis=0))
        np.testing.assert_allclose(
            found.mean * found.scale,
            exact.mean(axis=0),
            atol=found.scale * range_.smallest_subnormal,
        )
        assert np.frexp(found.scale)[0] == 0.5  # a power of two costs no digits


def test_summaries_of_parts_add_up(store):
    A = np.random.default_rng(0).standard_normal((97, 5))
    A[0] = 0  # the origin of both, as in a pass over blocks
    B = np.vstack([A[:1], A[31:]])
    whole = summarise(as_rows(store(A)))
    both = summarise(as_rows(store(A[:31]))) + summarise(as_rows(store(B)))
    assert both.n_rows == 98
    np.testing.assert_allclose(both.sum, whole.sum, atol=1e-12)
    np.testing.assert_allclose(both.square, whole.square, atol=1e-12)
    assert both.max_abs == whole.max_abs


LARGE = {
    "all stored": lambda rng: 1.7e9 + rng.random(300),
    "constant": lambda rng: np.full(300, 0.1),
    "sentinel first": lambda rng: np.r_[1e15, rng.random(299)],
    "sentinel of small numbers": lambda rng: np.r_[-9999, 1e-3 * rng.random(299)],
    "one zero": lambda rng: np.r_[0, 1.7e9 + rng.random(299)],
    "mostly zero": lambda rng: np.r_[1e9, np.zeros(297), 2e9, 3e9],
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_threads", [1, 2, 7])
def test_columns_far_from_zero(store, dtype, n_threads):
    """However many are stored, and whatever the first is."""
    rng = np.random.default_rng(0)
    A = np.stack([make(rng) for make in LARGE.values()], axis=1).astype(dtype)
    found = summarise(as_rows(store(A)), n_threads=n_threads)
    exact = A.astype(np.longdouble)
    np.testing.assert_allclose(found.mean, exact.mean(axis=0).astype(float), rtol=1e-12)
    square = ((exact - exact.mean(axis=0)) ** 2).sum(axis=0).astype(float)
    np.testing.assert_allclose(
        found.centred_square / found.scale**2, square, rtol=1e-10
    )
    assert found.centred_square[1] == 0
    zero = (exact**2).sum(axis=0).astype(float)
    np.testing.assert_allclose(
        found.square_about_zero / found.scale**2, zero, rtol=1e-11
    )
    again = summarise(as_rows(store(A)), n_threads=1)
    np.testing.assert_array_equal(found.square, again.square)


def test_a_far_first_row_of_many(store):
    """Moments about the first row would lose log₁₀ n digits; they are taken again."""
    A = np.random.default_rng(0).standard_normal((40_000, 2))
    A[0] = 1e15, 1e3
    found = summarise(as_rows(store(A)))
    mean = A.astype(np.longdouble).mean(axis=0)
    np.testing.assert_allclose(found.mean, mean.astype(float), rtol=1e-14)
    square = ((A - mean) ** 2).sum(axis=0).astype(float)
    np.testing.assert_allclose(
        found.centred_square / found.scale**2, square, rtol=1e-12
    )


def test_the_point_that_moments_are_taken_about():
    """The first row or zero, as long as that is near: the mean only where it is far."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((40_000, 4)).round(3)
    A[:, 1] = 1000.1
    A[:, 2] += 1e6
    A[0, 2] = 1e6
    A[0, 3] = 1e6 / 5  # neither near the mean nor far beyond it
    A[1:, 3] = 1e6 / 4 + rng.standard_normal(39_999)
    mean = A[:, 3].mean()
    dense = summarise(as_rows(A))
    np.testing.assert_array_equal(dense.origin[:3], A[0, :3])
    assert dense.origin[3] == pytest.approx(mean, rel=1e-12)
    # A column near zero is added up as it is; a constant one has no variance.
    sparse = summarise(as_rows(scipy.sparse.csr_array(A)))
    np.testing.assert_array_equal(sparse.origin[:3], [0, *A[0, 1:3]])
    assert sparse.origin[3] == pytest.approx(mean, rel=1e-12)
    assert dense.centred_square[1] == sparse.centred_square[1] == 0
