"""ImplicitALS with input of every kind."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone

from latentia.datasets import make_interactions
from latentia.recommend import (
    ImplicitALS,
    Interactions,
    ItemKNN,
    RatingALS,
    evaluate_ranking,
    split,
)

SOLVERS = ["cholesky", "cg", "subspace"]
with_solvers = pytest.mark.parametrize("solver", SOLVERS)


@with_solvers
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (3, 2), (40, 7)])
@pytest.mark.parametrize("regularization", [0.0, 0.003])
def test_more_factors_than_users_and_items(solver, shape, regularization):
    """All values are equal, and the seen pairs have scores near 1."""
    X = scipy.sparse.csr_array(np.ones(shape, np.float32))
    options = {"unobserved_weight": 0.0, "regularization": regularization}
    model = ImplicitALS(17, solver=solver, random_state=0, **options).fit(X)
    S = model.user_factors_ @ model.item_factors_.T
    np.testing.assert_allclose(S, 1, atol=0.03)
    assert np.isfinite(model.objectives_).all()
    assert model.recommend().empty
    assert len(model.recommend(n=50, exclude_seen=False)) == X.nnz
    model.similar_items(0)


def test_threads_and_indices_do_not_matter(made):
    X = make_interactions(3000, 400, 60_000, random_state=0).matrix
    for solver in SOLVERS:
        model = ImplicitALS(24, solver=solver, n_iter=2, random_state=0, n_threads=1)
        first = model.fit(X)
        for n_threads, index in ((2, np.int64), (7, np.int32)):
            X.indptr, X.indices = X.indptr.astype(index), X.indices.astype(index)
            again = clone(model).set_params(n_threads=n_threads).fit(X)
            np.testing.assert_array_equal(again.user_factors_, first.user_factors_)
            np.testing.assert_array_equal(again.item_factors_, first.item_factors_)
            np.testing.assert_array_equal(again.objectives_, first.objectives_)
            np.testing.assert_array_equal(again.transform(X), first.transform(X))


def test_matrices_of_every_kind(events):
    options = {"n_iter": 2, "random_state": 0}
    expected = ImplicitALS(4, **options).fit(events)
    fixed = events.copy()
    for part in (fixed.data, fixed.indices, fixed.indptr):
        part.flags.writeable = False
    unsorted = events[:, ::-1][:, ::-1].tocoo()
    for kind, X in {
        "CSC": events.tocsc(),
        "COO": unsorted,
        "read-only": fixed,
        "integers": events.astype(np.int64),
        "bytes": events.astype(np.uint8),
        "float16": events.astype(np.float16)
        if np.float16 in scipy.sparse._sputils.supported_dtypes
        else events,
        "old class": scipy.sparse.csr_matrix(events),
    }.items():
        found = ImplicitALS(4, **options).fit(X)
        np.testing.assert_array_equal(
            found.item_factors_, expected.item_factors_, err_msg=kind
        )
        assert found.item_factors_.dtype == np.float32
    ones = events.astype(bool)
    found = ImplicitALS(4, **options).fit(ones)
    same = ImplicitALS(4, **options).fit(ones.astype(np.float32))
    np.testing.assert_array_equal(found.item_factors_, same.item_factors_)


def test_frames_with_categories_and_odd_ids():
    users = ['a,"b"\n', "ü", "", "a"] * 5
    items = pd.Categorical(
        ["x", "y", "z", "x", "y"] * 4, categories=["never", "z", "y", "x"]
    )
    frame = pd.DataFrame({"user": users, "item": items, "value": np.arange(1, 21)})
    data = Interactions.from_frame(frame, value="value")
    model = ImplicitALS(3, random_state=0).fit(data)
    plain = frame.assign(item=frame["item"].astype(str))
    again = ImplicitALS(3, random_state=0).fit(
        Interactions.from_frame(plain, value="value")
    )
    pd.testing.assert_frame_equal(
        model.recommend(exclude_seen=False), again.recommend(exclude_seen=False)
    )
    assert set(model.recommend(exclude_seen=False)["user"]) == set(users)


def test_items_times_users_are_seen(events):
    model = ImplicitALS(3, n_iter=1, random_state=0).fit(events)
    for method in (model.transform, model.recommend):
        with pytest.raises(ValueError, match=r"users × items.*120 × 500.*transpose"):
            method(events.T.tocsr())


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
@pytest.mark.parametrize(
    ("regularization", "n_left"), [(0.3, "1"), (1.0, "0"), (1e4, "0")]
)
def test_a_penalty_that_leaves_one_factor(solver, regularization, n_left):
    X = make_interactions(300, 100, 3000, random_state=0).matrix
    als = ImplicitALS(8, solver=solver, random_state=0)
    als.fit(X)  # the default does not warn
    als.set_params(regularization=regularization)
    message = f"regularization={regularization:g} leaves {n_left} of 8 factors"
    with pytest.warns(UserWarning, match=message):
        als.fit(X)


def test_a_penalty_that_leaves_nothing_of_many_factors():
    X = make_interactions(100, 30, 500, random_state=0).matrix
    als = ImplicitALS(64, regularization=10, random_state=0)
    with pytest.warns(UserWarning, match="regularization=10 leaves 0 of 64 factors"):
        als.fit(X)


def test_events_of_large_weight():
    """Few steps of conjugate gradients would leave random lists."""
    kinds = np.arange(300) % 10
    random = np.random.default_rng(0)
    X = scipy.sparse.csr_array(
        np.array([(kinds == kind) * (random.random(300) < 0.4) for kind in kinds])
        * random.uniform(3e4, 3e5, (300, 300))
    )
    train, test = split(X, random_state=0)
    models = {"ItemKNN": ItemKNN().fit(train)}
    with pytest.warns(UserWarning, match=r"weights of 1.* times unobserved_weight"):
        models["auto"] = ImplicitALS(32, random_state=0).fit(train)
    found = evaluate_ranking(models, train, test, k=10, n_bootstrap=1)
    scores = [found.value(name, "ndcg@10") for name in models]
    assert scores[1] > 0.9 * scores[0]


@pytest.mark.parametrize("model", [ImplicitALS(10**7), RatingALS(10**7)], ids=repr)
def test_factors_that_do_not_fit_into_memory(events, model):
    text = r"10,000,00. factors of 500 users and 120 items need .* GiB.*n_factors"
    with pytest.raises(MemoryError, match=text):
        model.fit(events)
