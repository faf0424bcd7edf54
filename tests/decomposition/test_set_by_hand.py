"""PCA's attributes are its parameters, whoever wrote them."""

import numpy as np
import pytest
import sklearn.decomposition

from latentia import PCA

X = np.random.default_rng(0).standard_normal((80, 6)) * [5, 4, 3, 2, 1, 1] + 3
OURS, THEIRS = PCA, sklearn.decomposition.PCA


def _whitened(kind):
    return kind(3, whiten=True, svd_solver="full").fit(X)


def _cut(kind):
    pca = _whitened(kind)
    pca.components_ = pca.components_[:2]
    pca.explained_variance_ = pca.explained_variance_[:2]
    return pca


def _changed(kind):
    pca = _whitened(kind)
    pca.explained_variance_ *= 4
    return pca


def _put_together(kind):
    fitted, pca = _whitened(THEIRS), kind(3, whiten=True)
    for name in ("components_", "mean_", "explained_variance_"):
        setattr(pca, name, getattr(fitted, name))
    return pca


@pytest.mark.parametrize("make", [_whitened, _cut, _changed, _put_together])
def test_whitening_by_the_variances_that_are_there(make):
    ours, theirs = make(OURS), make(THEIRS)
    Z = theirs.transform(X)
    np.testing.assert_allclose(ours.transform(X), Z, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(
        ours.inverse_transform(Z), theirs.inverse_transform(Z), rtol=1e-10
    )
