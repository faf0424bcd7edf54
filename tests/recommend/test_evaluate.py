"""evaluate_ranking: full rankings, who is evaluated, intervals, the table."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from latentia import rows
from latentia.recommend import (
    EASE,
    ImplicitALS,
    Interactions,
    ItemKNN,
    Popularity,
    evaluate_ranking,
    split,
)


@pytest.fixture
def parts(named_events):
    return split(named_events, random_state=0)


def lists_of(model, data, n):
    """Return the lists of ``recommend`` by user."""
    frame = model.recommend(data, n)
    return {user: rows["item"].tolist() for user, rows in frame.groupby("user")}


def test_metrics_are_those_of_the_lists(parts, svd_factors):
    models = {"svd": svd_factors(), "EASE": EASE(10), "popular": Popularity()}
    for model in models.values():
        model.fit(parts.train)
    found = evaluate_ranking(models, *parts, k=(5, 10), n_bootstrap=50)
    for name, model in models.items():
        lists = lists_of(model, None, 10)
        recall, listed = [], set()
        for row, user in enumerate(parts.test.users):
            columns = parts.test.matrix[[row]].indices
            if len(columns):
                relevant = set(parts.test.items[columns])
                hits = relevant & set(lists[user])
                recall.append(len(hits) / min(10, len(relevant)))
                listed |= set(lists[user])
        assert found.value(name, "recall@10") == pytest.approx(np.mean(recall))
        assert found.value(name, "coverage@10") == len(listed) / 53


def test_held_out_users_are_folded_in(named_events, svd_factors):
    held = split(named_events, "held-out-users", random_state=0)
    model = svd_factors().fit(held.train)
    found = evaluate_ranking(model, held.fold_in, held.test, k=10)
    lists = lists_of(model, held.fold_in, 10)
    recall = []
    for row in np.flatnonzero(np.diff(held.test.matrix.indptr)):
        relevant = set(held.test.items[held.test.matrix[[row]].indices])
        hits = relevant & set(lists[held.test.users[row]])
        recall.append(len(hits) / min(10, len(relevant)))
    assert found.value("SVDFactors", "recall@10") == pytest.approx(np.mean(recall))
    assert found.n_users == len(recall)
    assert found.n_left_out == 37 - len(recall)


def test_a_copy_of_the_training_matrix_has_known_users(parts, svd_factors):
    model = svd_factors().fit(parts.train)
    model.user_factors_ = model.user_factors_[::-1].copy()  # unlike those folded in
    expected = evaluate_ranking(model, *parts, k=5).value("SVDFactors", "ndcg@5")
    copy = Interactions(parts.train.matrix.copy(), parts.train.users, parts.train.items)
    again = evaluate_ranking(model, copy, parts.test, k=5)
    assert again.value("SVDFactors", "ndcg@5") == expected


def test_users_without_events_get_popular_items():
    train = scipy.sparse.csr_array(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0.0]]))
    test = scipy.sparse.csr_array(np.array([[0, 0, 0], [0, 0, 0], [0, 1, 0.0]]))
    found = evaluate_ranking(EASE().fit(train), train, test, k=1)
    assert found.value("EASE", "recall@1") == 1
    assert (found.n_users, found.n_left_out) == (1, 2)


def test_novelty_and_coverage_by_hand():
    train = scipy.sparse.csr_array(np.array([[1, 0], [1, 0], [1, 0], [0, 1.0]]))
    test = scipy.sparse.csr_array(np.array([[0, 1], [0, 0], [0, 0], [1, 0.0]]))
    found = evaluate_ranking(Popularity().fit(train), train, test, k=1)
    novelty = (-np.log2(1 / 4) - np.log2(3 / 4)) / 2
    assert found.value("Popularity", "novelty@1") == pytest.approx(novelty)
    assert found.value("Popularity", "coverage@1") == 1
    assert found.value("Popularity", "mrr@1") == 1


def test_intervals_are_seeded_and_right():
    """Of a mean of n numbers: about ±1.96·s / √n."""
    random = np.random.default_rng(0)
    n_users = 2000
    train = np.zeros((n_users, 12))
    train[:, 0] = 1
    test = np.zeros((n_users, 12))
    test[np.arange(n_users), random.integers(1, 12, n_users)] = 1
    train, test = (scipy.sparse.csr_array(one) for one in (train, test))
    model = Popularity().fit(train)
    found = evaluate_ranking(model, train, test, k=4)
    metric = found.metrics["Popularity"]["hit_rate@4"]
    assert metric.value == pytest.approx(4 / 11, abs=0.04)
    error = 1.96 * np.sqrt(metric.value * (1 - metric.value) / n_users)
    assert metric.high - metric.value == pytest.approx(error, rel=0.2)
    assert metric.value - metric.low == pytest.approx(error, rel=0.2)
    again = evaluate_ranking(model, train, test, k=4)
    pd.testing.assert_frame_equal(again.to_frame(), found.to_frame())
    wide = evaluate_ranking(model, train, test, k=4, confidence=0.999)
    assert wide.metrics["Popularity"]["hit_rate@4"].high > metric.high
    other = evaluate_ranking(
        model, train, test, k=4, random_state=np.random.RandomState(3)
    )
    assert other.metrics["Popularity"]["hit_rate@4"].low != metric.low


def test_threads_do_not_matter(parts):
    frames = []
    for n_threads in (1, 2, 7):
        model = ItemKNN(n_threads=n_threads).fit(parts.train)
        found = evaluate_ranking(model, *parts, k=3, n_threads=n_threads)
        frames.append(found.to_frame())
    pd.testing.assert_frame_equal(frames[0], frames[1])
    pd.testing.assert_frame_equal(frames[0], frames[2])


def test_the_table(parts):
    models = {"a": Popularity().fit(parts.train), "b": ItemKNN().fit(parts.train)}
    found = evaluate_ranking(models, *parts, k=[10, 2])
    assert found.k == (2, 10)
    text = str(found)
    for word in ("37 users", "NDCG", "coverage", "hit rate", "95%", " a ", " b "):
        assert word in text
    frame = found.to_frame()
    assert frame.columns.tolist() == ["model", "metric", "k", "value", "low", "high"]
    assert len(frame) == 2 * 2 * 8
    per_user = found.per_user["a"]
    assert per_user.shape == (37, 7, 2)
    assert per_user[:, 0, 1].mean() == found.value("a", "recall@10")
    assert len(found.users) == 37
    with pytest.raises(ValueError, match="did you mean 'ndcg@10'"):
        found.value("a", "ndgc@10")
    with pytest.raises(ValueError, match="model must be one of a, b"):
        found.value("c", "ndcg@10")


def test_wrong_input(parts, named_events):
    train, test = parts
    model = Popularity().fit(train)
    some = train.select(np.arange(train.n_stored) < 4)
    with pytest.raises(ValueError, match=r"no event of train.*got 4"):
        evaluate_ranking(model, train, some, k=1)
    with pytest.raises(ValueError, match="users × items of train, 37 × 53, got 1 × 53"):
        evaluate_ranking(model, train, test.take_rows(np.array([0])))
    with pytest.raises(ValueError, match="the users of train"):
        evaluate_ranking(model, train, test.matrix)
    with pytest.raises(ValueError, match="items of the model 'Popularity'"):
        evaluate_ranking(model, train.matrix, test.matrix)
    with pytest.raises(ValueError, match="k must be at most 53, got 54"):
        evaluate_ranking(model, train, test, k=54)
    with pytest.raises(ValueError, match="test must have an event"):
        evaluate_ranking(model, train, test.select(np.zeros(test.n_stored, bool)), k=1)
    with pytest.raises(TypeError, match="got int for 'x'"):
        evaluate_ranking({"x": 3}, train, test)
    with pytest.raises(ValueError, match="at least one recommender"):
        evaluate_ranking({}, train, test)
    for wrong in ({"k": 0}, {"k": []}, {"confidence": 1}, {"n_bootstrap": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            evaluate_ranking(model, train, test, **{"k": 3} | wrong)


def test_lengths_that_are_not_asked_for(parts, svd_factors):
    """At most as long as there are items."""
    train, test = parts
    model = svd_factors().fit(train)
    assert evaluate_ranking(model, train, test, n_bootstrap=1).k == (10, 20, 53)
    X = scipy.sparse.csr_array(np.eye(3, dtype=np.float32))
    few = Popularity().fit(X)
    assert evaluate_ranking(few, X, X[[1, 2, 0]], n_bootstrap=1).k == (3,)


def test_features_of_folded_in_users(named_events):
    """Also by blocks; models without features have the same lists as without them."""
    train, fold_in, test = split(named_events, "held-out-users", random_state=0)
    F = np.random.default_rng(0).normal(size=(37, 3))
    frame = pd.DataFrame(F, index=named_events.users)[::-1]
    als = ImplicitALS(3, n_iter=1, regularization=1.0, random_state=0)
    models = {"als": als.fit(train, user_features=F), "EASE": EASE().fit(train)}
    options = {"k": 10, "n_bootstrap": 1}
    found = evaluate_ranking(models, fold_in, test, user_features=frame, **options)
    without = evaluate_ranking(models, fold_in, test, **options)
    assert found.value("EASE", "ndcg@10") == without.value("EASE", "ndcg@10")
    assert found.value("als", "ndcg@10") != without.value("als", "ndcg@10")
    lists = als.recommend(fold_in, 10, user_features=frame).groupby("user")["item"]
    relevant = {
        user: set(test.items[test.matrix[[row]].indices])
        for row, user in enumerate(test.users)
    }
    recall = [
        len(relevant[user] & set(items)) / min(10, len(relevant[user]))
        for user, items in lists
        if relevant[user]
    ]
    assert found.value("als", "recall@10") == pytest.approx(np.mean(recall))
    by_blocks = rows.open(lambda: iter([fold_in.matrix]), memory=20_000)
    same = evaluate_ranking(models, by_blocks, test, user_features=frame, **options)
    assert same.value("als", "recall@10") == found.value("als", "recall@10")
    with pytest.raises(ValueError, match="none of the models EASE has learnt"):
        evaluate_ranking(models["EASE"], fold_in, test, user_features=F)
    with pytest.raises(ValueError, match=r"user_features must have the shape \(37"):
        evaluate_ranking(models, fold_in, test, user_features=F[1:])
