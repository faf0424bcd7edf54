"""In the company of scikit-learn's tools."""

import numpy as np
import pytest
import sklearn.base
import sklearn.mixture
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from latentia import PCA, GaussianMixture

USES = ["predict", "predict_proba", "score_samples", "score", "aic", "bic"]


@pytest.fixture
def iris():
    return load_iris().data


def test_pipeline_with_pca(iris):
    pipeline = make_pipeline(
        StandardScaler(), PCA(2, random_state=0), GaussianMixture(3, random_state=0)
    )
    labels = pipeline.fit_predict(iris)
    np.testing.assert_array_equal(labels, pipeline.predict(iris))
    assert pipeline.predict_proba(iris).shape == (150, 3)
    assert np.isfinite(pipeline.score(iris))
    weight = np.ones(150)
    pipeline.fit(iris, gaussianmixture__sample_weight=weight)


def test_search_for_the_number_of_components(made):
    X = made(400, 2, 3, apart=8.0)
    search = GridSearchCV(
        GaussianMixture(random_state=0, n_init=3), {"n_components": [1, 2, 3, 5]}
    )
    assert search.fit(X).best_params_["n_components"] in (3, 5)
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] < scores[1] < scores[2]
    assert np.isfinite(cross_val_score(GaussianMixture(3), X)).all()
    by_bic = GridSearchCV(
        GaussianMixture(random_state=0, n_init=3),
        {"n_components": np.arange(1, 6)},
        scoring=lambda mixture, X: -mixture.bic(X),
    ).fit(X)
    assert by_bic.best_params_["n_components"] == 3


def test_metadata_routing(iris):
    weight = np.arange(150.0)
    with sklearn.config_context(enable_metadata_routing=True):
        mixture = GaussianMixture(2, random_state=0).set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, mixture)
        pipeline.fit(iris, sample_weight=weight)
    plain = GaussianMixture(2, random_state=0).fit(
        StandardScaler().fit_transform(iris), sample_weight=weight
    )
    np.testing.assert_array_equal(pipeline[-1].means_, plain.means_)


def test_verbose(iris, capfd):
    """A bar on standard error; nothing on standard output."""
    GaussianMixture(3, verbose=1, n_init=2, random_state=0).fit(iris)
    said = capfd.readouterr()
    assert said.out == ""
    assert "EM 1/2" in said.err
    assert "EM 2/2" in said.err
    assert "log-likelihood" in said.err
