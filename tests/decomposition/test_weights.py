"""Weights count rows: 2 is the row twice, 0 the row left out."""

import dask.array as da
import numpy as np
import pytest
import scipy.sparse as sp

from latentia import PCA
from latentia.decomposition import weighted
from latentia.rows import open

ATTRIBUTES = [
    "components_",
    "explained_variance_",
    "explained_variance_ratio_",
    "singular_values_",
    "mean_",
    "noise_variance_",
    "n_samples_",
    "n_components_",
]
STORES = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "CSR": sp.csr_array,
    "blocks": lambda A: open(lambda: (A[i : i + 31] for i in range(0, len(A), 31))),
    "sparse blocks": lambda A: open(
        lambda: (sp.csr_array(A[i : i + 31]) for i in range(0, len(A), 31))
    ),
    "dask": lambda A: da.from_array(A, chunks=(41, -1)),
}


def rows_and_weights(dtype=np.float64, offset=0.0):
    rng = np.random.default_rng(0)
    A = rng.standard_normal((150, 11)) * np.linspace(3, 1, 11) + 1
    A *= rng.random(A.shape) < 0.4
    A[:, 4] = rng.standard_normal(150) + offset
    weight = rng.integers(0, 4, 150)
    A[0], weight[0] = 1e3, 0  # no reason to lose digits, nor to be seen
    return A.astype(dtype), weight


@pytest.mark.parametrize("store", STORES.values(), ids=STORES)
@pytest.mark.parametrize("copies", [True, False])
@pytest.mark.parametrize(
    "solver", ["auto", "covariance_eigh", "randomized", "arpack", "full"]
)
def test_weights_are_repetitions(store, solver, copies, monkeypatch):
    if not copies:
        monkeypatch.setattr(weighted, "_SMALL", 0)
    A, weight = rows_and_weights()
    X = store(A)
    if solver == "full" and not isinstance(X, np.ndarray | sp.csr_array):
        pytest.skip("LAPACK has all rows in memory")
    settings = {"svd_solver": solver, "random_state": 0, "tol": 1e-9}
    ours = PCA(3, **settings).fit(X, sample_weight=weight)
    repeated = PCA(3, svd_solver="full").fit(A.repeat(weight, axis=0))
    for name in ATTRIBUTES:
        np.testing.assert_allclose(
            getattr(ours, name),
            getattr(repeated, name),
            rtol=1e-6,
            atol=1e-6,
            err_msg=name,
        )
    Z = PCA(3, **settings).fit_transform(X, sample_weight=weight)
    np.testing.assert_allclose(np.asarray(Z), repeated.transform(A), atol=1e-4)
    assert (ours.error_bound_ < 1e-3).all()


@pytest.mark.parametrize("n_components", [None, 0, 0.7, "mle"])
@pytest.mark.parametrize("whiten", [False, True])
def test_every_kind_of_rank(n_components, whiten):
    A, weight = rows_and_weights()
    ours = PCA(n_components, whiten=whiten)
    Z = ours.fit_transform(A, sample_weight=weight)
    repeated = PCA(n_components, whiten=whiten).fit(A.repeat(weight, axis=0))
    for name in ATTRIBUTES:
        np.testing.assert_allclose(
            getattr(ours, name),
            getattr(repeated, name),
            rtol=1e-9,
            atol=1e-9,
            err_msg=name,
        )
    np.testing.assert_allclose(Z, repeated.transform(A), atol=1e-6)
    np.testing.assert_allclose(ours.score(A), repeated.score(A))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("store", STORES.values(), ids=STORES)
def test_far_from_zero(store, dtype, monkeypatch):
    monkeypatch.setattr(weighted, "_SMALL", 0)
    A, weight = rows_and_weights(dtype, 1e6)
    exact = A.astype(np.float64)
    exact[:, 4] -= 1e6
    reference = PCA(3, svd_solver="full").fit(exact.repeat(weight, axis=0))
    for solver in ("covariance_eigh", "randomized"):
        pca = PCA(3, svd_solver=solver, random_state=0, tol=1e-7)
        pca.fit(store(A), sample_weight=weight)
        np.testing.assert_allclose(
            pca.explained_variance_, reference.explained_variance_, rtol=1e-4
        )
        np.testing.assert_allclose(
            pca.explained_variance_ratio_,
            reference.explained_variance_ratio_,
            rtol=1e-4,
        )


