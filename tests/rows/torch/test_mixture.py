"""Gaussian mixtures of tensors, against those of arrays."""

import numpy as np
import pytest

from latentia import GaussianMixture
from latentia.mixture.covariance import COVARIANCES
from latentia.mixture.parameters import with_covariances
from latentia.mixture.statistics import (
    FitData,
    e_step_statistics,
    nearest_mean_statistics,
    random_statistics,
)
from latentia.rows import as_rows

torch = pytest.importorskip("torch")

TYPES = ["full", "tied", "diag", "spherical"]


def clusters(n, d, dtype, *, k=3, offset=0.0):
    rng = np.random.default_rng(n + d)
    means = 4 * rng.standard_normal((k, d))
    scales = 10.0 ** (np.arange(d) % 3 - 1)
    X = means[rng.integers(k, size=n)] + rng.standard_normal((n, d))
    return (X * scales + offset).astype(dtype)


def mixture_of(X, k, name):
    """Components about rows of X, none of them empty."""
    type_, rng = COVARIANCES[name], np.random.default_rng(0)
    means = X[rng.integers(len(X), size=k)].astype(np.float64) + 0.1
    d = X.shape[1]
    spread = np.var(X, axis=0, dtype=np.float64) + 0.1
    correlated = np.sqrt(np.outer(spread, spread)) * (0.3 + 0.7 * np.eye(d))
    covariances = {
        "full": np.stack([(1 + i) * correlated for i in range(k)]),
        "tied": correlated,
        "diag": np.stack([(1 + i) * spread for i in range(k)]),
        "spherical": (1.0 + np.arange(k)) * spread.mean(),
    }[name]
    return with_covariances(type_, np.full(k, 1 / k), means, covariances)


def both(X, weighted):
    """The same rows and weights as an array and as a tensor."""
    w = None
    if weighted:
        w = np.random.default_rng(1).integers(0, 3, len(X)).astype(X.dtype)
        w[0] = 1
    for rows in (as_rows(X), as_rows(torch.tensor(X))):
        state = None if w is None else rows.state_from_array(w)
        yield FitData(rows, state, X.mean(axis=0, dtype=np.float64), 1)


def compare(ours, theirs, X):
    """To a part of what a row adds to a sum, each feature in its own unit."""
    rtol = 1e-5 if X.dtype == np.float32 else 1e-10
    size = max(1.0, abs(theirs.log_likelihood))
    assert abs(ours.log_likelihood - theirs.log_likelihood) <= rtol * size
    n, unit = len(X), np.abs(X).max(axis=0).astype(np.float64)
    square = theirs.second_moment
    units = {
        "weight": 1.0,
        "first_moment": unit,
        "second_moment": np.outer(unit, unit) if square.ndim > 2 else unit**2,
        "reference_points": unit,
    }
    if square.ndim == 2 and square.shape != theirs.first_moment.shape:  # tied
        units["second_moment"] = np.outer(unit, unit)
    for name, of_row in units.items():
        found, known = getattr(ours, name), getattr(theirs, name)
        assert found.shape == known.shape
        off = np.abs(found - known) / (n * of_row)
        assert off.max() <= rtol, name


SIZES = [(1, 3, 2), (5, 1, 3), (3, 6, 2), (6, 2, 1), (7, 2, 4), (8, 5, 3), (50, 9, 5)]


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.usefixtures("small_tiles")
def test_sums_of_a_pass(name, dtype, weighted):
    for n, d, k in SIZES:
        X = clusters(n, d, dtype)
        parameters = mixture_of(X, k, name)
        theirs, ours = (e_step_statistics(f, parameters) for f in both(X, weighted))
        compare(ours, theirs, X)
        theirs, ours = (
            nearest_mean_statistics(f, COVARIANCES[name], parameters.means)
            for f in both(X, weighted)
        )
        compare(ours, theirs, X)
        theirs, ours = (
            random_statistics(f, COVARIANCES[name], k, 7) for f in both(X, weighted)
        )
        compare(ours, theirs, X)


