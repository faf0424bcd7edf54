"""Few rows, one row, and rows of another precision."""

import numpy as np
import pytest

from latentia import GaussianMixture


def fit(X, **parameters):
    return GaussianMixture(2, random_state=0, **parameters).fit(X)


@pytest.mark.parametrize(
    ("n", "k"), [(1, 1), (1, 2), (2, 3), (4, 5), (9, 1000)], ids=str
)
def test_fewer_rows_than_components(type_, n, k):
    X = np.arange(3.0 * n).reshape(n, 3)
    with pytest.raises(ValueError, match=rf"n_samples ?=? ?{n}|n_samples = {n}"):
        GaussianMixture(k, covariance_type=type_).fit(X)


def test_rows_of_another_precision_than_fitted(X):
    mixture = fit(X)
    for dtype in (np.float16, np.float32, np.float64):
        assert mixture.predict_proba(X.astype(dtype)).dtype != np.float16
    np.testing.assert_allclose(
        mixture.score_samples(X.astype(np.float32)), mixture.score_samples(X), rtol=1e-4
    )


def test_one_row_at_a_time(X, type_, dtype):
    mixture = fit(X.astype(dtype), covariance_type=type_)
    rows = X[:40].astype(dtype)
    rtol = 1e-4 if dtype == np.float32 else 1e-12
    for method in ("predict", "predict_proba", "score_samples"):
        function = getattr(mixture, method)
        alone = np.concatenate([function(row[np.newaxis]) for row in rows])
        np.testing.assert_allclose(alone, function(rows), rtol=rtol, atol=rtol)
