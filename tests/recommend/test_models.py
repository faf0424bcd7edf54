"""EASE and ItemKNN against their formulas in NumPy; files of all models."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone

from latentia import _room
from latentia.datasets import make_interactions
from latentia.recommend import (
    EASE,
    ImplicitALS,
    Interactions,
    ItemKNN,
    Popularity,
    RatingALS,
    ease,
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_items", [1, 2, 53, 700])
def test_ease_is_its_closed_form(random_matrix, dtype, n_items):
    X = random_matrix(61, n_items, dtype=dtype)
    model = EASE(3.0).fit(X)
    dense = X.toarray().astype(float)
    P = np.linalg.inv(dense.T @ dense + 3.0 * np.eye(n_items))
    expected = np.eye(n_items) - P / np.diag(P)
    assert model.weights_.dtype == dtype
    tolerance = 1e-5 if dtype == np.float32 else 1e-9
    np.testing.assert_allclose(model.weights_, expected, atol=tolerance)
    assert not np.diag(model.weights_).any()


def test_ease_predicts_items_from_the_others(random_matrix):
    """A column of B is the ridge regression of an item on all other items."""
    X = random_matrix(200, 9, dtype=np.float64)
    B = EASE(2.0).fit(X).weights_
    dense = X.toarray()
    others = np.delete(dense, 4, axis=1)
    ridge = np.linalg.solve(others.T @ others + 2.0 * np.eye(8), others.T @ dense[:, 4])
    np.testing.assert_allclose(np.delete(B[:, 4], 4), ridge, atol=1e-10)


@pytest.mark.parametrize("most", [1, 4, 5, 9])
def test_ease_of_many_items_is_inverted_by_halves(random_matrix, monkeypatch, most):
    X = random_matrix(200, 19, dtype=np.float64)
    expected = EASE(2.0).fit(X).weights_
    monkeypatch.setattr(ease, "_MOST_AT_ONCE", most)
    np.testing.assert_allclose(EASE(2.0).fit(X).weights_, expected, atol=1e-12)
    X.data *= 1e30
    with pytest.raises(np.linalg.LinAlgError, match=r"XᵀX \+ 2·I is not positive"):
        EASE(2.0).fit(scipy.sparse.hstack([X, X]).tocsr())


def test_ease_says_how_much_memory_it_needs(random_matrix, monkeypatch):
    monkeypatch.setattr(_room, "available_memory", lambda: 53**2 * 12 - 1)
    with pytest.raises(MemoryError, match=r"EASE for 53 items need 0.0 GiB"):
        EASE().fit(random_matrix())
    wide = scipy.sparse.csr_array(
        (np.ones(1, np.float32), ([0], [0])), shape=(1, 10**7)
    )
    with pytest.raises(MemoryError, match=r"for 10,000,000 items need 1,117,587.1 GiB"):
        EASE().fit(wide)


@pytest.mark.parametrize("scale", [1e200, 1e300])
def test_ease_of_values_that_are_too_large(random_matrix, unchanged, scale):
    X = random_matrix(200, 9, dtype=np.float64)
    model = EASE().fit(X)
    check = unchanged(model)
    with pytest.raises((ValueError, np.linalg.LinAlgError), match="scale"):
        model.fit(X * scale)
    check()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e-45, 1e-38, 1e20, 1e38])
def test_similar_items_do_not_depend_on_the_unit(random_matrix, dtype, scale):
    X = random_matrix(200, 9, dtype=np.float64)
    X.data[:] = 1 + X.data > 0
    expected = ItemKNN(4).fit(X)
    found = ItemKNN(4).fit((X * scale).astype(dtype))
    np.testing.assert_array_equal(found.neighbors_, expected.neighbors_)
    np.testing.assert_allclose(found.similarities_, expected.similarities_, rtol=1e-5)


def test_ease_needs_a_regularization(random_matrix):
    for wrong in (0, -1, np.nan, "1"):
        with pytest.raises((TypeError, ValueError), match="regularization must be"):
            EASE(wrong).fit(random_matrix())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shrinkage", [0.0, 20.0])
@pytest.mark.parametrize("n_neighbors", [1, 5, 100])
def test_neighbors_are_the_most_similar(random_matrix, dtype, shrinkage, n_neighbors):
    X = random_matrix(dtype=dtype)
    model = ItemKNN(n_neighbors, shrinkage=shrinkage).fit(X)
    dense = X.toarray().astype(float)
    norms = np.linalg.norm(dense, axis=0)
    S = dense.T @ dense / (np.outer(norms, norms) + shrinkage)
    np.fill_diagonal(S, 0)
    n = min(n_neighbors, 52)
    assert model.neighbors_.shape == model.similarities_.shape == (53, n)
    expected = -np.sort(-S, axis=1)[:, :n]
    np.testing.assert_allclose(model.similarities_, expected, rtol=1e-5)
    for item in range(53):
        kept = model.neighbors_[item] >= 0
        np.testing.assert_allclose(
            S[item, model.neighbors_[item, kept]],
            model.similarities_[item, kept],
            rtol=1e-5,
        )
        assert not model.similarities_[item, ~kept].any()


def test_items_without_evidence_are_not_recommended():
    X = scipy.sparse.csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1.0]]))
    frame = ItemKNN().fit(X).recommend()
    assert frame[["user", "item"]].to_numpy().tolist() == [[0, 2], [1, 0]]


def test_models_are_better_than_popularity():
    made = make_interactions(600, 80, 9000, random_state=0)
    random = np.random.default_rng(0)
    tested = random.random(made.matrix.nnz) < 0.2
    data = Interactions.from_matrix(made.matrix)
    train, test = data.select(~tested), data.select(tested)

    def hits(model):
        frame = model.fit(train).recommend(n=5)
        return test.matrix[frame["user"], frame["item"]].sum()

    popular = hits(Popularity())
    assert hits(EASE(50)) > 1.1 * popular
    assert hits(ItemKNN(shrinkage=5)) > 1.1 * popular


@pytest.fixture(params=["factors", "EASE", "ItemKNN", "Popularity"])
def model(request, svd_factors):
    return {
        "factors": svd_factors(2),
        "EASE": EASE(7.0),
        "ItemKNN": ItemKNN(3, shrinkage=2),
        "Popularity": Popularity(n_threads=2),
    }[request.param]


def same(model, path):
    """Save, load, and compare everything that users get."""
    model.save(path, overwrite=True)
    again = type(model).load(path)
    assert again.get_params() == model.get_params()
    pd.testing.assert_frame_equal(again.recommend(), model.recommend())
    items = model.interactions_.items[:3]
    pd.testing.assert_frame_equal(
        again.similar_items(items), model.similar_items(items)
    )
    pd.testing.assert_frame_equal(
        again.recommend(model.interactions_), model.recommend(model.interactions_)
    )
    return again


def test_a_file_has_everything(model, named_events, tmp_path):
    again = same(model.fit(named_events), tmp_path / "model.safetensors")
    assert again.interactions_.users.tolist() == named_events.users.tolist()
    assert again.interactions_.items.dtype == np.int64
    for name in model._tensors:
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
    assert again.n_features_in_ == 53


def test_ids_of_every_kind_in_files(tmp_path):
    users = ['a,"b"\n', "ü\0", "日本", ""]
    times = np.array(["2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01"], "M8[ns]")
    path = tmp_path / "model.safetensors"
    data = Interactions.from_arrays(users, [-5, 2**62, 7, 7], times=times)
    again = same(Popularity().fit(data), path)
    assert again.interactions_.users.tolist() == data.users.tolist()
    np.testing.assert_array_equal(again.interactions_.times, data.times)
    assert again.interactions_.times.dtype == data.times.dtype
    seconds = Interactions.from_arrays([0, 1], [0, 1], times=[1.5, 2.5])
    again = same(Popularity().fit(seconds), path)
    assert again.interactions_.times.tolist() == [1.5, 2.5]
    tuples = Interactions.from_arrays([(1, 2), (3, 4)], [0, 1])
    with pytest.raises(TypeError, match=r"users must be integers or strings.*tuple"):
        Popularity().fit(tuples).save(path, overwrite=True)


def test_zeros_that_were_kept_are_in_the_file(tmp_path):
    X = scipy.sparse.csr_array(([0.0, 1.0], [0, 1], [0, 1, 2]), shape=(2, 2))
    model = Popularity().fit(Interactions.from_matrix(X, keep_zeros=True))
    again = same(model, tmp_path / "model.safetensors")
    assert again.interactions_.n_stored == 2


def test_files_that_are_wrong(model, named_events, tmp_path, rewrite_model):
    path = tmp_path / "model.safetensors"
    model.fit(named_events).save(path)
    with pytest.raises(FileExistsError):
        model.save(path)
    with pytest.raises(ValueError, match="safetensors"):
        model.save(tmp_path / "model.npz")
    other = EASE if not isinstance(model, EASE) else Popularity
    with pytest.raises(ValueError, match="holds a saved"):
        other.load(path)
    begin = np.arange(38, dtype=np.int64)
    for change in (
        {"tensors": {"seen.indices": None}},
        {"tensors": {"seen.indices": np.full(named_events.n_stored, 99)}},
        {"tensors": {"seen.data": np.full(named_events.n_stored, np.nan, "f4")}},
        {"tensors": {"items.ids": np.zeros(53, np.int64)}},
        {"tensors": {"items.ids": np.zeros(52, np.int64)}},
        {"tensors": {"users.begin": begin}},
        {"tensors": {"users.begin": begin[::-1].copy()}},
        {"tensors": dict.fromkeys(model._tensors, np.ones((2, 9), "f4"))},
        {"model": {"shape": [37, 52]}},
        {"model": {"ids": {"users": "object", "items": "int"}}},
        {"parameters": {"colour": 3}},
        {"model": {"facts": {name: float("nan") for name in model._facts}}},
    ):
        if change in ({"tensors": {}}, {"model": {"facts": {}}}):
            continue
        model.save(path, overwrite=True)
        rewrite_model(path, **change)
        with pytest.raises(ValueError, match=r"holds no|must have"):
            type(model).load(path)


@pytest.mark.parametrize(
    "model", [ImplicitALS(2, random_state=0), RatingALS(2, random_state=0)]
)
def test_factors_of_users_have_names(random_matrix, model):
    X = random_matrix(9, 6)
    expected = clone(model).fit(X).transform(X)
    named = clone(model).set_output(transform="pandas").fit(X)
    name = type(model).__name__.lower()
    assert list(named.get_feature_names_out()) == [f"{name}0", f"{name}1"]
    found = named.transform(X)
    assert list(found.columns) == [f"{name}0", f"{name}1"]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(clone(model).fit_transform(X), expected)


@pytest.mark.parametrize("scale", [1e-170, 1e170])
def test_similar_items_of_values_whose_squares_are_out_of_range(random_matrix, scale):
    X = random_matrix(100, 9, dtype=np.float64)
    expected = Popularity().fit(X).similar_items([0], 5)
    found = Popularity().fit(X * scale).similar_items([0], 5)
    pd.testing.assert_frame_equal(found, expected, check_exact=False)