@pytest.mark.parametrize("name", TYPES)
def test_groups_of_components(name, dtype, monkeypatch):
    """One component at a time, two, or all."""
    from latentia.rows.torch import mixture

    X = clusters(40, 4, dtype)
    parameters = mixture_of(X, 5, name)
    theirs, _ = (e_step_statistics(f, parameters) for f in both(X, False))
    for n_bytes in (1, 3 * 40 * 4 * dtype.itemsize * 2, 1 << 30):
        monkeypatch.setattr(mixture, "budget_of", lambda X, n=n_bytes: n)
        _, ours = (e_step_statistics(f, parameters) for f in both(X, False))
        compare(ours, theirs, X)


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_a_fit(name, dtype, tolerance, offset):
    X = clusters(400, 4, dtype, offset=offset)
    options = {"covariance_type": name, "random_state": 0, "max_iter": 20, "tol": 0}
    with pytest.warns(match="did not converge"):
        theirs = GaussianMixture(3, **options).fit(X)
    with pytest.warns(match="did not converge"):
        ours = GaussianMixture(3, **options).fit(torch.tensor(X))
    size = max(1.0, abs(theirs.lower_bound_))
    assert abs(ours.lower_bound_ - theirs.lower_bound_) <= tolerance * size
    assert ours.lower_bounds_[0] == pytest.approx(theirs.lower_bounds_[0], rel=1e-5)
    for name in ("weights_", "means_", "covariances_"):
        found, known = getattr(ours, name), getattr(theirs, name)
        assert isinstance(found, np.ndarray)
        np.testing.assert_allclose(found, known, rtol=2e-3, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("name", TYPES)
def test_what_a_mixture_says_of_rows(name, dtype):
    X = clusters(300, 4, dtype)
    tensor = torch.tensor(X)
    mixture = GaussianMixture(3, covariance_type=name, random_state=0).fit(X)
    labels = mixture.predict(tensor)
    assert labels.dtype == torch.int64
    np.testing.assert_array_equal(labels, mixture.predict(X))
    atol = 1e-3 if dtype == np.float32 else 1e-9
    for use in (mixture.predict_proba, mixture.score_samples):
        found = use(tensor)
        assert isinstance(found, torch.Tensor)
        assert found.numpy().dtype == dtype
        np.testing.assert_allclose(found, use(X), rtol=1e-4, atol=atol)
    for use in (mixture.score, mixture.bic, mixture.aic):
        assert use(tensor) == pytest.approx(use(X), rel=1e-5)
    given = mixture.conditional_mean([0, 1], tensor[:, :2])
    assert isinstance(given, torch.Tensor)
    np.testing.assert_allclose(
        given, mixture.conditional_mean([0, 1], X[:, :2]), rtol=1e-4, atol=atol
    )


def test_float32_rows_that_are_scored_in_float64():
    """A component that is narrow for its distance from the heaviest one."""
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(0, 1, (90, 1)), rng.normal(1e4, 1e-3, (30, 1))]
    X = X.astype(np.float32)
    mixture = GaussianMixture(2, random_state=0, reg_covar=1e-9).fit(X)
    tensor = torch.tensor(X)
    for use in (mixture.predict, mixture.predict_proba, mixture.score_samples):
        np.testing.assert_allclose(use(tensor), use(X), rtol=1e-5, atol=1e-5)
    again = GaussianMixture(2, random_state=0, reg_covar=1e-9).fit(tensor)
    assert again.lower_bound_ == pytest.approx(mixture.lower_bound_, rel=1e-6)


@pytest.mark.parametrize("start", ["random", "k-means++", "random_from_data", "array"])
def test_starts(start, dtype, tolerance):
    X = clusters(200, 3, dtype)
    if start == "array":
        start = np.eye(3)[np.arange(200) % 3]
    w = np.random.default_rng(3).integers(0, 4, 200)
    options = {"init_params": start, "random_state": 0, "max_iter": 3, "tol": np.inf}
    theirs = GaussianMixture(3, **options).fit(X, sample_weight=w)
    for weight in (w, torch.tensor(w)):
        ours = GaussianMixture(3, **options).fit(torch.tensor(X), sample_weight=weight)
        assert ours.lower_bound_ == pytest.approx(theirs.lower_bound_, rel=tolerance)


def test_batches(dtype, tolerance):
    X = clusters(300, 3, dtype)
    theirs, ours = (GaussianMixture(2, random_state=0) for _ in range(2))
    for begin in (0, 100, 200):
        theirs.partial_fit(X[begin : begin + 100])
        ours.partial_fit(torch.tensor(X[begin : begin + 100]))
    np.testing.assert_allclose(ours.means_, theirs.means_, rtol=0, atol=1e3 * tolerance)


def test_numbers_whose_squares_leave_float32():
    X = clusters(200, 3, np.float64) * 1e18
    X = X.astype(np.float32)
    theirs = GaussianMixture(2, random_state=0).fit(X)
    ours = GaussianMixture(2, random_state=0).fit(torch.tensor(X))
    assert ours.lower_bound_ == pytest.approx(theirs.lower_bound_, rel=1e-9)


def test_sparse_tensors_are_refused(as_csr_tensor):
    import scipy.sparse

    tensor = as_csr_tensor(scipy.sparse.eye_array(9, format="csr"))
    with pytest.raises(TypeError, match=r"sparse.*latentia\.PCA"):
        GaussianMixture(2).fit(tensor)
