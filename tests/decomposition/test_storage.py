"""PCA and TruncatedSVD in files: every bit comes back, and results stay together."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.exceptions import NotFittedError

from latentia import PCA, TruncatedSVD

ESTIMATORS = [
    PCA(3, whiten=True, random_state=0),
    PCA(0.9),
    PCA("mle"),
    PCA(svd_solver="randomized", iterated_power=2, n_components=2, random_state=7),
    TruncatedSVD(3, random_state=0),
    TruncatedSVD(np.int64(2), tol=np.float32(1e-3), n_threads=1),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.fixture
def X():
    return np.random.default_rng(0).standard_normal((50, 7))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
def test_round_trip(estimator, X, dtype, path):
    """To the bit, in value and in type, every attribute that a fit leaves."""
    estimator.fit(X.astype(dtype)).save(path)
    loaded = type(estimator).load(str(path))
    assert loaded.get_params() == estimator.get_params()
    results = {name for name in vars(estimator) if name.endswith("_")}
    assert vars(loaded).keys() == vars(estimator).keys()
    for name in results:
        found, expected = getattr(loaded, name), getattr(estimator, name)
        np.testing.assert_array_equal(found, expected, err_msg=name, strict=True)
        assert type(found) is type(expected), name
    for name in ("transform", "inverse_transform"):
        given = X[:5] if name == "transform" else X[:5, : len(loaded.components_)]
        np.testing.assert_array_equal(
            getattr(loaded, name)(given), getattr(estimator, name)(given), err_msg=name
        )
    if isinstance(loaded, PCA):
        np.testing.assert_array_equal(
            loaded.score_samples(X), estimator.score_samples(X)
        )


def test_sparse_rows_and_feature_names(X, path):
    S = scipy.sparse.csr_array(X * (X > 1))
    svd = TruncatedSVD(2, random_state=0).fit(S)
    svd.save(path)
    np.testing.assert_array_equal(
        TruncatedSVD.load(path).transform(S), svd.transform(S)
    )
    frame = pd.DataFrame(X, columns=list("abcdefü"))
    PCA(2).fit(frame).save(path, overwrite=True)
    loaded = PCA.load(path)
    assert loaded.feature_names_in_.tolist() == list("abcdefü")
    with pytest.raises(ValueError, match="feature names should match"):
        loaded.transform(frame[frame.columns[::-1]])


@pytest.mark.parametrize("seed", [None, 7, np.int64(7), np.random.RandomState(0)])
def test_random_states(X, path, seed):
    """A generator in use has no place in a file."""
    PCA(2, random_state=seed).fit(X).save(path)
    expected = 7 if isinstance(seed, int | np.integer) else None
    assert PCA.load(path).random_state == expected


def test_a_derived_class(X, path):
    class Mine(PCA):
        pass

    Mine(2).fit(X).save(path)
    assert type(Mine.load(path)) is Mine
    assert type(PCA.load(path)) is PCA


def test_what_was_not_fitted_or_does_not_belong_together(X, path):
    with pytest.raises(NotFittedError):
        PCA(2).save(path)
    pca = PCA(3).fit(X)
    pca.components_ = pca.components_[:2]
    with pytest.raises(ValueError, match=r"explained_variance_ must be .* \(2,\), as "):
        pca.save(path)
    pca = PCA(3).fit(X)
    pca.mean_ = pca.mean_ * np.nan
    with pytest.raises(ValueError, match="mean_ must be finite"):
        pca.save(path)
    assert not path.exists()


MALFORMED = {
    "no JSON": {"metadata": {"model": "{"}},
    "a number": {"metadata": {"model": "3"}},
    "a list": {"metadata": {"model": "[1]"}},
    "nested too deep": {"metadata": {"model": "[" * 100_000}},
    "no parameters": {"model": {"parameters": None}},
    "unknown parameter": {"parameters": {"shell": "rm"}},
    "no facts": {"model": {"facts": None}},
    "facts of another kind": {"facts": {"n_samples_": "many"}},
    "a flag for a number": {"facts": {"n_samples_": True}},
    "no feature names": {"model": {"feature_names": None}},
    "too few feature names": {"model": {"feature_names": ["a"]}},
    "no components": {"tensors": {"components_": None}},
    "components of one axis": {"tensors": {"components_": np.ones(7)}},
    "none": {"tensors": {"components_": np.ones((0, 7))}},
    "others": {"tensors": {"components_": np.ones((3, 8))}},
    "in integers": {"tensors": {"components_": np.ones((3, 7), np.int64)}},
    "not finite": {"tensors": {"components_": np.full((3, 7), np.nan)}},
    "a list for a number": {"tensors": {"noise_variance_": np.ones(1)}},
}


@pytest.mark.parametrize("changes", MALFORMED.values(), ids=MALFORMED)
def test_malformed(X, path, changes, rewrite_model):
    PCA(3).fit(X).save(path)
    rewrite_model(path, **changes)
    with pytest.raises(ValueError, match=r"model\.safetensors (holds|has) no "):
        PCA.load(path)


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


def test_no_components(X, path):
    pca = PCA(0).fit(X)
    pca.save(path)
    assert PCA.load(path).score(X) == pca.score(X)
