"""scikit-learn's own checks of an estimator."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from latentia import PCA, TruncatedSVD


@pytest.mark.filterwarnings("default")  # the checks warn of what they themselves skip
@parametrize_with_checks(
    [
        PCA(),
        PCA(1, whiten=True),
        PCA(1, svd_solver="randomized", random_state=0),
        PCA(1, svd_solver="covariance_eigh"),
        TruncatedSVD(1),
        TruncatedSVD(1, algorithm="arpack"),
        TruncatedSVD(1, n_iter=2),
    ]
)
def test_estimator(estimator, check):
    check(estimator)
