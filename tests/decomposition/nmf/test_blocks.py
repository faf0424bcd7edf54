"""NMF of rows in several blocks must be what it is in memory, up to rounding."""

import numpy as np
import pytest
import scipy.sparse

from latentia import NMF

M, N = 203, 17
CUTS = [0, 1, 64, 150, 202, M]


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def X(request):
    rng = np.random.default_rng(0)
    low_rank = rng.gamma(1.0, size=(M, 3)) @ rng.gamma(1.0, size=(3, N))
    return (low_rank + 0.1 * rng.random((M, N))).astype(request.param)


def near(ours, theirs, dtype):
    rtol = 2e-3 if dtype == np.float32 else 1e-8
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=rtol * np.abs(theirs).max())


def same_fit(model, X, blocks):
    theirs = model.fit_transform(X)
    H, error, mean = model.components_, model.reconstruction_err_, model.mean_weights_
    ours = model.fit_transform(blocks)
    near(model.components_, H, X.dtype)
    near(ours, theirs, X.dtype)
    near(model.mean_weights_, mean, X.dtype)
    assert model.reconstruction_err_ == pytest.approx(error, rel=1e-3)
    near(model.transform(blocks), model.transform(X), X.dtype)


CASES = {
    "hals": {},
    "hals, penalised": {"alpha_W": 1e-3, "l1_ratio": 0.5, "init": "nndsvd"},
    "multiplicative": {"solver": "mu"},
    "filled by chance": {"init": "nndsvdar"},
    "Kullback-Leibler": {"solver": "mu", "beta_loss": 1, "init": "random"},
    "Itakura-Saito": {"solver": "mu", "beta_loss": 0, "init": "random"},
}


@pytest.mark.parametrize("parameters", CASES.values(), ids=CASES)
def test_dense(X, in_blocks, parameters):
    model = NMF(3, random_state=0, max_iter=15, tol=0, **parameters)
    same_fit(model, X, in_blocks(X, CUTS))


@pytest.mark.parametrize("parameters", [CASES["hals"], CASES["Kullback-Leibler"]])
def test_sparse(X, in_blocks, parameters):
    X[np.median(X) > X] = 0
    stored = scipy.sparse.csr_array(X)
    model = NMF(3, random_state=0, max_iter=15, tol=0, **parameters)
    same_fit(model, stored, in_blocks(stored, CUTS))


def test_what_is_missing(X, in_blocks):
    X[np.random.default_rng(1).random(X.shape) < 0.2] = np.nan
    X[5] = np.nan
    X[:, 3] = np.nan
    model = NMF(3, solver="mu", missing="nan", random_state=0, max_iter=15, tol=0)
    same_fit(model, X, in_blocks(X, CUTS))


def test_columns_of_incomplete_rows_cannot_be_read(X, in_blocks):
    X[5, 5] = np.nan
    with pytest.raises(ValueError, match="use solver='mu'"):
        NMF(3, missing="nan").fit(in_blocks(X, CUTS))


def test_a_matrix_that_is_met_entry_by_entry(in_blocks):
    """Where W·H is X the sums would cancel: a second read adds up the entries."""
    rng = np.random.default_rng(0)
    W, H = rng.gamma(1.0, size=(M, 2)), rng.gamma(1.0, size=(2, N))
    X, nearly = W @ H, H * (1 + 1e-6 * rng.random(H.shape))
    for stored in (X, scipy.sparse.csr_array(X)):
        model = NMF(2, init="custom", max_iter=1, tol=0)
        found = model.fit_transform(in_blocks(stored, CUTS), W=W, H=nearly)
        error = np.linalg.norm(X - found @ model.components_)
        assert model.reconstruction_err_ == pytest.approx(error, rel=1e-6)
        assert 0 < error < 1e-6 * np.linalg.norm(X)


def test_a_given_start_is_taken_and_kept(X, in_blocks):
    rng = np.random.default_rng(0)
    W, H = rng.random((M, 3)).astype(X.dtype), rng.random((3, N)).astype(X.dtype)
    before = W.copy(), H.copy()
    model = NMF(3, init="custom", solver="mu", max_iter=5, tol=0)
    near(
        model.fit_transform(in_blocks(X, CUTS), W=W, H=H),
        model.fit_transform(X, W=W, H=H),
        X.dtype,
    )
    np.testing.assert_array_equal(W, before[0])
    np.testing.assert_array_equal(H, before[1])


def test_huge_numbers(in_blocks):
    X = np.random.default_rng(0).gamma(1.0, size=(M, N)) * 1e200
    model = NMF(3, random_state=0, max_iter=15, tol=0)
    same_fit(model, X, in_blocks(X, CUTS))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, r"X contains NaN at row 170, column 4 \(block 3\)"),
        (-2.0, r"X holds -2 at row 170, column 4 \(block 3\)"),
        (np.inf, r"X contains infinity \(inf\) at row 170, column 4 \(block 3\)"),
    ],
)
def test_what_may_not_be_is_named(X, in_blocks, value, message):
    X[170, 4] = value
    with pytest.raises(ValueError, match=message):
        NMF(3, missing=None).fit(in_blocks(X, CUTS))
