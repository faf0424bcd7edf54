"""What is taken in, what is refused, and that nothing of the caller's is touched."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from latentia import PCA, TruncatedSVD, randomized_svd
from latentia.rows import as_rows


def svd(A, k=2):
    return randomized_svd(A, k, random_state=0)


FITS = {
    "randomized_svd": svd,
    "TruncatedSVD": lambda A, k=2: TruncatedSVD(k, random_state=0).fit(A),
    "PCA": lambda A, k=2: PCA(k, random_state=0).fit(A),
}


@pytest.fixture(params=FITS)
def fit(request):
    return FITS[request.param]


@pytest.fixture
def integers():
    return np.random.default_rng(0).integers(-9, 9, (23, 7))


def assert_same_svd(A, B, rtol=1e-12):
    for ours, theirs in zip(svd(A), svd(B), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol)


@pytest.mark.parametrize(
    "dtype",
    [np.int8, np.uint8, np.int32, np.int64, np.uint64, bool, ">f8", ">f4", object],
)
def test_numbers_become_float64(integers, dtype):
    A = abs(integers).astype(dtype)
    found = svd(A)
    assert {x.dtype for x in found} == {np.dtype(np.float64)}
    assert_same_svd(A, A.astype(np.float64))


def test_half_precision_becomes_float32(integers):
    A = integers.astype(np.float16)
    assert {x.dtype for x in svd(A)} == {np.dtype(np.float32)}
    assert_same_svd(A, A.astype(np.float32))


@pytest.mark.parametrize("dtype", [np.int32, bool, np.int8])
def test_sparse_numbers_become_float64(integers, dtype):
    A = scipy.sparse.csr_array((integers > 4).astype(dtype))
    found = svd(A)
    assert {x.dtype for x in found} == {np.dtype(np.float64)}
    assert_same_svd(A, A.astype(np.float64))


def test_lists_are_taken():
    assert_same_svd([[1, 2], [3, 4], [5, 7]], np.array([[1.0, 2], [3, 4], [5, 7]]))


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
    ],
    ids=lambda wrong: type(wrong).__name__,
)
def test_what_is_no_real_matrix(fit, wrong):
    with pytest.raises((TypeError, ValueError)):
        fit(wrong)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
@pytest.mark.parametrize("make", [np.zeros, scipy.sparse.csr_array])
def test_empty(fit, shape, make):
    with pytest.raises(ValueError, match=r"Found array with 0 (sample|feature)"):
        fit(make(shape))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 0), (3, 1), (150, 6)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("storage", ["C", "F", "CSR", "CSC"])
def test_not_finite(fit, value, place, dtype, storage, formats):
    A = np.random.default_rng(0).standard_normal((151, 7)).astype(dtype)
    A[place] = value
    make = formats.get(storage, scipy.sparse.csc_array)
    name = "NaN" if np.isnan(value) else "infinity"
    message = f"{name}.* at row {place[0]}, column {place[1]}"
    with pytest.raises(ValueError, match=message):
        fit(make(A))


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


def layouts(A, folder):
    mapped = np.memmap(folder / "A", dtype=A.dtype, mode="w+", shape=A.shape)
    mapped[:] = A
    mapped.flush()
    read_only = A.copy()
    read_only.flags.writeable = False
    odd = np.empty(A.nbytes + 1, dtype=np.uint8)[1:].view(A.dtype).reshape(A.shape)
    odd[:] = A
    between = np.zeros((2 * len(A), 3 * A.shape[1]), dtype=A.dtype)
    between[1::2, 2::3] = A
    wide = np.zeros((len(A), A.shape[1] + 5), dtype=A.dtype)
    wide[:, 3:-2] = A
    return {
        "read-only": read_only,
        "memory map": np.memmap(folder / "A", dtype=A.dtype, mode="r", shape=A.shape),
        "misaligned": odd,
        "every other row, third column": between[1::2, 2::3],
        "columns of a wider array": wide[:, 3:-2],
        "backwards": A[::-1, ::-1].copy()[::-1, ::-1],
        "transposed": A.T.copy().T,
        "rows of a Fortran array": np.asfortranarray(np.r_[A, A])[: len(A)],
    }


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_memory_layouts(floats, dtype, tmp_path):
    A = floats.astype(dtype)
    expected = svd(A)
    for name, laid_out in layouts(A, tmp_path).items():
        for ours, theirs in zip(svd(laid_out), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-4, err_msg=name)


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


def test_data_frames(floats):
    frame = pd.DataFrame(floats, columns=[f"x{i}" for i in range(floats.shape[1])])
    assert_same_svd(frame, floats)
    mixed = frame.assign(x0=np.arange(len(frame)), x1=frame.x2 > 0)
    assert_same_svd(mixed, mixed.to_numpy(dtype=float))
    np.testing.assert_array_equal(
        PCA(2, random_state=0).fit(frame).feature_names_in_, frame.columns
    )


@pytest.mark.parametrize("storage", ["C", "F", "CSR"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_input_is_not_written_to(floats, storage, dtype, formats):
    A = formats[storage](floats.astype(dtype))
    before = A.copy()
    for solver in ("full", "covariance_eigh", "randomized", "arpack"):
        pca = PCA(3, svd_solver=solver, whiten=True, copy=False).fit(A)
        pca.transform(A)
        pca.fit_transform(A)
    TruncatedSVD(3).fit_transform(A)
    randomized_svd(A, 3, center=True, scale=True)
    difference = abs(A - before)
    assert difference.max() == 0
