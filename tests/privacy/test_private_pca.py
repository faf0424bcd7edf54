"""PrivatePCA: results, budget, storage, files, bad input."""

import math

import dask.array as da
import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import latentia.rows
from latentia import PCA
from latentia.privacy import PrivacyWarning, PrivateGaussianMixture, PrivatePCA


@pytest.fixture(scope="module")
def X():
    random = np.random.default_rng(0)
    return random.normal(size=(3000, 12)) * np.r_[3, 2, 1, np.full(9, 0.1)] + 0.5


def fitted(X, **changes):
    arguments = {"epsilon": 2.0, "delta": 1e-6, "row_norm": 8.0} | changes
    return PrivatePCA(changes.pop("n_components", 3), **arguments).fit(X)


def test_without_noise_it_is_pca(X):
    found, exact = fitted(X, epsilon=math.inf, row_norm=30.0), PCA(3).fit(X)
    np.testing.assert_allclose(found.components_, exact.components_, atol=2e-3)
    ratio = found.explained_variance_ / exact.explained_variance_
    np.testing.assert_allclose(ratio, 1, atol=2e-3)
    np.testing.assert_allclose(found.mean_, exact.mean_, atol=2e-3)
    np.testing.assert_allclose(found.transform(X), exact.transform(X), atol=0.02)
    back = found.inverse_transform(found.transform(X))
    np.testing.assert_allclose(
        back, exact.inverse_transform(exact.transform(X)), atol=0.02
    )
    assert math.isinf(found.privacy_.epsilon)
    assert found.n_samples_ == 3000


def test_with_noise_it_captures_nearly_as_much(X):
    found = fitted(X)
    share = (found.transform(X) ** 2).sum() / ((X - found.mean_) ** 2).sum()
    assert share > 0.95
    np.testing.assert_allclose(
        found.components_ @ found.components_.T, np.eye(3), atol=1e-9
    )
    assert found.privacy_.epsilon == pytest.approx(2.0, abs=1e-3)
    assert found.privacy_.epsilon <= 2.0
    assert 0.8 < found.explained_variance_ratio_.sum() < 1.2


def test_noise_is_new_in_every_fit(X):
    assert not np.array_equal(fitted(X).components_, fitted(X).components_)


def test_storage_does_not_matter(X, tmp_path, seeded):
    stored = tmp_path / "X.npy"
    np.save(stored, X)
    expected = fitted(X, random_state=0)
    for rows in (
        latentia.rows.open(stored, memory="64KB"),
        da.from_array(X, chunks=(700, 12)),
        csr_array(X),
    ):
        found = fitted(rows, random_state=0)
        np.testing.assert_array_equal(found.components_, expected.components_)
        assert found.privacy_ == expected.privacy_
    assert fitted(X, random_state=1).n_samples_ != expected.n_samples_


def test_a_second_fit_spends_again(X):
    pca = fitted(X)
    once = pca.privacy_
    pca.fit(X)
    assert len(pca.privacy_.mechanisms) == 2
    assert pca.privacy_.epsilon > 1.4 * once.epsilon
    assert not hasattr(clone(pca), "privacy_")
    spent = pca.privacy_
    with pytest.raises(ValueError, match="NaN"):
        pca.fit(np.full((4, 12), np.nan))
    assert pca.privacy_ == spent


def test_file(X, tmp_path):
    pca = fitted(X, center=0.5)
    pca.save(tmp_path / "pca.safetensors")
    again = PrivatePCA.load(tmp_path / "pca.safetensors")
    assert again.privacy_ == pca.privacy_
    np.testing.assert_array_equal(again.transform(X), pca.transform(X))
    np.testing.assert_array_equal(
        again.explained_variance_ratio_, pca.explained_variance_ratio_
    )
    assert again.get_params() == pca.get_params()
    with pytest.raises(ValueError, match="holds a saved PrivatePCA"):
        PCA.load(tmp_path / "pca.safetensors")


@pytest.mark.parametrize("kind", [PrivatePCA, PrivateGaussianMixture])
@pytest.mark.filterwarnings("ignore")
def test_it_is_an_estimator_of_scikit_learn(kind):
    # Its checks fit a handful of rows, which only a fit without noise can describe.
    results = check_estimator(
        kind(1, epsilon=math.inf, delta=1e-3, row_norm=100.0), on_fail=None
    )
    failed = {r["check_name"] for r in results if r["status"] == "failed"}
    # Another error message than that of scikit-learn.
    assert failed <= {"check_fit2d_predict1d"}


def test_in_a_pipeline(X):
    pca = PrivatePCA(2, epsilon=1.0, delta=1e-6, row_norm=4.0)
    found = make_pipeline(StandardScaler(), pca).fit_transform(X)
    assert found.shape == (3000, 2)
    assert list(pca.get_feature_names_out()) == ["privatepca0", "privatepca1"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"row_norm": None}, "without looking at X"),
        ({"row_norm": 0}, "row_norm must be"),
        ({"row_norm": math.inf}, "row_norm must be"),
        ({"row_norm": 1e300}, "row_norm must be"),
        ({"row_norm": 1e-300}, "row_norm must be"),
        ({"epsilon": 0}, "epsilon must be"),
        ({"epsilon": -1}, "epsilon must be"),
        ({"epsilon": math.nan}, "epsilon must be"),
        ({"delta": 0}, "delta must be"),
        ({"delta": 1.5}, "delta must be"),
        ({"n_components": 13}, "n_components must be"),
        ({"center": [1.0, 2.0]}, "center must"),
        ({"center": math.nan}, "center must"),
    ],
)
def test_bad_arguments(X, changes, message):
    k = changes.pop("n_components", 3)
    arguments = {"epsilon": 1.0, "delta": 1e-6, "row_norm": 8.0} | changes
    with pytest.raises(ValueError, match=message):
        PrivatePCA(k, **arguments).fit(X)


def test_bad_rows(X):
    bad = X.copy()
    bad[7, 2] = np.inf
    with pytest.raises(ValueError, match="row 7, column 2"):
        fitted(bad)


def test_delta_that_allows_to_publish_a_row_is_said(X):
    with pytest.warns(PrivacyWarning, match="delta=0.01"):
        fitted(X, delta=0.01)


def test_noise_that_drowns_everything_is_said(seeded):
    few = np.random.default_rng(0).normal(size=(20, 12))
    with pytest.warns(PrivacyWarning, match="no component exceeds the noise"):
        pca = fitted(few, epsilon=0.1, random_state=2)
    assert np.isfinite(pca.transform(few)).all()
    assert pca.n_samples_ >= 1
