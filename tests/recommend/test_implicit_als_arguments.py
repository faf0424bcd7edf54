"""ImplicitALS: files, parameters and fits that fail."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone

from latentia.recommend import ImplicitALS, Interactions

SOLVERS = ["cholesky", "cg", "subspace"]
with_solvers = pytest.mark.parametrize("solver", SOLVERS)


@pytest.mark.parametrize("with_features", [False, True])
def test_a_file_has_everything(made, events, tmp_path, with_features):
    users = np.array([f"user {i}" for i in range(500)], dtype=object)
    data = Interactions.from_matrix(events, users, 3 * np.arange(120))
    features = {"user_features": made.user_factors, "item_features": made.item_factors}
    features = features if with_features else {}
    model = ImplicitALS(5, alpha=2.5, loss="hu", n_iter=3, random_state=0)
    model.fit(data, **features).save(tmp_path / "als.safetensors")
    again = ImplicitALS.load(tmp_path / "als.safetensors")
    assert again.get_params() == model.get_params()
    assert vars(again).keys() == vars(model).keys()
    for name in (*model._tensors, "item_counts_"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
    assert (again.item_feature_weights_ is None) is not with_features
    assert (again.user_feature_weights_ is None) is not with_features
    if with_features:
        new = {"n": 3, "user_features": made.user_factors[:4]}
        pd.testing.assert_frame_equal(again.recommend(**new), model.recommend(**new))
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
        {"user_feature_weights_": np.ones((2, 4), "f4")},
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
    "regularization": [
        (-1, "at least 0, got -1"),
        (None, "got None"),
        ("Auto", "auto, got 'Auto'; did you mean 'auto'"),
    ],
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
        (
            np.array([[1, 0], [0, 1]], "f4"),
            {"unobserved_weight": 1e300, "regularization": 1},
            "must fit",
        ),
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
    options["frequency_exponent"] = 0.0
    weights = {"alpha": alpha, "unobserved_weight": 0.1 * alpha}
    found = ImplicitALS(6, **weights, **options).fit(events)
    expected = ImplicitALS(6, **options).fit(events)
    np.testing.assert_allclose(
        found.regularization_ / alpha, expected.regularization_, rtol=1e-6
    )
    np.testing.assert_allclose(
        found.objectives_ / alpha, expected.objectives_, rtol=1e-3
    )
