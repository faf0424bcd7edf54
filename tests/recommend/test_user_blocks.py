"""Users that are read block by block have the results of users in memory."""

import pickle

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
    RatingALS,
    evaluate_ranking,
    evaluation_events,
    split,
)

MODELS = {
    "als": ImplicitALS(6, n_iter=3, solver="cholesky", random_state=0),
    "rating": RatingALS(4, n_iter=3, random_state=0),
    "ease": EASE(50.0),
    "knn": ItemKNN(20),
    "popular": Popularity(),
}
SOURCES = ["iterator", "npy", "npz parts", "dask", "dask dense", "memory"]


@pytest.fixture(scope="module")
def models(events):
    """Models that know half of the users."""
    return {name: model.fit(events[:250]) for name, model in MODELS.items()}


@pytest.fixture
def read_by_blocks(tmp_path):
    """read_by_blocks(kind, X): the rows of X, 100 in a block."""

    def as_source(kind, X):
        cuts = range(0, X.shape[0], 100)
        if kind == "memory":
            return rows.memory_rows(X)
        if kind == "iterator":
            return rows.open(lambda: (X[i : i + 100] for i in cuts), memory=20_000)
        if kind == "npy":
            path = tmp_path / f"X{len(list(tmp_path.iterdir()))}.npy"
            np.save(path, X.toarray())
            return rows.open(path, memory=16 * 100 * 4 * X.shape[1])
        if kind == "npz parts":
            folder = tmp_path / f"parts {len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            for i in cuts:
                part = scipy.sparse.csr_matrix(X[i : i + 100])
                scipy.sparse.save_npz(folder / f"part-{i}.npz", part)
            return rows.open(folder, memory=20_000)
        da = pytest.importorskip("dask.array")
        dense = kind == "dask dense"
        made = da.from_array(X.toarray(), chunks=(100, -1))
        if dense:
            return made
        to_csr = scipy.sparse.csr_array
        return made.map_blocks(to_csr, dtype=X.dtype, meta=to_csr((0, 0)))

    return as_source


@pytest.mark.parametrize("kind", SOURCES)
def test_lists_and_factors_are_those_of_rows_in_memory(
    events, models, read_by_blocks, kind
):
    source = read_by_blocks(kind, events)
    for name, model in models.items():
        options = {"n": 7, "filter_items": [0, 3]}
        pd.testing.assert_frame_equal(
            model.recommend(source, **options), model.recommend(events, **options)
        )
        if hasattr(model, "transform"):
            found = model.transform(source)
            assert hasattr(found, "dask") is kind.startswith("dask"), name
            np.testing.assert_array_equal(np.asarray(found), model.transform(events))
    with pytest.raises(ValueError, match=r"without events: 3, 110, .* \(9 in all\)"):
        models["als"].recommend(source, cold="error")


@pytest.mark.parametrize("kind", SOURCES)
def test_metrics_are_those_of_rows_in_memory(
    events, models, read_by_blocks, kind, monkeypatch
):
    monkeypatch.setattr(evaluation_events, "_ROWS_AT_ONCE", 70)
    data = Interactions.from_matrix(events)
    train, test = split(data, random_state=0)
    options = {"k": (3, 10), "n_bootstrap": 5}
    expected = evaluate_ranking(models, train, test, **options)
    sources = [read_by_blocks(kind, part.matrix) for part in (train, test)]
    for given in (sources, (sources[0], test), (train, sources[1])):
        found = evaluate_ranking(models, *given, **options)
        pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame())
        np.testing.assert_array_equal(found.users, expected.users)
        assert found.n_left_out == expected.n_left_out
    with pytest.raises(ValueError, match="no event of train"):
        evaluate_ranking(models, read_by_blocks(kind, events), test)


@pytest.mark.parametrize("kind", ["iterator", "dask"])
def test_features_of_users_that_are_read_by_blocks(made, events, read_by_blocks, kind):
    model = ImplicitALS(5, solver="cholesky", n_iter=2, random_state=0)
    model.fit(events[:250], user_features=made.user_factors[:250])
    features = made.user_factors.copy()
    source = read_by_blocks(kind, events)
    expected = model.transform(events, user_features=features)
    found = model.transform(source, user_features=features)
    np.testing.assert_array_equal(np.asarray(found), expected)
    np.testing.assert_array_equal(features, made.user_factors)  # not written to
    pd.testing.assert_frame_equal(
        model.recommend(source, user_features=features),
        model.recommend(events, user_features=features),
    )
    with pytest.raises(ValueError, match=r"shape \(500, n_features\)"):
        model.transform(source, user_features=features[1:])


def test_results_are_written_where_the_rows_say(events, models, tmp_path):
    source = rows.open(
        lambda: (events[i : i + 99] for i in range(0, 500, 99)),
        memory=20_000,
        out=tmp_path / "U.npy",
    )
    found = models["als"].transform(source)
    assert isinstance(found, np.memmap)
    expected = models["als"].transform(events)
    np.testing.assert_array_equal(np.load(tmp_path / "U.npy"), expected)


@pytest.mark.parametrize("kind", ["iterator", "dask", "memory"])
def test_wrong_rows(events, models, read_by_blocks, kind):
    fits = [clone.__class__() for clone in models.values()]
    for model in fits:
        with pytest.raises(TypeError, match="X must be in memory: a fit reads"):
            model.fit(read_by_blocks(kind, events))
    als, negative = models["als"], events.copy()
    negative.data[-1] = -1
    for method in (als.transform, als.recommend):
        with pytest.raises(ValueError, match=r"users × items with the 120 items"):
            method(read_by_blocks(kind, events[:, :9]))
        with pytest.raises(ValueError, match=r"not negative, got -1"):
            method(read_by_blocks(kind, negative))
    with pytest.raises(ValueError, match=r"test must have the users × items of train"):
        evaluate_ranking(als, read_by_blocks(kind, events), events[1:])
    with pytest.raises(ValueError, match=r"not negative, got -1"):
        evaluate_ranking(als, read_by_blocks(kind, negative), events)


def test_a_model_is_sent_without_its_users(events):
    X = scipy.sparse.vstack([events] * 20, format="csr")
    for name, model in MODELS.items():
        fitted = model.fit(X)
        size = len(pickle.dumps(fitted._for_new_users()))
        assert size < 300_000 < len(pickle.dumps(fitted)), name
        assert fitted.interactions_.shape[0] == 10_000
