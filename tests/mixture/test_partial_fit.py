"""Stepwise EM: batch by batch to nearly the likelihood of a whole fit."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from latentia import GaussianMixture
from latentia.benchmarks.reference_numpy import e_step, m_step
from latentia.mixture.em import STEP_EXPONENT


@pytest.fixture
def easy(made):
    """Rows of four Gaussians that no search can miss, shuffled (4000, 3)."""
    return made(4000, 3, 4, apart=8.0, seed=1)


def test_batches_reach_a_whole_fit(easy, type_, dtype):
    easy = easy.astype(dtype)
    whole = GaussianMixture(4, covariance_type=type_, random_state=0, n_init=3)
    whole.fit(easy)
    online = GaussianMixture(4, covariance_type=type_, random_state=0, n_init=3)
    for batch in np.split(easy, 20):
        assert online.partial_fit(batch) is online
    gap = whole.score(easy) - online.score(easy)
    assert gap < 0.02 * abs(whole.score(easy))
    assert online.weights_.sum() == pytest.approx(1, rel=1e-12)
    assert online.n_batches_seen_ == 20


def test_the_first_batch_is_a_fit(easy, type_, same_mixture):
    parameters = {"covariance_type": type_, "random_state": 0}
    online = GaussianMixture(4, **parameters).partial_fit(easy[:500])
    fitted = GaussianMixture(4, **parameters).fit(easy[:500])
    same_mixture(online, fitted)
    assert vars(online).keys() == vars(fitted).keys()
    assert online.lower_bounds_ == fitted.lower_bounds_
    assert online.n_batches_seen_ == fitted.n_batches_seen_ == 1


def test_it_goes_on_after_a_fit(easy, type_):
    mixture = GaussianMixture(4, covariance_type=type_, random_state=0)
    mixture.fit(easy[:500])
    n_iter, bounds = mixture.n_iter_, list(mixture.lower_bounds_)
    before = mixture.score(easy[500:900])
    mixture.partial_fit(easy[500:900])
    assert mixture.n_iter_ == n_iter + 1
    assert mixture.n_batches_seen_ == 2
    assert mixture.lower_bounds_ == [*bounds, mixture.lower_bound_]
    assert mixture.lower_bound_ == pytest.approx(before, rel=1e-12)
    assert mixture.score(easy[500:900]) > before


def test_one_step(easy, type_):
    """s ← (1 − η)·s + η·ŝ, in plain NumPy. Three batches, so η has changed."""
    mixture = GaussianMixture(4, covariance_type=type_, random_state=0, reg_covar=0)
    mixture.fit(easy[:500])
    for batch in (easy[500:507], easy[507:900]):
        eta = (mixture.n_batches_seen_ + 2) ** -STEP_EXPONENT
        expected = stepped(mixture, batch, eta)
        mixture.partial_fit(batch)
        for found, there in zip(
            (mixture.weights_, mixture.means_, mixture.covariances_),
            expected,
            strict=True,
        ):
            np.testing.assert_allclose(found, there, atol=1e-9 * np.abs(there).max())


def stepped(mixture, batch, eta):
    """Mix raw moments, which add up: Σ r, Σ r x and Σ r x xᵀ."""
    old = mixture.weights_, mixture.means_, mixture.covariances_
    _, r = e_step(batch, *old, mixture.covariance_type)
    new = m_step(batch, r, mixture.covariance_type, reg_covar=0)
    mixed = [
        (1 - eta) * a + eta * b
        for a, b in zip(
            raw(*old, mixture.covariance_type),
            raw(*new, mixture.covariance_type),
            strict=True,
        )
    ]
    weights, means = mixed[0], mixed[1] / mixed[0][:, np.newaxis]
    zero = raw(weights, means, np.zeros_like(mixed[2]), mixture.covariance_type)
    second = mixed[2] - zero[2]
    if mixture.covariance_type == "tied":
        return weights, means, second
    shape = (-1, *[1] * (second.ndim - 1))
    return weights, means, second / weights.reshape(shape)


def raw(weights, means, covariances, type_):
    first = weights[:, np.newaxis] * means
    if type_ == "full":
        outer = means[:, :, np.newaxis] * means[:, np.newaxis]
        return (
            weights,
            first,
            weights[:, np.newaxis, np.newaxis] * (covariances + outer),
        )
    if type_ == "tied":
        return weights, first, covariances + (means.T * weights) @ means
    if type_ == "diag":
        return weights, first, weights[:, np.newaxis] * (covariances + means**2)
    return weights, first, weights * (covariances + (means**2).mean(axis=1))


def test_weights_of_a_batch(easy, type_, same_mixture):
    """Within the batch: how much it counts as a whole is up to the step."""
    first = GaussianMixture(4, covariance_type=type_, random_state=0).fit(easy[:500])
    weight = np.random.default_rng(0).integers(0, 4, 100)
    one, other, third = (clone(first).fit(easy[:500]) for _ in range(3))
    one.partial_fit(easy[500:600], sample_weight=weight)
    other.partial_fit(np.repeat(easy[500:600], weight, axis=0))
    third.partial_fit(easy[500:600], sample_weight=1e-8 * weight)
    same_mixture(one, other, rtol=1e-9)
    same_mixture(one, third, rtol=1e-9)


def test_it_follows_what_changes(easy, type_):
    mixture = GaussianMixture(4, covariance_type=type_, random_state=0).fit(easy)
    moved = easy + 0.3
    before = mixture.score(moved)
    for batch in np.split(moved, 20):
        mixture.partial_fit(batch)
    refit = GaussianMixture(4, covariance_type=type_, random_state=0).fit(moved)
    assert refit.score(moved) - mixture.score(moved) < 0.3 * (
        refit.score(moved) - before
    )


def test_a_batch_of_one_row(easy, type_):
    mixture = GaussianMixture(4, covariance_type=type_, random_state=0).fit(easy[:500])
    for row in easy[500:520]:
        mixture.partial_fit(row[np.newaxis])
    assert np.isfinite(mixture.score(easy))


def test_a_batch_far_from_everything(easy, type_, dtype):
    mixture = GaussianMixture(4, covariance_type=type_, random_state=0).fit(easy)
    far = 1e6 if dtype == np.float64 else 1e3
    mixture.partial_fit(np.full((10, 3), far, dtype))
    for name in ("weights_", "means_", "covariances_", "precisions_cholesky_"):
        assert np.isfinite(getattr(mixture, name)).all()
    assert np.isfinite(mixture.score_samples(easy)).all()


def test_a_batch_of_the_other_precision(easy, type_, same_mixture):
    one = GaussianMixture(4, covariance_type=type_, random_state=0).fit(easy[:500])
    other = clone(one).fit(easy[:500])
    one.partial_fit(easy[500:900])
    other.partial_fit(easy[500:900].astype(np.float32))
    same_mixture(one, other, rtol=1e-4)


def test_regularisation_does_not_pile_up(type_):
    """Of identical batches a hundred leave no more of it than a fit does."""
    X = np.random.default_rng(0).standard_normal((500, 2))
    mixture = GaussianMixture(1, covariance_type=type_, reg_covar=0.1)
    for _ in range(100):
        mixture.partial_fit(X)
    expected = GaussianMixture(1, covariance_type=type_, reg_covar=0.1).fit(X)
    np.testing.assert_allclose(mixture.covariances_, expected.covariances_, atol=1e-9)


def test_refused_batches(easy):
    mixture = GaussianMixture(4, random_state=0).fit(easy[:500])
    before = dict(vars(mixture))
    with pytest.raises(
        ValueError, match="2 features, but GaussianMixture is expecting"
    ):
        mixture.partial_fit(easy[:9, :2])
    with pytest.raises(ValueError, match="X contains NaN at row 1, column 2"):
        mixture.partial_fit([[0, 0, 0], [0, 0, np.nan]])
    with pytest.raises(ValueError, match="0 sample"):
        mixture.partial_fit(easy[:0])
    with pytest.raises(ValueError, match="sample_weight must be positive for at least"):
        mixture.partial_fit(easy[:9], sample_weight=np.zeros(9))
    assert all(vars(mixture)[name] is value for name, value in before.items())
    with pytest.raises(ValueError, match="reg_covar"):
        mixture.set_params(reg_covar=-1).partial_fit(easy)


def test_too_small_a_first_batch(easy):
    mixture = GaussianMixture(4)
    with pytest.raises(ValueError, match="n_components = 4, n_samples = 3"):
        mixture.partial_fit(easy[:3])
    with pytest.raises(NotFittedError):
        mixture.predict(easy)


@pytest.mark.parametrize("method", ["partial_fit", "fit", "predict"])
def test_a_matrix_is_no_list_of_variances(made, method):
    """Three features and three components: tied and diag have the same shape."""
    X = made(400, 3, 3)
    mixture = GaussianMixture(3, covariance_type="tied", random_state=0).fit(X)
    mixture.set_params(covariance_type="diag", warm_start=True)
    with pytest.raises(ValueError, match="covariance_type"):
        getattr(mixture, method)(X)


@pytest.mark.parametrize(
    "changed", [{"n_components": 3}, {"covariance_type": "diag"}], ids=str
)
def test_another_kind_of_mixture_does_not_continue(easy, changed):
    mixture = GaussianMixture(4, random_state=0).fit(easy[:500])
    with pytest.raises(ValueError, match="|".join(changed)):
        mixture.set_params(**changed).partial_fit(easy[500:])
