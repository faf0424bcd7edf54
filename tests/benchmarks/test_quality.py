"""The measures of quality against the residual matrix itself."""

import numpy as np
import pytest
from scipy import sparse

from latentia.benchmarks import quality
from latentia.benchmarks.nmf import random_start
from latentia.benchmarks.quality import (
    column_means,
    objective,
    optimal_residual,
    orthonormality,
    residual_above_best,
)
from latentia.benchmarks.reference_numpy import divergence

SHAPES = [(40, 30), (30, 40), (33, 7), (7, 33), (2, 2)]
FORMS = [np.asarray, np.asfortranarray, sparse.csr_array, sparse.csr_matrix]


@pytest.fixture(autouse=True)
def _blocks_of_a_few_rows(monkeypatch):
    """Make the small matrices here span several blocks, the last of them short."""
    monkeypatch.setattr(quality, "_BLOCK_ELEMENTS", 100)


def counts(m, n):
    return np.random.default_rng(0).poisson(0.7, (m, n)).astype(np.float64)


def truncated(A, k):
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    return U[:, :k], s[:k], Vt[:k]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("centered", [False, True])
def test_optimal_residual_is_the_tail_of_the_spectrum(shape, form, centered):
    A = counts(*shape)
    k = min(2, min(shape) - 1)
    center = A.mean(axis=0) if centered else None
    tail = np.linalg.svd(A - A.mean(axis=0) if centered else A, compute_uv=False)[k:]
    found = optimal_residual(form(A), k, center=center)
    np.testing.assert_allclose(found, np.linalg.norm(tail), rtol=1e-9, atol=1e-7)


@pytest.mark.parametrize("shape", [(40, 30), (30, 40)])
def test_a_column_in_other_units_does_not_hide_the_rest(shape):
    A = counts(*shape)
    A[:, 0] *= 1e8
    U, s, Vt = truncated(A, 3)
    optimal = optimal_residual(A, 3)
    assert abs(residual_above_best(A, U, s, Vt, optimal)) < 1e-6
    worse = residual_above_best(A, U[:, :2], s[:2], Vt[:2], optimal)
    assert worse == pytest.approx(np.hypot(optimal, s[2]) / optimal - 1, rel=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_excess_is_that_of_the_residual_matrix(form):
    """Factors that are neither orthonormal nor singular vectors are taken as given."""
    A = counts(40, 30)
    rng = np.random.default_rng(1)
    U, s, Vt = rng.random((40, 3)), rng.random(3), rng.random((3, 30))
    center = rng.random(30)
    residual = np.linalg.norm(A - center - (U * s) @ Vt)
    excess = residual_above_best(form(A), U, s, Vt, 2.0, center=center)
    assert excess == pytest.approx(residual / 2.0 - 1, rel=1e-12)


def test_float32_factors_are_judged_in_float64():
    A = counts(500, 20).astype(np.float32)
    factors = [part.astype(np.float32) for part in truncated(A, 3)]
    U, s, Vt = (part.astype(np.float64) for part in factors)
    optimal = optimal_residual(A, 3)
    expected = np.linalg.norm(A.astype(np.float64) - (U * s) @ Vt) / optimal - 1
    assert residual_above_best(A, *factors, optimal) == pytest.approx(
        expected, abs=1e-14
    )


def test_orthonormality_is_the_largest_deviation():
    Q = np.linalg.qr(np.random.default_rng(0).standard_normal((300, 4))).Q
    assert orthonormality(Q) < 1e-14
    Q[:, 2] *= 1.1
    assert orthonormality(Q) == pytest.approx(0.21)
    assert orthonormality(Q.astype(np.float32)) == pytest.approx(0.21, abs=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_column_means_of_float32_are_summed_in_float64(form):
    A = np.full((1000, 2), 0.1, dtype=np.float32)
    means = column_means(form(A))
    assert means.dtype == np.float64
    np.testing.assert_allclose(means, np.float64(np.float32(0.1)), rtol=1e-14)


@pytest.mark.parametrize(("loss", "beta"), [("frobenius", 2), ("kullback-leibler", 1)])
def test_objective_is_the_divergence(loss, beta):
    A = sparse.csr_array(counts(90, 40))
    dense = A.toarray()
    W, H = random_start(A, 3)
    for form in (dense, A, A.astype(np.float32)):
        found = objective(form, W, H, loss)
        assert found == pytest.approx(divergence(dense, W, H, beta), rel=1e-12)
    found = objective(A, W, H, loss, observed_only=True)
    observed = divergence(dense, W, H, beta, dense != 0)
    assert found == pytest.approx(observed, rel=1e-12)
