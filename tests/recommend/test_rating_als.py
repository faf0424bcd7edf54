"""RatingALS against its loss in NumPy, its predictions and every wrong input."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone

from latentia.datasets import make_ratings
from latentia.recommend import Interactions, RatingALS


@pytest.fixture(scope="module")
def ratings():
    """A user and an item have none."""
    X = make_ratings(300, 80, 6000, random_state=0).ratings.tolil()
    X[3], X[:, 5] = 0, 0
    return X.tocsr()


@pytest.fixture(scope="module")
def named(ratings):
    users = np.array([f"user {i}" for i in range(300)], dtype=object)
    return Interactions.from_matrix(ratings, users, 7 * np.arange(80))


def parts(model):
    names = "user_factors_", "item_factors_", "user_biases_", "item_biases_"
    return [getattr(model, name).astype(float) for name in names]


def predictions(model):
    U, V, b, c = parts(model)
    return model.mean_ + b[:, None] + c + U @ V.T


def loss_of(model, X):
    U, V, b, c = parts(model)
    X, rated = X.toarray().astype(float), X.toarray() > 0
    squares = ((X - predictions(model))[rated] ** 2).sum()
    users = rated.sum(axis=1) @ (b**2 + (U**2).sum(axis=1))
    items = rated.sum(axis=0) @ (c**2 + (V**2).sum(axis=1))
    return squares + model.regularization * (users + items)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 7, 33])
def test_the_objective_falls_and_is_the_documented_loss(ratings, dtype, k):
    model = RatingALS(k, n_iter=5, random_state=0).fit(ratings.astype(dtype))
    assert model.objectives_.shape == (5,)
    assert (np.diff(model.objectives_) <= 0).all()
    rtol = 1e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(
        model.objectives_[-1], loss_of(model, ratings), rtol=rtol
    )
    assert model.mean_ == pytest.approx(ratings.data.mean(), rel=1e-5)
    assert model.rating_range_ == [1.0, 5.0]
    U, V, b, c = parts(model)
    assert not U[3].any()
    assert not V[5].any()
    assert b[3] == c[5] == 0


def test_a_user_solves_its_least_squares(ratings):
    model = RatingALS(6, n_iter=3, random_state=0).fit(ratings.astype(float))
    _, V, _, c = parts(model)
    Y = np.column_stack([V, np.ones(80)])
    for user in (0, 17, 299):
        row = ratings[[user]].astype(float)
        A, r = Y[row.indices], row.data - model.mean_ - c[row.indices]
        H = A.T @ A + 0.1 * len(r) * np.eye(7)
        expected = np.linalg.solve(H, A.T @ r)
        np.testing.assert_allclose(model.user_factors_[user], expected[:6], atol=1e-9)
        np.testing.assert_allclose(model.user_biases_[user], expected[6], atol=1e-9)


def test_transform_of_the_training_ratings(ratings):
    model = RatingALS(6, n_iter=3, random_state=0).fit(ratings)
    found = model.transform(ratings)
    np.testing.assert_array_equal(found, model.user_factors_)
    assert found.flags.c_contiguous


def test_predictions_are_better_than_biases():
    made = make_ratings(600, 150, 25_000, random_state=0)
    data = Interactions.from_matrix(made.ratings)
    tested = np.random.default_rng(0).random(data.n_stored) < 0.2
    train, test = data.select(~tested), data.select(tested)
    model = RatingALS(5, random_state=0).fit(train)
    biases = RatingALS(5, regularization=0.1, random_state=0).fit(train)
    biases.user_factors_ = 0 * biases.user_factors_
    found, baseline = model.errors(test), biases.errors(test)
    assert found.n == baseline.n == tested.sum()
    assert found.rmse < 0.95 * baseline.rmse
    assert found.rmse < 1.25 * made.noise
    assert found.mae < found.rmse


def test_predict_is_the_formula_and_the_score(named):
    model = RatingALS(4, random_state=0).fit(named)
    expected = predictions(model)
    users, items = ["user 7", "user 3", "user 0"], [35, 14, 0]
    found = model.predict(users, items)
    np.testing.assert_allclose(found, expected[[7, 3, 0], [5, 2, 0]], rtol=1e-5)
    frame = model.recommend(["user 7", "user 9"], n=100)
    again = model.predict(frame["user"], frame["item"])
    np.testing.assert_allclose(frame["score"], again, rtol=1e-5)
    folded = model.recommend(named.subset_users(["user 7", "user 9"]), n=100)
    assert folded["item"].tolist() == frame["item"].tolist()
    np.testing.assert_allclose(folded["score"], frame["score"], rtol=1e-5)
    assert model.predict("user 7", 35).shape == (1,)


def test_predictions_in_the_range_of_ratings(named):
    model = RatingALS(8, regularization=0.0001, random_state=0).fit(named)
    users = np.repeat(named.users, 80)
    items = np.tile(named.items, 300)
    free = model.predict(users, items)
    assert free.min() < 1
    assert free.max() > 5
    clipped = model.predict(users, items, clip=True)
    np.testing.assert_array_equal(clipped, free.clip(1, 5))


def test_errors(named, ratings):
    model = RatingALS(3, regularization=1e-3, random_state=0).fit(named)
    P, entries = predictions(model), ratings.tocoo()
    off = P[entries.row, entries.col].clip(1, 5) - entries.data
    expected = np.sqrt((off**2).mean()), np.abs(off).mean(), entries.nnz
    order = np.random.default_rng(0).permutation(300)[:290]
    for test in (named, ratings, ratings.tocsc()):
        np.testing.assert_allclose(model.errors(test), expected, rtol=1e-5)
    off = P[entries.row, entries.col] - entries.data
    free = model.errors(named, clip=False)
    assert free.rmse == pytest.approx(np.sqrt((off**2).mean()), rel=1e-5)
    some = named.take_rows(order)  # in another order
    entries = some.matrix.tocoo()
    off = P[order][entries.row, entries.col].clip(1, 5) - entries.data
    assert model.errors(some).mae == pytest.approx(np.abs(off).mean(), rel=1e-5)


def test_wrong_questions(named, ratings):
    model = RatingALS(3, n_iter=1, random_state=0).fit(named)
    stranger = Interactions.from_arrays(["nobody"], [7])
    for call, message in (
        (lambda: model.predict(["nobody"], [7]), "unknown users: 'nobody'"),
        (lambda: model.predict(["user 1"], [8]), "unknown items: 8"),
        (lambda: model.predict(["user 1"], ["7"]), "unknown items.*int.*not str"),
        (lambda: model.predict(["user 1"] * 2, [7]), "same length, got 2 and 1"),
        (lambda: model.predict(["user 1"], [7], clip=1), "clip must be True or False"),
        (lambda: model.errors(named, clip="no"), "clip must be True or False"),
        (lambda: model.errors(stranger), "unknown users: 'nobody'"),
        (lambda: model.errors(ratings.T.tocsr()), r"users × items.*got 80 × 300"),
        (lambda: model.errors(ratings[:5]), r"shape \(300, 80\).*got \(5, 80\)"),
        (lambda: model.errors(0 * ratings), "at least one rating, got none"),
        (lambda: model.transform(ratings.T.tocsr()), r"users × items.*got 80 × 300"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            call()


WRONG = {
    "n_factors": [(0, "at least 1, got 0"), (None, "an integer, got None")],
    "regularization": [(-1, ".*at least 0, got -1"), (np.nan, ".*got nan")],
    "n_iter": [(0, "at least 1, got 0"), (2.0, "an integer, got 2.0")],
    "n_threads": [(0, "a positive integer, got 0")],
    "verbose": [("yes", ".*got 'yes'")],
}


def test_wrong_parameters(ratings, unchanged, case):
    model = RatingALS(2, n_iter=1, random_state=0).fit(ratings)
    for name, values in WRONG.items():
        for value, allowed in values:
            before = model.get_params()[name]
            model.set_params(**{name: value})
            check = unchanged(model)
            with (
                case(name=name, value=value),
                pytest.raises(
                    (TypeError, ValueError), match=f"{name} must be.*{allowed}"
                ),
            ):
                model.fit(ratings)
            check()
            model.set_params(**{name: before})


@pytest.mark.parametrize(
    ("X", "regularization", "message"),
    [
        (np.full((3, 3), 3e38, "f4"), 0.1, "objective of RatingALS is"),
        (np.ones((3, 3), "f4"), 1e39, "regularization must be lower"),
        (-np.ones((3, 3), "f4"), 0.1, "negative"),
    ],
)
def test_a_fit_that_fails_changes_nothing(
    ratings, unchanged, X, regularization, message
):
    model = RatingALS(2, n_iter=1, random_state=0).fit(ratings)
    model.set_params(regularization=regularization)
    check = unchanged(model)
    if X[0, 0] > 1e38:
        X[0, 0] = 1  # or all are the mean
    with pytest.raises(ValueError, match=message):
        model.fit(scipy.sparse.csr_array(X))
    check()


def test_as_an_estimator(ratings):
    model = RatingALS(3, n_iter=2, random_state=1, n_threads=1).fit(ratings)
    again = clone(model)
    assert again.get_params() == model.get_params()
    for n_threads in (2, 7):
        again = clone(model).set_params(n_threads=n_threads).fit(ratings.astype("f4"))
        for name in (*model._tensors, "mean_"):
            np.testing.assert_array_equal(getattr(again, name), getattr(model, name))


def test_a_file_has_everything(named, tmp_path, rewrite_model):
    path = tmp_path / "ratings.safetensors"
    model = RatingALS(3, n_iter=2, random_state=0).fit(named)
    model.save(path)
    again = RatingALS.load(path)
    assert again.get_params() == model.get_params()
    assert vars(again).keys() == vars(model).keys()
    for name in (*model._tensors, *model._facts, "item_counts_"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
    pd.testing.assert_frame_equal(again.recommend(), model.recommend())
    pd.testing.assert_frame_equal(again.recommend(named), model.recommend(named))
    assert again.errors(named) == model.errors(named)
    for change in (
        {"tensors": {"user_biases_": None}},
        {"tensors": {"item_biases_": np.zeros(79, "f4")}},
        {"tensors": {"user_factors_": np.zeros((300, 4), "f4")}},
        {"facts": {"mean_": None}},
        {"facts": {"mean_": "3"}},
        {"facts": {"mean_": float("nan")}},
        {"facts": {"rating_range_": [1.0]}},
        {"facts": {"rating_range_": [5.0, 1.0]}},
        {"facts": {"rating_range_": ["a", "b"]}},
    ):
        model.save(path, overwrite=True)
        rewrite_model(path, **{"tensors": {}} | change)
        with pytest.raises(ValueError, match="holds no RatingALS"):
            RatingALS.load(path)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (3, 2)])
@pytest.mark.parametrize("regularization", [0.0, 0.1])
def test_more_factors_than_users_and_items(shape, regularization):
    """And all ratings are equal: biases and factors are 0."""
    X = scipy.sparse.csr_array(np.full(shape, 4, np.float32))
    model = RatingALS(17, regularization=regularization, random_state=0).fit(X)
    np.testing.assert_allclose(predictions(model), 4, atol=1e-4)
    frame = model.recommend(n=50, exclude_seen=False)
    assert len(frame) == X.nnz
    np.testing.assert_allclose(frame["score"], 4, atol=1e-4)


def test_ratings_of_zero_are_kept_on_request():
    X = scipy.sparse.csr_array(([0.0, 1, 1, 0], [0, 1, 0, 1], [0, 2, 4]), shape=(2, 2))
    data = Interactions.from_matrix(X, keep_zeros=True)
    model = RatingALS(2, regularization=1e-6, n_iter=50, random_state=0).fit(data)
    assert model.rating_range_ == [0.0, 1.0]
    assert model.mean_ == 0.5
    np.testing.assert_allclose(predictions(model), X.toarray(), atol=0.01)
    assert model.errors(data).n == 4
