"""Models in files: every bit comes back."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import NotFittedError

VARIANTS = {
    "PCA": [
        {"n_components": 3, "whiten": True},
        {"n_components": 0},
        {"n_components": 0.9, "random_state": None},
        {"n_components": "mle"},
        {"svd_solver": "randomized", "iterated_power": 2},
    ],
    "TruncatedSVD": [{}, {"algorithm": "arpack"}, {"n_iter": 2, "tol": 1e-3}],
    "NMF": [
        {"n_components": "auto"},
        {"n_components": None},
        {"tol": np.inf, "max_iter": 30},
        {"missing": "nan"},
        {"alpha_W": 0.1, "alpha_H": 0.2, "l1_ratio": 0.5},
        {"solver": "mu"},
        {"solver": "mu", "beta_loss": "kullback-leibler", "init": "nndsvda"},
    ],
    "GaussianMixture": [
        {"covariance_type": type_} for type_ in ("full", "tied", "diag", "spherical")
    ],
}
FROM_NUMPY = {
    "PCA": {"tol": np.float32(1e-3), "whiten": np.bool_(True)},
    "TruncatedSVD": {"tol": np.float32(1e-3), "n_oversamples": np.int16(9)},
    "NMF": {
        "tol": np.float32(0),
        "alpha_W": np.float64(1e-5),
        "max_iter": np.int32(50),
        "shuffle": np.bool_(False),
    },
    "GaussianMixture": {
        "tol": np.float32(1e-2),
        "reg_covar": np.float64(1e-5),
        "max_iter": np.int32(50),
        "n_init": np.uint8(2),
        "warm_start": np.bool_(False),
    },
}
CHANGED = {
    "PCA": [{"n_components": 4}, {"svd_solver": "x"}, {"tol": -1}],
    "TruncatedSVD": [{"n_components": 4}, {"algorithm": "x"}, {"tol": -1}],
    "NMF": [{"n_components": 7}, {"solver": "x"}, {"tol": -1}, {"beta_loss": np.nan}],
    "GaussianMixture": [{"n_components": 7}, {"covariance_type": "diag"}, {"tol": -1}],
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def test_round_trip(subject, X, dtype, path, assert_same):
    """To the bit, in value and in type, every attribute that a fit leaves."""
    X = X.astype(dtype)
    for parameters in VARIANTS[subject.kind.__name__]:
        fitted = subject.make(n_threads=1, **parameters).fit(X)
        fitted.save(path, overwrite=True)
        loaded = subject.kind.load(str(path))
        assert type(loaded) is subject.kind
        assert loaded.get_params() == fitted.get_params()
        assert vars(loaded).keys() == vars(fitted).keys()
        assert_same(loaded, fitted, X, where=str(parameters))
        methods = {"inverse_transform", "recommend"} & {*dir(fitted)}
        for method in methods if parameters.get("n_components") != 0 else ():
            given = fitted.transform(X)[:5], *([3] if method == "recommend" else [])
            found, expected = (getattr(m, method)(*given) for m in (loaded, fitted))
            np.testing.assert_array_equal(found, expected)
        assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_sparse_rows(subject, X, path, assert_same):
    if not subject.sparse:
        pytest.skip("takes dense rows")
    S = scipy.sparse.csr_array(np.where(X > 1, X, 0))
    fitted = subject.make().fit(S)
    fitted.save(path)
    assert_same(subject.kind.load(path), fitted, S)


def test_batches_go_on_after_loading(subject, X, dtype, path, assert_same):
    X = X.astype(dtype)
    fitted = subject.make().partial_fit(X[:20]).partial_fit(X[20:40])
    fitted.save(path)
    loaded = subject.kind.load(path)
    if subject.kind.__name__ in ("PCA", "TruncatedSVD"):
        assert loaded.n_samples_seen_ == 40
        np.testing.assert_array_equal(loaded.transform(X), fitted.transform(X))
        with pytest.warns(UserWarning, match="begins anew"):
            loaded.partial_fit(X[40:])
        return
    assert_same(loaded, fitted, X)
    for batch in (X[40:], X[:15]):
        fitted.partial_fit(batch)
        loaded.partial_fit(batch)
        assert_same(loaded, fitted, X)


def test_feature_names(subject, X, frame, path):
    named = frame("abc").set_axis(["größe", "x 1", 'a"b'], axis=1)
    fitted = subject.make().fit(named)
    fitted.save(path)
    loaded = subject.kind.load(path)
    np.testing.assert_array_equal(loaded.feature_names_in_, named.columns)
    assert loaded.feature_names_in_.dtype == object
    for use in subject.uses:
        found, expected = (getattr(model, use)(named) for model in (loaded, fitted))
        np.testing.assert_array_equal(found, expected)
        with pytest.raises(ValueError, match="feature names should match"):
            getattr(loaded, use)(named[named.columns[::-1]])
    subject.make().fit(X).save(path, overwrite=True)
    assert not hasattr(subject.kind.load(path), "feature_names_in_")


@pytest.mark.parametrize(
    "seed",
    [None, 7, np.int64(7), np.random.RandomState(0), np.random.default_rng(0)],
    ids=lambda seed: type(seed).__name__,
)
def test_random_states(subject, X, seed, path):
    """A generator in use has no place in a file."""
    if isinstance(seed, np.random.Generator) and subject.kind.__name__ != "NMF":
        pytest.skip("scikit-learn's estimators take a RandomState")
    subject.make(random_state=seed).fit(X).save(path)
    expected = 7 if isinstance(seed, int | np.integer) else None
    assert subject.kind.load(path).random_state == expected


def test_parameters_that_numpy_made(subject, X, path, assert_same):
    """As those of a loop over ``np.arange``, or of a grid search."""
    parameters = {"n_components": np.int64(2), "n_threads": np.int64(1)}
    parameters |= FROM_NUMPY[subject.kind.__name__]
    fitted = subject.make(**parameters).fit(X)
    plain = {name: value.item() for name, value in parameters.items()}
    assert_same(fitted, subject.make(**plain).fit(X), X)
    fitted.save(path)
    assert subject.kind.load(path).get_params() == fitted.get_params()


def test_parameters_changed_since_the_fit(subject, X, path, results):
    """What ``save`` writes ``load`` reads."""
    for changed in CHANGED[subject.kind.__name__]:
        fitted = subject.make(n_components=3).fit(X).set_params(**changed)
        path.unlink(missing_ok=True)
        try:
            fitted.save(path)
        except ValueError:
            assert not path.exists()
        else:
            loaded, expected = results(subject.kind.load(path)), results(fitted)
            for name, value in expected.items():
                if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                    np.testing.assert_allclose(loaded[name], value, err_msg=name)


def test_a_derived_class(subject, X, path):
    class Mine(subject.kind):
        pass

    Mine(**subject.make().get_params()).fit(X).save(path)
    assert type(Mine.load(path)) is Mine
    assert type(subject.kind.load(path)) is subject.kind


def test_one_feature_one_component(subject, path, assert_same):
    X = np.random.default_rng(0).uniform(1, 2, (9, 1))
    fitted = subject.make(n_components=1).fit(X)
    fitted.save(path)
    assert_same(subject.kind.load(path), fitted, X)


def test_refused_names(subject, X, tmp_path):
    fitted = subject.make().fit(X)
    for name in ("model.npz", "model", "safetensors", "m.safetensors.gz"):
        with pytest.raises(ValueError, match=r"end in \.safetensors, got .*" + name):
            fitted.save(tmp_path / name)
    with pytest.raises(OSError, match="missing"):
        fitted.save(tmp_path / "missing" / "m.safetensors")
    with pytest.raises(NotFittedError):
        subject.make().save(tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []
