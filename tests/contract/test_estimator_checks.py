"""scikit-learn's own checks of an estimator: what it warns of fails them."""

import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

from latentia import NMF, PCA, GaussianMixture, TruncatedSVD

# ``transform`` must be near ``fit_transform``, which multiplicative updates are slow to
# come to: with its default tol scikit-learn's own fail too.
SLOWLY = {"solver": "mu", "tol": 1e-6, "max_iter": 2000, "random_state": 0}
OTHERS = [
    PCA(1, svd_solver="randomized", random_state=0),
    PCA(1, svd_solver="covariance_eigh"),
    TruncatedSVD(1, algorithm="arpack"),
    TruncatedSVD(1, n_iter=2),
    NMF(2, **{**SLOWLY, "max_iter": 20_000}),
    NMF(2, missing="unobserved", shuffle=True, max_iter=9000, random_state=0),
    GaussianMixture(2),
    GaussianMixture(2, covariance_type="tied", random_state=0),
    GaussianMixture(2, covariance_type="spherical", init_params="random_from_data"),
    GaussianMixture(2, init_params="random", random_state=0),
]


def expected_to_fail(estimator):
    kind = "check_sample_weight_equivalence_on_{}_data"
    if isinstance(estimator, PCA) and estimator.n_components is None:
        # With fewer rows than features, directions without variance are anybody's.
        reason = "rows that are left out have coordinates along directions that the "
        reason += "others do not determine"
        return {kind.format(data): reason for data in ("dense", "sparse")}
    if isinstance(estimator, GaussianMixture) and not (
        estimator.n_components == 1 or estimator.init_params == "random"
    ):
        # Centres are drawn from the rows, and a repeated row is more than one of them.
        # scikit-learn expects the same of its KMeans, and for the same reason.
        reason = "sample_weight is not equivalent to removing/repeating samples."
        return {kind.format("dense"): reason}
    return {}


@parametrize_with_checks(
    [
        PCA(),
        PCA(1, whiten=True),
        TruncatedSVD(1),
        NMF(),
        NMF(2, beta_loss="kullback-leibler", **SLOWLY),
        GaussianMixture(),
        GaussianMixture(2, covariance_type="diag", init_params="k-means++"),
    ],
    expected_failed_checks=expected_to_fail,
)
def test_estimator(estimator, check):
    with warnings.catch_warnings():
        if isinstance(estimator, NMF) and estimator.n_components == "auto":
            # As many components as features need more iterations, as it says.
            warnings.simplefilter("ignore", ConvergenceWarning)
        check(estimator)


@pytest.mark.slow
@parametrize_with_checks(OTHERS, expected_failed_checks=expected_to_fail)
def test_other_parameters(estimator, check):
    check(estimator)
