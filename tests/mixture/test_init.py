"""Where a fit begins: found, given, or where the last one ended."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from latentia import GaussianMixture
from latentia.benchmarks.reference_numpy import inverse

WAYS = ["kmeans", "k-means++", "random_from_data", "random"]


def easy(n=300, d=2, dtype=float):
    """Three clusters that every search must find, and their rows' numbers."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % 3
    centres = np.array([[0.0, 0, 0], [20, 0, 5], [0, 20, -5]])[:, :d]
    return (centres[y] + rng.standard_normal((n, d))).astype(dtype), y


def without_iterations(k, **parameters):
    return GaussianMixture(k, max_iter=0, random_state=0, **parameters)


def test_kmeans_finds_clusters(type_, dtype):
    X, y = easy(dtype=dtype)
    found = without_iterations(3, covariance_type=type_).fit(X)
    expected = np.array([X[y == c].astype(float).mean(axis=0) for c in range(3)])
    nearest = np.argsort(
        [np.abs(expected - m).sum(axis=1).argmin() for m in found.means_]
    )
    np.testing.assert_allclose(found.means_[nearest], expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.weights_, 1 / 3, rtol=1e-6)
    labels = found.predict(X)
    assert len(set(zip(labels, y, strict=True))) == 3
    for c, k in enumerate(nearest):
        of_cluster = np.cov(X[y == c].T.astype(float), bias=True)
        if type_ == "full":
            np.testing.assert_allclose(
                found.covariances_[k], of_cluster + 1e-6 * np.eye(2), atol=1e-4
            )
        elif type_ == "diag":
            np.testing.assert_allclose(
                found.covariances_[k], np.diag(of_cluster) + 1e-6, atol=1e-4
            )


@pytest.mark.parametrize("init_params", ["k-means++", "random_from_data"])
def test_means_that_are_rows(init_params, type_, dtype):
    X, _ = easy(dtype=dtype)
    means = (
        without_iterations(5, covariance_type=type_, init_params=init_params)
        .fit(X)
        .means_
    )
    # To a last digit: kernels work about an origin amid the means.
    distance = np.abs(X[:, np.newaxis] - means).max(axis=2).min(axis=0)
    assert (distance <= 40 * np.finfo(dtype).eps).all()
    assert len(np.unique(means.round(3), axis=0)) == 5


def test_kmeans_plusplus_spreads():
    """One centre a cluster, every time; by rows drawn at random rarely."""
    X, y = easy()
    for seed in range(20):
        mixture = GaussianMixture(
            3, init_params="k-means++", max_iter=0, random_state=seed
        ).fit(X)
        assert len({y[np.abs(X - m).sum(axis=1).argmin()] for m in mixture.means_}) == 3


def test_random_shares_all_rows_with_all(type_, dtype):
    X, _ = easy(dtype=dtype)
    found = without_iterations(3, covariance_type=type_, init_params="random").fit(X)
    np.testing.assert_allclose(found.weights_, 1 / 3, atol=0.1)
    np.testing.assert_allclose(found.means_, np.tile(X.mean(axis=0), (3, 1)), atol=2)
    assert len(np.unique(found.means_[:, 0])) == 3


@pytest.mark.parametrize("init_params", WAYS)
def test_a_seed_decides(init_params, type_, same_mixture):
    X, _ = easy()

    def fit(seed):
        return GaussianMixture(
            5,
            covariance_type=type_,
            init_params=init_params,
            max_iter=0,
            random_state=seed,
        ).fit(X)

    same_mixture(fit(1), fit(1))
    assert (fit(1).means_ != fit(2).means_).any()


@pytest.mark.parametrize("init_params", WAYS)
def test_a_seed_in_other_forms(init_params, same_mixture):
    X, _ = easy()

    def fit(random_state):
        return GaussianMixture(
            5, init_params=init_params, max_iter=0, random_state=random_state
        ).fit(X)

    same_mixture(fit(np.random.RandomState(3)), fit(np.random.RandomState(3)))
    same_mixture(fit(np.int64(3)), fit(3))
    stream = np.random.RandomState(3)
    assert (fit(stream).means_ != fit(stream).means_).any()
    assert (fit(None).means_ != fit(None).means_).any()


def test_a_generator(same_mixture):
    """As the decompositions take it."""
    X, _ = easy()

    def fit():
        stream = np.random.default_rng(3)
        return GaussianMixture(3, max_iter=0, random_state=stream).fit(X)

    same_mixture(fit(), fit())
    assert fit().sample(5)[0].shape == (5, 2)


def test_random_shares_are_the_rows_own(type_, dtype, same_mixture):
    """In any order, and whether a row is repeated or weighs more."""
    X, _ = easy(dtype=dtype)
    weight = np.random.default_rng(0).integers(0, 4, len(X))
    order = np.random.default_rng(1).permutation(len(X))
    rtol = 1e-4 if dtype == np.float32 else 1e-9

    def fit(X, weight):
        return without_iterations(3, covariance_type=type_, init_params="random").fit(
            X, sample_weight=weight
        )

    same_mixture(fit(X[order], weight[order]), fit(X, weight), rtol=rtol)
    same_mixture(fit(np.repeat(X, weight, axis=0), None), fit(X, weight), rtol=rtol)


