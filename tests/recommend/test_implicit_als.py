"""ImplicitALS against its loss in NumPy, its lists, its files and every wrong input."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone

from latentia._interrupt import FitInterruptedWarning, ctrl_c_ends_all
from latentia.datasets import make_interactions
from latentia.recommend import ImplicitALS, Interactions, Popularity, als

SOLVERS = ["cholesky", "cg", "subspace"]
with_solvers = pytest.mark.parametrize("solver", SOLVERS)


@pytest.fixture(scope="module")
def made():
    return make_interactions(500, 120, 9000, random_state=0)


@pytest.fixture(scope="module")
def events(made):
    """Values are counts 1 to 4; a user and an item have none."""
    X = made.matrix.copy()
    X.data[:] = np.random.default_rng(0).integers(1, 5, X.nnz)
    X = X.tolil()
    X[3], X[:, 5] = 0, 0
    return X.tocsr()


def loss_of(model, X, features=None):
    """Return the documented loss, over all pairs."""
    X = X.toarray().astype(float)
    seen, C = X > 0, model.alpha * X
    U, V = model.user_factors_.astype(float), model.item_factors_.astype(float)
    S, a0 = U @ V.T, model.unobserved_weight
    if model.loss == "rendle":
        total = (C * (1 - S) ** 2).sum()
        weight_of_all = np.full(S.shape, a0)
    else:
        total = ((a0 + C) * (1 - S) ** 2)[seen].sum()
        weight_of_all = np.where(seen, 0, a0)
    off = V
    ridges = [
        model.regularization
        * (seen.sum(axis=axis) + a0 * X.shape[axis]) ** model.frequency_exponent
        for axis in (1, 0)
    ]
    if features is not None:
        W = model.item_feature_weights_.astype(float)
        off, has_events = V - features @ W, seen.any(axis=0)
        weight_of_all = weight_of_all * has_events
        total += ridges[1][has_events].mean() * (W**2).sum()
    total += (weight_of_all * S**2).sum()
    for ridge, factors in zip(ridges, (U, off), strict=True):
        total += ridge @ (factors**2).sum(axis=1)
    return total


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
def test_the_objective_falls_and_is_the_documented_loss(events, solver, dtype, options):
    options = {"n_factors": 40, "n_iter": 6, "random_state": 0} | options
    model = ImplicitALS(solver=solver, **options).fit(events.astype(dtype))
    eps = np.finfo(dtype).eps
    assert model.objectives_.shape == (6,)
    assert (np.diff(model.objectives_) <= 100 * eps * model.objectives_[0]).all()
    expected = loss_of(model, events)
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
        ridge = model.regularization * ((row > 0).sum() + 0.1 * 120)
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


# --- item features --------------------------------------------------------------------


@pytest.fixture(scope="module")
def cold(made):
    """Events without those of ten items, these items, and who has events with them."""
    new = np.arange(7, 107, 10)
    X = made.matrix.toarray()
    truth = X[:, new] > 0
    X[:, new] = 0
    return scipy.sparse.csr_array(X), new, truth


@with_solvers
@pytest.mark.parametrize("loss", ["rendle", "hu"])
def test_items_without_events_have_what_features_predict(made, cold, solver, loss):
    X, new, truth = cold
    F = np.array(made.item_factors, dtype=float)
    F[new[0]] = F[2]
    model = ImplicitALS(8, solver=solver, loss=loss, random_state=0, n_iter=10)
    model.fit(X.astype(float), item_features=F)
    V, W = model.item_factors_, model.item_feature_weights_
    np.testing.assert_allclose(V[new], F[new] @ W)
    assert (np.diff(model.objectives_) <= 0).all()
    np.testing.assert_allclose(model.objectives_[-1], loss_of(model, X, F), rtol=1e-9)
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
    ("features", "error", "message"),
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
def test_features_that_are_wrong(cold, unchanged, features, error, message):
    model = ImplicitALS(2, n_iter=1, random_state=0).fit(cold[0])
    check = unchanged(model)
    with np.errstate(all="ignore"), pytest.raises(error, match=message):
        model.fit(cold[0], item_features=features)
    check()


def test_features_need_a_regularization(cold):
    with pytest.raises(ValueError, match=r"regularization with item_features.*above 0"):
        ImplicitALS(2, regularization=0).fit(cold[0], item_features=np.ones((120, 1)))


# --- files, estimators, Ctrl-C --------------------------------------------------------


@pytest.mark.parametrize("with_features", [False, True])
def test_a_file_has_everything(made, events, tmp_path, with_features):
    users = np.array([f"user {i}" for i in range(500)], dtype=object)
    data = Interactions.from_matrix(events, users, 3 * np.arange(120))
    features = made.item_factors if with_features else None
    model = ImplicitALS(5, alpha=2.5, loss="hu", n_iter=3, random_state=0)
    model.fit(data, item_features=features).save(tmp_path / "als.safetensors")
    again = ImplicitALS.load(tmp_path / "als.safetensors")
    assert again.get_params() == model.get_params()
    assert vars(again).keys() == vars(model).keys()
    for name in (*model._tensors, "item_counts_"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
    assert (again.item_feature_weights_ is None) is not with_features
    pd.testing.assert_frame_equal(again.recommend(), model.recommend())
    pd.testing.assert_frame_equal(again.recommend(data), model.recommend(data))
    explained = model.explain("user 7", 30)
    pd.testing.assert_frame_equal(again.explain("user 7", 30), explained)


@pytest.mark.parametrize(
    "changes",
    [
        {"item_factors_": None},
        {"objectives_": None},
        {"item_factors_": np.ones((120, 4), "f4")},
        {"user_factors_": np.ones((499, 5), "f4")},
        {"item_factors_": np.full((120, 5), np.nan, "f4")},
        {"item_feature_weights_": np.ones((2, 4), "f4")},
        {"objectives_": np.ones((2, 2))},
    ],
    ids=str,
)
def test_damaged_files(events, tmp_path, rewrite_model, changes):
    path = tmp_path / "als.safetensors"
    ImplicitALS(5, n_iter=1, random_state=0).fit(events).save(path)
    rewrite_model(path, tensors=changes)
    with pytest.raises(ValueError, match="holds no ImplicitALS"):
        ImplicitALS.load(path)


WRONG = {
    "n_factors": [(0, "at least 1, got 0"), (2.5, "an integer, got 2.5")],
    "alpha": [(0, "above 0, got 0"), (np.nan, "got nan"), ("1", "got '1'")],
    "unobserved_weight": [(-0.1, "at least 0, got -0.1"), (np.inf, "got inf")],
    "regularization": [(-1, "at least 0, got -1"), (None, "got None")],
    "frequency_exponent": [(1.5, "at least 0 and at most 1, got 1.5")],
    "loss": [("Rendle", "rendle, hu, got 'Rendle'; did you mean 'rendle'")],
    "n_iter": [(0, "at least 1, got 0"), (True, "an integer, got True")],
    "solver": [("lu", "auto, cg, cholesky, subspace, got 'lu'"), (None, "got None")],
    "random_state": [("a", "'a'")],
    "n_threads": [(0, "a positive integer, got 0")],
    "verbose": [("yes", "got 'yes'"), (-1, "at least 0, got -1")],
}


def test_wrong_parameters(events, unchanged, case):
    model = ImplicitALS(2, n_iter=1, random_state=0).fit(events)
    for name, values in WRONG.items():
        for value, allowed in values:
            before = model.get_params()[name]
            model.set_params(**{name: value})
            check = unchanged(model)
            name_in_message = "" if name == "random_state" else f"{name} must be .*"
            with (
                case(name=name, value=value),
                pytest.raises((TypeError, ValueError), match=name_in_message + allowed),
            ):
                model.fit(events)
            check()
            model.set_params(**{name: before})


def test_as_an_estimator(events):
    model = ImplicitALS(3, n_iter=2, random_state=np.random.RandomState(3))
    again = clone(model)
    first = model.fit(events, None).item_factors_
    np.testing.assert_array_equal(again.fit(events).item_factors_, first)
    assert model.n_features_in_ == 120
    params = {"n_factors": 7, "alpha": 3.0, "solver": "subspace", "n_threads": 2}
    assert ImplicitALS().set_params(**params).get_params().items() >= params.items()
    for seed in (0, None, np.random.default_rng(0)):
        ImplicitALS(3, n_iter=1, random_state=seed).fit(events)


@pytest.mark.parametrize(
    ("X", "options", "message"),
    [
        (np.array([[-1.0]]), {}, "negative"),
        (np.array([[np.nan]]), {}, "finite"),
        (np.array([[0.0]]), {}, "at least one event"),
        (
            np.array([[3e38, 0], [0, 1]], "f4"),
            {"alpha": 10},
            r"alpha · the values of X must fit in float32, got 10 · 3e\+38",
        ),
        (np.array([[1, 0], [0, 1]], "f4"), {"regularization": 1e39}, "regularization"),
        (np.array([[1, 0], [0, 1]], "f4"), {"unobserved_weight": 1e300}, "must fit"),
        *(
            (np.full((3, 3), 1e38, "f4"), {"solver": solver}, "too large for its type")
            for solver in SOLVERS
        ),
    ],
)
def test_a_fit_that_fails_changes_nothing(events, unchanged, X, options, message):
    model = ImplicitALS(2, n_iter=1, random_state=0).fit(events).set_params(**options)
    check = unchanged(model)
    with pytest.raises(ValueError, match=message):
        model.fit(scipy.sparse.csr_array(X))
    check()


@pytest.mark.parametrize("k", [4, 140])
def test_new_users_with_values_that_are_too_large(events, k):
    model = ImplicitALS(k, n_iter=1, random_state=0).fit(events)
    X = events[:9].copy()
    X.data[X.indptr[5] :] = 3e38
    with pytest.raises(ValueError, match=r"row.* of X are too large for float32"):
        model.transform(X)
    with pytest.raises(ValueError, match=r"row.* of X are too large for float32"):
        model.recommend(X)
    model.set_params(alpha=2.0)
    with pytest.raises(ValueError, match=r"must fit in float32, got 2 · 3e\+38"):
        model.transform(X)


@with_solvers
@pytest.mark.parametrize("alpha", [1e-6, 1e4, 1e12, 1e24])
def test_confidences_of_any_size(events, solver, alpha):
    """All weights times a number have the same solution."""
    options = {"random_state": 0, "solver": solver, "n_iter": 3}
    found = ImplicitALS(
        6,
        alpha=alpha,
        unobserved_weight=0.1 * alpha,
        regularization=0.03 * alpha,
        frequency_exponent=0.0,
        **options,
    ).fit(events)
    expected = ImplicitALS(6, frequency_exponent=0.0, **options).fit(events)
    np.testing.assert_allclose(
        found.objectives_ / alpha, expected.objectives_, rtol=1e-3
    )


def interrupt_at(monkeypatch, call):
    """Ctrl-C in the half-iteration of this number, from 1."""
    calls, real = [], als.kernels.als_implicit_half

    def half(*arguments):
        calls.append(1)
        if len(calls) == call:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(als.kernels, "als_implicit_half", half)


def fitted_or_interrupted(model, *arguments, **more):
    """Fit; Ctrl-C that comes through would end the whole test run."""
    try:
        model.fit(*arguments, **more)
    except KeyboardInterrupt:
        pytest.fail("it was not kept")


@pytest.mark.parametrize("call", [4, 5])
def test_ctrl_c_keeps_the_last_iteration(made, cold, monkeypatch, call):
    X, new, _ = cold
    options = {"solver": "cholesky", "random_state": 0}
    one = ImplicitALS(4, n_iter=1, **options).fit(X, item_features=made.item_factors)
    interrupt_at(monkeypatch, call)
    model = ImplicitALS(4, n_iter=9, **options)
    with pytest.warns(FitInterruptedWarning, match="interrupted after 1 iterations"):
        fitted_or_interrupted(model, X, item_features=made.item_factors)
    np.testing.assert_array_equal(model.objectives_, one.objectives_)
    np.testing.assert_array_equal(model.user_factors_, one.user_factors_)
    assert model.item_factors_[new].any(axis=1).all()
    model.recommend()


@pytest.mark.parametrize(("call", "all_of_it"), [(1, False), (3, False), (5, True)])
def test_ctrl_c_that_ends_all(events, monkeypatch, unchanged, call, all_of_it):
    """Before there is an iteration, or where an outer loop asks for it."""
    model = ImplicitALS(4, n_iter=9, random_state=0)
    check = unchanged(model)
    interrupt_at(monkeypatch, call)
    try:
        if all_of_it:
            with ctrl_c_ends_all():
                model.fit(events)
        else:
            model.fit(events)
    except KeyboardInterrupt:
        check()
    else:
        pytest.fail("it went on")


# --- awkward input --------------------------------------------------------------------


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
