"""ImplicitALS against its loss in NumPy, its lists, and its explanations."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from latentia.recommend import ImplicitALS, Interactions, Popularity

SOLVERS = ["cholesky", "cg", "subspace"]
with_solvers = pytest.mark.parametrize("solver", SOLVERS)


@with_solvers
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"loss": "hu", "unobserved_weight": 1.0, "frequency_exponent": 0.0},
        {"loss": "hu", "alpha": 5.0, "regularization": 0.05},
        {"alpha": 0.3, "frequency_exponent": 0.5, "n_factors": 1},
        {"unobserved_weight": 0.0, "regularization": 0.1},
    ],
    ids=str,
)
def test_the_objective_falls_and_is_the_documented_loss(
    events, implicit_loss, solver, dtype, options
):
    options = {"n_factors": 40, "n_iter": 6, "random_state": 0} | options
    model = ImplicitALS(solver=solver, **options).fit(events.astype(dtype))
    eps = np.finfo(dtype).eps
    assert model.objectives_.shape == (6,)
    assert (np.diff(model.objectives_) <= 100 * eps * model.objectives_[0]).all()
    expected = implicit_loss(model, events)
    np.testing.assert_allclose(model.objectives_[-1], expected, rtol=1000 * eps)
    assert not model.user_factors_[3].any()
    assert not model.item_factors_[5].any()
    assert model.user_factors_.dtype == model.item_factors_.dtype == dtype


def test_loss_of_entries_that_are_zero():
    """Kept zeros count as events of weight 0, or of weight α₀ in the loss of Hu."""
    X = scipy.sparse.csr_array(([0.0, 1, 2, 1], [0, 1, 0, 1], [0, 2, 4]), shape=(2, 2))
    data = Interactions.from_matrix(X, keep_zeros=True)
    for loss, seen in (("rendle", 0.0), ("hu", 0.5)):
        model = ImplicitALS(
            2, loss=loss, unobserved_weight=0.5, regularization=0, random_state=0
        ).fit(data)
        S = model.user_factors_ @ model.item_factors_.T
        C = X.toarray()
        total = ((C + seen) * (1 - S) ** 2).sum() + (0.5 - seen) * (S**2).sum()
        np.testing.assert_allclose(model.objectives_[-1], total, atol=1e-9)


@pytest.mark.parametrize("loss", ["rendle", "hu"])
def test_transform_of_the_training_matrix(events, loss):
    model = ImplicitALS(20, loss=loss, solver="cholesky", random_state=0).fit(events)
    np.testing.assert_array_equal(model.transform(events), model.user_factors_)
    data = Interactions.from_matrix(events)
    np.testing.assert_array_equal(model.transform(data), model.user_factors_)
    for solver, share in (("cg", 0.01), ("subspace", 1e-5)):
        again = ImplicitALS(20, loss=loss, solver=solver, random_state=0).fit(events)
        off = again.transform(events) - again.user_factors_
        assert np.linalg.norm(off) < share * np.linalg.norm(again.user_factors_)


def test_many_factors_are_folded_in_by_steps(events):
    """Above 128; they solve the normal equations."""
    model = ImplicitALS(140, n_iter=3, random_state=0).fit(events.astype(float))
    X = events[:20].toarray().astype(float)
    V, U = model.item_factors_, model.transform(scipy.sparse.csr_array(X))
    for x, row in zip(U, X, strict=True):
        ridge = model.regularization_ * ((row > 0).sum() + 0.1 * 120)
        H = 0.1 * V.T @ V + (V.T * row) @ V + ridge * np.eye(140)
        np.testing.assert_allclose(H @ x, V.T @ row, atol=0.01)


def hits(model, train, test):
    frame = model.fit(train).recommend(n=5)
    return test.matrix[frame["user"], frame["item"]].sum()


@pytest.fixture(scope="module")
def halves(made):
    tested = np.random.default_rng(0).random(made.matrix.nnz) < 0.2
    data = Interactions.from_matrix(made.matrix)
    return data.select(~tested), data.select(tested)


@with_solvers
@pytest.mark.parametrize("loss", ["rendle", "hu"])
def test_recommendations_beat_popularity(halves, solver, loss):
    model = ImplicitALS(8, loss=loss, solver=solver, random_state=0)
    assert hits(model, *halves) > 1.3 * hits(Popularity(), *halves)


def test_scores_are_inner_products(events):
    """Of ``recommend``, of users by ids and folded in alike, without the seen items."""
    model = ImplicitALS(9, solver="cholesky", random_state=0).fit(events)
    S = model.user_factors_ @ model.item_factors_.T
    S[events.toarray() > 0] = -np.inf
    frame = model.recommend([7, 1], n=500)
    assert set(frame["user"]) == {1, 7}
    assert len(frame) == np.isfinite(S[[7, 1]]).sum()  # shorter, nothing is invented
    np.testing.assert_allclose(
        frame["score"], S[frame["user"], frame["item"]], rtol=1e-4, atol=1e-5
    )
    folded = model.recommend(events[[7, 1]], n=500)
    assert folded["item"].tolist() == frame["item"].tolist()
    cold = model.recommend([3], n=4)
    assert cold["popular"].all()
    with pytest.raises(ValueError, match="users without events: 3"):
        model.recommend([3], cold="error")


@with_solvers
@pytest.mark.parametrize("loss", ["rendle", "hu"])
@pytest.mark.parametrize("with_features", [False, True])
def test_contributions_sum_to_the_score(made, events, solver, loss, with_features):
    options = {"loss": loss, "solver": solver, "random_state": 0}
    features = made.item_factors if with_features else None
    model = ImplicitALS(8, alpha=2.0, **options).fit(events, item_features=features)
    tolerance = 1e-4 if solver == "cholesky" else 0.05
    frame = model.recommend([0, 11], n=3)
    for user, item, score in zip(
        frame["user"], frame["item"], frame["score"], strict=True
    ):
        told = model.explain(user, item, n=1000)
        assert sorted(told["item"]) == events[[user]].indices.tolist()
        assert (np.diff(told["contribution"]) <= 0).all()
        np.testing.assert_allclose(told["contribution"].sum(), score, atol=tolerance)
        pd.testing.assert_frame_equal(model.explain(user, item, n=2), told[:2])
    for user, item, problem in (
        (3, 0, "user 3 has no events"),
        (999, 0, "unknown users: 999"),
        (0, "a", "unknown items: 'a'"),
    ):
        with pytest.raises(ValueError, match=problem):
            model.explain(user, item)
    with pytest.raises(ValueError, match="n must be at least 1"):
        model.explain(0, 0, n=0)
