"""Lists of items against NumPy, for known and new users and every wrong input."""

import builtins

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from latentia.recommend import EASE, Interactions, ItemKNN, Popularity


def best(scores, excluded, n, offered=None):
    """Return the rows of the frame: (user, item, score, rank)."""
    scores = np.where(excluded, -np.inf, scores)
    if offered is not None:
        out = np.setdiff1d(np.arange(scores.shape[1]), offered)
        scores[:, out] = -np.inf
    for user, row in enumerate(scores):
        order = np.lexsort((np.arange(len(row)), -row))[:n]
        for rank, item in enumerate(order):
            if np.isfinite(row[item]):
                yield user, item, row[item], rank + 1


@pytest.fixture(params=["factors", "EASE", "ItemKNN", "Popularity"])
def model(request, svd_factors):
    """A model that is not fitted, and what its scores are."""
    return {
        "factors": svd_factors(),
        "EASE": EASE(10.0),
        "ItemKNN": ItemKNN(5),
        "Popularity": Popularity(),
    }[request.param]


def scores_of(model, X):
    """Return the scores of all items, in NumPy."""
    X = X.toarray().astype(float)
    if isinstance(model, Popularity):
        return np.tile(model.item_counts_, (len(X), 1)).astype(float)
    if isinstance(model, EASE):
        return X @ model.weights_
    if isinstance(model, ItemKNN):
        W = np.zeros((X.shape[1],) * 2)
        for item, row in enumerate(model.neighbors_):
            W[row[row >= 0], item] = model.similarities_[item, row >= 0]
        scores = X @ W
        return np.where(scores > 0, scores, -np.inf)
    return X @ model.item_factors_ @ model.item_factors_.T


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 4, 60])
def test_lists_are_the_largest_scores(model, random_matrix, dtype, n):
    X = random_matrix(dtype=dtype)
    model.fit(X)
    scores, seen = scores_of(model, X), X.toarray() > 0
    for exclude_seen in (True, False):
        excluded = seen if exclude_seen else np.zeros_like(seen)
        for chosen in ({}, {"items": [3, 9, 4, 50]}, {"filter_items": range(40)}):
            offered = {"items": [3, 4, 9, 50], "filter_items": range(40, 53)}
            of = next((offered[name] for name in chosen), None)
            frame = model.recommend(n=n, exclude_seen=exclude_seen, **chosen)
            expected = list(best(scores, excluded, n, of))
            assert len(frame) == len(expected)
            users, items, values, ranks = zip(*expected, strict=True)
            assert frame["user"].tolist() == list(users)
            assert frame["rank"].tolist() == list(ranks)
            np.testing.assert_allclose(frame["score"], values, rtol=1e-4, atol=1e-5)
            found = scores[frame["user"], frame["item"]]  # rounding can swap two
            np.testing.assert_allclose(found, values, rtol=1e-4, atol=1e-5)
            is_out = excluded[frame["user"], frame["item"]]
            assert not is_out.any()
            assert frame["score"].dtype == dtype
            assert (np.array(items) == frame["item"]).mean() > 0.99


def test_new_users_are_folded_in(model, random_matrix):
    X = random_matrix()
    model.fit(X)
    known = model.recommend([4, 0], 7)
    new = model.recommend(X[[4, 0]], 7)
    assert new["user"].drop_duplicates().tolist() == [0, 1]
    np.testing.assert_array_equal(new["item"], known["item"])
    np.testing.assert_allclose(new["score"], known["score"], rtol=1e-5)
    other = random_matrix(5, seed=7, dtype=np.float64).astype(int)
    assert model.recommend(other, 3)["score"].dtype == np.float32


def test_ids_go_in_and_out(model, named_events):
    model.fit(named_events)
    frame = model.recommend(["user 3", "user 30"], 4)
    plain = model.fit(named_events.matrix).recommend([3, 30], 4)
    assert frame["user"].tolist() == [f"user {i}" for i in plain["user"]]
    assert frame["item"].tolist() == [1000 + 7 * i for i in plain["item"]]
    one = model.fit(named_events).recommend("user 3", 4)
    pd.testing.assert_frame_equal(one, frame[frame["user"] == "user 3"])


