"""Mixtures in files: every bit comes back."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from threadpoolctl import threadpool_limits

from latentia import GaussianMixture

RESULTS = [
    *["weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"],
    *["converged_", "n_iter_", "lower_bound_", "lower_bounds_", "n_features_in_"],
    "n_batches_seen_",
]


@pytest.fixture
def mixture(X, type_, dtype):
    parameters = {"covariance_type": type_, "random_state": 3, "n_threads": 1}
    return GaussianMixture(3, **parameters).fit(X.astype(dtype))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mixture.safetensors"


def assert_same(loaded, mixture, X):
    """To the bit, in value and in type."""
    assert loaded.get_params() == mixture.get_params()
    for name in RESULTS:
        found, expected = getattr(loaded, name), getattr(mixture, name)
        np.testing.assert_array_equal(found, expected, err_msg=name)
        assert np.asarray(found).dtype == np.asarray(expected).dtype, name
        assert type(found) is type(expected), name
    for name in ("predict", "predict_proba", "score_samples"):
        np.testing.assert_array_equal(
            getattr(loaded, name)(X), getattr(mixture, name)(X), err_msg=name
        )
    np.testing.assert_array_equal(loaded.sample(9)[0], mixture.sample(9)[0])


def test_round_trip(mixture, X, dtype, path):
    mixture.save(path)
    loaded = GaussianMixture.load(str(path))
    assert type(loaded) is GaussianMixture
    assert_same(loaded, mixture, X.astype(dtype))
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_many_features(made, type_, path):
    """Where LAPACK would divide work among threads."""
    X = made(900, 150, 2)
    with threadpool_limits(2, user_api="blas"):
        mixture = GaussianMixture(2, covariance_type=type_, random_state=0).fit(X)
        mixture.save(path)
        assert_same(GaussianMixture.load(path), mixture, X)


def test_a_fit_goes_on_after_loading(
    mixture, X, dtype, path, same_mixture, unconverged
):
    X = X.astype(dtype)
    mixture.set_params(warm_start=True, tol=0, max_iter=3).save(path)
    loaded = GaussianMixture.load(path)
    same_mixture(unconverged(loaded.fit, X), unconverged(mixture.fit, X))
    same_mixture(loaded.partial_fit(X[:99]), mixture.partial_fit(X[:99]))
    assert loaded.n_batches_seen_ == mixture.n_batches_seen_ == 2


def test_feature_names(X, path):
    frame = pd.DataFrame(X, columns=["größe", "x 1", 'a"b'])
    mixture = GaussianMixture(2, random_state=0).fit(frame)
    mixture.save(path)
    loaded = GaussianMixture.load(path)
    np.testing.assert_array_equal(loaded.feature_names_in_, frame.columns)
    assert loaded.feature_names_in_.dtype == object
    np.testing.assert_array_equal(loaded.predict(frame), mixture.predict(frame))
    with pytest.raises(ValueError, match="feature names should match"):
        loaded.predict(frame[frame.columns[::-1]])
    GaussianMixture(2, random_state=0).fit(X).save(path, overwrite=True)
    assert not hasattr(GaussianMixture.load(path), "feature_names_in_")


def test_a_start_without_iterations(X, type_, start, given, path):
    """What was given is not what it inverts to and back: precisions too are kept."""
    begin = start(X, 3, type_)
    rng = np.random.default_rng(0)
    noise = rng.uniform(1, 2, begin.precisions.shape)
    if type_ in ("full", "tied"):
        noise = noise @ np.swapaxes(noise, -1, -2)
    where = given(begin) | {"precisions_init": begin.precisions * 0.7 + noise}
    mixture = GaussianMixture(3, covariance_type=type_, max_iter=0, **where).fit(X)
    mixture.save(path)
    loaded = GaussianMixture.load(path)
    for name, value in where.items():
        np.testing.assert_array_equal(getattr(loaded, name), value)
    assert loaded.lower_bound_ == -np.inf
    assert loaded.lower_bounds_ == []
    np.testing.assert_array_equal(loaded.score_samples(X), mixture.score_samples(X))


@pytest.mark.parametrize("seed", [None, 7, np.int64(7), np.random.RandomState(0)])
def test_random_states(X, seed, path):
    """A generator in use has no place in a file."""
    GaussianMixture(2, random_state=seed).fit(X).save(path)
    expected = 7 if isinstance(seed, int | np.integer) else None
    assert GaussianMixture.load(path).random_state == expected


def test_parameters_that_numpy_made(X, path):
    """As those of a loop over ``np.arange``, or of a grid search."""
    mixture = GaussianMixture(
        np.int64(2),
        tol=np.float32(1e-2),
        reg_covar=np.float64(1e-5),
        max_iter=np.int32(50),
        n_init=np.uint8(2),
        warm_start=np.bool_(False),
        n_threads=np.int64(1),
        random_state=0,
    ).fit(X)
    mixture.save(path)
    loaded = GaussianMixture.load(path)
    assert loaded.get_params() == mixture.get_params()


@pytest.mark.parametrize(
    "changed", [{"n_components": 7}, {"covariance_type": "diag"}, {"tol": -1}], ids=str
)
def test_parameters_changed_since_the_fit(X, path, changed):
    """What ``save`` writes ``load`` reads."""
    mixture = GaussianMixture(3, random_state=0).fit(X)
    mixture.set_params(**changed)
    try:
        mixture.save(path)
    except ValueError:
        assert not path.exists()
    else:
        np.testing.assert_allclose(GaussianMixture.load(path).means_, mixture.means_)


def test_one_feature_one_component(type_, path):
    X = np.random.default_rng(0).standard_normal((9, 1))
    mixture = GaussianMixture(1, covariance_type=type_, random_state=0).fit(X)
    mixture.save(path)
    assert_same(GaussianMixture.load(path), mixture, X)


def test_refused_names(X, tmp_path):
    mixture = GaussianMixture(1).fit(X)
    for name in ("mixture.npz", "mixture", "safetensors", "m.safetensors.gz"):
        with pytest.raises(ValueError, match=r"end in \.safetensors, got .*" + name):
            mixture.save(tmp_path / name)
    with pytest.raises(OSError, match="missing"):
        mixture.save(tmp_path / "missing" / "m.safetensors")
    with pytest.raises(NotFittedError):
        GaussianMixture(1).save(tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []
