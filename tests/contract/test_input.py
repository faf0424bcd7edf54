"""What is taken in, what is refused, and that nothing of the caller's is touched."""

import itertools

import numpy as np
import pandas as pd
import pytest
import scipy.sparse


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
        "rows of a Fortran array": np.asfortranarray(np.r_[X, X])[: len(X)],
        "backwards": X[::-1, ::-1].copy()[::-1, ::-1],
        "other byte order": X.astype(X.dtype.newbyteorder()),
        "a frame": pd.DataFrame(X),
        "objects": X.astype(object),
        "a list": X.tolist(),
        "a masked array": np.ma.masked_array(X),
    }


def sparse_forms(X):
    """And in every way that a sparse matrix can."""
    plain = scipy.sparse.csr_array(X)
    long = plain.copy()
    long.indices, long.indptr = long.indices.astype("i8"), long.indptr.astype("i8")
    unsorted = plain.copy()
    for begin, end in zip(plain.indptr, plain.indptr[1:], strict=False):
        for part in (unsorted.indices, unsorted.data):
            part[begin:end] = part[begin:end][::-1].copy()
    unsorted.has_sorted_indices = False
    halves = plain.data.repeat(2) / 2, plain.indices.repeat(2), 2 * plain.indptr
    repeated = scipy.sparse.csr_array(halves, shape=X.shape)
    m, n = X.shape
    whole = X.ravel(), np.tile(np.arange(n), m), n * np.arange(m + 1)
    return {
        "CSR": plain,
        "CSR matrix": scipy.sparse.csr_matrix(X),
        "64-bit indices": long,
        "unsorted": unsorted,
        "repeated": repeated,
        "zeros stored": scipy.sparse.csr_array(whole, shape=X.shape),
        "CSC": scipy.sparse.csc_array(X),
        "CSC matrix": scipy.sparse.csc_matrix(X),
        "COO": scipy.sparse.coo_array(X),
        "LIL": scipy.sparse.lil_array(X),
        "DOK": scipy.sparse.dok_array(X),
        "BSR": scipy.sparse.bsr_array(X),
    }


MORE = pytest.mark.subjects("NMF by mu", "tied mixture", "spherical mixture")


@MORE
def test_dense_forms(subject, X, dtype, tmp_path, assert_same):
    """And none of them is written to."""
    X = X.astype(dtype)
    expected = subject.make().fit(X)
    rtol = 1e-3 if dtype == np.float32 else 1e-9
    for name, rows in dense_forms(X, tmp_path).items():
        assert_same(subject.make().fit(rows), expected, X, rtol=rtol, where=name)
        for use in subject.uses:
            found, known = getattr(expected, use)(rows), getattr(expected, use)(X)
            atol = rtol * np.abs(known).max()
            np.testing.assert_allclose(found, known, rtol=0, atol=atol, err_msg=name)
        subject.fitted(X, "partial_fit").partial_fit(rows)
        assert (np.asarray(rows) == X).all(), name


@MORE
def test_sparse_forms(subject, X, dtype, assert_same):
    X = np.where(X > 1, X, 0).astype(dtype)
    rtol = 1e-3 if dtype == np.float32 else 1e-9
    expected = subject.make().fit(X) if subject.sparse else None
    for name, rows in sparse_forms(X).items():
        if not subject.sparse:
            for call in (*subject.learners(X), *subject.users(X)):
                with pytest.raises(TypeError, match=r"sparse.*latentia\.PCA"):
                    call(rows)
            continue
        before = rows.copy()
        fitted = subject.make().fit(rows)
        assert fitted.transform(rows).dtype == dtype, name
        assert_same(fitted, expected, X, rtol=rtol, where=name)
        assert_same(fitted, expected, rows, rtol=rtol, where=name)
        assert abs(rows - before).max() == 0, name
        if name in ("unsorted", "repeated"):
            np.testing.assert_array_equal(rows.indices, before.indices)
            np.testing.assert_array_equal(rows.data, before.data)


def test_a_frame_of_sparse_columns(subject, X, assert_same):
    X = np.where(X > 1, X, 0)
    frame = pd.DataFrame(X).astype(pd.SparseDtype(float, 0.0))
    if subject.sparse:
        found, expected = subject.make().fit(frame), subject.make().fit(X)
        assert_same(found, expected, X, rtol=1e-9)
        return
    for call in (*subject.learners(X), *subject.users(X)):
        with pytest.raises(TypeError, match=r"sparse.*latentia\.PCA"):
            call(frame)


TYPES = ["i1", "u1", "i4", "i8", "u8", "?", ">f8", "O", "f2"]


