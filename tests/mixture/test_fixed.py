"""Fixed parameters, and starts from responsibilities."""

import numpy as np
import pytest
import sklearn.mixture
from sklearn.base import clone

from latentia import GaussianMixture
from latentia import rows as elsewhere
from latentia.mixture.parameters import CollapsedCovarianceError

FIXED = ["weights", "means", "covariances"]


def init(start):
    return {f"{name}_init": value for name, value in start._asdict().items()}


def reference(X, start, type_, fixed, n_iter, reg):
    """EM with what is fixed put back; covariances are those about the means."""
    theirs = sklearn.mixture.GaussianMixture(
        len(start.weights), covariance_type=type_, **init(start)
    )
    theirs._initialize(X, None)
    theirs.weights_, theirs.means_ = start.weights, start.means
    theirs.covariances_ = _inverse(theirs.precisions_cholesky_, type_)
    for _ in range(n_iter):
        r = theirs.predict_proba(X)
        n = r.sum(axis=0)
        if "weights" not in fixed:
            theirs.weights_ = n / n.sum()
        if "means" not in fixed:
            theirs.means_ = (r.T @ X) / n[:, np.newaxis]
        if "covariances" not in fixed:
            off = X - theirs.means_[:, np.newaxis]
            full = np.einsum("nk,kni,knj->kij", r, off, off)
            theirs.covariances_ = {
                "full": full / n[:, None, None] + reg * np.eye(X.shape[1]),
                "tied": full.sum(axis=0) / n.sum() + reg * np.eye(X.shape[1]),
                "diag": np.diagonal(full, axis1=1, axis2=2) / n[:, None] + reg,
                "spherical": np.trace(full, axis1=1, axis2=2) / n / X.shape[1] + reg,
            }[type_]
            theirs._set_parameters(
                (
                    theirs.weights_,
                    theirs.means_,
                    theirs.covariances_,
                    _factor(theirs.covariances_, type_),
                )
            )
    return theirs


def _inverse(factor, type_):
    if type_ in ("full", "tied"):
        return np.linalg.inv(factor @ np.swapaxes(factor, -1, -2))
    return factor**-2.0


def _factor(covariances, type_):
    if type_ in ("full", "tied"):
        return np.swapaxes(np.linalg.inv(np.linalg.cholesky(covariances)), -1, -2)
    return covariances**-0.5


@pytest.mark.parametrize(
    "fixed",
    [
        *(FIXED[:1], FIXED[1:2], FIXED[2:]),
        *(
            pytest.param(f, marks=pytest.mark.slow)
            for f in (FIXED[:2], FIXED[1:], FIXED)
        ),
    ],
    ids=str,
)
def test_fixed(X, type_, dtype, start, fixed, unconverged):
    begin = start(X, 3, type_)
    X = X.astype(dtype)
    mixture = GaussianMixture(
        3,
        covariance_type=type_,
        fixed=fixed,
        max_iter=6,
        tol=0,
        reg_covar=1e-3,
        **init(begin),
    )
    unconverged(mixture.fit, X)
    expected = reference(X.astype(float), begin, type_, fixed, 6, 1e-3)
    rtol = 1e-4 if dtype == np.float32 else 1e-9
    for name in ("weights_", "means_", "covariances_"):
        value = getattr(expected, name)
        scale = np.abs(value).max()
        np.testing.assert_allclose(getattr(mixture, name), value, atol=rtol * scale)
    for name in fixed:
        if name != "covariances":
            np.testing.assert_array_equal(
                getattr(mixture, f"{name}_"), getattr(begin, name)
            )
    if "covariances" in fixed:
        np.testing.assert_allclose(mixture.precisions_, begin.precisions, rtol=1e-9)
    before = {name: getattr(mixture, f"{name}_") for name in FIXED}
    mixture.partial_fit(X[:200])
    for name in FIXED:
        same = np.array_equal(getattr(mixture, f"{name}_"), before[name])
        assert same == (name in fixed)


@pytest.mark.parametrize("fixed", FIXED)
def test_the_likelihood_rises(X, type_, fixed, unconverged):
    """Whatever is held EM climbs, in a fit from a start that was searched for."""
    mixture = GaussianMixture(
        3, covariance_type=type_, fixed=fixed, reg_covar=0, tol=0, random_state=0
    )
    unconverged(mixture.set_params(max_iter=30).fit, X)
    assert (np.diff(mixture.lower_bounds_) > -1e-10).all()
    begin = clone(mixture).set_params(max_iter=0).fit(X)
    np.testing.assert_array_equal(
        getattr(mixture, f"{fixed}_"), getattr(begin, f"{fixed}_")
    )


def test_fixed_covariances_may_be_those_of_coinciding_rows():
    """Covariances that are not fitted do not collapse."""
    X = np.repeat(np.eye(2), 20, axis=0)
    parameters = {"precisions_init": np.ones((2, 2)), "covariance_type": "diag"}
    mixture = GaussianMixture(2, reg_covar=0, random_state=0, **parameters)
    with pytest.raises(CollapsedCovarianceError):
        mixture.fit(X)
    mixture.set_params(fixed="covariances", means_init=X[[0, -1]] * 2)
    mixture.set_params(weights_init=[0.5, 0.5]).fit(X)
    np.testing.assert_array_equal(mixture.covariances_, 1)


def test_free_parameters_are_counted(X, type_):
    theirs = sklearn.mixture.GaussianMixture(3, covariance_type=type_).fit(X)
    ours = GaussianMixture(3, covariance_type=type_, random_state=0).fit(X)
    assert ours._n_parameters() == theirs._n_parameters()
    ours.set_params(fixed=("means", "weights"))
    assert ours._n_parameters() == theirs._n_parameters() - 9 - 2