def test_new_users_with_items_in_another_order(model, named_events):
    model.fit(named_events)
    events = named_events.matrix[[5, 6]].tocoo()
    new = Interactions.from_arrays(
        np.array(["x", "y"])[events.row], named_events.items[events.col], events.data
    )
    shuffled = Interactions.from_matrix(new.matrix[:, ::-1], new.users, new.items[::-1])
    expected = model.recommend(["user 5", "user 6"], 5)
    for data in (new, shuffled):
        found = model.recommend(data, 5)
        assert found["item"].tolist() == expected["item"].tolist()
        assert set(found["user"]) == {"x", "y"}
    odd = Interactions.from_arrays(["x", "x"], [1000, 1])
    with pytest.raises(ValueError, match="unknown items: 1"):
        model.recommend(odd)


def test_unknown_ids_are_named(model, named_events):
    model.fit(named_events)
    with pytest.raises(ValueError, match="unknown users: 'nobody', 'x'"):
        model.recommend(["user 1", "nobody", "x"])
    with pytest.raises(ValueError, match="unknown items: 3"):
        model.recommend(["user 1"], items=[1000, 3])
    with pytest.raises(ValueError, match="unknown items: 3"):
        model.similar_items(3)


def test_items_by_users_is_an_error(model, random_matrix):
    X = random_matrix()
    model.fit(X)
    with pytest.raises(ValueError, match=r"53 items.*got 53 × 37.*transpose"):
        model.recommend(X.T)
    with pytest.raises(ValueError, match=r"53 items.*got 37 × 20"):
        model.recommend(X[:, :20])
    with pytest.raises(TypeError, match="sparse matrix of users × items"):
        model.fit(X.toarray())
    with pytest.raises(TypeError, match="from_frame"):
        model.fit(pd.DataFrame({"user": [1], "item": [2]}))


def test_users_without_events(model, random_matrix):
    X = random_matrix().tolil()
    X[[3, 8]] = 0
    X = X.tocsr()
    X.eliminate_zeros()
    model.fit(X)
    frame = model.recommend([2, 3], 5)
    assert frame["popular"].tolist() == [False] * 5 + [True] * 5
    counts = np.bincount(X.indices, minlength=53)
    expected = np.lexsort((np.arange(53), -counts))
    assert frame["item"][5:].tolist() == expected[:5].tolist()
    assert frame["score"][5:].tolist() == counts[expected[:5]].tolist()
    few = model.recommend(scipy.sparse.csr_array((1, 53)), 5, items=[9, 3])
    assert sorted(few["item"]) == [3, 9]
    with pytest.raises(ValueError, match=r"without events: 3, 8 \(2 in all\)"):
        model.recommend(cold="error")
    with pytest.raises(ValueError, match="did you mean 'popular'"):
        model.recommend(cold="populr")


def test_a_user_who_has_seen_everything(model, random_matrix):
    X = random_matrix().toarray()
    X[4] = 1
    X[5, 1:] = 1
    X[5, 0] = 0
    model.fit(scipy.sparse.csr_array(X))
    frame = model.recommend([4, 5], 10)
    assert frame["user"].tolist() == [5]
    assert frame["item"].tolist() == [0]
    assert model.recommend([4, 5], 99, items=[7]).empty
    assert model.recommend([4, 5], 99, items=[]).empty
    assert model.recommend([]).empty


def test_position_0_and_explicit_zeros_are_right():
    """A stored zero is not seen, and the first item is left out like any other."""
    X = scipy.sparse.csr_array(
        (np.array([1, 0, 1, 1, 1], np.float32), [0, 1, 1, 2, 0], [0, 2, 4, 5])
    )
    frame = Popularity().fit(X).recommend()
    assert frame[frame["user"] == 0]["item"].tolist() == [1, 2]
    assert frame[frame["user"] == 2]["item"].tolist() == [1, 2]
    asked = Interactions.from_matrix(X, keep_zeros=True)
    frame = Popularity().fit(asked).recommend([0])
    assert frame["item"].tolist() == [2]


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1), (3, 2)])
def test_small_shapes(model, shape):
    X = scipy.sparse.csr_array(np.ones(shape, np.float32))
    model.fit(X)
    assert model.recommend().empty
    frame = model.recommend(n=3, exclude_seen=False)
    assert np.isfinite(frame["score"]).all()
    assert len(frame) <= shape[0] * min(3, shape[1])
    model.similar_items([0])


def test_empty_rows_and_columns(model):
    X = scipy.sparse.csr_array(
        np.array([[0, 1, 0, 1], [0, 0, 0, 0], [0, 1, 0, 0]], np.float32)
    )
    frame = model.fit(X).recommend(exclude_seen=False)
    assert np.isfinite(frame["score"]).all()
    similar = model.similar_items([0, 1], 9)
    if not hasattr(model, "item_factors_"):
        assert 0 not in similar["item"].tolist()
    assert np.isfinite(similar["cosine"]).all()
    with pytest.raises(ValueError, match="at least one event"):
        model.fit(scipy.sparse.csr_array((3, 4)))


