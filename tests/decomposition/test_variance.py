"""Variances of coordinates, where the mean is far larger than what lies about it."""

import numpy as np
import pytest

from latentia import TruncatedSVD


@pytest.mark.parametrize("mean", [0.0, 1e2, 1e4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("call", ["fit", "fit_transform"])
def test_of_rows_far_from_zero(mean, dtype, call, in_blocks):
    rng = np.random.default_rng(0)
    A = (rng.standard_normal((2003, 13)) * 0.9 ** np.arange(13) + mean).astype(dtype)
    k = 3
    V = np.linalg.svd(A.astype(np.float64), full_matrices=False)[2][:k].T
    expected = (A.astype(np.float64) @ V).var(axis=0)
    if mean:  # the others are rounding of the first, in float32
        expected = expected[:1]
    for X in (A, in_blocks(A, [0, 1, 900, 2003])):
        svd = TruncatedSVD(k, random_state=0, tol=1e-8)
        getattr(svd, call)(X)
        found = svd.explained_variance_[: len(expected)]
        # The direction is known to rounding of a matrix that is mean·√n large.
        loose = 1e-3 if dtype == np.float64 or mean < 1e3 else 2e-2
        np.testing.assert_allclose(found, expected, rtol=loose)
        total = A.astype(np.float64).var(axis=0).sum()
        ratio = svd.explained_variance_ratio_[: len(expected)]
        np.testing.assert_allclose(ratio, expected / total, rtol=loose)
