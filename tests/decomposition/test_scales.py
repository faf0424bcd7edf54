"""Very large and very small numbers, and means far beyond the spread."""

import dask.array as da
import numpy as np
import pytest
import scipy.sparse
import sklearn.decomposition

from latentia import PCA, TruncatedSVD, randomized_svd
from latentia.rows import open as open_rows

SCALES = [
    (np.float32, 1e30),
    (np.float32, 1e-30),
    (np.float64, 1e30),
    (np.float64, 1e200),
    (np.float64, 1e-200),
]
# float32 holds no number below 1e-38 to full precision: leave room below the scale.
SPECTRUM = np.linspace(1, 0.1, 29)


def tolerance(dtype):
    return 1e-4 if dtype == np.float32 else 1e-9


@pytest.fixture(params=["C", "F", "CSR"])
def storage(request, formats):
    return formats[request.param]


@pytest.mark.parametrize("method", ["krylov", "power", "gram", "lapack"])
@pytest.mark.parametrize(("shape", "center"), [((83, 29), True), ((29, 83), False)])
def test_scale_is_a_factor(
    method, shape, center, storage, with_spectrum, by_route, case
):
    """All is as at scale 1, but s and what is measured in its unit."""
    for dtype, scale in SCALES:
        with case(dtype=dtype, scale=scale):
            unit = with_spectrum(shape, SPECTRUM)
            expected = by_route(unit, 4, "lapack", center=center)
            A = storage((unit * scale).astype(dtype))
            found = by_route(A, 4, method, center=center, tol=1e-9, n_iter=60)
            np.testing.assert_allclose(
                found.s.astype(float) / scale, expected.s, rtol=tolerance(dtype)
            )
            np.testing.assert_allclose(found.V, expected.V, atol=30 * tolerance(dtype))
            np.testing.assert_allclose(found.U, expected.U, atol=30 * tolerance(dtype))
            error = np.abs(found.s.astype(float) / scale - expected.s)
            assert (error <= found.error_bound / scale + 1e-14).all()
            assert (found.residuals / scale < 1e-2).all()


@pytest.mark.parametrize("center", [False, True])
def test_columns_scaled_to_unit_deviation(center, storage, by_route, case):
    for dtype, scale in SCALES:
        with case(dtype=dtype, scale=scale):
            unit = np.random.default_rng(0).uniform(1, 2, (83, 29))
            expected = by_route(unit, 4, "lapack", center=center, scale=True)
            A = storage((unit * scale).astype(dtype))
            for method in ("krylov", "gram"):
                found = by_route(A, 4, method, center=center, scale=True, tol=0)
                np.testing.assert_allclose(found.s, expected.s, rtol=1e-4)
                np.testing.assert_allclose(found.V, expected.V, atol=1e-2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_columns_of_different_scales(dtype, by_route):
    """Scaling evens out what differs by many orders: small is not constant."""
    spread = np.logspace(-15, 15, 29)
    unit = np.random.default_rng(0).uniform(1, 2, (83, 29))
    A = (unit * spread).astype(dtype)
    exact = by_route(unit, 4, "lapack", center=True, scale=True)
    for method in ("krylov", "gram", "lapack"):
        found = by_route(A, 4, method, center=True, scale=True, tol=0)
        np.testing.assert_allclose(found.s, exact.s, rtol=1e-4, err_msg=method)


ESTIMATORS = {
    solver: PCA(4, svd_solver=solver, tol=1e-9, random_state=0)
    for solver in ("full", "covariance_eigh", "randomized", "arpack")
} | {"TruncatedSVD": TruncatedSVD(4, tol=1e-9, random_state=0)}


@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)
def test_estimators(estimator, storage, with_spectrum, case):
    """Variances may leave the range of the dtype: what is relative stays right."""
    pca = isinstance(estimator, PCA)
    exact = PCA(4, svd_solver="full") if pca else TruncatedSVD(4, algorithm="arpack")
    unit = with_spectrum((83, 29), SPECTRUM)
    exact.fit(unit)
    for dtype, scale in SCALES:
        with case(dtype=dtype, scale=scale):
            X, rtol = storage((unit * scale).astype(dtype)), tolerance(dtype)
            found = estimator.fit(X)
            s = found.singular_values_.astype(float) / scale
            np.testing.assert_allclose(s, exact.singular_values_, rtol=rtol)
            ratio = found.explained_variance_ratio_
            np.testing.assert_allclose(
                ratio, exact.explained_variance_ratio_, rtol=rtol
            )
            V = exact.components_
            np.testing.assert_allclose(found.components_, V, atol=30 * rtol)
            Z = found.transform(X).astype(float) / scale
            np.testing.assert_allclose(Z, exact.transform(unit), atol=30 * rtol)


