"""Synthetic matrices: shapes, spectra, popularity and reproducibility."""

import numpy as np
import pytest

from latentia.datasets import make_decaying, make_zipf_counts


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (31, 33), (1025, 7)])
def test_decaying_shape_and_dtype(shape, dtype):
    A = make_decaying(*shape, dtype=dtype, random_state=0)
    assert A.shape == shape
    assert A.dtype == dtype
    assert A.flags.c_contiguous
    assert np.isfinite(A).all()


@pytest.mark.parametrize("decay", [0.5, 1.0])
def test_decaying_spectrum(decay):
    n_rows, n_features = 3000, 700
    A = make_decaying(n_rows, n_features, decay=decay, random_state=0)
    values = np.linalg.svd(A, compute_uv=False)
    promised = np.sqrt(n_rows * n_features) / (1 + np.arange(40)) ** decay
    # Gaussian factors are orthogonal only nearly: a third of latitude either way.
    assert np.all(np.abs(np.log(values[:40] / promised)) < np.log(4 / 3))
    noise = 0.1 * (np.sqrt(n_rows) + np.sqrt(n_features))
    assert values[200] < noise < values[100]
    assert values[-1] > 0.5 * 0.1 * (np.sqrt(n_rows) - np.sqrt(n_features))


def test_more_decay_falls_faster():
    slow = np.linalg.svd(make_decaying(99, 50, decay=0, random_state=0))[1]
    fast = np.linalg.svd(make_decaying(99, 50, decay=2, random_state=0))[1]
    assert fast[10] / fast[0] < 0.05 < slow[10] / slow[0]


def popularity(A):
    return np.bincount(A.indices, minlength=A.shape[1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_zipf_is_canonical(dtype):
    A = make_zipf_counts(500, 300, 4001, dtype=dtype, random_state=0)
    assert A.format == "csr"
    assert A.shape == (500, 300)
    assert A.nnz == 4001
    assert A.dtype == dtype
    assert A.indices.dtype == A.indptr.dtype == np.int32
    A.check_format(full_check=True)
    for start, stop in zip(A.indptr[:-1], A.indptr[1:], strict=True):
        assert np.all(np.diff(A.indices[start:stop]) > 0)
    assert A.data.min() == 1
    assert A.data.max() > 4
    np.testing.assert_array_equal(A.data, np.rint(A.data))


def test_zipf_law():
    stored = popularity(make_zipf_counts(10_000, 1000, 50_000, random_state=0))
    expected = stored[0] / (1 + np.arange(1000))
    assert np.abs(stored - expected).max() <= 2
    crowded = popularity(make_zipf_counts(100, 1000, 10_000, random_state=0))
    assert crowded[0] == crowded[9] == 100
    rest = crowded[50:]
    assert np.abs(rest - rest[0] * 51 / (51 + np.arange(950))).max() <= 2


def test_zipf_rows_are_drawn_evenly():
    per_row = np.diff(make_zipf_counts(1000, 200, 20_000, random_state=0).indptr)
    assert abs(per_row[:500].mean() - 20) < 1
    assert per_row.min() > 0
    assert per_row.max() < 45


@pytest.mark.parametrize("n_rows", [1, 2, 7, 15])
@pytest.mark.parametrize("n_features", [1, 3, 8, 49])
def test_zipf_stores_exactly_what_was_asked(n_rows, n_features):
    full = n_rows * n_features
    for n_stored in {0, 1, full // 3, full // 2, full - 1, full}:
        A = make_zipf_counts(n_rows, n_features, n_stored, random_state=0)
        A.check_format(full_check=True)
        assert A.nnz == n_stored
        assert A.has_canonical_format


def decaying(random_state):
    return make_decaying(40, 30, random_state=random_state)


def make_zipf(random_state):
    return make_zipf_counts(40, 30, 300, random_state=random_state).toarray()


@pytest.mark.parametrize("make", [decaying, make_zipf])
@pytest.mark.parametrize("kind", [int, np.random.default_rng, np.random.RandomState])
def test_same_seed_same_matrix(make, kind):
    np.testing.assert_array_equal(make(kind(3)), make(kind(3)))
    assert (make(kind(3)) != make(kind(4))).any()


@pytest.mark.parametrize("make", [decaying, make_zipf])
def test_no_seed_differs_and_leaves_the_global_state_alone(make):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert (make(None) != make(None)).any()
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("dtype", [np.float16, np.int32, object])
def test_bad_dtype(dtype):
    with pytest.raises(ValueError, match="dtype must be float32 or float64, got"):
        make_decaying(3, 3, dtype=dtype)
    with pytest.raises(ValueError, match="dtype must be float32 or float64, got"):
        make_zipf_counts(3, 3, 3, dtype=dtype)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (-1, 3)])
def test_bad_shape(shape):
    with pytest.raises(ValueError, match=r"n_(rows|features) must be at least 1, got"):
        make_decaying(*shape)
    with pytest.raises(ValueError, match=r"n_(rows|features) must be at least 1, got"):
        make_zipf_counts(*shape, 0)


@pytest.mark.parametrize("decay", [-0.1, np.nan, np.inf])
def test_bad_decay(decay):
    with pytest.raises(ValueError, match="decay must be a number of at least 0, got"):
        make_decaying(3, 3, decay=decay)


@pytest.mark.parametrize("n_stored", [-1, 16])
def test_bad_n_stored(n_stored):
    with pytest.raises(ValueError, match=r"n_stored must be at (least 0|most 15), got"):
        make_zipf_counts(3, 5, n_stored)
