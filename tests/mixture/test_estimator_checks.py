"""scikit-learn's own checks of an estimator."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from latentia import GaussianMixture


def drawn_from_rows(mixture):
    """Centres are drawn from the rows, and a repeated row is more than one of them.

    scikit-learn expects the same of its KMeans, and for the same reason.
    """
    reason = "sample_weight is not equivalent to removing/repeating samples."
    if mixture.n_components == 1 or mixture.init_params == "random":
        return {}
    return {"check_sample_weight_equivalence_on_dense_data": reason}


@pytest.mark.filterwarnings("default")  # the checks warn of what they themselves skip
@parametrize_with_checks(
    [
        GaussianMixture(),
        GaussianMixture(2),
        GaussianMixture(2, covariance_type="tied", random_state=0),
        GaussianMixture(2, covariance_type="diag", init_params="k-means++"),
        GaussianMixture(2, covariance_type="spherical", init_params="random_from_data"),
        GaussianMixture(2, init_params="random", random_state=0),
    ],
    expected_failed_checks=drawn_from_rows,
)
def test_estimator(estimator, check):
    check(estimator)
