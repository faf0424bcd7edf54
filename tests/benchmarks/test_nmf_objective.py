"""What the NMF suite starts from, and how it judges where the methods end."""

import numpy as np
import pytest

from latentia import datasets
from latentia.benchmarks.nmf import objective
from latentia.benchmarks.nmf.methods import MULTIPLICATIVE
from latentia.benchmarks.nmf.objective import EXCESS, OBJECTIVE, judge
from latentia.benchmarks.nmf.start import random_start
from latentia.benchmarks.reference_numpy import divergence, multiplicative_nmf
from latentia.benchmarks.results import BASELINE, LATENTIA, Quantity


def dense_matrix(m=90, n=40, dtype=np.float64):
    return np.random.default_rng(0).gamma(1, size=(m, n)).astype(dtype)


def counts():
    return datasets.make_zipf_counts(90, 40, 900, dtype="float64", random_state=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_start_has_the_type_and_about_the_mean_of_the_matrix(dtype):
    A = dense_matrix(300, 200, dtype)
    W, H = random_start(A, 10)
    assert W.dtype == H.dtype == dtype
    assert (W >= 0).all()
    assert (H >= 0).all()
    # E |z|² of independent half-normal ones is 2 / π
    assert (W @ H).mean() == pytest.approx(A.mean() * 2 / np.pi, rel=0.1)
    assert (W == random_start(A, 10).W).all()
    assert (W != random_start(A, 10, seed=1).W).any()


@pytest.mark.parametrize(("loss", "beta"), [("frobenius", 2), ("kullback-leibler", 1)])
def test_objective_is_the_divergence(monkeypatch, loss, beta):
    monkeypatch.setattr(objective, "_BLOCK_ELEMENTS", 100)  # several blocks, one short
    A = counts()
    dense = A.toarray()
    W, H = random_start(A, 3)
    of_all = divergence(dense, W, H, beta)
    for form in (dense, A, A.astype(np.float32)):
        found = objective.objective(form, W, H, loss)
        assert found == pytest.approx(of_all, rel=1e-12)
    of_known = divergence(dense, W, H, beta, dense != 0)
    found = objective.objective(A, W, H, loss, known_only=True)
    assert found == pytest.approx(of_known, rel=1e-12)


def test_float32_factors_are_judged_in_float64():
    A = dense_matrix(dtype=np.float32)
    W, H = random_start(A, 3)
    wide = divergence(A.astype(np.float64), W.astype(np.float64), H.astype(np.float64))
    assert objective.objective(A, W, H, "frobenius") == pytest.approx(wide, rel=1e-14)


def test_judged_is_how_far_above_scikit_learn():
    A, start = dense_matrix(), random_start(dense_matrix(), 3)
    low, high = (multiplicative_nmf(A, *start, n_iter=n_iter) for n_iter in (5, 1))
    judged = judge(A, MULTIPLICATIVE(3), {LATENTIA: high, BASELINE: low})
    of_high, of_low = divergence(A, *high), divergence(A, *low)
    assert judged[BASELINE] == {OBJECTIVE: Quantity(pytest.approx(of_low))}
    assert judged[LATENTIA][EXCESS].value == pytest.approx((of_high - of_low) / of_low)
