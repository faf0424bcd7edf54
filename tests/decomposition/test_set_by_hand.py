"""PCA whose attributes were set or changed by hand."""

import numpy as np
import pytest
import sklearn.decomposition

from latentia import PCA, TruncatedSVD


def data(dtype=np.float64):
    return np.random.default_rng(0).standard_normal((50, 6)).astype(dtype)


def changed(pca, change):
    """Change the attributes as somebody could who keeps fewer axes, or others."""
    if change == "fewer":
        pca.components_ = pca.components_[:2]
        pca.explained_variance_ = pca.explained_variance_[:2]
        pca.singular_values_ = pca.singular_values_[:2]
    elif change == "variance":
        pca.explained_variance_ = pca.explained_variance_ * [4, 1, 9]
    elif change == "mean in place":
        pca.mean_ += 1
    return pca


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("change", ["none", "fewer", "variance", "mean in place"])
def test_every_method_goes_by_what_was_set(change, whiten):
    A = data()
    ours = changed(PCA(3, whiten=whiten).fit(A), change)
    theirs = sklearn.decomposition.PCA(3, whiten=whiten, svd_solver="full").fit(A)
    for name, value in vars(ours).items():
        if name in vars(theirs) and name.endswith("_"):
            setattr(theirs, name, value)
    Z = ours.transform(A)
    np.testing.assert_allclose(Z, theirs.transform(A), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        ours.inverse_transform(Z), theirs.inverse_transform(Z), rtol=1e-9, atol=1e-12
    )
    if change != "fewer":
        np.testing.assert_allclose(ours.score(A), theirs.score(A), rtol=1e-9)


@pytest.mark.parametrize("whiten", [False, True])
def test_axes_alone_are_enough(whiten):
    A = data()
    pca = PCA(2, whiten=whiten)
    pca.components_, pca.mean_ = np.eye(2, 6), np.ones(6)
    pca.explained_variance_ = np.array([4.0, 1.0])
    deviation = [2, 1] if whiten else [1, 1]
    np.testing.assert_allclose(pca.transform(A), (A[:, :2] - 1) / deviation)
    svd = TruncatedSVD(2)
    svd.components_ = np.eye(2, 6)
    np.testing.assert_array_equal(svd.transform(A), A[:, :2])


def test_variances_of_other_axes_are_named():
    pca = PCA(3, whiten=True).fit(data())
    pca.components_ = pca.components_[:2]
    calls = [
        lambda: pca.transform(data()),
        lambda: pca.inverse_transform(np.ones((4, 2))),
        lambda: pca.score(data()),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"components_ has 2 rows, but explained"):
            call()
