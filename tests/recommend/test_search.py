"""search: the same folds for all, the best parameters, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from latentia.datasets import make_interactions, make_ratings
from latentia.recommend import (
    EASE,
    ImplicitALS,
    Interactions,
    ItemKNN,
    Popularity,
    RatingALS,
    evaluate_ranking,
    search,
    split,
)


@pytest.fixture(scope="module")
def events():
    return Interactions.from_matrix(
        make_interactions(90, 60, 1200, random_state=0).matrix
    )


def test_scores_are_those_of_a_loop_by_hand(events):
    values = [0.5, 20.0, 500.0]
    found = search(
        EASE, events, {"regularization": values}, metric="recall@10", random_state=3
    )
    random = np.random.RandomState(3)
    folds = [split(events, "per-user", random_state=random) for _ in range(3)]
    expected = [
        [
            evaluate_ranking(
                EASE(value).fit(fold.train), *fold, k=10, n_bootstrap=1
            ).value("EASE", "recall@10")
            for fold in folds
        ]
        for value in values
    ]
    np.testing.assert_array_equal(found.scores_, expected)
    best = int(np.argmax(np.mean(expected, axis=1)))
    assert found.best_params_ == {"regularization": values[best]}
    assert found.best_score_ == pytest.approx(np.mean(expected[best]))


def test_the_best_model_is_fitted_on_all_data(events):
    found = search(EASE, events, {"regularization": [5, 50]}, metric="ndcg@10")
    assert found.best_model_.interactions_ is events
    again = EASE(**found.best_params_).fit(events)
    np.testing.assert_array_equal(found.best_model_.weights_, again.weights_)


def test_a_seed_gives_the_same_result(events):
    def scores(seed):
        return search(
            ImplicitALS,
            events,
            {"n_factors": [2, 4]},
            metric="ndcg@20",
            n_folds=2,
            random_state=seed,
            fixed={"n_iter": 2},
        )

    one, same, other = scores(0), scores(0), scores(1)
    np.testing.assert_array_equal(one.scores_, same.scores_)
    np.testing.assert_array_equal(
        one.best_model_.user_factors_, same.best_model_.user_factors_
    )
    assert (one.scores_ != other.scores_).any()
    assert one.best_model_.n_iter == 2


def test_an_object_keeps_its_parameters_and_is_not_fitted(events):
    model = ImplicitALS(4, n_iter=1, random_state=7)
    found = search(model, events, {"alpha": [1.0, 3.0]}, metric="ndcg@5", n_folds=1)
    assert found.best_model_.n_factors == 4
    assert found.best_model_.random_state == 7
    assert not hasattr(model, "item_factors_")


def test_errors_of_ratings_are_minimised():
    ratings = make_ratings(60, 40, 900, random_state=0).ratings
    grid = {"regularization": [0.1, 1000.0], "n_factors": [2]}
    found = search(
        RatingALS, ratings, grid, metric="rmse", fixed={"n_iter": 3}, random_state=0
    )
    assert found.best_params_["regularization"] == 0.1
    assert found.best_score_ == found.scores_.mean(axis=1).min()
    assert found.to_frame()["rank"].tolist() == [1, 2]


def test_the_table(events):
    grids = [{"n_neighbors": [5, 30]}, {"shrinkage": [10.0]}]
    found = search(ItemKNN, events, grids, metric="map@10", n_folds=2, random_state=0)
    frame = found.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert [*frame] == ["n_neighbors", "shrinkage", "mean", "std", "rank", "seconds"]
    assert sorted(frame["rank"]) == [1, 2, 3]
    assert frame["shrinkage"].tolist() == [None, None, 10.0]
    assert frame["mean"][found.best_index_] == found.best_score_ == frame["mean"].max()
    lines = str(found).splitlines()
    assert "map@10 on held-out events, 2 folds" in lines[0]
    assert f"{found.best_score_:.4f}" in lines[4]  # the best is first
    found.candidates_[0]["n_neighbors"] = "[/b]"  # no markup of rich
    assert "[/b]" in str(found)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": "ndgc@10"}, r"did you mean 'ndcg@10'\?"),
        ({"metric": "ndcg"}, r"metric must be one of .*; did you mean 'ndcg@100'\?"),
        ({"metric": "ndcg@0"}, "metric must be one of"),
        ({"metric": "ndcg@61"}, "at most 60 items, as many as there are"),
        ({"metric": "novelty@10"}, "metric must be one of"),
        ({"metric": 10}, "metric must be one of"),
        ({"metric": "rmse"}, "EASE predicts no ratings"),
        ({"grid": {}}, "grid must have a parameter with its values"),
        ({"grid": []}, "grid must have a parameter with its values"),
        ({"grid": {"regularisation": [1]}}, r"did you mean 'regularization'\?"),
        ({"grid": {"regularization": []}}, "regularization"),
        ({"grid": {"regularization": [-1]}}, "regularization must be"),
        ({"fixed": {"n_thread": 1}}, r"did you mean 'n_threads'\?"),
        ({"fixed": {"regularization": 1}}, "either in grid or in fixed"),
        ({"n_folds": 0}, "n_folds must be at least 1"),
    ],
)
def test_what_is_refused(events, changes, message):
    options = {"grid": {"regularization": [1]}, "metric": "ndcg@10", **changes}
    with pytest.raises(ValueError, match=message):
        search(EASE, events, options.pop("grid"), **options)


def test_the_model_must_be_a_recommender(events):
    with pytest.raises(TypeError, match="model must be a class of a recommender"):
        search(dict, events, {"n": [1]})


def test_errors_are_no_metric_of_models_without_ratings(events):
    with pytest.raises(ValueError, match="Popularity predicts no ratings"):
        search(Popularity, events, {"n_threads": [1]}, metric="mae")


# --- features, and held-out users -----------------------------------------------------


def test_scores_of_held_out_users_are_those_of_a_loop_by_hand(events):
    values = [0.5, 500.0]
    found = search(
        EASE,
        events,
        {"regularization": values},
        metric="recall@10",
        n_folds=2,
        random_state=3,
        method="held-out-users",
    )
    random = np.random.RandomState(3)
    folds = [split(events, "held-out-users", random_state=random) for _ in range(2)]
    expected = [
        [
            evaluate_ranking(
                EASE(value).fit(train), fold_in, test, k=10, n_bootstrap=1
            ).value("EASE", "recall@10")
            for train, fold_in, test in folds
        ]
        for value in values
    ]
    np.testing.assert_array_equal(found.scores_, expected)
    assert "recall@10 on held-out users, 2 folds" in str(found)


@pytest.fixture(scope="module")
def described():
    """Events of few items a user, whose tastes and traits are the features."""
    made = make_interactions(300, 60, 1500, rank=3, random_state=0)
    users = [f"u{i}" for i in range(300)]
    items = [f"i{i}" for i in range(60)]
    return (
        Interactions.from_matrix(made.matrix, users, items),
        pd.DataFrame(made.user_factors, index=users),
        pd.DataFrame(made.item_factors, index=items),
    )


@pytest.mark.parametrize("method", ["per-user", "held-out-users"])
def test_features_are_passed_to_every_fold(described, method):
    """As by hand; the rows of a data frame are found by their ids."""
    data, G, F = described
    options = {"metric": "ndcg@20", "n_folds": 1, "method": method, "random_state": 1}
    model = ImplicitALS(4, n_iter=2, random_state=0)
    grid = {"regularization": [0.1]}
    found = search(
        model, data, grid, user_features=G[::-1], item_features=F[::-1], **options
    )
    fold = split(data, method, random_state=1)
    train, (known, test) = fold.train, fold[-2:]
    fitted = ImplicitALS(4, n_iter=2, random_state=0, regularization=0.1)
    fitted.fit(train, user_features=G.to_numpy(), item_features=F.to_numpy())
    given = {"user_features": G.to_numpy()}
    lists = evaluate_ranking(fitted, known, test, k=20, n_bootstrap=1, **given)
    assert found.best_score_ == lists.value("ImplicitALS", "ndcg@20")
    assert found.best_model_.user_feature_weights_.shape == (3, 4)
    assert found.best_model_.item_feature_weights_.shape == (3, 4)
    without = search(model, data, grid, **options)
    assert without.best_score_ < found.best_score_
    assert without.best_model_.user_feature_weights_ is None


def test_features_of_held_out_users_are_not_learnt_from(described):
    """Only rows with events of the training part are in the regression."""
    data, G, _ = described
    train, fold_in, _ = split(data, "held-out-users", random_state=1)
    changed = G.to_numpy(copy=True)
    changed[np.diff(fold_in.matrix.indptr) > 0] = 100
    models = [
        ImplicitALS(4, n_iter=2, random_state=0).fit(train, user_features=features)
        for features in (G.to_numpy(), changed)
    ]
    first, second = (model.user_feature_weights_ for model in models)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("model", "changes", "message"),
    [
        (EASE, {"item_features": np.ones((60, 1))}, "item_features must be None: EASE"),
        (ImplicitALS, {"user_features": np.ones((9, 1))}, r"shape \(300, n_features"),
        (ImplicitALS, {"method": "leave-last-out"}, "method must be one of"),
        (RatingALS, {"metric": "rmse", "method": "held-out-users"}, "metric 'rmse'"),
    ],
)
def test_wrong_features_and_methods(described, model, changes, message):
    options = {"metric": "ndcg@10", **changes}
    with pytest.raises(ValueError, match=message):
        search(model, described[0], {"n_threads": [1]}, **options)