def test_equal_values_and_ties(model):
    X = scipy.sparse.csr_array(1.0 - np.eye(6))
    frame = model.fit(X).recommend(exclude_seen=True, n=6)
    assert frame["item"].tolist() == list(range(6))
    ties = Popularity().fit(X).recommend([3], exclude_seen=False)
    assert ties["item"].tolist() == list(range(6))


@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_threads_and_indices_do_not_matter(model, random_matrix, index):
    X = random_matrix(311, 97, density=0.1)
    expected = model.fit(X).recommend()
    X.indptr, X.indices = X.indptr.astype(index), X.indices.astype(index)
    for n_threads in (1, 2, 7):
        found = clone(model).set_params(n_threads=n_threads).fit(X).recommend()
        pd.testing.assert_frame_equal(found, expected)


def cosines(vectors):
    norms = np.linalg.norm(vectors, axis=1)
    return vectors @ vectors.T / np.outer(norms, norms)


def test_similar_items(model, random_matrix, svd_factors):
    X = random_matrix()
    model.fit(X)
    factors = isinstance(model, svd_factors)
    vectors = model.item_factors_ if factors else X.toarray().T.astype(float)
    expected = cosines(vectors)
    frame = model.similar_items([7, 3], 6)
    assert frame["item"].tolist() == [7] * 6 + [3] * 6
    for item in (7, 3):
        rows = frame[frame["item"] == item]
        assert item not in rows["similar"].tolist()
        others = np.delete(expected[item], item)
        np.testing.assert_allclose(rows["cosine"], np.sort(others)[::-1][:6], rtol=1e-5)
        np.testing.assert_allclose(
            rows["cosine"], expected[item, rows["similar"]], rtol=1e-5
        )
    assert len(model.similar_items(7, 500)) <= 52


def test_transform_folds_in(svd_factors, random_matrix):
    X = random_matrix()
    model = svd_factors().fit(X)
    np.testing.assert_allclose(model.transform(X), model.user_factors_)
    with pytest.raises(TypeError, match="sparse matrix of users × items"):
        model.transform(X.toarray())


def test_as_an_estimator(model, random_matrix):
    again = clone(model)
    assert again.get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        model.recommend([1])
    with pytest.raises(NotFittedError):
        model.similar_items([1])
    X = random_matrix()
    assert model.fit(X, None) is model
    assert model.n_features_in_ == 53
    before = model.recommend()
    with pytest.raises(ValueError, match="negative"):
        model.fit(-X)
    pd.testing.assert_frame_equal(model.recommend(), before)


def test_without_pandas_lists_are_arrays(monkeypatch, random_matrix):
    from importlib import import_module

    from latentia.recommend import frame

    def missing(name):
        if name == "pandas":
            raise ImportError
        return import_module(name)

    model = Popularity().fit(random_matrix())
    expected = model.recommend([1, 2])
    monkeypatch.setattr(frame.importlib, "import_module", missing)
    found = model.recommend([1, 2])
    assert type(found) is builtins.dict
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])


@pytest.mark.parametrize("n", [0, -1, 2.5, "3"])
def test_wrong_lengths(model, random_matrix, n):
    model.fit(random_matrix())
    for method in (model.recommend, model.similar_items):
        with pytest.raises((TypeError, ValueError), match="n must be"):
            method([1], n)


def test_more_pairs_than_32_bits_count():
    users, items = [0, 69_999, 69_999], [69_999, 0, 69_999]
    X = scipy.sparse.coo_array(
        (np.ones(3, np.float32), (users, items)), shape=(70_000, 70_000)
    )
    model = Popularity().fit(X)
    frame = model.recommend([69_999, 0], 1, exclude_seen=False)
    assert frame["item"].tolist() == [69_999, 69_999]
    assert "70,000 users × 70,000 items, 3 stored" in repr(model.interactions_)


def test_tables_are_no_list_of_users(named_events, svd_factors):
    model = svd_factors().fit(named_events)
    for table in (pd.DataFrame({"user": ["a"], "item": [1]}), {"user": ["a"]}):
        with pytest.raises(TypeError, match=r"Interactions\.from_frame takes a table"):
            model.recommend(table)