@pytest.mark.parametrize("solver", ["covariance_eigh", "randomized"])
def test_threads_do_not_change_bits(solver, monkeypatch):
    monkeypatch.setattr(weighted, "_SMALL", 0)
    A, weight = rows_and_weights()
    A, weight = np.tile(A, (40, 8)), np.tile(weight, 40)
    one, seven = (
        PCA(3, svd_solver=solver, random_state=0, n_threads=n).fit(
            A, sample_weight=weight
        )
        for n in (1, 7)
    )
    np.testing.assert_array_equal(one.components_, seven.components_)
    np.testing.assert_array_equal(one.singular_values_, seven.singular_values_)


def test_fractional_weights_and_equal_ones():
    A, weight = rows_and_weights()
    mean = np.average(A, axis=0, weights=weight)
    covariance = np.cov(A.T, fweights=weight)
    pca = PCA(2).fit(A, sample_weight=weight * 1.0)
    np.testing.assert_allclose(pca.mean_, mean)
    top = np.linalg.eigvalsh(covariance)[::-1][:2]
    np.testing.assert_allclose(pca.explained_variance_, top)
    halves = PCA(2).fit(A, sample_weight=weight / 2)
    total = weight.sum()
    np.testing.assert_allclose(
        halves.explained_variance_, top * (total - 1) / 2 / (total / 2 - 1)
    )
    np.testing.assert_allclose(
        PCA(2).fit(A, sample_weight=1.0).singular_values_,
        PCA(2).fit(A).singular_values_,
    )


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(149), r"shape \(150,\), got \(149,\)"),
        (np.r_[np.ones(149), -1], "not negative, got -1.0 at 149"),
        (np.r_[np.nan, np.ones(149)], "finite and not negative, got nan at 0"),
        (np.zeros(150), "zero for every sample"),
        (np.full(150, 1 / 150), "multiplied by the number of samples"),
    ],
)
def test_wrong_weights(weight, message):
    A, _ = rows_and_weights()
    with pytest.raises(ValueError, match=message):
        PCA(2).fit(A, sample_weight=weight)


@pytest.mark.parametrize("weight", [np.ones(150) + 1j, ["much"] * 150, [[1], [2, 3]]])
def test_weights_that_are_no_numbers(weight):
    A, _ = rows_and_weights()
    with pytest.raises(TypeError, match="sample_weight must be an array of numbers"):
        PCA(2).fit(A, sample_weight=weight)


def test_extreme_sizes():
    A, weight = rows_and_weights()
    reference = PCA(3).fit(A, sample_weight=weight)
    for dtype, size in ((np.float32, 1e36), (np.float64, 1e300), (np.float32, 1e-36)):
        pca = PCA(3).fit((A / 1e3 * size).astype(dtype), sample_weight=weight)
        np.testing.assert_allclose(
            pca.singular_values_ / size * 1e3, reference.singular_values_, rtol=1e-4
        )


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("weight", [1e37, 1e80, 1e300, 1e308])
def test_weights_beyond_what_can_be_counted(dtype, method, weight):
    """Not infinities in finite X, which there were."""
    X = np.random.default_rng(0).standard_normal((60, 5)).astype(dtype)
    with pytest.raises(ValueError, match=r"sample_weight .* at most 2\*\*53"):
        getattr(PCA(2), method)(X, sample_weight=np.full(60, weight))


@pytest.mark.parametrize("solver", ["full", "covariance_eigh", "randomized", "arpack"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_large_weights_change_nothing_but_the_count(dtype, solver):
    X = np.random.default_rng(0).standard_normal((60, 5)).astype(dtype) * [
        1,
        2,
        3,
        4,
        5,
    ]
    X = X.astype(dtype)
    plain = PCA(2, svd_solver=solver, random_state=0).fit(X)
    pca = PCA(2, svd_solver=solver, random_state=0)
    pca.fit(X, sample_weight=np.full(60, 1e14))
    np.testing.assert_allclose(
        pca.explained_variance_ratio_, plain.explained_variance_ratio_, rtol=1e-4
    )
    np.testing.assert_allclose(
        pca.singular_values_, 1e7 * plain.singular_values_, rtol=1e-4
    )


def test_masks_of_weights_are_not_dropped():
    X = np.random.default_rng(0).normal(size=(50, 3))
    weights = np.ma.masked_array(np.ones(50), np.arange(50) == 3)
    with pytest.raises(TypeError, match="sample_weight must not be a masked array"):
        PCA().fit(X, sample_weight=weights)
