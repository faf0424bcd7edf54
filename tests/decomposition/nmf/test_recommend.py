"""The best of W·H, row by row, against a plain sort."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from latentia import NMF


@pytest.fixture
def nmf(made, dtype):
    """With more features than a panel of the kernel has."""
    X = made(60, 1031).astype(dtype)
    return NMF(5, tol=0, max_iter=3, random_state=0).fit(X)


@pytest.fixture
def users(nmf):
    return np.random.default_rng(0).random((101, 5)).astype(nmf.components_.dtype)


def best(scores, n, excluded=None):
    """Best first, of equals the lower item; −1 and −∞ where there are no more."""
    scores = scores.astype(float)
    if excluded is not None:
        scores[excluded] = -np.inf
    items = np.argsort(-scores, axis=1, kind="stable")[:, :n]
    found = np.take_along_axis(scores, items, axis=1)
    items[np.isneginf(found)] = -1
    return items, found


def assert_best(nmf, users, n, exclude=None):
    items, scores = nmf.recommend(users, n, exclude)
    excluded = None if exclude is None else (exclude != 0).toarray()
    _, expected = best(users.astype(float) @ nmf.components_, n, excluded)
    assert items.dtype == np.int64
    assert scores.dtype == nmf.components_.dtype
    np.testing.assert_allclose(scores[:, : expected.shape[1]], expected, rtol=1e-5)
    there = items >= 0
    np.testing.assert_array_equal(there, np.isfinite(scores))
    own = np.einsum("ik,kin->in", users.astype(float), nmf.components_[:, items])
    np.testing.assert_allclose(scores[there], own[there], rtol=1e-5)
    for row, some in zip(items, there, strict=True):
        assert len(set(row[some])) == some.sum()
    return items


@pytest.mark.parametrize("n", [1, 2, 10, 511, 513, 1031])
def test_all_items(nmf, users, n):
    assert_best(nmf, users, n)


def test_exclude(nmf, users):
    rng = np.random.default_rng(1)
    seen = rng.random((101, 1031)) < rng.random((101, 1))
    seen[0] = True
    seen[1] = False
    exclude = scipy.sparse.csr_array(seen.astype(float))
    items = assert_best(nmf, users, 20, exclude)
    assert (items[0] == -1).all()
    assert (items[1] >= 0).all()
    rows = np.repeat(np.arange(101), 20).reshape(items.shape)
    some = items >= 0
    assert not seen[rows[some], items[some]].any()


def test_items_to_choose_from(nmf, users):
    """For all users: those, without those that are filtered, in any order."""
    rng = np.random.default_rng(2)
    some, out = rng.permutation(1031)[:300], rng.permutation(1031)[:200]
    seen = scipy.sparse.random(101, 1031, density=0.3, random_state=0, format="csr")
    for items, without in ((some, None), (None, out), (some, out), (some.tolist(), [])):
        left = np.ones(1031, bool) if items is None else np.isin(np.arange(1031), items)
        left &= ~np.isin(np.arange(1031), [] if without is None else without)
        for exclude in (None, seen):
            chosen = {"items": items, "filter_items": without}
            found, scores = nmf.recommend(users, 20, exclude, **chosen)
            barred = np.tile(~left, (101, 1))
            if exclude is not None:
                barred |= exclude.toarray() != 0
            _, expected = best(users.astype(float) @ nmf.components_, 20, barred)
            np.testing.assert_allclose(scores, expected, rtol=1e-5)
            assert left[found[found >= 0]].all()
            own = np.einsum("ik,kin->in", users, nmf.components_[:, found])
            np.testing.assert_allclose(scores[found >= 0], own[found >= 0], rtol=1e-5)


def test_fewer_items_than_wanted(nmf, users):
    items, scores = nmf.recommend(users, 4, items=[7, 3, 7])
    assert (np.sort(items[:, :2]) == [3, 7]).all()
    assert (items[:, 2:] == -1).all()
    assert np.isneginf(scores[:, 2:]).all()
    items, scores = nmf.recommend(users, 2, items=[])
    assert (items == -1).all()
    ties, _ = nmf.recommend(np.zeros((1, 5)), 3, items=[9, 4, 100, 2])
    assert ties.tolist() == [[2, 4, 9]]


@pytest.mark.parametrize("name", ["items", "filter_items"])
def test_wrong_items(nmf, users, name):
    for wrong in ([1031], [-1], [0, 5000]):
        with pytest.raises(ValueError, match=rf"{name} must be numbers from 0 to 1030"):
            nmf.recommend(users, 3, **{name: wrong})
    for wrong in ("all", 3, [0.5], [[1, 2]], [[1], [2, 3]], [True, False], ["x1"]):
        with pytest.raises(TypeError, match=rf"{name} must be a list of item numbers"):
            nmf.recommend(users, 3, **{name: wrong})


def test_more_than_there_are(nmf, users):
    items, scores = nmf.recommend(users[:3], 1040)
    assert (items[:, 1031:] == -1).all()
    assert np.isneginf(scores[:, 1031:]).all()
    assert (np.sort(items[:, :1031], axis=1) == np.arange(1031)).all()


def test_ties(nmf):
    """Of equals the lower item first."""
    items, scores = nmf.recommend(np.zeros((2, 5)), 700)
    assert (items == np.arange(700)).all()
    assert not scores.any()


def test_what_is_stored_is_left_out(nmf, users):
    """Whatever is stored: zeros, NaN, of any type and format."""
    seen = scipy.sparse.random(101, 1031, density=0.3, random_state=0, format="csr")
    expected, _ = nmf.recommend(users, 20, seen)
    zeros, marked = seen.copy(), seen.copy()
    zeros.data[:] = 0
    marked.data[::3] = np.nan
    long = seen.copy()
    long.indices, long.indptr = long.indices.astype("i8"), long.indptr.astype("i8")
    others = [seen.tocsc(), seen.tocoo(), seen.astype(bool), seen.astype(np.float32)]
    for other in (zeros, marked, -seen, long, *others):
        np.testing.assert_array_equal(nmf.recommend(users, 20, other)[0], expected)


@pytest.mark.parametrize("form", ["list", "frame", "float32", "float64", "fortran"])
def test_forms_of_users(nmf, users, form):
    make = {
        "list": np.ndarray.tolist,
        "frame": pd.DataFrame,
        "float32": lambda u: u.astype(np.float32),
        "float64": lambda u: u.astype(np.float64),
        "fortran": np.asfortranarray,
    }[form]
    _, expected = nmf.recommend(users, 7)
    _, found = nmf.recommend(make(users), 7)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_nobody(nmf):
    items, scores = nmf.recommend(np.zeros((0, 5)), 3)
    assert items.shape == scores.shape == (0, 3)


def test_any_number_of_threads(nmf, users):
    found = [nmf.set_params(n_threads=t).recommend(users, 30) for t in (1, 2, 7)]
    for other in found[1:]:
        for ours, theirs in zip(other, found[0], strict=True):
            np.testing.assert_array_equal(ours, theirs)


WRONG_USERS = {
    "one row": (lambda u: u[0], "users must be rows of W"),
    "too few components": (lambda u: u[:, :4], r"shape \(101, 5\), got \(101, 4\)"),
    "negative": (lambda u: -u, r"users .*got -0\.\d+ at \(0, 0\)"),
    "NaN": (lambda u: u * np.nan, r"users .*got nan at \(0, 0\)"),
    "text": (lambda u: "somebody", "users must be rows"),
    "none": (lambda u: None, "users must be rows"),
    "complex": (lambda u: u * 1j, "users must be an array of numbers"),
    "ragged": (lambda u: [[1, 2], [3]], "users must be"),
}


@pytest.mark.parametrize(("make", "message"), WRONG_USERS.values(), ids=WRONG_USERS)
def test_wrong_users(nmf, users, make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        nmf.recommend(make(users))


def test_users_too_large_for_the_type(nmf, users):
    if nmf.components_.dtype == np.float32:
        with pytest.raises(ValueError, match="users"):
            nmf.recommend(users.astype(float) * 1e39)


@pytest.mark.parametrize("n", [0, -1, None, 2.0, True, "ten", [3]], ids=repr)
def test_wrong_n(nmf, users, n):
    with pytest.raises((TypeError, ValueError), match="n must be"):
        nmf.recommend(users, n)


def test_wrong_exclude(nmf, users):
    seen = scipy.sparse.random(101, 1031, density=0.01, random_state=0, format="csr")
    with pytest.raises(TypeError, match="exclude must be a sparse matrix"):
        nmf.recommend(users, 3, seen.toarray())
    for wrong in (seen[:5], seen[:, :5], seen.T):
        with pytest.raises(ValueError, match=r"exclude must have the shape \(101, 10"):
            nmf.recommend(users, 3, wrong)


def test_of_ratings_and_new_users(made, holes, stored):
    ratings = stored(holes(made(40, 23), 0.6))
    nmf = NMF(3, missing="unobserved", tol=0, max_iter=20, random_state=0)
    W = nmf.fit_transform(ratings)
    items, _ = nmf.recommend(W, 23, ratings)
    for i, row in enumerate(items):
        here = set(ratings.indices[ratings.indptr[i] : ratings.indptr[i + 1]])
        assert set(row[row >= 0]) == set(range(23)) - here
    new = nmf.transform(ratings[:3])
    assert nmf.recommend(new, 5, ratings[:3])[0].shape == (3, 5)
