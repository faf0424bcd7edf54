"""The unit of a column, of all of X, an offset or an odd row cost nothing.

What is fitted to numbers in other units is what is fitted to the numbers themselves,
in these units: means times u, covariances times u·uᵀ, log-densities less Σ log u.
"""

import numpy as np
import pytest
import sklearn.mixture

from latentia import GaussianMixture
from latentia import rows as elsewhere
from latentia.mixture.parameters import CollapsedCovarianceError

K = 2
RESOLUTION = {np.float32: 2e-3, np.float64: 1e-7}
POWERS = {
    np.float32: [-37, -30, -20, -18, -10, 10, 16, 18, 20, 30, 37],
    np.float64: [-145, -30, 30, 140],
}
ENDS = {np.float32: (-37, 18, 20, 37), np.float64: (-145, 140)}
COLUMNS = {
    "one tiny, one huge": [-12, 0, 12],
    "the same, further apart": [-30, 0, 30],
    "all tiny but one": [-25, -25, 0],
}


@pytest.fixture
def clear(made):
    """Rows of two Gaussians far apart, and the share of each row."""
    rng = np.random.default_rng(0)
    y = np.arange(300) % 2
    X = rng.standard_normal((300, 3)) @ rng.standard_normal((3, 3)) + 6.0 * y[:, None]
    return X, np.eye(2)[y] * 0.98 + 0.01


def mixture(type_, shares, **parameters):
    parameters = {"reg_covar": 0, "max_iter": 200, "tol": 1e-7} | parameters
    return GaussianMixture(K, covariance_type=type_, init_params=shares, **parameters)


def unscaled(found, u):
    """(means, covariances) in the unit of 1."""
    if found.covariance_type in ("full", "tied"):
        return found.means_ / u, found.covariances_ / u / u[:, np.newaxis]
    if found.covariance_type == "spherical":
        return found.means_ / u, found.covariances_ / u[0] / u[0]
    return found.means_ / u, found.covariances_ / u / u


def standard(X, shares, type_):
    """scikit-learn, of the rows in their own unit, from the same start."""
    theirs = sklearn.mixture.GaussianMixture(
        K, covariance_type=type_, reg_covar=0, max_iter=200, tol=1e-7
    )
    theirs._initialize(X, shares)
    precisions = (
        np.linalg.inv(theirs.covariances_)
        if type_ in ("full", "tied")
        else 1 / theirs.covariances_
    )
    theirs.set_params(
        weights_init=theirs.weights_,
        means_init=theirs.means_,
        precisions_init=precisions,
    )
    return theirs.fit(X)


def assert_equivariant(X, shares, type_, dtype, u, rtol=None):
    """X in units 1/u: parameters, log-densities, labels, draws, and another batch."""
    rtol = rtol or RESOLUTION[dtype]
    scaled = (X * u).astype(dtype)
    assert np.isfinite(scaled).all()
    own = scaled.astype(float) / u
    exact = standard(own, shares, type_)
    found = mixture(type_, shares).fit(scaled)
    means, covariances = unscaled(found, u)
    np.testing.assert_allclose(found.weights_, exact.weights_, rtol=rtol)
    scale = np.abs(exact.means_).max()
    np.testing.assert_allclose(means, exact.means_, atol=rtol * scale)
    scale = np.abs(exact.covariances_).max()
    np.testing.assert_allclose(covariances, exact.covariances_, atol=rtol * scale)
    scores = found.score_samples(scaled)
    assert scores.dtype == dtype
    expected = exact.score_samples(own) - np.log(u).sum()
    scale = np.abs(expected).max() + 1
    np.testing.assert_allclose(scores, expected, atol=rtol * scale)
    np.testing.assert_array_equal(found.predict(scaled), exact.predict(own))
    np.testing.assert_allclose(
        found.predict_proba(scaled), exact.predict_proba(own), atol=10 * rtol
    )
    drawn, label = found.sample(2000)
    expected = exact.means_[label] * u
    spread = np.abs((drawn - expected) / u).max()
    assert 0.5 < spread < 30
    assert np.isfinite(found.partial_fit(scaled).score(scaled))
    assert found.score(scaled) == pytest.approx(scores.mean(), abs=0.1)


