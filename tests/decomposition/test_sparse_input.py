"""Sparse matrices of every format, in order or not, and those that are broken."""

import numpy as np
import pytest
import scipy.sparse

from latentia import PCA, TruncatedSVD, randomized_svd
from latentia.rows import as_rows


def svd(A):
    return randomized_svd(A, 2, random_state=0)


def assert_same_svd(A, B, rtol=1e-12):
    for ours, theirs in zip(svd(A), svd(B), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol)


@pytest.fixture
def floats():
    return np.random.default_rng(0).standard_normal((57, 29))


@pytest.fixture
def sparse(floats):
    floats[np.random.default_rng(1).random(floats.shape) < 0.8] = 0
    floats[[0, 13, -1]] = 0
    floats[:, [0, 7, -1]] = 0
    return scipy.sparse.csr_array(floats)


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil", "dok", "bsr"])
@pytest.mark.parametrize("flavour", ["array", "matrix"])
def test_sparse_formats(sparse, kind, flavour):
    A = getattr(scipy.sparse, f"{kind}_{flavour}")(sparse)
    if kind in ("lil", "dok"):
        message = f"SVD of a {kind}_{flavour} is expensive"
        with pytest.warns(scipy.sparse.SparseEfficiencyWarning, match=message):
            assert_same_svd(A, sparse.toarray(), rtol=1e-9)
        return
    assert_same_svd(A, sparse.toarray(), rtol=1e-9)


@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_index_types(sparse, index):
    sparse.indptr, sparse.indices = (
        x.astype(index) for x in (sparse.indptr, sparse.indices)
    )
    assert not as_rows(sparse).copied
    assert_same_svd(sparse, sparse.toarray(), rtol=1e-9)


def test_mixed_index_types(sparse):
    expected = svd(sparse.toarray())
    sparse.indptr = sparse.indptr.astype(np.int64)
    for ours, theirs in zip(svd(sparse), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-9)


def disordered(A):
    """The entries of each row backwards, each stored as two halves."""
    rows = [slice(a, b) for a, b in zip(A.indptr[:-1], A.indptr[1:], strict=True)]
    indices = [np.repeat(A.indices[row][::-1], 2) for row in rows]
    data = [np.repeat(A.data[row][::-1] / 2, 2) for row in rows]
    return scipy.sparse.csr_array(
        (np.concatenate(data), np.concatenate(indices), 2 * A.indptr), shape=A.shape
    )


def test_unsorted_and_repeated_indices(sparse):
    A = disordered(sparse)
    before = A.indices.copy(), A.data.copy(), A.indptr.copy()
    svd(A)
    PCA(2, random_state=0).fit(A).transform(A)
    TruncatedSVD(2, random_state=0).fit(A).transform(A)
    for ours, theirs in zip((A.indices, A.data, A.indptr), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert_same_svd(disordered(sparse), sparse.toarray(), rtol=1e-9)


def test_explicit_zeros_and_room_at_the_end(sparse):
    A = sparse.copy()
    A.data[::3] = 0
    roomy = scipy.sparse.csr_array(A.shape)
    roomy.indptr, roomy.indices, roomy.data = (
        A.indptr,
        np.r_[A.indices, 5, 5],
        np.r_[A.data, np.nan, np.nan],
    )
    for other in (A, roomy):
        assert_same_svd(other, A.toarray(), rtol=1e-9)


def broken(A, **parts):
    A = A.copy()
    for name, change in parts.items():
        change(getattr(A, name))
    return A


def change(place, value):
    def put(array):
        array[place] = value

    return put


@pytest.mark.parametrize(
    "parts",
    [
        {"indices": change(4, 29)},
        {"indices": change(4, -1)},
        {"indices": change(4, 2**31 - 1)},
        {"indptr": change(-1, 10**6)},
        {"indptr": change(20, 10**6)},
        {"indptr": change(20, -5)},
        {"indptr": change(20, 0)},
        {"indptr": change(0, 3)},
    ],
)
@pytest.mark.parametrize("fit", [svd, PCA(2).fit, TruncatedSVD(2).fit])
def test_malformed_csr_reads_no_foreign_memory(fit, sparse, parts):
    with pytest.raises((ValueError, IndexError)):
        fit(broken(sparse, **parts))


def test_nothing_stored():
    U, s, Vt = svd(scipy.sparse.csr_array((9, 5)))
    np.testing.assert_array_equal(s, [0, 0])
    for Q in (U, Vt.T):
        np.testing.assert_allclose(Q.T @ Q, np.eye(2), atol=1e-12)