@pytest.mark.parametrize("fixed", ["mean", ["means", "tol"], 3, [None], b"means"])
def test_wrong_names(X, fixed):
    with pytest.raises((TypeError, ValueError), match="fixed must be"):
        GaussianMixture(2, fixed=fixed).fit(X)


def shares_of(X, k=3, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(k), len(X))


@pytest.mark.parametrize("called", [False, True])
def test_responsibilities(X, type_, dtype, called):
    """As scikit-learn's first M-step takes them."""
    X = X.astype(dtype)
    shares = shares_of(X)
    how = (lambda X, k, seed: shares) if called else shares
    ours = GaussianMixture(3, covariance_type=type_, init_params=how, max_iter=0).fit(X)
    theirs = sklearn.mixture.GaussianMixture(3, covariance_type=type_)
    theirs._initialize(X.astype(float), shares)
    rtol = 1e-4 if dtype == np.float32 else 1e-10
    for name in ("weights_", "means_", "covariances_"):
        value = getattr(theirs, name)
        atol = rtol * np.abs(value).max()
        np.testing.assert_allclose(getattr(ours, name), value, atol=atol)


def test_labels_as_responsibilities(X):
    y = np.arange(len(X)) % 3
    mixture = GaussianMixture(3, init_params=np.eye(3)[y], max_iter=0).fit(X)
    for k in range(3):
        np.testing.assert_allclose(mixture.means_[k], X[y == k].mean(axis=0))


def test_weighted_rows_and_rows_elsewhere(X, type_, same_mixture):
    shares, weight = shares_of(X), np.arange(len(X)) % 3
    parameters = {"covariance_type": type_, "init_params": shares, "max_iter": 300}
    here = GaussianMixture(3, **parameters).fit(X, sample_weight=weight)
    repeated = parameters | {"init_params": np.repeat(shares, weight, axis=0)}
    repeated = GaussianMixture(3, **repeated).fit(np.repeat(X, weight, axis=0))
    same_mixture(here, repeated, rtol=1e-8)
    blocks = [X[:200], X[200:]]
    there = elsewhere.open(lambda: iter(blocks), memory=16 * 201 * 3 * 8)
    there = GaussianMixture(3, **parameters).fit(there, sample_weight=weight)
    same_mixture(here, there, rtol=1e-8)


def test_a_callable_gets_the_rows_and_a_seed(X):
    calls = []

    def search(rows, n_components, random_state):
        calls.append((rows, n_components, random_state))
        return shares_of(rows, n_components, random_state)

    mixture = GaussianMixture(
        3, init_params=search, n_init=4, random_state=0, max_iter=500
    )
    mixture.fit(X)
    assert all(rows is X and k == 3 for rows, k, _ in calls)
    assert len({seed for *_, seed in calls}) == len(calls) == 4
    again = clone(mixture).fit(X)
    np.testing.assert_array_equal(again.means_, mixture.means_)


def test_an_empty_component(X, type_):
    shares = np.c_[shares_of(X, 2), np.zeros(len(X))]
    mixture = GaussianMixture(
        3, covariance_type=type_, init_params=shares, max_iter=500
    ).fit(X)
    assert np.isfinite(mixture.score(X))


def test_given_parameters_come_first(X, start):
    begin = start(X, 3, "full")
    mixture = GaussianMixture(
        3, init_params=shares_of(X), means_init=begin.means, max_iter=0
    ).fit(X)
    np.testing.assert_array_equal(mixture.means_, begin.means)


def test_a_file_has_no_place_for_them(X, tmp_path):
    for how in (shares_of(X), lambda X, *_: shares_of(X)):
        mixture = GaussianMixture(3, init_params=how, max_iter=500).fit(X)
        mixture.save(tmp_path / "m.safetensors", overwrite=True)
        loaded = GaussianMixture.load(tmp_path / "m.safetensors")
        assert loaded.init_params == "kmeans"
        np.testing.assert_array_equal(loaded.score_samples(X), mixture.score_samples(X))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (np.ones((401, 3)), "init_params must hold responsibilities.* in row 0"),
        (
            np.full((401, 3), [1.5, -0.5, 0]),
            "rows that are non-negative and sum to 1, got",
        ),
        (np.full((401, 2), 0.5), r"init_params must have the shape \(401, 3\)"),
        (np.full((401, 3), np.nan), "init_params must be finite, got nan"),
        (lambda *_: np.ones((401, 3)), "what init_params returned must hold"),
        (
            lambda *_: None,
            "what init_params returned must be an array of numbers, got None",
        ),
        (lambda *_: "kmeans", "what init_params returned must be an array"),
    ],
)
def test_wrong_responsibilities(X, how, message):
    mixture = GaussianMixture(3, init_params=how)
    with pytest.raises((TypeError, ValueError), match=message):
        mixture.fit(X)
    assert not hasattr(mixture, "means_")


@pytest.mark.parametrize(
    "fixed", [{"means", "weights"}, np.array(["weights", "means"])]
)
def test_sets_and_arrays_of_names(tmp_path, fixed):
    X = np.random.default_rng(0).normal(size=(50, 2))
    names = ["means", "weights"]
    start = {"weights_init": [0.5, 0.5], "means_init": [[0, 0], [1, 1]]}
    expected = GaussianMixture(2, fixed=names, **start).fit(X)
    mixture = GaussianMixture(2, fixed=fixed, **start).fit(X)
    assert mixture.bic(X) == expected.bic(X)
    mixture.save(tmp_path / "mixture.safetensors")
    again = GaussianMixture.load(tmp_path / "mixture.safetensors")
    assert sorted(again.fixed) == names