CASES = [
    pytest.param(dtype, power, marks=[] if power in ENDS[dtype] else [pytest.mark.slow])
    for dtype, powers in POWERS.items()
    for power in powers
]


@pytest.mark.parametrize(("dtype", "power"), CASES, ids=str)
def test_a_unit_for_all(clear, type_, dtype, power):
    X, shares = clear
    X = X if power < 37 else X / 4  # up to float32's largest number, 3.4e38
    assert_equivariant(X, shares, type_, dtype, np.full(3, 10.0**power))


@pytest.mark.parametrize("powers", COLUMNS.values(), ids=COLUMNS)
@pytest.mark.parametrize("type_", ["full", "tied", "diag"])
def test_a_unit_for_each_column(clear, type_, dtype, powers):
    """A spherical one has no such units: its variance is the columns' mean."""
    assert_equivariant(*clear, type_, dtype, 10.0 ** np.array(powers))


@pytest.mark.parametrize("power", [-20, 20])
@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random"])
def test_searches_in_other_units(clear, type_, power, init_params):
    """float32 rows give the same fit whether float32 can square them or not."""
    X, _ = clear
    parameters = {"covariance_type": type_, "random_state": 0, "n_init": 3}
    parameters |= {"init_params": init_params, "reg_covar": 0, "max_iter": 500}
    X = X.astype(np.float32)
    u = np.float32(10.0**power)
    exact = GaussianMixture(K, **parameters).fit(X.astype(float))
    found = GaussianMixture(K, **parameters).fit(X * u)
    expected = exact.score(X) - 3 * np.log(float(u))
    assert found.score(X * u) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("weighted", [False, True])
def test_wherever_the_rows_live(clear, type_, weighted):
    X, shares = clear
    X = (X * 1e-20).astype(np.float32)
    weight = np.arange(300.0) % 3 + 1 if weighted else None
    here = mixture(type_, shares).fit(X, sample_weight=weight)
    blocks = [X[:100], X[100:200], X[200:]]
    homes = [elsewhere.open(lambda: iter(blocks), memory=16 * 100 * 3 * 4)]
    da = pytest.importorskip("dask.array")
    homes.append(da.from_array(X, chunks=(100, 3)))
    for rows in homes:
        there = mixture(type_, shares).fit(rows, sample_weight=weight)
        np.testing.assert_allclose(there.means_, here.means_, rtol=1e-9)
        scores = np.asarray(there.score_samples(rows))
        assert scores.dtype == np.float32
        np.testing.assert_allclose(scores, here.score_samples(X), rtol=1e-5)
        found = np.asarray(there.predict_proba(rows))
        np.testing.assert_allclose(found, here.predict_proba(X), atol=1e-5)
        np.testing.assert_array_equal(there.predict(rows), here.predict(X))


@pytest.mark.parametrize(("offset", "k", "d"), [(1e3, 2, 2), (1e5, 2, 2), (1e4, 1, 20)])
def test_large_means_with_a_tiny_spread(type_, offset, k, d):
    """Of float32 numbers float64 has more digits; of the same numbers both have all."""
    rng = np.random.default_rng(0)
    y = np.arange(1000) % k
    tight = 1e-6 * offset * rng.standard_normal((1000, d))
    X = (tight + np.where(y == k - 1, offset, 0)[:, None]).astype(np.float32)
    single, double = (
        GaussianMixture(
            k, covariance_type=type_, init_params=np.eye(k)[y], reg_covar=0, tol=1e-7
        ).fit(rows)
        for rows in (X, X.astype(float))
    )
    scale = np.abs(double.covariances_).max()
    np.testing.assert_allclose(
        single.covariances_, double.covariances_, rtol=0.02, atol=1e-3 * scale
    )
    np.testing.assert_allclose(single.means_, double.means_, atol=1e-8 * offset)
    np.testing.assert_allclose(
        single.score_samples(X), double.score_samples(X.astype(float)), atol=0.05
    )
    np.testing.assert_array_equal(single.predict(X), double.predict(X.astype(float)))


