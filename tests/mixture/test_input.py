"""What is taken in, what is refused, and that nothing of the caller's is touched."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from latentia import GaussianMixture

METHODS = ["fit", "fit_predict", "partial_fit"]
AFTER = ["predict", "predict_proba", "score_samples", "score", "partial_fit"]


def fit(X, **parameters):
    return GaussianMixture(2, random_state=0, **parameters).fit(X)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 0), (17, 2), (400, 1)], ids=str)
def test_not_finite(X, bad, place, dtype):
    spoilt = X.astype(dtype)
    spoilt[place] = bad
    what = "NaN" if np.isnan(bad) else "infinity"
    message = f"X contains {what}.* at row {place[0]}, column {place[1]}"
    fitted = fit(X)
    for method in METHODS:
        with pytest.raises(ValueError, match=message):
            getattr(GaussianMixture(2), method)(spoilt)
    for method in AFTER:
        for order in "CF":
            with pytest.raises(ValueError, match=message):
                getattr(fitted, method)(np.array(spoilt, order=order))


@pytest.mark.parametrize("make", ["csr_array", "csc_matrix", "coo_array", "lil_array"])
def test_sparse(X, make):
    """The error says what to do, and that works."""
    sparse = getattr(scipy.sparse, make)(X)
    fitted = fit(X)
    for method in METHODS:
        with pytest.raises(TypeError, match=r"sparse.*latentia\.PCA"):
            getattr(GaussianMixture(2), method)(sparse)
    for method in AFTER:
        with pytest.raises(TypeError, match=r"sparse.*latentia\.PCA"):
            getattr(fitted, method)(sparse)


def test_a_frame_of_sparse_columns(X):
    frame = pd.DataFrame(X * (X > 0)).astype(pd.SparseDtype(float, 0.0))
    fitted = fit(X)
    for method in (GaussianMixture(2).fit, fitted.predict, fitted.partial_fit):
        with pytest.raises(TypeError, match=r"sparse.*latentia\.PCA"):
            method(frame)


@pytest.mark.parametrize(
    ("n", "k"), [(1, 1), (1, 2), (2, 3), (4, 5), (9, 1000)], ids=str
)
def test_fewer_rows_than_components(type_, n, k):
    X = np.arange(3.0 * n).reshape(n, 3)
    with pytest.raises(ValueError, match=rf"n_samples ?=? ?{n}|n_samples = {n}"):
        GaussianMixture(k, covariance_type=type_).fit(X)


@pytest.mark.filterwarnings("default")  # what NumPy warns of before it is refused
@pytest.mark.parametrize(
    "wrong",
    [
        np.full((4, 3), "text"),
        np.array([["1", "a"], ["2", "b"]], dtype=object),
        np.ones((4, 3)) + 1j,
        [[1, 2], [3]],
        np.ones(4),
        np.ones((4, 3, 2)),
        3.0,
        None,
        "matrix",
        {"x": [1, 2]},
        np.zeros((0, 3)),
        np.zeros((3, 0)),
    ],
    ids=lambda wrong: type(wrong).__name__,
)
def test_what_is_no_matrix(X, wrong):
    fitted = fit(X)
    before = dict(vars(fitted))
    for method in (GaussianMixture(2).fit, fitted.fit, fitted.partial_fit):
        with pytest.raises((TypeError, ValueError)):
            method(wrong)
    for method in AFTER:
        with pytest.raises((TypeError, ValueError)):
            getattr(fitted, method)(wrong)
    assert vars(fitted).keys() == before.keys()


def forms(X, folder):
    """The same numbers in every way that memory can hold them."""
    mapped = np.memmap(folder / "X", dtype=X.dtype, mode="w+", shape=X.shape)
    mapped[:] = X
    mapped.flush()
    read_only = X.copy()
    read_only.flags.writeable = False
    odd = np.empty(X.nbytes + 1, dtype=np.uint8)[1:].view(X.dtype).reshape(X.shape)
    odd[:] = X
    between = np.zeros((2 * len(X), 3 * X.shape[1]), dtype=X.dtype)
    between[1::2, 2::3] = X
    wide = np.full((len(X), X.shape[1] + 5), np.nan, dtype=X.dtype)
    wide[:, 3:-2] = X
    return {
        "C": np.ascontiguousarray(X),
        "F": np.asfortranarray(X),
        "read-only": read_only,
        "memory map": np.memmap(folder / "X", dtype=X.dtype, mode="r", shape=X.shape),
        "misaligned": odd,
        "every other row, third column": between[1::2, 2::3],
        "columns of a wider array": wide[:, 3:-2],
        "rows of a Fortran array": np.asfortranarray(np.r_[X, X])[: len(X)],
        "backwards": X[::-1, ::-1].copy()[::-1, ::-1],
        "other byte order": X.astype(X.dtype.newbyteorder()),
        "a frame": pd.DataFrame(X),
        "objects": X.astype(object),
        "a list": X.tolist(),
        "a matrix": np.ma.masked_array(X),
    }


def test_forms_of_rows(X, type_, dtype, tmp_path, same_mixture):
    """And none of them is written to."""
    X = X.astype(dtype)
    expected = fit(X, covariance_type=type_)
    rtol = 1e-3 if dtype == np.float32 else 1e-9
    for name, rows in forms(X, tmp_path).items():
        mixture = fit(rows, covariance_type=type_)
        same_mixture(mixture, expected, rtol=rtol)
        mixture.partial_fit(rows)
        np.testing.assert_allclose(
            expected.predict_proba(rows), expected.predict_proba(X), atol=rtol
        )
        assert (np.asarray(rows) == X).all(), name


@pytest.mark.parametrize(
    "form", [np.int8, np.uint8, np.int32, np.int64, np.uint64, bool, object]
)
def test_numbers_become_float64(form, type_, same_mixture):
    X = np.random.default_rng(0).integers(0, 100, (60, 3)).astype(form)
    exact = X.astype(float)
    mixture = fit(X, covariance_type=type_)
    same_mixture(mixture, fit(exact, covariance_type=type_))
    assert mixture.score_samples(X).dtype == np.float64
    np.testing.assert_array_equal(
        mixture.score_samples(X), mixture.score_samples(exact)
    )


def test_half_precision_becomes_float32(X, same_mixture):
    half = X.astype(np.float16)
    mixture = fit(half)
    same_mixture(mixture, fit(half.astype(np.float32)))
    assert mixture.score_samples(half).dtype == np.float32


def test_rows_of_another_precision_than_fitted(X):
    mixture = fit(X)
    for dtype in (np.float16, np.float32, np.float64):
        assert mixture.predict_proba(X.astype(dtype)).dtype != np.float16
    np.testing.assert_allclose(
        mixture.score_samples(X.astype(np.float32)), mixture.score_samples(X), rtol=1e-4
    )


def test_feature_names(X):
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    mixture = fit(frame)
    np.testing.assert_array_equal(mixture.feature_names_in_, ["a", "b", "c"])
    assert mixture.n_features_in_ == 3
    for method in AFTER:
        function = getattr(mixture, method)
        function(frame)
        with pytest.raises(ValueError, match="feature names should match"):
            function(frame[["b", "a", "c"]])
        with pytest.raises(ValueError, match="now missing:\n- b"):
            function(frame[["a", "c"]])
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            function(X)
    with pytest.raises(ValueError, match=r"X has 2 features, but .* expecting 3"):
        fit(X).predict(X[:, :2])
    assert not hasattr(mixture.fit(X), "feature_names_in_")


def test_one_row_at_a_time(X, type_, dtype):
    mixture = fit(X.astype(dtype), covariance_type=type_)
    rows = X[:40].astype(dtype)
    rtol = 1e-4 if dtype == np.float32 else 1e-12
    for method in ("predict", "predict_proba", "score_samples"):
        function = getattr(mixture, method)
        alone = np.concatenate([function(row[np.newaxis]) for row in rows])
        np.testing.assert_allclose(alone, function(rows), rtol=rtol, atol=rtol)
