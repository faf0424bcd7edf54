"""Metrics of the kernel against loops in Python, hand computations and ranx."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

from latentia._native import kernels
from latentia.recommend.evaluation import METRICS
from latentia.rows.to_memory import csr_block

_spec = importlib.util.spec_from_file_location(
    "ranx_values", Path(__file__).with_name("ranx_values.py")
)
ranx = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(ranx)


def computed(lists, relevant, depths, information=None, *, n_threads=1, **types):
    """Return the kernel's metrics by name and depth; ``relevant`` is dense."""
    matrix = scipy.sparse.csr_array(np.asarray(relevant, types.get("dtype", "f4")))
    index = types.get("index", np.int32)
    matrix.indptr, matrix.indices = (
        part.astype(index) for part in (matrix.indptr, matrix.indices)
    )
    out = np.full((matrix.shape[0], len(METRICS) * len(depths)), 7.0)
    depths = np.array(depths, dtype=np.int64)
    kernels.ranking_metrics(
        np.asarray(lists, np.int64),
        csr_block(matrix),
        depths,
        information,
        out,
        n_threads,
    )
    parts = out.reshape(len(out), len(METRICS), len(depths))
    return {
        f"{name}@{k}": parts[:, i, j]
        for i, name in enumerate(METRICS)
        for j, k in enumerate(depths)
    }


def plain(ranked, relevant, k, information):
    """Return the metrics of one user as the formulas say."""
    ranked = [item for item in ranked if item >= 0][:k]
    hit = [bool(relevant[item]) for item in ranked]
    possible = min(k, int(np.count_nonzero(relevant)))
    gains = [1 / np.log2(j + 2) for j in range(max(k, len(hit)))]
    precision = [sum(hit[: j + 1]) / (j + 1) for j in range(len(hit))]
    return {
        "recall": sum(hit) / possible,
        "precision": sum(hit) / k,
        "ndcg": sum(g for g, h in zip(gains, hit, strict=False) if h)
        / sum(gains[:possible]),
        "map": sum(p for p, h in zip(precision, hit, strict=True) if h) / possible,
        "mrr": 1 / (hit.index(True) + 1) if any(hit) else 0,
        "hit_rate": float(any(hit)),
        "novelty": np.mean([information[item] for item in ranked])
        if ranked
        else np.nan,
    }


def test_by_hand():
    """Ranks 1 and 3 of four are relevant, and one relevant item is not in the list."""
    found = computed([[4, 0, 2, 1]], [[0, 0, 1, 1, 1]], [1, 3, 4], np.arange(5.0))
    assert found["recall@1"] == 1  # of min(1, 3)
    assert found["recall@4"] == pytest.approx(2 / 3)
    assert found["precision@3"] == pytest.approx(2 / 3)
    assert found["precision@4"] == pytest.approx(2 / 4)
    ideal = 1 + 1 / np.log2(3) + 1 / 2
    assert found["ndcg@3"] == pytest.approx((1 + 1 / 2) / ideal)
    assert found["map@3"] == pytest.approx((1 + 2 / 3) / 3)
    assert found["mrr@3"] == 1
    assert found["hit_rate@4"] == 1
    assert found["novelty@3"] == pytest.approx((4 + 0 + 2) / 3)


def test_like_ranx():
    relevant = np.zeros((len(ranx.RELEVANT), 30))
    for row, items in zip(relevant, ranx.RELEVANT, strict=True):
        row[items] = 1
    n_relevant = relevant.sum(axis=1)
    found = computed(ranx.LISTS, relevant, [1, 5, 10])
    for name, expected in ranx.METRICS.items():
        metric, k = name.split("@")
        scale = 1.0
        if metric in ("recall", "map"):  # ranx divides by all relevant items
            scale = n_relevant / np.minimum(int(k), n_relevant)
        np.testing.assert_allclose(found[name], scale * np.array(expected), atol=2e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_like_loops_in_python(dtype, index):
    random = np.random.default_rng(0)
    for n_users, n_items, length in ((1, 1, 1), (7, 9, 4), (33, 31, 31), (300, 40, 11)):
        relevant = random.random((n_users, n_items)) < 0.3
        relevant[:, 0] |= ~relevant.any(axis=1)
        lists = np.array([random.permutation(n_items)[:length] for _ in range(n_users)])
        for row, end in zip(
            lists, random.integers(0, length + 1, n_users), strict=True
        ):
            row[end:] = -1
        information = random.random(n_items)
        depths = sorted({1, (length + 1) // 2, length, length + 5})
        first = None
        for n_threads in (1, 2, 7):
            found = computed(
                *(lists, relevant, depths, information),
                n_threads=n_threads,
                dtype=dtype,
                index=index,
            )
            first = first or found
            for name, values in found.items():
                np.testing.assert_array_equal(values, first[name])
        for user in range(n_users):
            for k in depths:
                expected = plain(lists[user], relevant[user], k, information)
                for name, value in expected.items():
                    assert found[f"{name}@{k}"][user] == pytest.approx(
                        value, nan_ok=True
                    )


def test_nothing_relevant_is_nan():
    found = computed([[0, 1]], [[0, 0, 0]], [2])
    assert np.isnan(found["recall@2"])
    assert np.isnan(found["ndcg@2"])
    assert found["hit_rate@2"] == 0