def test_tight_components_far_apart(type_):
    """Rows that float32 cannot resolve about one origin are read in float64."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((900, 2)) * 1e-3
    X[300:600] += [1e6, 0]
    X = X.astype(np.float32)
    X[300:600, 0] += rng.integers(-1, 2, 300) / 16
    shares = np.eye(2)[(np.arange(900) // 300) % 2]
    single = mixture(type_, shares, reg_covar=1e-12).fit(X)
    double = mixture(type_, shares, reg_covar=1e-12).fit(X.astype(float))
    np.testing.assert_allclose(single.covariances_, double.covariances_, rtol=1e-6)
    scores = double.score_samples(X.astype(float))
    np.testing.assert_allclose(single.score_samples(X), scores, rtol=1e-5)


def test_a_sentinel_row(clear, type_, dtype):
    """−9999 in one row: the other component is what it is without that row."""
    X, _ = clear
    X = X.astype(dtype)
    X[17] = -9999
    shares = np.eye(2)[(np.arange(300) == 17).astype(int)]
    found = mixture(type_, shares, reg_covar=1e-6).fit(X)
    rest = np.delete(X, 17, axis=0).astype(float)
    assert found.weights_[1] == pytest.approx(1 / 300)
    np.testing.assert_allclose(found.means_[0], rest.mean(axis=0), rtol=1e-5)
    S = np.cov(rest.T, bias=True)
    expected = {"full": S, "diag": np.diag(S), "spherical": np.trace(S) / 3}
    expected["tied"] = S * 299 / 300
    covariance = found.covariances_ if type_ == "tied" else found.covariances_[0]
    np.testing.assert_allclose(covariance, expected[type_], rtol=1e-3, atol=1e-4)


def test_an_equal_column_ties_and_duplicates(clear, type_, dtype):
    """A column without variance has that of the regularisation, whatever its level."""
    X, shares = clear
    X = np.repeat(X[:50].round(1), 6, axis=0)
    shares = np.repeat(shares[:50], 6, axis=0)
    scores = []
    for level in (0.0, 1.0, 1e6, -3e9):
        full = np.c_[X, np.full(len(X), level)].astype(dtype)
        found = mixture(type_, shares, reg_covar=1e-3).fit(full)
        np.testing.assert_allclose(found.means_[:, 3], level, rtol=1e-7)
        scores.append(found.score(full))
    np.testing.assert_allclose(scores, scores[0], atol=1e-3)


@pytest.mark.parametrize("power", [-200, -160, -155])
def test_what_float64_cannot_square_is_an_error(clear, type_, power):
    X, shares = clear
    with pytest.raises(CollapsedCovarianceError, match="scale"):
        mixture(type_, shares).fit(X * 10.0**power)


def test_lost_digits_are_announced():
    """A spread of 2e-4 at 1e12: float64 has few digits for it about one origin."""
    X = np.random.default_rng(0).standard_normal((100, 1)) * 2e-4
    X = np.r_[X, X + 1e12]
    shares = np.eye(2)[np.arange(200) // 100]
    with pytest.warns(UserWarning, match="component 0 .* has lost digits") as caught:
        mixture("full", shares).fit(X)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("dtype", "far"),
    [(np.float32, far) for far in (1e8, 1e18, 1e30, 3e38)] + [(np.float64, 1e16)],
)
def test_rows_far_beyond_a_fit(clear, type_, dtype, far):
    """float32 holds neither the square nor the log-density: as small as can be."""
    X, shares = clear
    found = mixture(type_, shares).fit(X.astype(dtype))
    new = X[:3].astype(dtype)
    new[1, 0] = far
    scores = found.score_samples(new)
    assert np.isfinite(scores).all()
    assert scores[1] < -min(far, 1e30)
    np.testing.assert_allclose(scores[::2], found.score_samples(new[::2]), rtol=1e-5)
    np.testing.assert_allclose(found.predict_proba(new).sum(axis=1), 1, rtol=1e-5)


SCALES = [(np.float32, 1e15), (np.float32, 1e-15), (np.float64, 1e15)]
SCALES += [(np.float64, 1e-15), (np.float64, 1e100), (np.float64, 1e-100)]


@pytest.mark.parametrize(("dtype", "scale"), SCALES)
def test_the_default_regularisation(made, type_, dtype, scale):
    """reg_covar is lost in large variances and exceeds small ones, without an error."""
    X = (made(300, 3, 2, apart=6.0) * scale).astype(dtype)
    mixture = GaussianMixture(2, covariance_type=type_, random_state=0).fit(X)
    assert np.isfinite(mixture.score_samples(X)).all()
    if scale < 1:
        variance = mixture.covariances_
        if type_ in ("full", "tied"):
            variance = np.diagonal(variance, axis1=-2, axis2=-1)
        np.testing.assert_allclose(variance, 1e-6, rtol=1e-3)


@pytest.mark.parametrize("largest", [1e151, 1e300, 1.7e308])
def test_numbers_whose_squares_overflow(made, type_, largest):
    X = made(100, 2, 2)
    X[17, 1] = largest
    message = f"at most 1e.150, .*got a number of size {largest:.3g}"
    for method in ("fit", "partial_fit", "fit_predict"):
        mixture = GaussianMixture(2, covariance_type=type_)
        with pytest.raises(ValueError, match=message.replace("+", r"\+")):
            getattr(mixture, method)(X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sigmas", [1e4, 1e8])
@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random"])
def test_outliers(made, type_, dtype, sigmas, init_params):
    """One row far off, seen in the fit."""
    X = made(500, 3, 2, apart=6.0).astype(dtype)
    X[123] = [sigmas, -sigmas, 1]
    mixture = GaussianMixture(
        3, covariance_type=type_, random_state=0, init_params=init_params, max_iter=900
    )
    try:
        mixture.fit(X)
    except CollapsedCovarianceError:
        # Spread over all components it leaves float64 few digits of the other rows'
        # covariances: an error may be, a result that is not one may not.
        assert (sigmas, init_params) == (1e8, "random")
        return
    for name in ("weights_", "means_", "covariances_", "precisions_", "lower_bounds_"):
        assert np.isfinite(getattr(mixture, name)).all(), name
    assert np.isfinite(mixture.score_samples(X)).all()
    r = mixture.predict_proba(X)
    np.testing.assert_allclose(r.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("shift", [1e6, -1e8])
def test_double_precision_does_not_cancel(type_, shift, made):
    X = made(400, 3, 2, apart=6.0)
    parameters = {"covariance_type": type_, "random_state": 0, "reg_covar": 0}
    here = GaussianMixture(2, **parameters).fit(X)
    there = GaussianMixture(2, **parameters).fit(X + shift)
    np.testing.assert_allclose(there.covariances_, here.covariances_, atol=1e-6)
    assert there.score(X + shift) == pytest.approx(here.score(X), abs=1e-6)


def test_subnormal_numbers(type_):
    X = np.random.default_rng(0).uniform(-1, 1, (50, 2)) * 1e-310
    mixture = GaussianMixture(2, covariance_type=type_, random_state=0).fit(X)
    assert np.isfinite(mixture.score_samples(X)).all()


def test_signed_zeros(type_, same_mixture):
    X = np.random.default_rng(0).integers(-2, 3, (60, 2)).astype(float)
    negative = np.where(X == 0, -0.0, X)
    for init_params in ("kmeans", "random"):
        parameters = {"init_params": init_params, "random_state": 0, "max_iter": 900}
        same_mixture(
            GaussianMixture(2, covariance_type=type_, **parameters).fit(negative),
            GaussianMixture(2, covariance_type=type_, **parameters).fit(X),
        )
