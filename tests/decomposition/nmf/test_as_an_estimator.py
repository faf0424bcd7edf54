"""In the company of scikit-learn's tools."""

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn.base
import sklearn.decomposition
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

import latentia
from latentia import NMF

STILL = {"tol": 0, "max_iter": 20, "random_state": 0}


def test_parameters():
    theirs = sklearn.decomposition.NMF().get_params()
    ours = NMF().get_params()
    more = {
        "alpha_W": "auto",  # 0 where all is known
        **dict.fromkeys(["missing", "fixed_components", "n_threads"]),
        **dict.fromkeys(["transform_max_iter", "transform_tol"]),
    }
    assert theirs | more == ours
    nmf = NMF(3, solver="mu", n_threads=2)
    assert sklearn.base.clone(nmf).get_params() == nmf.get_params()
    assert "n_components=5" in repr(NMF(5))
    assert isinstance(nmf, sklearn.decomposition.NMF)
    assert latentia.decomposition.NMF is NMF


def test_a_constructor_only_keeps():
    """Whatever it is given, as it is."""
    ratio = [0.5]
    nmf = NMF("many", tol="small", l1_ratio=ratio, missing=7)
    assert nmf.n_components == "many"
    assert nmf.l1_ratio is ratio
    assert nmf.missing == 7


def test_a_fit_does_not_change_parameters(X, solver):
    nmf = NMF(3, **STILL, **solver)
    before = nmf.get_params()
    nmf.fit(X).partial_fit(X)
    for name, value in before.items():
        assert nmf.get_params()[name] is value


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


def test_methods_agree(X, solver):
    first, second = (NMF(3, **STILL, **solver) for _ in range(2))
    W = first.fit_transform(X)
    second.fit(X)
    np.testing.assert_array_equal(first.components_, second.components_)
    np.testing.assert_array_equal(first.transform(X), second.transform(X))
    np.testing.assert_allclose(first.inverse_transform(W), W @ first.components_)


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


def test_pickle_and_copy(X, solver):
    nmf = NMF(3, **STILL, **solver).fit(X)
    expected = nmf.transform(X)
    others = [pickle.loads(pickle.dumps(nmf)), copy.deepcopy(nmf)]
    for other in others:
        np.testing.assert_array_equal(other.transform(X), expected)
    nmf.partial_fit(X)
    for other in others:
        other.partial_fit(X)
        np.testing.assert_array_equal(other.components_, nmf.components_)
    clone = sklearn.base.clone(nmf)
    assert not hasattr(clone, "components_")
    np.testing.assert_array_equal(clone.fit(X).transform(X), expected)


def test_not_fitted(X, tmp_path):
    nmf = NMF(2)
    for use in (nmf.transform, nmf.inverse_transform, nmf.recommend):
        with pytest.raises(NotFittedError):
            use(X)
    with pytest.raises(NotFittedError):
        nmf.save(tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_pipeline_and_search():
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(
        MinMaxScaler(clip=True), NMF(2, **STILL), LogisticRegression(max_iter=1000)
    )
    grid = {"nmf__n_components": [1, 3], "nmf__solver": ["cd", "mu"]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert search.best_params_["nmf__n_components"] == 3
    assert search.best_score_ > 0.8
    plain = make_pipeline(MinMaxScaler(clip=True), NMF(2, **STILL))
    np.testing.assert_allclose(plain.fit_transform(X, y), plain.transform(X), atol=0.1)


@pytest.mark.parametrize("form", ["default", "pandas"])
def test_set_output(X, form):
    frame = pd.DataFrame(X, index=np.arange(41) + 7).add_prefix("x")
    nmf = NMF(3, **STILL).set_output(transform=form)
    for W in (nmf.fit_transform(frame), nmf.transform(frame)):
        assert isinstance(W, pd.DataFrame if form == "pandas" else np.ndarray)
        if form == "pandas":
            assert list(W.columns) == ["nmf0", "nmf1", "nmf2"]
            assert W.index.equals(frame.index)
    assert nmf.recommend(W, 2)[0].shape == (41, 2)


def test_y_is_ignored(X):
    nmf = NMF(3, **STILL)
    expected = nmf.fit_transform(X)
    np.testing.assert_array_equal(nmf.fit_transform(X, np.ones(41)), expected)
    np.testing.assert_array_equal(nmf.fit(X, "y").fit_transform(X, None), expected)
    nmf.partial_fit(X, np.ones(41))


def test_a_subclass(X):
    class Mine(NMF):
        pass

    assert Mine(3, **STILL).fit(X).transform(X).shape == (41, 3)


@pytest.mark.parametrize("verbose", [1, 2, True])
def test_verbose(X, verbose, capfd):
    """A bar on standard error; nothing on standard output."""
    nmf = NMF(3, verbose=verbose, **STILL).fit(X)
    said = capfd.readouterr()
    assert said.out == ""
    assert "NMF" in said.err
    assert "error" in said.err
    assert "20/20" in said.err
    nmf.transform(X)
    said = capfd.readouterr()
    assert said.out == ""
    assert "NMF transform" in said.err


def test_silence(X, capfd):
    nmf = NMF(3, **STILL).fit(X).partial_fit(X)
    nmf.recommend(nmf.transform(X), 3)
    assert capfd.readouterr() == ("", "")


def test_verbose_does_not_change_a_fit(X, solver):
    loud, plain = (NMF(3, verbose=v, **STILL, **solver).fit(X) for v in (1, 0))
    np.testing.assert_array_equal(loud.components_, plain.components_)


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

    def test_seeds(self, X):
        for seed in (7, np.int64(7), np.random.RandomState(7)):
            np.testing.assert_array_equal(self.fit(X, seed), self.fit(X, 7))
        assert not np.array_equal(self.fit(X, 7), self.fit(X, 8))

    @pytest.mark.parametrize("init", ["random", "nndsvdar"])
    @pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
    def test_generators_move_on(self, X, make, init):
        one, other = make(3), make(3)
        found = [self.fit(X, one, init=init) for _ in range(2)]
        again = [self.fit(X, other, init=init) for _ in range(2)]
        np.testing.assert_array_equal(found, again)
        assert not np.array_equal(*found)

    def test_none_is_another_each_time(self, X):
        assert not np.array_equal(self.fit(X, None), self.fit(X, None))

    def test_global_state(self, X):
        """None draws from NumPy's global state, as scikit-learn's estimators do."""
        np.random.seed(3)  # noqa: NPY002
        first = self.fit(X, None)
        np.random.seed(3)  # noqa: NPY002
        np.testing.assert_array_equal(self.fit(X, None), first)

    def test_a_generator_in_use_shuffles(self, X):
        made = [self.fit(X, np.random.default_rng(3), shuffle=True) for _ in range(2)]
        np.testing.assert_array_equal(*made)
