"""Files of mixtures: what a start was, and whose fault an error is."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from latentia import GaussianMixture
from latentia.mixture import mixture_file


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mixture.safetensors"


def test_many_features(made, type_, path):
    """Where LAPACK would divide work among threads."""
    X = made(900, 150, 2)
    with threadpool_limits(2, user_api="blas"):
        mixture = GaussianMixture(2, covariance_type=type_, random_state=0).fit(X)
        mixture.save(path)
        loaded = GaussianMixture.load(path)
        np.testing.assert_array_equal(loaded.score_samples(X), mixture.score_samples(X))


def test_a_fit_goes_on_after_loading(X, type_, dtype, path, same_mixture, unconverged):
    X = X.astype(dtype)
    mixture = GaussianMixture(3, covariance_type=type_, random_state=3).fit(X)
    mixture.set_params(warm_start=True, tol=0, max_iter=3).save(path)
    loaded = GaussianMixture.load(path)
    same_mixture(unconverged(loaded.fit, X), unconverged(mixture.fit, X))
    same_mixture(loaded.partial_fit(X[:99]), mixture.partial_fit(X[:99]))
    assert loaded.n_batches_seen_ == mixture.n_batches_seen_ == 2


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


@pytest.fixture
def saved(X, path):
    GaussianMixture(3, random_state=0).fit(X).save(path)
    return path


def test_our_own_errors_are_not_hidden(saved, monkeypatch):
    """An AttributeError is a bug of ours, not of the file."""

    def fail(*_):
        raise AttributeError("a bug")

    monkeypatch.setattr(mixture_file, "write_parameters", fail)
    with pytest.raises(AttributeError, match="a bug"):
        GaussianMixture.load(saved)


def test_the_cause_is_kept(saved, rewrite_model):
    rewrite_model(saved, parameters={"shell": "rm"})
    with pytest.raises(ValueError, match="holds no mixture") as caught:
        GaussianMixture.load(saved)
    assert isinstance(caught.value.__cause__, TypeError)
