"""X with little in it: zeros, one row, one column, more components than either."""

import itertools

import numpy as np
import pytest
import scipy.sparse

from latentia import NMF

POSITIVE = {
    "cd": {"solver": "cd"},
    **{
        f"mu {beta:g}": {"solver": "mu", "beta_loss": beta}
        for beta in (2.0, 1.0, 0.5, 1.5, 3.0)
    },
}


@pytest.fixture(params=POSITIVE.values(), ids=POSITIVE)
def loss(request):
    """A loss that can take zeros."""
    return request.param


@pytest.mark.filterwarnings("ignore:.*nndsvd:UserWarning")
@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csr_array])
def test_all_zeros(loss, make):
    """They are fitted at once, which is no failure to converge."""
    X = make(np.zeros((9, 7), dtype=np.float32))
    for init in (None, "random", "nndsvd", "nndsvdar"):
        nmf = NMF(3, init=init, random_state=0, **loss)
        W = nmf.fit_transform(X)
        assert not (W @ nmf.components_).any()
        assert nmf.reconstruction_err_ == 0
        assert nmf.converged_
        assert nmf.n_iter_ < 50
        assert not nmf.transform(X).any()
        nmf.partial_fit(X)
        assert np.isfinite(nmf.components_).all()


def test_zeros_among_other_rows_to_encode(X, loss):
    nmf = NMF(3, tol=0, max_iter=20, random_state=0, **loss).fit(X)
    nmf.set_params(tol=1e-4, max_iter=500)
    assert not nmf.transform(np.zeros((2, 17))).any()


def test_a_start_that_fits(loss):
    """Nothing is left to gain."""
    rng = np.random.default_rng(0)
    W, H = rng.integers(1, 5, (9, 1)), rng.integers(1, 5, (1, 7))
    nmf = NMF(1, init="custom", **loss)
    found = nmf.fit_transform(W @ H, W=W, H=H)
    np.testing.assert_allclose(found @ nmf.components_, W @ H, rtol=1e-6)
    assert nmf.converged_
    assert nmf.n_iter_ < 50


@pytest.mark.parametrize("init", [None, "random"])
@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csr_array])
def test_zero_rows_and_columns(X, loss, init, make, dtype, assert_factors):
    A = X.astype(dtype)
    A[[0, 5, 40]] = 0
    A[:, [3, 16]] = 0
    nmf = NMF(3, init=init, tol=0, max_iter=40, random_state=0, **loss)
    W = nmf.fit_transform(make(A))
    assert_factors(W, nmf.components_)
    assert W[[0, 5, 40]].max() < 1e-3
    assert nmf.components_[:, [3, 16]].max() < 1e-3
    assert_factors(nmf.transform(make(A)))
    errors = nmf.reconstruction_errs_
    assert (np.diff(errors) <= 1e-5 * errors[0]).all()


@pytest.mark.parametrize("beta", [0.0, -0.5, -2.0, "itakura-saito"])
@pytest.mark.parametrize("method", ["fit", "fit_transform", "partial_fit"])
def test_zeros_that_are_infinitely_far(X, beta, method):
    """Of every kind: dense, not stored, stored as zero, known among unknown ones."""
    dense = X.copy()
    dense[3, 4] = 0
    explicit = scipy.sparse.csr_array(X)
    explicit.data[5] = 0
    gappy = np.where(X > 3, np.nan, dense)
    for A in (dense, scipy.sparse.csr_array(dense), explicit, gappy):
        nmf = NMF(2, solver="mu", beta_loss=beta, missing="nan")
        with pytest.raises(ValueError, match="X contains zeros"):
            getattr(nmf, method)(A)
    nmf = NMF(2, solver="mu", beta_loss=beta, tol=0, max_iter=3).fit(X)
    with pytest.raises(ValueError, match="X contains zeros"):
        nmf.transform(dense)


def test_no_zero_where_nothing_is_stored(X, stored, holes):
    """What a sparse X does not store is no zero if it is unknown."""
    A = stored(holes(X))
    settings = {"solver": "mu", "beta_loss": 0.0, "tol": 0, "max_iter": 5}
    NMF(2, missing="unobserved", **settings).fit(A)
    with pytest.raises(ValueError, match="X contains zeros"):
        NMF(2, **settings).fit(A)
    NMF(2, **settings).fit(scipy.sparse.csr_array(X))


SMALL = [(1, 1), (1, 9), (9, 1), (2, 3)]


def test_few_rows_or_columns(made, solver, assert_factors, case):
    for shape, k in itertools.product(SMALL, [1, 4, 20]):
        with case(shape=shape, k=k):
            X = made(*shape)
            nmf = NMF(k, tol=0, max_iter=200, random_state=0, **solver)
            W = nmf.fit_transform(X)
            assert W.shape == (shape[0], k)
            assert nmf.components_.shape == (k, shape[1])
            assert_factors(W, nmf.components_)
            if 1 in shape:
                np.testing.assert_allclose(W @ nmf.components_, X, rtol=1e-2)


def test_more_components_than_rows_and_columns(X, solver, assert_factors):
    nmf = NMF(45, tol=0, max_iter=10, random_state=0, **solver)
    assert_factors(nmf.fit_transform(X), nmf.components_)
    for init in ("nndsvd", "nndsvda", "nndsvdar"):
        with pytest.raises(ValueError, match=r"init='nndsvd.*n_components=45"):
            NMF(45, init=init, **solver).fit(X)


def test_number_of_components_by_default(X, start):
    for value in ("auto", None):
        nmf = NMF(value, tol=0, max_iter=3).fit(X)
        assert nmf.n_components_ == len(nmf.components_) == 17
    W, H = start(X.shape, 4)
    nmf = NMF(init="custom", tol=0, max_iter=3)
    assert nmf.fit(X, W=W, H=H).n_components_ == 4
    assert nmf.fit(X, H=H).n_components_ == 4
    assert nmf.fit(X, W=W).n_components_ == 4


def test_starts_that_are_not_used_decide_nothing(X, start):
    W, H = start(X.shape, 4)
    nmf = NMF(init="random", tol=0, max_iter=3)
    with pytest.warns(RuntimeWarning, match="W and H are not used"):
        nmf.fit(X, W=W, H=H)
    assert nmf.n_components_ == 17


def test_equal_rows(solver, assert_factors):
    X = np.tile(np.arange(1.0, 8), (5, 1))
    nmf = NMF(3, tol=0, max_iter=100, random_state=0, **solver)
    W = nmf.fit_transform(X)
    assert_factors(W, nmf.components_)
    np.testing.assert_allclose(W @ nmf.components_, X, rtol=0.05)


def test_one_number_that_dwarfs_the_others(X, solver, dtype, assert_factors):
    A = X.astype(dtype)
    A[3, 4] = 1e6
    nmf = NMF(3, init="random", tol=0, max_iter=30, random_state=0, **solver)
    assert_factors(nmf.fit_transform(A), nmf.components_)
    errors = nmf.reconstruction_errs_
    rounding = 1e-3 if dtype == np.float32 else 1e-6
    assert (np.diff(errors) <= rounding * errors[0]).all()


def test_losses_far_out(X, assert_factors):
    for beta in (-6.0, 1e-9, 1 + 1e-9, 2 - 1e-9, 9.0):
        nmf = NMF(3, solver="mu", beta_loss=beta, init="random", random_state=0, tol=0)
        assert_factors(nmf.fit_transform(X), nmf.components_)
        errors = nmf.reconstruction_errs_
        assert (np.diff(errors) <= 1e-4 * errors[0]).all(), beta
