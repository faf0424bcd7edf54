"""What is taken in, what is refused, and that nothing of the caller's is touched."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from latentia import PCA, randomized_svd
from latentia.rows import as_rows


def svd(A, k=2):
    return randomized_svd(A, k, random_state=0)


@pytest.fixture
def integers():
    return np.random.default_rng(0).integers(-9, 9, (23, 7))


def assert_same_svd(A, B, rtol=1e-12):
    for ours, theirs in zip(svd(A), svd(B), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
@pytest.mark.parametrize("storage", [np.asarray, scipy.sparse.csr_array])
def test_numbers_become_float64(integers, dtype, storage):
    A = storage(abs(integers).astype(dtype))
    found = svd(A)
    assert {x.dtype for x in found} == {np.dtype(np.float64)}
    assert_same_svd(A, A.astype(np.float64))


def test_half_precision_becomes_float32(integers):
    A = integers.astype(np.float16)
    assert {x.dtype for x in svd(A)} == {np.dtype(np.float32)}
    assert_same_svd(A, A.astype(np.float32))


def test_what_is_no_finite_matrix():
    for wrong in (np.ones(4), np.ones((4, 3)) + 1j, np.full((4, 3), "text"), None):
        with pytest.raises((TypeError, ValueError)):
            svd(wrong)
    for shape in ((0, 3), (3, 0)):
        with pytest.raises(ValueError, match=r"Found array with 0 (sample|feature)"):
            svd(np.zeros(shape))
    with pytest.raises(ValueError, match=r"A contains NaN.* at row 1, column 2"):
        svd([[1, 2, 3], [4, 5, np.nan]])


def test_the_first_of_several_is_named(formats):
    A = np.zeros((300, 40))
    A[[120, 120, 299], [33, 3, 0]] = np.nan, np.inf, np.nan
    for make in formats.values():
        with pytest.raises(ValueError, match=r"A contains inf.* at row 120, column 3"):
            svd(make(A))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_numbers_are_finite(dtype, formats):
    """Their squares overflow, and that is no reason to call them infinite."""
    largest = np.finfo(dtype).max
    for make in formats.values():
        _, s, _ = svd(make(np.diag([largest, largest / 4, 1]).astype(dtype)))
        np.testing.assert_allclose(s, [largest, largest / 4], rtol=1e-5)


@pytest.fixture
def floats():
    return np.random.default_rng(0).standard_normal((57, 29))


def test_one_row_repeated_without_memory(floats):
    A = np.broadcast_to(floats[0], floats.shape)
    _, s, _ = svd(A)
    np.testing.assert_allclose(s, [np.linalg.norm(A), 0], atol=1e-12)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_is_copied(floats, dtype, order):
    A = floats.astype(dtype, order=order)
    assert not as_rows(A).copied
    assert np.shares_memory(as_rows(A).block, A)
    assert not as_rows(A.T).copied
    sparse = scipy.sparse.csr_array(A)
    assert not as_rows(sparse).copied


def test_a_frame_of_several_types(floats):
    frame = pd.DataFrame(floats).assign(x=np.arange(len(floats)), y=floats[:, 0] > 0)
    frame.columns = frame.columns.astype(str)
    assert_same_svd(frame, frame.to_numpy(dtype=float))


@pytest.mark.parametrize("storage", ["C", "F", "CSR"])
def test_input_is_not_written_to(floats, storage, formats):
    A = formats[storage](floats)
    before = A.copy()
    for solver in ("full", "covariance_eigh", "randomized", "arpack"):
        PCA(3, svd_solver=solver, whiten=True, copy=False).fit_transform(A)
    randomized_svd(A, 3, center=True, scale=True)
    assert abs(A - before).max() == 0


@pytest.fixture
def sparse(floats):
    """With empty rows and columns at both ends."""
    floats[np.random.default_rng(1).random(floats.shape) < 0.8] = 0
    floats[[0, 13, -1]] = 0
    floats[:, [0, 7, -1]] = 0
    return scipy.sparse.csr_array(floats)


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr"])
def test_sparse_formats(sparse, kind):
    A = getattr(scipy.sparse, f"{kind}_array")(sparse)
    assert_same_svd(A, sparse.toarray(), rtol=1e-9)


@pytest.mark.parametrize("kind", ["lil_array", "lil_matrix", "dok_array", "dok_matrix"])
def test_slow_sparse_formats(sparse, kind):
    A = getattr(scipy.sparse, kind)(sparse)
    message = f"SVD of a {kind} is expensive"
    with pytest.warns(scipy.sparse.SparseEfficiencyWarning, match=message) as caught:
        assert_same_svd(A, sparse.toarray(), rtol=1e-9)
    assert caught[0].filename == __file__


def test_stored_zeros_and_room_at_the_end(sparse):
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


def test_nothing_stored():
    U, s, Vt = svd(scipy.sparse.csr_array((9, 5)))
    np.testing.assert_array_equal(s, [0, 0])
    for Q in (U, Vt.T):
        np.testing.assert_allclose(Q.T @ Q, np.eye(2), atol=1e-12)
