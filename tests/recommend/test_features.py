"""Features of items and users, from which factors are predicted."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone

from latentia import _room
from latentia.recommend import ImplicitALS, Interactions, features

SOLVERS = ["cholesky", "cg", "subspace"]
with_solvers = pytest.mark.parametrize("solver", SOLVERS)


@with_solvers
@pytest.mark.parametrize("loss", ["rendle", "hu"])
def test_items_without_events_have_what_features_predict(
    made, cold, implicit_loss, solver, loss
):
    X, new, truth = cold
    F = np.array(made.item_factors, dtype=float)
    F[new[0]] = F[2]
    model = ImplicitALS(8, solver=solver, loss=loss, random_state=0, n_iter=10)
    model.fit(X.astype(float), item_features=F)
    V, W = model.item_factors_, model.item_feature_weights_
    np.testing.assert_allclose(V[new], F[new] @ W)
    assert (np.diff(model.objectives_) <= 0).all()
    np.testing.assert_allclose(
        model.objectives_[-1], implicit_loss(model, X, item_features=F), rtol=1e-9
    )
    # They are as long as other items' factors, and near those of the same features.
    sizes = np.linalg.norm(V, axis=1)
    assert sizes[new].mean() > 0.4 * sizes.mean()
    cosines = V @ V[new[0]] / (sizes * sizes[new[0]])
    assert cosines[2] > 0.7
    assert (np.delete(cosines, new) > cosines[2]).sum() < 10

    def chance(model):
        """That who has events with an item scores it higher than who has not."""
        S = model.user_factors_ @ model.item_factors_[new].T
        higher = [
            (s[t][:, None] > s[~t]).mean() + (s[t][:, None] == s[~t]).mean() / 2
            for s, t in zip(S.T, truth.T, strict=True)
        ]
        return np.mean(higher)

    without = clone(model).fit(X)
    assert without.item_feature_weights_ is None
    assert chance(without) == 0.5
    assert chance(model) > 0.7
    np.testing.assert_allclose(
        model.transform(X),
        model.user_factors_,
        atol=1e-9 if solver == "cholesky" else 0.1,
    )


def test_features_of_every_kind(made, cold):
    X, _, _ = cold
    F = np.round(made.item_factors)
    options = {"n_iter": 2, "random_state": 0}
    expected = ImplicitALS(4, **options).fit(X, item_features=F).item_factors_
    names = [f"item {i}" for i in range(120)]
    data = Interactions.from_matrix(X, items=names)
    frame = pd.DataFrame(F)
    for kind, given in {
        "float32": F.astype(np.float32),
        "integers": F.astype(int),
        "list": F.tolist(),
        "CSR": scipy.sparse.csr_array(F),
        "COO of integers": scipy.sparse.coo_matrix(F.astype(np.int8)),
        "frame": frame,
        "frame with ids in another order": frame.set_axis(names)[::-1],
        "frame with more ids": pd.concat(
            [frame[:1].set_axis(["no"]), frame.set_axis(names)]
        ),
        "pandas' integers": frame.astype("Int64"),
    }.items():
        found = ImplicitALS(4, **options).fit(data, item_features=given).item_factors_
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5, err_msg=kind)


def test_scales_of_features_do_not_matter_much(made, cold):
    X, new, _ = cold
    F = np.column_stack([made.item_factors, np.arange(120), np.ones(120)])
    for scale in (1e-8, 1e8):
        scaled = F * np.where(np.arange(F.shape[1]) < 8, 1, scale)
        model = ImplicitALS(4, n_iter=3, random_state=0).fit(X, item_features=scaled)
        assert np.isfinite(model.item_factors_).all()
        assert model.item_factors_[new].any()


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (np.ones((119, 2)), ValueError, r"shape \(120, n_features\).*\(119, 2\)"),
        (np.ones(120), ValueError, r"one row for each item, got \(120,\)"),
        (np.ones((120, 0)), ValueError, r"got \(120, 0\)"),
        (np.full((120, 1), np.nan), ValueError, "must be finite"),
        (np.full((120, 1), "a"), TypeError, "matrix of numbers, got ndarray of <U1"),
        (np.full((120, 1), 1j), TypeError, "matrix of numbers, got ndarray of complex"),
        ([[1]] * 119 + [[None]], (TypeError, ValueError), "numbers|finite"),
        (pd.DataFrame({"a": ["x"] * 120}), TypeError, "got DataFrame of object"),
        (
            pd.DataFrame({"a": [1] * 120}, index=range(1, 121)),
            ValueError,
            "shape|index",
        ),
        (
            pd.DataFrame({"a": [1] * 120}, index=[*range(119), 500]),
            ValueError,
            "each item's id once.*119 is missing",
        ),
        (
            pd.DataFrame({"a": [1] * 121}, index=[*range(120), 7]),
            ValueError,
            "each item's id once.*twice",
        ),
        (np.ones((120, 2)) * [1e-200, 1e200], ValueError, "similar sizes: scale them"),
    ],
)
def test_features_that_are_wrong(cold, unchanged, given, error, message):
    model = ImplicitALS(2, n_iter=1, random_state=0).fit(cold[0])
    check = unchanged(model)
    with np.errstate(all="ignore"), pytest.raises(error, match=message):
        model.fit(cold[0], item_features=given)
    check()


def test_features_need_a_regularization(cold):
    for name, n_rows in (("item_features", 120), ("user_features", 500)):
        with pytest.raises(ValueError, match=rf"regularization with {name}.*above 0"):
            ImplicitALS(2, regularization=0).fit(
                cold[0], **{name: np.ones((n_rows, 1))}
            )


# --- features of users ----------------------------------------------------------------


@pytest.fixture(scope="module")
def cold_users(made):
    """Events without those of twenty users, and these users."""
    new = np.arange(7, 500, 25)
    X = made.matrix.toarray()
    X[new] = 0
    return scipy.sparse.csr_array(X), new


@with_solvers
@pytest.mark.parametrize("loss", ["rendle", "hu"])
def test_users_without_events_have_what_features_predict(
    made, cold_users, implicit_loss, solver, loss
):
    X, new = cold_users
    G, F = np.array(made.user_factors), np.array(made.item_factors)
    options = {"solver": solver, "loss": loss, "random_state": 0, "n_iter": 8}
    model = ImplicitALS(8, **options)
    model.fit(X.astype(float), user_features=G, item_features=F)
    U, W = model.user_factors_, model.user_feature_weights_
    assert W.shape == (made.user_factors.shape[1], 8)
    np.testing.assert_allclose(U[new], G[new] @ W)
    assert (np.diff(model.objectives_) <= 1e-12 * model.objectives_[0]).all()
    expected = implicit_loss(model, X, user_features=G, item_features=F)
    np.testing.assert_allclose(model.objectives_[-1], expected, rtol=1e-9)
    # Known users and the same as new ones have the same factors.
    np.testing.assert_allclose(
        model.transform(X, user_features=G),
        U,
        atol=1e-9 if solver == "cholesky" else 0.1,
    )
    # Their lists are better than popularity.
    found = model.recommend(new.tolist(), n=10)
    assert not found["popular"].any()
    popular = ImplicitALS(8, **options).fit(X).recommend(new.tolist(), n=10)
    assert popular["popular"].all()
    hits, popular_hits = (
        made.matrix[frame["user"], frame["item"]].sum() for frame in (found, popular)
    )
    assert hits > 1.2 * popular_hits


def test_new_users_by_features_alone(made, cold_users):
    X, new = cold_users
    G = np.array(made.user_factors)
    items = np.array([f"item {i}" for i in range(120)], dtype=object)
    data = Interactions.from_matrix(X, items=items)
    model = ImplicitALS(6, solver="cholesky", random_state=0).fit(data, user_features=G)
    known = model.recommend(new.tolist(), n=7)
    frame = model.recommend(n=7, user_features=G[new])
    assert frame["user"].tolist() == np.repeat(np.arange(len(new)), 7).tolist()
    columns = ["item", "score", "rank", "popular"]
    pd.testing.assert_frame_equal(frame[columns], known[columns])
    names = [f"new {i}" for i in range(len(new))]
    named = pd.DataFrame(G[new], index=names)
    assert model.recommend(n=1, user_features=named)["user"].tolist() == names
    sparse = model.recommend(n=7, user_features=scipy.sparse.csr_array(G[new]))
    pd.testing.assert_frame_equal(sparse, frame)

    # With events, features are where the factors are drawn to.
    seen = Interactions.from_matrix(made.matrix[new], names, items)
    with_both = model.recommend(seen, n=120, user_features=named[::-1])
    U = model.transform(seen, user_features=G[new])
    assert np.linalg.norm(U - model.transform(seen)) > 0.01
    first = with_both[with_both["user"] == "new 3"]
    scores = dict(zip(items, U[3] @ model.item_factors_.T, strict=True))
    np.testing.assert_allclose(
        first["score"], [scores[item] for item in first["item"]], rtol=1e-4, atol=1e-6
    )
    # Nothing is known of a user whose features are zero.
    nobody = np.zeros((1, G.shape[1]))
    assert model.recommend(n=3, user_features=nobody)["popular"].all()
    with pytest.raises(ValueError, match="users without events: 0"):
        model.recommend(n=3, user_features=nobody, cold="error")


def test_user_features_that_are_wrong(made, cold_users):
    X, _ = cold_users
    G = np.array(made.user_factors)
    model = ImplicitALS(2, n_iter=1, random_state=0).fit(X, user_features=G)
    k = G.shape[1]
    for users, given, message in (
        (None, G[:, 1:], f"must have the {k} features of the fit, got {k - 1}"),
        ([3], G[:1], "user_features are for new users"),
        (X[:3], G[:2], rf"shape \(3, n_features\), one row for each user.*\(2, {k}\)"),
        (None, 5, "must have the shape"),
        (None, G[0], "must have the shape"),
        (None, np.full((1, k), np.inf), "must be finite"),
        (None, pd.DataFrame(G[:2], index=["a", "a"]), "'a' twice"),
    ):
        with pytest.raises(ValueError, match=message):
            model.recommend(users, user_features=given)
    without = ImplicitALS(2, n_iter=1, random_state=0).fit(X)
    for method in (without.recommend, without.transform):
        with pytest.raises(ValueError, match="must be given to fit too"):
            method(X, user_features=G)
    with pytest.raises(ValueError, match=r"user_features must have the shape \(500"):
        model.fit(X, user_features=G[1:])


def test_contributions_and_features_of_users(made, events):
    """What is left of the score is λ_u yᵀH⁻¹Wᵀg, by the features."""
    G = np.array(made.user_factors)
    model = ImplicitALS(8, solver="cholesky", random_state=0)
    model.fit(events.astype(float), user_features=G)
    user, item = 0, 11
    told = model.explain(user, item, n=1000)["contribution"].sum()
    V, row = model.item_factors_, events[[user]].toarray()[0].astype(float)
    V = V[model.item_counts_ > 0]
    row = row[model.item_counts_ > 0]
    ridge = model.regularization_ * ((row > 0).sum() + 0.1 * 120)
    H = 0.1 * V.T @ V + (V.T * row) @ V + ridge * np.eye(8)
    rest = ridge * np.linalg.solve(H, G[user] @ model.user_feature_weights_)
    score = model.user_factors_[user] @ model.item_factors_[item]
    np.testing.assert_allclose(told + rest @ model.item_factors_[item], score)


# --- many features --------------------------------------------------------------------


def test_many_features_are_solved_by_steps(made, cold, monkeypatch, implicit_loss):
    """As exactly as by the Cholesky decomposition."""
    X, _, _ = cold
    F = scipy.sparse.csr_array(np.round(made.item_factors, 1))
    options = {"solver": "cholesky", "n_iter": 6, "random_state": 0}
    exact = ImplicitALS(8, **options).fit(X.astype(float), item_features=F)
    monkeypatch.setattr(features, "_MOST_SOLVED", 0)
    for given in (F, F.toarray()):
        steps = ImplicitALS(8, **options).fit(X.astype(float), item_features=given)
        np.testing.assert_allclose(
            steps.item_factors_, exact.item_factors_, rtol=1e-3, atol=1e-4
        )
        assert (np.diff(steps.objectives_) <= 0).all()
        expected = implicit_loss(steps, X, item_features=given)
        np.testing.assert_allclose(steps.objectives_[-1], expected, rtol=1e-9)


def test_wide_one_hot_features_need_little_memory(made, cold):
    """No array of n_features²: that would be 20 GB."""
    X, new, _ = cold
    n = 50_000
    which = np.random.default_rng(0).integers(n, size=(120, 3))
    which[new, 0] = which[2, 0]
    one_hot = scipy.sparse.csr_array(
        (np.ones(360), which.ravel(), 3 * np.arange(121)), shape=(120, n)
    )
    model = ImplicitALS(4, n_iter=2, random_state=0)
    tracemalloc.start()
    model.fit(X, item_features=one_hot)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 48 * n * 4
    V = model.item_factors_
    assert (V[new] @ V[2] > 0.01 * np.linalg.norm(V[2]) ** 2).all()


def test_features_that_do_not_fit_into_memory(cold, monkeypatch):
    X, _, _ = cold
    monkeypatch.setattr(_room, "available_memory", lambda: 10**6)
    wide = scipy.sparse.csr_array((120, 10**7))
    model = ImplicitALS(4, n_iter=1, random_state=0)
    with pytest.raises(MemoryError, match="4 weights of each of 10,000,000 item_feat"):
        model.fit(X, item_features=wide)
    dense = np.broadcast_to(np.float32(1), (120, 10**4))
    with pytest.raises(MemoryError, match=r"float64 need 0.0 GiB.*scipy.sparse"):
        model.fit(X, item_features=dense)


def test_features_of_new_users_that_are_too_large(made, events):
    G = np.array(made.user_factors)
    als = ImplicitALS(3, n_iter=2, random_state=0).fit(events, user_features=G)
    G[7] *= 1e300
    text = "user_features are too large for float32, the type of the fit: row 7"
    with pytest.raises(ValueError, match=text):
        als.recommend(user_features=G)
    with pytest.raises(ValueError, match=text):
        als.transform(events, user_features=G)