def test_whitening(with_spectrum, case):
    for dtype, scale in SCALES:
        with case(dtype=dtype, scale=scale):
            X = (with_spectrum((83, 29), SPECTRUM) * scale).astype(dtype)
            pca = PCA(4, whiten=True, svd_solver="full").fit(X)
            for Z in (pca.transform(X), PCA(4, whiten=True).fit_transform(X)):
                np.testing.assert_allclose(Z.std(axis=0, ddof=1), 1, rtol=1e-3)


@pytest.mark.parametrize("mean", [1e2, 1e4])
@pytest.mark.parametrize("solver", ["full", "covariance_eigh", "randomized", "arpack"])
def test_large_means(mean, solver, storage, with_spectrum):
    """float32 against the float64 truth of the same numbers; the spread is 1."""
    X = 30 * with_spectrum((401, 31), np.arange(1, 32) ** -0.5)
    X += mean * np.random.default_rng(0).uniform(0.5, 1, 31)
    X = X.astype(np.float32)
    exact = PCA(5, svd_solver="full").fit(X.astype(np.float64))
    pca = PCA(5, svd_solver=solver, tol=1e-7, random_state=0).fit(storage(X))
    # Dense rows are centred number by number, sparse ones by a rank-one correction,
    # which cancels.
    cancels = storage is scipy.sparse.csr_array
    size = np.linalg.norm(X) if cancels else exact.singular_values_[0]
    np.testing.assert_allclose(pca.mean_, exact.mean_, rtol=1e-6)
    np.testing.assert_allclose(
        pca.singular_values_, exact.singular_values_, atol=2e-6 * size
    )
    error = np.abs(pca.singular_values_ - exact.singular_values_)
    assert (error <= pca.error_bound_).all()
    np.testing.assert_allclose(
        pca.explained_variance_ / pca.explained_variance_ratio_,
        X.astype(np.float64).var(axis=0, ddof=1).sum(),
        rtol=1e-5,
    )


def test_centring_float64_with_large_means(storage, with_spectrum):
    X = with_spectrum((401, 31), np.arange(1, 32) ** -0.5) + 1e6
    _, s, _ = randomized_svd(storage(X), 5, center=True, tol=1e-9, random_state=0)
    about = X - X[0]
    exact = np.linalg.svd(about - about.mean(axis=0), compute_uv=False)[:5]
    np.testing.assert_allclose(s, exact, rtol=1e-8)


@pytest.mark.parametrize(("dtype", "tiny"), [(np.float32, 1e-40), (np.float64, 1e-310)])
@pytest.mark.parametrize("method", ["krylov", "power", "gram", "lapack"])
def test_subnormal_numbers(method, dtype, tiny, by_route):
    """They have few digits, but are no reason to divide by zero."""
    found = by_route(np.full((31, 7), tiny, dtype=dtype), 2, method)
    np.testing.assert_allclose(
        found.s, [np.sqrt(31 * 7) * tiny, 0], rtol=1e-2, atol=1e-2 * tiny
    )
    np.testing.assert_allclose(found.V.T @ found.V, np.eye(2), atol=1e-5)


