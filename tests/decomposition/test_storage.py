"""PCA in files: results stay together, and means keep their digits."""

import numpy as np
import pytest
import scipy.sparse

from latentia import PCA


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.fixture
def X():
    return np.random.default_rng(0).standard_normal((50, 7))


def test_what_does_not_belong_together(X, path):
    pca = PCA(3).fit(X)
    pca.components_ = pca.components_[:2]
    with pytest.raises(ValueError, match=r"explained_variance_ must be .* \(2,\), as "):
        pca.save(path)
    pca = PCA(3).fit(X)
    pca.mean_ = pca.mean_ * np.nan
    with pytest.raises(ValueError, match="mean_ must be finite"):
        pca.save(path)
    assert not path.exists()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_mean_far_from_zero_keeps_its_digits(X, dtype, path):
    far = (X + np.where(np.arange(7) == 2, 1e6, 0)).astype(dtype)
    weight = np.linspace(0.5, 2, 50)
    pca = PCA(3).fit(far, sample_weight=weight)
    pca.save(path)
    loaded = PCA.load(path)
    assert loaded.n_samples_ == pca.n_samples_ == weight.sum()
    for new in (far, scipy.sparse.csr_array(far)):
        np.testing.assert_array_equal(loaded.transform(new), pca.transform(new))


@pytest.mark.parametrize("centre", [np.zeros((3, 6)), np.full((3, 7), np.nan)])
def test_malformed_centre(X, path, centre, rewrite_model):
    PCA(3).fit(X).save(path)
    rewrite_model(path, tensors={"centre": centre})
    with pytest.raises(ValueError, match=r"model\.safetensors holds no .*centre"):
        PCA.load(path)
