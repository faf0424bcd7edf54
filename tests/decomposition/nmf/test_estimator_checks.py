"""scikit-learn's own checks of an estimator."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from latentia import NMF

# ``transform`` must be near ``fit_transform``, which multiplicative updates are slow to
# come to: with its default tol scikit-learn's own fail too.
SLOWLY = {"solver": "mu", "tol": 1e-6, "max_iter": 2000, "random_state": 0}


@pytest.mark.filterwarnings("default")  # the checks warn of what they themselves skip
@parametrize_with_checks(
    [
        NMF(),
        NMF(2, **SLOWLY),
        NMF(2, beta_loss="kullback-leibler", **SLOWLY),
        NMF(2, missing="unobserved", shuffle=True, random_state=0),
    ]
)
def test_estimator(estimator, check):
    check(estimator)