@pytest.mark.parametrize(("dtype", "scale"), [(np.float32, 1e37), (np.float64, 5e306)])
@pytest.mark.parametrize("method", ["krylov", "power", "gram", "lapack"])
@pytest.mark.parametrize("center", [False, True])
def test_near_the_end_of_the_range(dtype, scale, method, center, storage, by_route):
    """Sums over the rows are larger than any number of A: they had been infinite."""
    unit = np.random.default_rng(0).uniform(-1, 1, (300, 40))
    A = storage((unit * scale).astype(dtype))
    expected = by_route(unit, 3, "lapack", center=center)
    found = by_route(A, 3, method, center=center, tol=1e-9, n_iter=60)
    np.testing.assert_allclose(
        found.s.astype(np.longdouble) / scale, expected.s, rtol=tolerance(dtype)
    )
    assert np.isfinite(found.error_bound).all()
    np.testing.assert_allclose(found.U, expected.U, atol=30 * tolerance(dtype))


@pytest.mark.parametrize(
    ("dtype", "scale", "about"), [(np.float32, 1e38, 39.1), (np.float64, 3e307, 308.6)]
)
@pytest.mark.parametrize("fit", [PCA(3).fit, TruncatedSVD(3).fit_transform])
def test_a_singular_value_beyond_the_range(dtype, scale, about, fit, storage):
    A = np.random.default_rng(0).uniform(-1, 1, (300, 40))
    message = rf"singular value is about 10\^{about}.*{np.dtype(dtype)}.*another unit"
    with pytest.raises(ValueError, match=message):
        fit(storage((A * scale).astype(dtype)))


@pytest.mark.parametrize(
    ("dtype", "scale"),
    [("f4", 1e25), ("f4", 1e-25), ("f8", 1e250), ("f8", 1e-250), ("f4", 1)],
)
def test_whitened_coordinates_lead_back(dtype, scale):
    """In units whose squares the type does not hold, too."""
    X = (np.random.default_rng(0).uniform(1, 2, (60, 4)) * scale).astype(dtype)
    pca = PCA(whiten=True).fit(X)
    np.testing.assert_allclose(
        pca.inverse_transform(pca.transform(X)), X, rtol=30 * np.finfo(dtype).eps
    )


@pytest.mark.parametrize(
    ("dtype", "scale", "size"),
    [("f4", 1e25, "large"), ("f4", 1e-25, "small"), ("f8", 1e-250, "small")],
)
def test_variances_that_their_type_does_not_hold_have_no_density(dtype, scale, size):
    """Noise that underflowed is not the noise of a singular model."""
    X = (np.random.default_rng(0).uniform(1, 2, (60, 4)) * scale).astype(dtype)
    pca = PCA(2).fit(X)
    with pytest.raises(ValueError, match=f"variance_ is too {size} for float"):
        pca.score(X)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("store", ["array", "CSR", "blocks", "dask", "tensor"])
def test_noise_variance_next_to_a_column_in_another_unit(store, weighted):
    """Σλ of all less Σλ of the components is the rounding of the first λ here."""
    rng = np.random.default_rng(0)
    X = rng.random((90, 3)) @ rng.random((3, 6)) + 0.01 * rng.random((90, 6))
    X[:, 0] *= 1e8
    weight = rng.integers(1, 4, 90) if weighted else None
    repeated = X if weight is None else X.repeat(weight, axis=0)
    theirs = sklearn.decomposition.PCA(3, svd_solver="full").fit(repeated)
    rows = {
        "array": lambda: X,
        "CSR": lambda: scipy.sparse.csr_array(X),
        "blocks": lambda: open_rows(lambda: (X[i : i + 40] for i in (0, 40, 80))),
        "dask": lambda: da.from_array(X, chunks=(40, -1)),
        "tensor": lambda: pytest.importorskip("torch").tensor(X),
    }[store]()
    ours = PCA(3, random_state=0).fit(rows, sample_weight=weight)
    assert ours.noise_variance_ == pytest.approx(theirs.noise_variance_, rel=1e-6)
