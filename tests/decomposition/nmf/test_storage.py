"""Models in files: every bit comes back."""

import numpy as np
import pandas as pd
import pytest

from latentia import NMF

RESULTS = [
    *["components_", "mean_weights_", "reconstruction_errs_", "reconstruction_err_"],
    *["n_components_", "n_iter_", "converged_", "n_batches_seen_", "n_features_in_"],
]
STILL = {"tol": 0, "max_iter": 9, "random_state": 3}
KL = {"solver": "mu", "beta_loss": 1.0}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "nmf.safetensors"


def assert_same(loaded, nmf, X):
    """To the bit, in value and in type."""
    assert loaded.get_params() == nmf.get_params()
    assert vars(loaded).keys() == vars(nmf).keys()
    for name in RESULTS:
        found, expected = getattr(loaded, name), getattr(nmf, name)
        np.testing.assert_array_equal(found, expected, err_msg=name)
        assert np.asarray(found).dtype == np.asarray(expected).dtype, name
        assert type(found) is type(expected), name
    W = nmf.transform(X)
    np.testing.assert_array_equal(loaded.transform(X), W)
    for ours, theirs in zip(loaded.recommend(W, 5), nmf.recommend(W, 5), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("form", ["dense", "nan", "unobserved"])
@pytest.mark.parametrize("loss", [{}, {"solver": "mu"}, KL], ids=["cd", "mu", "kl"])
def test_round_trip(X, in_form, form, loss, dtype, path):
    A, _, parameters = in_form(X.astype(dtype), form)
    nmf = NMF(3, n_threads=1, **STILL, **loss, **parameters).fit(A)
    nmf.save(path)
    loaded = NMF.load(str(path))
    assert type(loaded) is NMF
    assert_same(loaded, nmf, A)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("form", ["dense", "nan"])
@pytest.mark.parametrize("loss", [{}, {"solver": "mu"}, KL], ids=["cd", "mu", "kl"])
def test_batches_go_on_after_loading(X, in_form, form, loss, dtype, path):
    A, _, parameters = in_form(X.astype(dtype), form)
    nmf = NMF(3, **STILL, **loss, **parameters).fit(A[:20]).partial_fit(A[20:30])
    nmf.save(path)
    loaded = NMF.load(path)
    for batch in (A[30:], A[:15]):
        nmf.partial_fit(batch)
        loaded.partial_fit(batch)
        np.testing.assert_array_equal(loaded.components_, nmf.components_)
    assert loaded.n_batches_seen_ == nmf.n_batches_seen_ == 4
    assert_same(loaded, nmf, A)


def test_feature_names(X, path):
    frame = pd.DataFrame(X[:, :3], columns=["größe", "x 1", 'a"b'])
    nmf = NMF(2, **STILL).fit(frame)
    nmf.save(path)
    loaded = NMF.load(path)
    np.testing.assert_array_equal(loaded.feature_names_in_, frame.columns)
    assert loaded.feature_names_in_.dtype == object
    np.testing.assert_array_equal(loaded.transform(frame), nmf.transform(frame))
    with pytest.raises(ValueError, match="feature names should match"):
        loaded.transform(frame[frame.columns[::-1]])
    NMF(2, **STILL).fit(X).save(path, overwrite=True)
    assert not hasattr(NMF.load(path), "feature_names_in_")


@pytest.mark.parametrize(
    "seed",
    [None, 7, np.int64(7), np.random.RandomState(0), np.random.default_rng(0)],
    ids=lambda seed: type(seed).__name__,
)
def test_random_states(X, seed, path):
    """A generator in use has no place in a file."""
    NMF(2, **STILL | {"random_state": seed}).fit(X).save(path)
    expected = 7 if isinstance(seed, int | np.integer) else None
    assert NMF.load(path).random_state == expected


def test_parameters_that_numpy_made(X, path):
    """As those of a loop over ``np.arange``, or of a grid search."""
    nmf = NMF(
        np.int64(2),
        tol=np.float32(0),
        alpha_W=np.float64(1e-5),
        max_iter=np.int32(50),
        shuffle=np.bool_(False),
        n_threads=np.int64(1),
        random_state=0,
    ).fit(X)
    nmf.save(path)
    assert NMF.load(path).get_params() == nmf.get_params()


@pytest.mark.parametrize(
    "parameters",
    [
        {"n_components": "auto"},
        {"n_components": None},
        {"tol": np.inf, "max_iter": 30},
        {"missing": None},
        {"alpha_W": 0.1, "alpha_H": 0.2, "l1_ratio": 0.5},
        {"solver": "mu", "beta_loss": "kullback-leibler", "init": "nndsvda"},
    ],
    ids=str,
)
def test_parameters(X, parameters, path):
    nmf = NMF(**{"n_components": 3, **STILL, **parameters}).fit(X)
    nmf.save(path)
    assert_same(NMF.load(path), nmf, X)


@pytest.mark.parametrize(
    "changed",
    [{"n_components": 7}, {"solver": "x"}, {"tol": -1}, {"beta_loss": np.nan}],
    ids=str,
)
def test_parameters_changed_since_the_fit(X, path, changed):
    """What ``save`` writes ``load`` reads."""
    nmf = NMF(3, **STILL).fit(X).set_params(**changed)
    try:
        nmf.save(path)
    except ValueError:
        assert not path.exists()
    else:
        np.testing.assert_array_equal(NMF.load(path).components_, nmf.components_)


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_an_error_beyond_all_numbers(X, path):
    """The factors are fine; √(2·divergence) is not to be had in float64."""
    nmf = NMF(2, solver="mu", beta_loss=3.0, init="random", **STILL).fit(X * 1e300)
    assert np.isfinite(nmf.components_).all()
    nmf.save(path)
    np.testing.assert_array_equal(NMF.load(path).components_, nmf.components_)


def test_one_feature_one_component(path):
    X = np.random.default_rng(0).uniform(1, 2, (9, 1))
    nmf = NMF(1, **STILL).fit(X)
    nmf.save(path)
    assert_same(NMF.load(path), nmf, X)


def test_factors_of_another_order(X, path):
    nmf = NMF(3, **STILL).fit(X)
    expected = nmf.transform(X)
    nmf.components_ = np.asfortranarray(nmf.components_)
    nmf.save(path)
    np.testing.assert_array_equal(NMF.load(path).transform(X), expected)


def test_refused_names(X, tmp_path):
    nmf = NMF(1, **STILL).fit(X)
    for name in ("nmf.npz", "nmf", "safetensors", "m.safetensors.gz"):
        with pytest.raises(ValueError, match=r"end in \.safetensors, got .*" + name):
            nmf.save(tmp_path / name)
    with pytest.raises(OSError, match="missing"):
        nmf.save(tmp_path / "missing" / "m.safetensors")
    assert list(tmp_path.iterdir()) == []