@MORE
@pytest.mark.parametrize("storage", [np.array, scipy.sparse.csr_array])
def test_numbers_of_other_types(subject, storage, assert_same, case):
    """They become float64; half precision becomes float32."""
    sparse = storage is not np.array
    if sparse and not subject.sparse:
        pytest.skip("takes dense rows")
    for form in TYPES[:6] if sparse else TYPES:
        A = np.random.default_rng(0).integers(0, 100, (60, 5))
        A = (A > 40 if form == "?" else A).astype(form)
        exact = A.astype(np.float32 if form == "f2" else float)
        with case(form=form):
            fitted = subject.make(n_components=1).fit(storage(A))
            assert_same(fitted, subject.make(n_components=1).fit(storage(exact)), exact)
            for use in {"transform", "score_samples"} & {*subject.uses}:
                assert getattr(fitted, use)(storage(A)).dtype == exact.dtype


NO_MATRIX = {
    "text": np.full((4, 3), "text"),
    "mixed objects": np.array([["1", "a"], ["2", "b"]], dtype=object),
    "complex": np.ones((4, 3)) + 1j,
    "sparse complex": scipy.sparse.csr_array(np.ones((4, 3)) + 1j),
    "ragged": [[1, 2], [3]],
    "one axis": np.ones(4),
    "three axes": np.ones((4, 3, 2)),
    "a number": 3.0,
    "None": None,
    "a string": "matrix",
    "a dict": {"x": [1, 2]},
    "no rows": np.zeros((0, 5)),
    "no columns": np.zeros((3, 0)),
    "nothing": np.zeros((0, 0)),
    "sparse, no rows": scipy.sparse.csr_array((0, 5)),
    "sparse, no columns": scipy.sparse.csr_array((3, 0)),
}


@pytest.mark.filterwarnings("default")  # what NumPy warns of before it is refused
def test_what_is_no_matrix(subject, X, case):
    for what, wrong in NO_MATRIX.items():
        with case(what=what):
            empty = 0 in getattr(wrong, "shape", ())
            message = r"Found array with 0 (sample|feature)|sparse" if empty else None
            for call in (*subject.learners(X), *subject.users(X)):
                with pytest.raises((TypeError, ValueError), match=message):
                    call(wrong)


BAD = [np.nan, np.inf, -np.inf]
PLACES = [(0, 0), (17, 2), (60, 4)]


def test_not_finite(subject, X, dtype, case):
    """The error says where, whatever the order of memory: each pair of the three."""
    forms = [np.ascontiguousarray, np.asfortranarray]
    if subject.sparse:
        forms += [scipy.sparse.csr_array, scipy.sparse.csc_array]
    for (i, form), (j, bad) in itertools.product(enumerate(forms), enumerate(BAD)):
        row, column = place = PLACES[(i + j + (dtype == np.float64)) % 3]
        with case(form=form.__name__, bad=bad, place=place):
            spoilt = X.astype(dtype)
            spoilt[place] = bad
            what = "NaN" if np.isnan(bad) else "infinity"
            message = f"{what}.* at row {row}, column {column}"
            for call in (*subject.learners(X), *subject.users(X)):
                with pytest.raises(ValueError, match=message):
                    call(form(spoilt))


@pytest.mark.parametrize("spoil", ["column", "pointer", "end"])
def test_malformed_sparse_matrices(subject, X, spoil):
    A = scipy.sparse.csr_array(np.where(X > 1, X, 0))
    if spoil == "column":
        A.indices[7] = 99
    elif spoil == "pointer":
        A.indptr[3] = A.indptr[-1] + 5
    else:
        A.indptr[-1] = len(A.data) + 9
    for call in (*subject.learners(X), *subject.users(X)):
        with pytest.raises((TypeError, ValueError), match=r"CSR|index|indptr|sparse"):
            call(A)


def test_feature_names(subject, X, frame):
    named = frame("abc")
    fitted = subject.make().fit(named)
    np.testing.assert_array_equal(fitted.feature_names_in_, ["a", "b", "c"])
    assert fitted.n_features_in_ == 3
    batches = subject.fitted(named, "partial_fit")
    for function in (*subject.users(named), batches.partial_fit):
        function(named)
        with pytest.raises(ValueError, match="feature names should match"):
            function(named[["b", "a", "c"]])
        with pytest.raises(ValueError, match="now missing:\n- b"):
            function(named[["a", "c"]])
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            function(named.to_numpy())
    with pytest.raises(ValueError, match=r"X has 2 features, but .* expecting 5"):
        getattr(subject.make().fit(X), subject.uses[0])(X[:, :2])
    assert not hasattr(fitted.fit(X), "feature_names_in_")
