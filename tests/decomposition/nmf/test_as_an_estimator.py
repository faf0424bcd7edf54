"""In the company of scikit-learn's tools."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

from latentia import NMF

STILL = {"tol": 0, "max_iter": 20, "random_state": 0}


def test_attributes(X, form, in_form, dtype):
    A, _, parameters = in_form(X.astype(dtype), form)
    nmf = NMF(3, **STILL, **parameters)
    W = nmf.fit_transform(A)
    assert W.shape == (41, 3)
    assert nmf.components_.shape == (3, 17)
    assert nmf.n_components_ == 3
    assert nmf.n_features_in_ == 17
    assert type(nmf.n_iter_) is int
    assert nmf.n_iter_ == 20
    assert type(nmf.converged_) is bool
    assert type(nmf.reconstruction_err_) is float
    assert nmf.reconstruction_errs_.shape == (21,)
    assert nmf.n_batches_seen_ == 1
    np.testing.assert_allclose(nmf.mean_weights_, W.mean(axis=0), rtol=1e-5)
    names = [f"nmf{i}" for i in range(3)]
    np.testing.assert_array_equal(nmf.get_feature_names_out(), names)


def test_inverse_transform_of_few(X, dtype):
    nmf = NMF(3, **STILL)
    W = nmf.fit_transform(X.astype(dtype))
    assert nmf.inverse_transform(W).dtype == dtype
    np.testing.assert_allclose(
        nmf.inverse_transform(W[:1])[0], W[0] @ nmf.components_, rtol=1e-5
    )
    sparse = nmf.inverse_transform(scipy.sparse.csr_array(W))
    np.testing.assert_allclose(sparse, W @ nmf.components_, rtol=1e-5)
    for wrong in (W[:, :2], np.ones((4, 5))):
        with pytest.raises(ValueError, match=r"mismatch|n_components|shape"):
            nmf.inverse_transform(wrong)


def test_verbose(X, capfd):
    """A bar on standard error; nothing on standard output."""
    nmf = NMF(3, verbose=1, **STILL).fit(X)
    said = capfd.readouterr()
    assert said.out == ""
    assert "NMF" in said.err
    assert "error" in said.err
    assert "20/20" in said.err
    nmf.transform(X)
    said = capfd.readouterr()
    assert said.out == ""
    assert "NMF transform" in said.err


SHORT = {"n_components": 3, "max_iter": 3, "random_state": 0}


def test_convergence_warnings(X):
    """Where tol was asked for and not reached; once, at the line that called."""
    nmf = NMF(**SHORT)
    calls = [nmf.fit, nmf.fit_transform, nmf.transform, nmf.partial_fit]
    for call in calls:
        with pytest.warns(ConvergenceWarning, match="iterations 3 reached") as caught:
            call(X)
        assert len(caught) == 1
        assert caught[0].filename == __file__, call.__name__
    assert not nmf.converged_
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nmf.set_params(tol=0)
        for call in calls:
            call(X)
        nmf.set_params(tol=1e-2, max_iter=2000).fit(X)
    assert nmf.converged_


def test_other_warnings_are_of_the_line_that_called(X, start):
    W, H = start(X.shape, 3)
    for call in ("fit", "fit_transform"):
        with pytest.warns(RuntimeWarning, match="not used") as caught:
            getattr(NMF(3, tol=0, max_iter=2), call)(X, W=W, H=H)
        assert caught[0].filename == __file__, call
        nmf = NMF(3, init="nndsvd", solver="mu", tol=0, max_iter=2)
        with pytest.warns(UserWarning, match="nndsvd") as caught:
            getattr(nmf, call)(X)
        assert caught[0].filename == __file__, call


class TestRandomness:
    def fit(self, X, random_state, **parameters):
        settings = {"init": "random", "tol": 0, "max_iter": 5} | parameters
        return NMF(3, random_state=random_state, **settings).fit(X).components_

    @pytest.mark.parametrize("init", ["random", "nndsvdar"])
    @pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
    def test_generators_move_on(self, X, make, init):
        one, other = make(3), make(3)
        found = [self.fit(X, one, init=init) for _ in range(2)]
        again = [self.fit(X, other, init=init) for _ in range(2)]
        np.testing.assert_array_equal(found, again)
        assert not np.array_equal(*found)

    def test_a_generator_in_use_shuffles(self, X):
        made = [self.fit(X, np.random.default_rng(3), shuffle=True) for _ in range(2)]
        np.testing.assert_array_equal(*made)
