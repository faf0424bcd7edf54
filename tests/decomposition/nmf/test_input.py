"""What is taken in, what is refused, and that nothing of the caller's is touched."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from latentia import NMF

METHODS = ["fit", "fit_transform", "partial_fit"]
AFTER = ["transform", "partial_fit"]
STILL = {"tol": 0, "max_iter": 9, "random_state": 0}


def everywhere(X):
    """Unfitted and fitted methods in turn."""
    for method in METHODS:
        yield getattr(NMF(2, **STILL), method)
    for method in AFTER:
        yield getattr(NMF(2, **STILL).fit(X), method)


SPARSE = ["csr_array", "csc_matrix", "coo_array"]


def in_all_forms(A):
    return [A, np.asfortranarray(A), *(getattr(scipy.sparse, s)(A) for s in SPARSE)]


@pytest.mark.parametrize("place", [(0, 0), (17, 2), (40, 16)], ids=str)
def test_negative(X, place, dtype):
    spoilt = X.astype(dtype)
    spoilt[place] = -0.25
    row, column = place
    message = rf"Negative values.*X holds -0\.25 at row {row}, column {column}"
    for A in in_all_forms(spoilt):
        for method in everywhere(X):
            with pytest.raises(ValueError, match=message):
                method(A)


def test_negative_among_unknown(X, holes, stored):
    spoilt = holes(X)
    spoilt[17, 2] = -3
    for A, missing in ((spoilt, "nan"), (stored(spoilt), "unobserved")):
        with pytest.raises(ValueError, match="X holds -3 at row 17, column 2"):
            NMF(2, missing=missing).fit(A)


def test_negative_zeros_are_zeros(X):
    A = np.where(X > 1, X, 0.0)
    signed = np.where(A == 0, -0.0, A)
    expected = NMF(2, **STILL).fit_transform(A)
    np.testing.assert_array_equal(NMF(2, **STILL).fit_transform(signed), expected)


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
@pytest.mark.parametrize("missing", ["nan", "unobserved", None])
def test_infinite(X, bad, missing):
    spoilt = X.copy()
    spoilt[17, 2] = bad
    for A in in_all_forms(spoilt):
        with pytest.raises(ValueError, match=r"infinity .*at row 17, column 2"):
            NMF(2, missing=missing).fit(A)


def test_nan_where_nothing_may_be_missing(X):
    spoilt = X.copy()
    spoilt[17, 2] = np.nan
    for A in in_all_forms(spoilt):
        for method in METHODS:
            with pytest.raises(ValueError, match="contains NaN at row 17, column 2"):
                getattr(NMF(2, missing=None), method)(A)
        fitted = NMF(2, missing=None, **STILL).fit(X)
        with pytest.raises(ValueError, match="contains NaN"):
            fitted.transform(A)


def test_nan_in_what_a_sparse_matrix_stores(X, holes, stored):
    """With the other entries zeros it is an error, that says what to do."""
    spoilt = np.where(X > 1, X, 0)
    spoilt[17, 2] = np.nan
    with pytest.raises(ValueError, match=r"row 17, column 2.*'unobserved'"):
        NMF(2, missing="nan").fit(scipy.sparse.csr_array(spoilt))
    NMF(2, missing="unobserved", **STILL).fit(scipy.sparse.csr_array(spoilt))


@pytest.mark.filterwarnings("default")  # what NumPy warns of before it is refused
@pytest.mark.parametrize(
    "wrong",
    [
        np.full((4, 3), "text"),
        np.array([["1", "a"], ["2", "b"]], dtype=object),
        np.ones((4, 3)) + 1j,
        scipy.sparse.csr_array(np.ones((4, 3)) + 1j),
        [[1, 2], [3]],
        np.ones(4),
        np.ones((4, 3, 2)),
        3.0,
        None,
        "matrix",
        {"x": [1, 2]},
        np.zeros((0, 17)),
        np.zeros((3, 0)),
        scipy.sparse.csr_array((0, 17)),
    ],
    ids=lambda wrong: type(wrong).__name__,
)
def test_what_is_no_matrix(X, wrong):
    fitted = NMF(2, **STILL).fit(X)
    before = dict(vars(fitted))
    for method in (NMF(2).fit, fitted.fit, fitted.partial_fit, fitted.transform):
        with pytest.raises((TypeError, ValueError)):
            method(wrong)
    assert vars(fitted).keys() == before.keys()
    assert all(vars(fitted)[name] is value for name, value in before.items())


def dense_forms(X, folder):
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
        "backwards": X[::-1, ::-1].copy()[::-1, ::-1],
        "other byte order": X.astype(X.dtype.newbyteorder()),
        "a frame": pd.DataFrame(X),
        "objects": X.astype(object),
        "a list": X.tolist(),
    }


def sparse_forms(X):
    """And in every way that a sparse matrix can."""
    plain = scipy.sparse.csr_array(X)
    long = plain.copy()
    long.indices, long.indptr = long.indices.astype("i8"), long.indptr.astype("i8")
    rows, columns = np.nonzero(X)
    unsorted = plain.copy()
    for begin, end in zip(plain.indptr, plain.indptr[1:], strict=False):
        for part in (unsorted.indices, unsorted.data):
            part[begin:end] = part[begin:end][::-1].copy()
    unsorted.has_sorted_indices = False
    halves = np.tile(X[rows, columns] / 2, 2)
    twice = np.tile(rows, 2), np.tile(columns, 2)
    order = np.argsort(twice[0], kind="stable")
    start = np.r_[0, 2 * np.cumsum((X != 0).sum(axis=1))]
    repeated = scipy.sparse.csr_array(
        (halves[order], twice[1][order], start), shape=X.shape
    )
    explicit = scipy.sparse.csr_array(X + 1.0)
    explicit.data -= 1
    return {
        "CSR": plain,
        "CSR matrix": scipy.sparse.csr_matrix(X),
        "64-bit indices": long,
        "unsorted": unsorted,
        "repeated": repeated,
        "zeros stored": scipy.sparse.csr_array(
            (
                X.ravel(),
                np.tile(np.arange(X.shape[1]), len(X)),
                X.shape[1] * np.arange(len(X) + 1),
            ),
            shape=X.shape,
        ),
        **{
            name: getattr(scipy.sparse, name)(X)
            for name in (
                "csc_array",
                "coo_array",
                "lil_array",
                "dok_array",
                "bsr_array",
            )
        },
    }


LOSSES = [{}, {"solver": "mu"}, {"solver": "mu", "beta_loss": 1.0}]


def test_dense_forms(X, dtype, tmp_path):
    """None of them is written to."""
    X = X.astype(dtype)
    rtol = 1e-3 if dtype == np.float32 else 1e-9
    for loss in LOSSES:
        nmf = NMF(3, init="random", **STILL, **loss)
        expected = nmf.fit_transform(X), nmf.components_, nmf.transform(X)
        for name, rows in dense_forms(X, tmp_path).items():
            found = nmf.fit_transform(rows), nmf.components_, nmf.transform(rows)
            assert (np.asarray(rows) == X).all(), name
            if found[0].dtype != dtype:  # NumPy knows the type as another
                continue
            for ours, theirs in zip(found, expected, strict=True):
                atol = rtol * theirs.max()
                np.testing.assert_allclose(ours, theirs, atol=atol, err_msg=name)


def test_sparse_forms(X, dtype):
    X = np.where(X > 1, X, 0).astype(dtype)
    rtol = 1e-3 if dtype == np.float32 else 1e-9
    for loss in LOSSES:
        nmf = NMF(3, init="random", **STILL, **loss)
        expected = nmf.fit_transform(X), nmf.components_, nmf.transform(X)
        for name, rows in sparse_forms(X).items():
            before = rows.copy()
            found = nmf.fit_transform(rows), nmf.components_, nmf.transform(rows)
            for ours, theirs in zip(found, expected, strict=True):
                assert ours.dtype == dtype
                atol = rtol * theirs.max()
                np.testing.assert_allclose(ours, theirs, atol=atol, err_msg=name)
            if name in ("unsorted", "repeated"):
                np.testing.assert_array_equal(rows.indices, before.indices)
                np.testing.assert_array_equal(rows.data, before.data)


def test_sparse_forms_of_what_is_known(X, holes, stored):
    """Repeated entries are added up; of what is stored zeros too are known."""
    A = stored(holes(np.where(X > 1, X, 0)))
    nmf = NMF(3, missing="unobserved", **STILL)
    expected = nmf.fit_transform(A)
    long = A.copy()
    long.indices, long.indptr = long.indices.astype("i8"), long.indptr.astype("i8")
    for other in (A.tocsc(), A.tocoo(), long):
        np.testing.assert_allclose(nmf.fit_transform(other), expected, rtol=1e-9)


def test_a_frame_of_sparse_columns(X):
    A = np.where(X > 1, X, 0)
    frame = pd.DataFrame(A).astype(pd.SparseDtype(float, 0.0))
    nmf = NMF(3, init="random", **STILL)
    expected = nmf.fit_transform(A)
    np.testing.assert_allclose(nmf.fit_transform(frame), expected, atol=1e-9)


def test_missing_values_of_a_frame(X, holes):
    gappy = holes(X)
    frame = pd.DataFrame(gappy).astype("Float64")
    nmf = NMF(3, missing="nan", **STILL)
    expected = nmf.fit_transform(gappy)
    np.testing.assert_array_equal(nmf.fit_transform(frame), expected)


@pytest.mark.parametrize(
    "form", [np.int8, np.uint8, np.int64, np.uint64, bool, object], ids=str
)
def test_numbers_become_float64(form):
    A = np.random.default_rng(0).integers(0, 100, (31, 9)).astype(form)
    W = NMF(3, **STILL).fit_transform(A)
    assert W.dtype == np.float64
    np.testing.assert_array_equal(W, NMF(3, **STILL).fit_transform(A.astype(float)))


def test_half_precision_becomes_float32(X):
    half = X.astype(np.float16)
    W = NMF(3, **STILL).fit_transform(half)
    assert W.dtype == np.float32
    expected = NMF(3, **STILL).fit_transform(half.astype(np.float32))
    np.testing.assert_array_equal(W, expected)


def test_malformed_sparse_matrices(X):
    for spoil in ("column", "pointer", "end"):
        A = scipy.sparse.csr_array(np.where(X > 1, X, 0))
        if spoil == "column":
            A.indices[7] = 99
        elif spoil == "pointer":
            A.indptr[3] = A.indptr[-1] + 5
        else:
            A.indptr[-1] = len(A.data) + 9
        with pytest.raises(ValueError, match=r"valid CSR|index|indptr"):
            NMF(2, **STILL).fit(A)


def test_feature_names(X):
    frame = pd.DataFrame(X[:, :3], columns=["a", "b", "c"])
    nmf = NMF(2, **STILL).fit(frame)
    np.testing.assert_array_equal(nmf.feature_names_in_, ["a", "b", "c"])
    assert nmf.n_features_in_ == 3
    for method in AFTER:
        function = getattr(nmf, method)
        function(frame)
        with pytest.raises(ValueError, match="feature names should match"):
            function(frame[["b", "a", "c"]])
        with pytest.raises(ValueError, match="now missing:\n- b"):
            function(frame[["a", "c"]])
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            function(frame.to_numpy())
    with pytest.raises(ValueError, match="X has 2 features, but NMF is expecting 3"):
        NMF(2, **STILL).fit(frame.to_numpy()).transform(X[:, :2])
    assert not hasattr(nmf.fit(X), "feature_names_in_")
