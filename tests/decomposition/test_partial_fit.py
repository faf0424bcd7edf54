"""Batch by batch: the fit is that of all rows so far, whatever the batches were."""

from itertools import pairwise

import dask.array as da
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone

from latentia import PCA, TruncatedSVD

CUTS = {
    "one": [0, 200],
    "rows": [0, 1, 2, 3, 4, *range(5, 201, 15)],
    "uneven": [0, 3, 150, 151, 200],
}
PCA_ATTRIBUTES = [
    "components_",
    "explained_variance_",
    "explained_variance_ratio_",
    "singular_values_",
    "mean_",
    "noise_variance_",
    "n_samples_",
    "n_components_",
]
SVD_ATTRIBUTES = PCA_ATTRIBUTES[:4]
STORES = {
    "dense": np.asarray,
    "CSR": sp.csr_array,
    "dask": lambda A: da.from_array(A, chunks=(60, -1)),
}


def data(dtype=np.float64, offset=0.0):
    rng = np.random.default_rng(0)
    A = rng.standard_normal((200, 9)) * np.linspace(5, 1, 9) + 2
    A[:, 3] += offset
    return A.astype(dtype)


def streamed(estimator, A, cuts, weight=None, store=np.asarray):
    for begin, end in pairwise(cuts):
        part = None if weight is None else weight[begin:end]
        estimator.partial_fit(store(A[begin:end]), sample_weight=part)
    return estimator


def assert_alike(ours, reference, names, rtol=1e-7):
    for name in names:
        expected = np.asarray(getattr(reference, name))
        np.testing.assert_allclose(
            getattr(ours, name),
            expected,
            rtol=rtol,
            atol=rtol * np.abs(expected).max(initial=0),
            err_msg=name,
        )


@pytest.mark.parametrize("cuts", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0.0, 1e5])
@pytest.mark.parametrize("n_components", [3, 0, 0.8, None, "mle"])
def test_pca(cuts, dtype, offset, n_components):
    A = data(dtype, offset)
    if n_components == "mle" and cuts[1] < A.shape[1]:
        with pytest.raises(ValueError, match="'mle' is only supported if"):
            PCA("mle").partial_fit(A[: cuts[1]])
        return
    ours = streamed(PCA(n_components), A, cuts)
    reference = PCA(n_components, svd_solver="full").fit(A.astype(np.float64))
    rtol = 1e-5 if dtype == np.float32 else 1e-8
    assert_alike(ours, reference, PCA_ATTRIBUTES, rtol)
    assert ours.n_samples_seen_ == 200
    assert ours.components_.dtype == dtype
    exact = A.astype(np.float64) - reference.mean_
    np.testing.assert_allclose(
        ours.transform(A), exact @ reference.components_.T, atol=1e-3
    )
    true = reference.singular_values_.astype(float)
    assert (np.abs(ours.singular_values_ - true) <= ours.error_bound_).all()


@pytest.mark.parametrize("cuts", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("store", STORES.values(), ids=STORES)
@pytest.mark.parametrize("n_components", [3, 0.5])
def test_truncated_svd(cuts, store, n_components):
    A = data()
    ours = streamed(TruncatedSVD(n_components), A, cuts, store=store)
    _, s, Vt = np.linalg.svd(A, full_matrices=False)
    ratio = (A @ Vt.T).var(axis=0) / A.var(axis=0).sum()
    k = 3 if n_components == 3 else int(np.argmax(np.cumsum(ratio) > 0.5)) + 1
    np.testing.assert_allclose(ours.singular_values_, s[:k])
    np.testing.assert_allclose(np.abs(ours.components_), np.abs(Vt[:k]), atol=1e-9)
    np.testing.assert_allclose(ours.explained_variance_ratio_, ratio[:k], rtol=1e-8)


@pytest.mark.parametrize("store", STORES.values(), ids=STORES)
@pytest.mark.parametrize("estimator", [PCA(3), TruncatedSVD(3)])
def test_weights(estimator, store):
    A, weight = data(), np.random.default_rng(1).integers(0, 4, 200)
    weight[[0, 1, 2]] = 1
    ours = streamed(clone(estimator), A, CUTS["uneven"], weight, store)
    repeated = streamed(clone(estimator), A.repeat(weight, axis=0), [0, weight.sum()])
    names = PCA_ATTRIBUTES if isinstance(estimator, PCA) else SVD_ATTRIBUTES
    assert_alike(ours, repeated, names)


@pytest.mark.parametrize("estimator", [PCA(5), TruncatedSVD(5)])
def test_a_column_in_another_unit_costs_no_digits(estimator):
    """Eigenvalues of the Gram matrix would be off by half at 1e8 already."""
    A = data() - 2
    A[:, 0] *= 1e9
    ours = streamed(clone(estimator), A, CUTS["uneven"])
    B = A - A.mean(axis=0) if isinstance(estimator, PCA) else A
    s = np.linalg.svd(B, compute_uv=False)[:5]
    np.testing.assert_allclose(ours.singular_values_, s, rtol=1e-5)


def test_attributes_are_current_after_every_batch():
    A, pca = data(), PCA(4)
    for end in (1, 2, 3, 50, 200):
        pca.partial_fit(A[0 if end == 1 else pca.n_samples_seen_ : end])
        assert pca.n_samples_ == end
        assert len(pca.components_) == min(4, end)
        np.testing.assert_allclose(pca.mean_, A[:end].mean(axis=0))


def test_constant_columns_and_repeated_ones():
    A = data()
    A = np.hstack([A, A[:, :2], np.full((200, 1), 7.0), np.zeros((200, 1))])
    ours = streamed(PCA(), A, CUTS["uneven"])
    reference = PCA(svd_solver="full").fit(A)
    np.testing.assert_allclose(
        ours.singular_values_, reference.singular_values_, atol=1e-5
    )


@pytest.mark.parametrize("estimator", [PCA(2), TruncatedSVD(2)])
def test_what_goes_wrong(estimator):
    A = data()
    fitted = clone(estimator).fit(A)
    with pytest.warns(UserWarning, match="was fitted by fit, .* has no sums"):
        fitted.partial_fit(A[:50])
    once = clone(estimator).partial_fit(A[:50])
    np.testing.assert_array_equal(fitted.components_, once.components_)
    before = dict(vars(once))
    for wrong in (A[:, :4], np.full((3, 9), np.nan)):
        with pytest.raises(ValueError, match=r"features|NaN"):
            once.partial_fit(wrong)
    assert vars(once).keys() == before.keys()
    assert all(vars(once)[name] is value for name, value in before.items())
    once.fit(A)
    assert not hasattr(once, "n_samples_seen_")
    with pytest.raises(ValueError, match=r"n_components must be at most .* got 10"):
        clone(estimator).set_params(n_components=10).partial_fit(A)


@pytest.mark.parametrize("estimator", [PCA(2), TruncatedSVD(2)])
@pytest.mark.parametrize("scale", [1e200, 1e-170])
@pytest.mark.parametrize("weighted", [False, True])
def test_squares_that_float64_does_not_hold(estimator, scale, weighted):
    """Of numbers that are too small all singular values would be 0."""
    A = data()
    weight = np.ones(len(A)) if weighted else None
    with pytest.raises(ValueError, match="squares of the numbers"):
        clone(estimator).partial_fit(A * scale, sample_weight=weight)


def test_whitening_after_one_row():
    X = np.random.default_rng(0).normal(size=(5, 3))
    found = PCA(whiten=True).partial_fit(X[:1]).transform(X)
    assert not np.isnan(found).any()