def test_what_is_given_is_kept(type_):
    """Each for itself; what is not given is found next to it."""
    X, _ = easy()
    weights, means = np.array([0.2, 0.3, 0.5]), X[[0, 1, 2]] + 0.5
    precisions = inverse(
        {
            "full": np.stack([np.eye(2), 2 * np.eye(2), [[2, 1], [1, 3]]]),
            "tied": np.array([[2.0, 1], [1, 3]]),
            "diag": np.array([[1.0, 2], [3, 4], [5, 6]]),
            "spherical": np.array([1.0, 2, 3]),
        }[type_],
        type_,
    )
    given = {"weights": weights, "means": means, "precisions": precisions}
    for chosen in range(1, 8):
        names = [name for i, name in enumerate(given) if chosen >> i & 1]
        mixture = without_iterations(
            3, covariance_type=type_, **{f"{name}_init": given[name] for name in names}
        ).fit(X)
        for name in names:
            np.testing.assert_allclose(
                getattr(mixture, f"{name}_"), given[name], rtol=1e-12, err_msg=name
            )
        assert mixture.weights_.sum() == pytest.approx(1)
        assert np.isfinite(mixture.score(X))


def test_given_means_take_the_nearest_rows(type_):
    X, y = easy()
    means = np.array([X[y == c].mean(axis=0) for c in range(3)]) + 0.1
    mixture = without_iterations(3, covariance_type=type_, means_init=means).fit(X)
    np.testing.assert_array_equal(mixture.means_, means)
    np.testing.assert_allclose(mixture.weights_, 1 / 3, rtol=1e-12)
    np.testing.assert_array_equal(mixture.predict(X), y)


def test_given_starts_may_be_lists(type_, same_mixture, start, given):
    X, _ = easy()
    begin = start(X, 3, type_)
    where = given(begin)
    one = without_iterations(3, covariance_type=type_, **where).fit(X)
    lists = {name: value.tolist() for name, value in where.items()}
    same_mixture(without_iterations(3, covariance_type=type_, **lists).fit(X), one)
    for name, value in where.items():
        assert (value == getattr(begin, name.removesuffix("_init"))).all()


def test_the_likeliest_of_several_starts(made, unconverged):
    X = made(500, 2, 6, apart=2.0)

    def fit(n_init, seed):
        return unconverged(
            GaussianMixture(
                6, n_init=n_init, random_state=seed, init_params="random_from_data"
            ).fit,
            X,
        )

    for seed in range(3):
        stream = np.random.RandomState(seed)
        alone = [fit(1, stream).lower_bound_ for _ in range(5)]
        best = fit(5, seed)
        assert len(set(alone)) == 5
        assert best.lower_bound_ == max(alone)
        assert best.n_iter_ == len(best.lower_bounds_)
        assert best.lower_bounds_[-1] == best.lower_bound_


def test_warm_start_continues(X, type_, start, given, same_mixture, unconverged):
    """Two times three iterations are six."""
    parameters = {"covariance_type": type_, "tol": 0, **given(start(X, 3, type_))}
    whole = unconverged(GaussianMixture(3, max_iter=6, **parameters).fit, X)
    parts = GaussianMixture(3, max_iter=3, warm_start=True, n_init=4, **parameters)
    first = list(unconverged(parts.fit, X).lower_bounds_)
    assert parts.n_iter_ == 3
    again = unconverged(parts.fit, X).lower_bounds_
    same_mixture(parts, whole)
    assert first + again == whole.lower_bounds_
    assert parts.n_iter_ == 3


def test_warm_start_stops_where_it_has_converged(X, type_):
    mixture = GaussianMixture(
        3, covariance_type=type_, warm_start=True, max_iter=300, random_state=0
    ).fit(X)
    before = mixture.lower_bound_
    mixture.fit(X)
    assert mixture.n_iter_ == 1
    assert mixture.converged_
    assert mixture.lower_bound_ >= before - 1e-6  # reg_covar takes its part


def test_without_warm_start_a_fit_begins_anew(X, same_mixture):
    mixture = GaussianMixture(3, random_state=0).fit(X)
    same_mixture(clone(mixture).fit(X), mixture.fit(X))


def test_convergence_warning(X, type_):
    mixture = GaussianMixture(3, covariance_type=type_, max_iter=2, tol=1e-9)
    with pytest.warns(ConvergenceWarning, match=r"max_iter=2") as caught:
        mixture.fit(X)
    assert caught[0].filename == __file__
    assert mixture.converged_ is False
    assert mixture.n_iter_ == 2
    with pytest.warns(ConvergenceWarning, match=r"tol=1e-09"):
        mixture.fit_predict(X)


def test_warm_start_of_another_kind_is_refused(X):
    mixture = GaussianMixture(3, warm_start=True, random_state=0).fit(X)
    before = dict(vars(mixture))
    for wrong, message in (
        ({"n_components": 2}, "n_components must be 3 to continue .*, got 2"),
        ({"covariance_type": "diag"}, "covariance_type must be 'full', .*got 'diag'"),
    ):
        with pytest.raises(ValueError, match=message):
            mixture.set_params(**wrong).fit(X)
        mixture.set_params(**{name: before[name] for name in wrong})
    with pytest.raises(
        ValueError, match="2 features, but GaussianMixture is expecting 3"
    ):
        mixture.fit(X[:, :2])
    assert vars(mixture) == before
