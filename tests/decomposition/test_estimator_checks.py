"""scikit-learn's own checks of an estimator."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from latentia import PCA, TruncatedSVD


def expected_to_fail(estimator):
    """With fewer rows than features, directions without variance are anybody's."""
    if not isinstance(estimator, PCA) or estimator.n_components is not None:
        return {}
    return {
        f"check_sample_weight_equivalence_on_{kind}_data": "rows that are left out "
        "have coordinates along directions that the others do not determine"
        for kind in ("dense", "sparse")
    }


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
    ],
    expected_failed_checks=expected_to_fail,
)
def test_estimator(estimator, check):
    check(estimator)
