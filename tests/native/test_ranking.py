"""The largest entries of given scores, against a stable sort."""

import numpy as np
import pytest

from latentia._native import kernels


def _csr(stored, dtype, index):
    rows, columns = np.nonzero(stored)
    begin = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(stored)))])
    values = np.ones(len(rows), dtype)
    return begin.astype(index), columns.astype(index), values, stored.shape[1]


def _expected(S, excluded, n):
    S = np.where(excluded, -np.inf, S)
    order = np.argsort(-S, axis=1, kind="stable")[:, :n]
    scores = np.take_along_axis(S, order, axis=1)
    wide = ((0, 0), (0, n - order.shape[1]))
    scores = np.pad(scores, wide, constant_values=-np.inf)
    order = np.pad(order, wide, constant_values=-1)
    return np.where(np.isfinite(scores), order, -1), scores


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_like_a_stable_sort(dtype, index):
    random = np.random.default_rng(0)
    for m, n_items in ((1, 1), (3, 31), (2, 33), (70, 129), (130, 600), (0, 5), (4, 0)):
        S = random.integers(-20, 20, (m, n_items)).astype(dtype)  # many are equal
        S[random.random((m, n_items)) < 0.1] = -np.inf
        for share in (0.0, 0.3, 0.97, 1.0):
            excluded = random.random((m, n_items)) < share
            for n in (1, 10, n_items + 3):
                items, scores = np.zeros((m, n), np.int64), np.zeros((m, n), dtype)
                wide = np.zeros((m, n_items + 5), dtype)
                wide[:, :n_items] = S
                exclude = _csr(excluded, dtype, index)
                kernels.top_of_scores(wide[:, :n_items], exclude, items, scores, 1)
                order, values = _expected(S, excluded, n)
                np.testing.assert_array_equal(items, order)
                np.testing.assert_array_equal(scores, values)
        items, scores = np.zeros((m, 4), np.int64), np.zeros((m, 4), dtype)
        kernels.top_of_scores(S, None, items, scores, 1)
        order, values = _expected(S, np.zeros(S.shape, bool), 4)
        np.testing.assert_array_equal(items, order)
        np.testing.assert_array_equal(scores, values)


@pytest.mark.parametrize("n_threads", [2, 7])
def test_threads_do_not_matter(n_threads):
    random = np.random.default_rng(0)
    S = random.standard_normal((5000, 700)).astype(np.float32)
    found = []
    for threads in (1, n_threads):
        items, scores = np.zeros((5000, 9), np.int64), np.zeros((5000, 9), np.float32)
        kernels.top_of_scores(S, None, items, scores, threads)
        found.append((items, scores))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][1], found[1][1])


S = np.zeros((3, 5), np.float32)
EXCLUDE = _csr(S == 0, np.float32, np.int32)
ITEMS, SCORES = np.zeros((3, 2), np.int64), np.zeros((3, 2), np.float32)
TOP = (S, EXCLUDE, ITEMS, SCORES, 1)
OUT, DEPTHS = np.zeros((3, 7)), np.array([2])
METRICS = (ITEMS, EXCLUDE, DEPTHS, np.zeros(5), OUT, 1)


@pytest.mark.parametrize(
    ("kernel", "arguments", "place", "wrong", "message"),
    [
        ("top_of_scores", TOP, 0, S[:2], "exclude"),
        ("top_of_scores", TOP, 0, S[:, :4], "exclude"),
        ("top_of_scores", TOP, 0, np.asfortranarray(S), "C-ordered"),
        ("top_of_scores", TOP, 2, ITEMS[:2], "items"),
        ("top_of_scores", TOP, 2, ITEMS[:, :0], "items"),
        ("top_of_scores", TOP, 3, SCORES[:, :1], "scores"),
        ("ranking_metrics", METRICS, 0, ITEMS[:2], "list"),
        ("ranking_metrics", METRICS, 0, ITEMS + 5, "list"),
        ("ranking_metrics", METRICS, 2, DEPTHS[:0], "depths"),
        ("ranking_metrics", METRICS, 2, np.array([0]), "depths"),
        ("ranking_metrics", METRICS, 2, np.array([2, 2]), "depths"),
        ("ranking_metrics", METRICS, 2, np.array([2**40]), "depths"),
        ("ranking_metrics", METRICS, 3, np.zeros(4), "information"),
        ("ranking_metrics", METRICS, 4, OUT[:, :6], "out"),
        ("ranking_metrics", METRICS, 4, OUT[:2], "out"),
    ],
)
def test_wrong_arguments(kernel, arguments, place, wrong, message):
    given = list(arguments)
    getattr(kernels, kernel)(*given)
    given[place] = wrong
    with pytest.raises(ValueError, match=message):
        getattr(kernels, kernel)(*given)
