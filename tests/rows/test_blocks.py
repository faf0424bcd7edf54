"""Rows in several blocks: they come one after the other, and none is there for long.

Every pass must give what it gives in memory, up to the rounding of sums that are added
in another order, and a decomposition must not notice.
"""

import numpy as np
import pytest
import scipy.sparse

from latentia import PCA
from latentia import rows as passes
from latentia.decomposition.svd import SVDOptions, decompose
from latentia.rows import as_rows, summarise

M, N = 503, 41
CUTS = [0, 1, 8, 200, 201, 499, M]


STORES = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "CSR": scipy.sparse.csr_array,
}


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture(params=STORES.values(), ids=STORES)
def both(request, dtype, in_blocks):
    """(in blocks, in memory, dense float64) of a matrix of decaying spectrum."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((M, N)) * 0.8 ** np.arange(N) + 0.1
    A[rng.random((M, N)) < 0.5] = 0
    A = A.astype(dtype)
    stored = request.param(A)
    return in_blocks(stored, CUTS), as_rows(stored), A.astype(np.float64)


@pytest.fixture(params=[False, True], ids=["no mean", "mean"])
def mean(request, both):
    dense = both[2]
    return dense.mean(axis=0, keepdims=True) if request.param else None


def check_near(ours, theirs, dtype):
    """Sums of some 500 rounded terms; the largest sets the scale."""
    scale = np.abs(theirs).max()
    np.testing.assert_allclose(
        ours, theirs, rtol=0, atol=M * np.finfo(dtype).eps * scale
    )


@pytest.mark.parametrize("b", [1, 9])
def test_products(both, mean, dtype, b):
    blocks, memory, dense = both
    offset = None if mean is None else mean.astype(dtype)
    centred = dense if mean is None else dense - mean
    rng = np.random.default_rng(1)
    X = rng.standard_normal((N, b)).astype(dtype)
    for rows in (blocks, memory):
        image = rows.empty_state(b)
        Z = passes.normal_product(rows, X, mean=offset, Y=image, n_threads=2)
        check_near(Z, centred.T @ (centred @ X), dtype)
        check_near(image.to_numpy(), centred @ X, dtype)
        check_near(passes.normal_product(rows, X, mean=offset), Z, dtype)

        Y = rows.state_from_array(np.ones((M, b), dtype=dtype))
        assert passes.product(rows, X, mean=offset, out=Y) is Y
        check_near(Y.to_numpy(), centred @ X, dtype)
        found = passes.product(rows, X, mean=offset).to_numpy()
        np.testing.assert_array_equal(found, Y.to_numpy())
        check_near(
            passes.adjoint_product(rows, Y, mean=offset),
            centred.T @ found.astype(np.float64),
            dtype,
        )


def test_narrow_matrices_in_any_form(both, dtype):
    """Passes take X in any order and of any dtype."""
    blocks, _, dense = both
    rng = np.random.default_rng(1)
    X = rng.standard_normal((N, 3))
    for form in (
        np.asfortranarray,
        lambda W: W.astype(np.float32),
        lambda W: np.asfortranarray(W)[:, :1],
        lambda W: W[:, 1][:, np.newaxis],
        lambda W: W[:, ::-1],
    ):
        check_near(passes.product(blocks, form(X)).to_numpy(), dense @ form(X), dtype)
        check_near(
            passes.normal_product(blocks, form(X)), dense.T @ (dense @ form(X)), dtype
        )


def test_gram(both, mean):
    blocks, memory, dense = both
    centred = dense if mean is None else dense - mean
    for rows in (blocks, memory):
        G = passes.gram(rows, mean=mean, n_threads=2)
        assert G.dtype == np.float64
        check_near(G, centred.T @ centred, np.float64)


def test_summary(both):
    blocks, memory, dense = both
    ours, theirs = summarise(blocks), summarise(memory)
    assert ours.n_rows == M
    assert ours.max_abs == theirs.max_abs == np.abs(dense).max()
    check_near(ours.mean, theirs.mean, np.float64)
    check_near(ours.centred_square, theirs.centred_square, np.float64)
    check_near(ours.square_about_zero, theirs.square_about_zero, np.float64)


def test_bad_numbers_are_named_by_their_row_of_the_whole_and_block(in_blocks):
    A = np.ones((M, N))
    A[300, 7] = np.nan
    A[400, 0] = np.inf
    where = r"X contains NaN at row 300, column 7 \(block 4\)"
    for store in STORES.values():
        with pytest.raises(ValueError, match=where):
            summarise(in_blocks(store(A), CUTS))


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("method", ["auto", "krylov", "power", "gram"])
def test_a_decomposition_does_not_notice(both, dtype, method, center):
    k = 5
    settings = SVDOptions(tol=1e-6, n_iter=6, n_oversamples=10, seed=0)
    ours, theirs = (
        decompose(
            rows,
            summarise(rows),
            k,
            settings,
            method=method,
            center=center,
            scale=False,
            want_U=True,
            n_threads=1,
        )
        for rows in both[:2]
    )
    exact = both[2] - both[2].mean(axis=0) * center
    s = np.linalg.svd(exact, compute_uv=False)[:k]
    assert ours.V.shape == (N, k)
    assert ours.s.dtype == dtype
    for found in (ours, theirs):
        # Power iteration and a tolerance of 1e-6 leave singular values this near.
        np.testing.assert_allclose(found.s, s, rtol=1e-5)
        U = found.take_U().to_numpy()
        assert U.shape == (M, k)
        error = np.linalg.norm(exact - (U * found.s) @ found.V.T)
        best = np.sqrt((exact**2).sum() - (s**2).sum())
        assert error == pytest.approx(best, rel=1e-5)


def test_the_route_that_needs_all_rows_says_so(both):
    with pytest.raises(ValueError, match="svd_solver='full' needs all rows in memory"):
        PCA(5, svd_solver="full").fit(both[0])
