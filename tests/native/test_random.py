"""Normal numbers: that they are, and that they depend on seed and place alone."""

import numpy as np
import pytest
import scipy.stats

from latentia._native import kernels

N = 1 << 19


def normal(shape, seed=0, n_threads=1, dtype=np.float64):
    out = np.full(shape, np.nan, dtype=dtype)
    kernels.fill_normal(out, seed, n_threads)
    return out


@pytest.fixture(scope="module")
def sample():
    return normal(N, seed=7)


def test_moments(sample):
    """Within five standard errors of 0, 1, 0 and 3."""
    root = np.sqrt(N)
    assert abs(sample.mean()) < 5 / root
    assert abs((sample**2).mean() - 1) < 5 * np.sqrt(2) / root
    assert abs((sample**3).mean()) < 5 * np.sqrt(15) / root
    assert abs((sample**4).mean() - 3) < 5 * np.sqrt(96) / root


def test_distribution(sample):
    assert scipy.stats.kstest(sample, "norm").pvalue > 1e-3
    assert 4.5 < np.abs(sample).max() < 6.5


@pytest.mark.parametrize("lag", [1, 2, 3, 4, 5, 256, 511, 512, 513, 1024, 16384])
def test_no_number_tells_of_another(sample, lag):
    """Nor its square: a cosine and a sine of one radius lie half a block apart."""
    here, there = sample[:-lag], sample[lag:]
    for x, y in ((here, there), (here**2, there**2)):
        assert abs(np.corrcoef(x, y)[0, 1]) < 5 / np.sqrt(N)


def test_no_seed_tells_of_another(sample):
    for seed in (6, 8, 7 + 2**32, 2**64 - 1):
        other = normal(N, seed)
        assert abs(np.corrcoef(sample, other)[0, 1]) < 5 / np.sqrt(N)


def test_same_seed_same_bits(dtype):
    one = normal(100_001, dtype=dtype)
    assert np.isfinite(one).all()
    for n_threads in (1, 2, 7):
        np.testing.assert_array_equal(
            normal(100_001, n_threads=n_threads, dtype=dtype), one
        )


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 33, 1023, 1024, 1025, 16384, 16385])
def test_a_part_does_not_depend_on_the_whole(dtype, size):
    np.testing.assert_array_equal(
        normal(size, dtype=dtype), normal(20_000, dtype=dtype)[:size]
    )


def test_dtype_and_shape_do_not_matter():
    flat = normal(70 * 33, dtype=np.float64)
    np.testing.assert_array_equal(normal((70, 33)), flat.reshape(70, 33))
    np.testing.assert_array_equal(
        normal((70, 33), dtype=np.float32).ravel(), flat.astype(np.float32)
    )
