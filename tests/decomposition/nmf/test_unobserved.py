"""Few observed entries: by default what they leave open is near what is usual."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

from latentia import NMF, cross_validate_rank
from latentia.datasets import make_ratings
from latentia.decomposition.nmf.solvers import CENTRE

STILL = {"tol": 0, "max_iter": 40, "random_state": 0}
LOSSES = {
    "cd": {},
    "mu": {"solver": "mu"},
    "kl": {"solver": "mu", "beta_loss": 1.0},
    "mu 1.5": {"solver": "mu", "beta_loss": 1.5},
}


def part(R, kept):
    R = scipy.sparse.coo_array(R)
    entries = R.data[kept], (R.row[kept], R.col[kept])
    return scipy.sparse.coo_array(entries, shape=R.shape).tocsr()


def split(R, fraction, seed=0):
    held = np.random.default_rng(seed).random(R.nnz) < fraction
    return part(R, ~held), part(R, held)


def low_rank(m, n, density, *, noise=0.5, seed=0):
    """Offsets of rows and columns, four tastes and noise."""
    rng = np.random.default_rng(seed)
    taste = rng.standard_normal((m, 4)) @ rng.standard_normal((4, n)) * 0.35
    offsets = [0.5 * rng.standard_normal(shape) for shape in ((m, 1), (1, n))]
    X = 3 + sum(offsets) + taste + noise * rng.standard_normal((m, n))
    known = rng.random((m, n)) < density
    return scipy.sparse.csr_array(np.where(known, np.maximum(X, 0.01), 0))


SETS = {
    "made, 3 %": lambda: make_ratings(800, 300, 7200, random_state=0).ratings,
    "made, 10 %": lambda: make_ratings(500, 200, 10000, random_state=1).ratings,
    "low rank, 2 %": lambda: low_rank(800, 400, 0.02),
    "low rank, 20 %": lambda: low_rank(300, 150, 0.2),
}


def rms(W, H, held):
    held = held.tocoo()
    predicted = np.einsum("ik,ki->i", W[held.row], H[:, held.col])
    return np.sqrt(np.mean((predicted - held.data) ** 2))


def item_means(known, held):
    count = np.bincount(known.indices, minlength=known.shape[1])
    total = np.bincount(known.indices, known.data, known.shape[1])
    mean = np.where(count > 0, total / np.maximum(count, 1), known.data.mean())
    return np.sqrt(np.mean((mean[held.tocoo().col] - held.data) ** 2))


@pytest.mark.parametrize("k", [4, 10, 20])
@pytest.mark.parametrize("make", SETS.values(), ids=SETS)
def test_ratings_held_out_and_new_users(make, k):
    """No worse than the items' means, and near the best alpha of a grid."""
    R = scipy.sparse.csr_array(make()).astype(float)
    n_old = 4 * R.shape[0] // 5
    known, held = split(R[:n_old], 0.15)
    nmf = NMF(k, missing="unobserved", **STILL)
    found = rms(nmf.fit_transform(known), nmf.components_, held)
    assert found < 0.97 * item_means(known, held)
    grid = []
    for alpha in (0.01, 0.03, 0.1):
        other = NMF(k, missing="unobserved", alpha_W=alpha, **STILL)
        grid.append(rms(other.fit_transform(known), other.components_, held))
    assert found < 1.02 * min(grid)

    new, rng = R[n_old:], np.random.default_rng(0)
    for n_given in (1, 3, 10):
        given = np.zeros(new.nnz, dtype=bool)
        for begin, end in zip(new.indptr, new.indptr[1:], strict=False):
            given[begin + rng.permutation(end - begin)[:n_given]] = True
        few, rest = part(new, given), part(new, ~given)
        found = rms(nmf.transform(few), nmf.components_, rest)
        assert found < (1.02 if n_given == 1 else 1.0) * item_means(known, rest)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_every_loss_and_batches(loss):
    known, held = split(make_ratings(800, 300, 7200, random_state=0).ratings, 0.15)
    means = item_means(known, held)
    nmf = NMF(10, missing="unobserved", max_iter=100, tol=0, random_state=0, **loss)
    assert rms(nmf.fit_transform(known), nmf.components_, held) < means
    nmf = NMF(10, missing="unobserved", **STILL, **loss)
    for _ in range(3):
        for begin in range(0, 800, 200):
            nmf.partial_fit(known[begin : begin + 300])
    assert rms(nmf.transform(known), nmf.components_, held) < means


@pytest.mark.filterwarnings("ignore:all .* observed entries of X are 1")
def test_events_are_predicted_as_popularity_does():
    """Of entries that are all 1 nothing else can be learnt; by chance it would be .1"""
    rng = np.random.default_rng(0)
    popularity = rng.permutation(1 / (5.0 + np.arange(100)))
    chosen = [
        rng.choice(100, 12, replace=False, p=popularity / popularity.sum())
        for _ in range(400)
    ]
    rows = np.repeat(np.arange(400), 12)
    R = scipy.sparse.coo_array((np.ones(4800), (rows, np.concatenate(chosen))))
    known, held = split(R.tocsr(), 0.2)

    def recall(scores):
        scores = np.where(known.toarray() > 0, -np.inf, scores)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :10]
        hits = np.take_along_axis(held.toarray() > 0, best, axis=1).sum()
        return hits / held.nnz

    popular = recall(known.sum(axis=0)[np.newaxis].repeat(400, axis=0))
    for k in (4, 10):
        nmf = NMF(k, missing="unobserved", max_iter=200, tol=0, random_state=0)
        assert recall(nmf.fit_transform(known) @ nmf.components_) > 0.9 * popular


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("scale", [1000.0, 2.0**-40, 1e-200, 1e150])
def test_predictions_scale_with_the_data(loss, scale):
    R = low_rank(60, 40, 0.2)
    plain, scaled = (NMF(3, missing="unobserved", **STILL, **loss) for _ in range(2))
    W, V = plain.fit_transform(R), scaled.fit_transform(R * scale)
    expected = W @ plain.components_
    np.testing.assert_allclose(V @ scaled.components_ / scale, expected, rtol=1e-5)
    new = R[:7] * scale, R[:7]
    predicted = [
        m.transform(A) @ m.components_
        for m, A in zip((scaled, plain), new, strict=True)
    ]
    np.testing.assert_allclose(predicted[0] / scale, predicted[1], rtol=1e-5)
    assert scaled.observed_mean_ == pytest.approx(R.data.mean() * scale)


def objective(R, W, H, price):
    known = R.toarray() != 0
    residual = np.where(known, R.toarray() - W @ H, 0)
    # c is free: Σ‖w − c‖² + ν‖c‖² is least where it is CENTRE times the mean.
    sizes = (W**2).sum() - CENTRE * (W.sum(axis=0) ** 2).sum() / len(W)
    return ((residual**2).sum() + price * (sizes + (H**2).sum())) / 2


def test_coordinate_descent_minimises_the_objective():
    R = low_rank(50, 30, 0.3)
    price, values = R.data.mean(), []
    for n_iter in (*range(1, 12), 400):
        nmf = NMF(3, missing="unobserved", **STILL | {"max_iter": n_iter})
        values.append(objective(R, nmf.fit_transform(R), nmf.components_, price))
    assert (np.diff(values) <= 1e-9 * values[0]).all()
    # No step is left, at the end: x ≥ 0, slope ≥ 0, and one of both is 0.
    W, H = nmf.fit_transform(R), nmf.components_
    residual = np.where(R.toarray() != 0, W @ H - R.toarray(), 0)
    slope_W = residual @ H.T + price * (W - CENTRE * W.mean(axis=0))
    slope_H = W.T @ residual + price * H
    for factor, slope in ((W, slope_W), (H, slope_H)):
        assert np.abs(np.minimum(factor, slope)).max() < 5e-3
    np.testing.assert_allclose(
        nmf.set_params(tol=1e-12, max_iter=2000).transform(R), W, atol=5e-3
    )


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_no_penalty_if_all_entries_are_observed(X, loss):
    """As in scikit-learn; and a number means what it means there."""
    for form in (X, scipy.sparse.csr_array(np.where(X > 1, X, 0))):
        auto, zero = (
            NMF(3, alpha_W=alpha, **STILL, **loss).fit(form) for alpha in ("auto", 0.0)
        )
        np.testing.assert_array_equal(auto.components_, zero.components_)
    # So are held-out errors of ranks, of a complete X.
    found, expected = (
        cross_validate_rank(X, [2], alpha_W=alpha, random_state=0, **loss).errors
        for alpha in ("auto", 0.0)
    )
    np.testing.assert_array_equal(found, expected)


def test_rows_without_entries_do_not_count_in_the_mean():
    """Neither for the mean row, nor in one that there are more of."""
    R = low_rank(40, 30, 0.3)
    more = scipy.sparse.vstack([R, scipy.sparse.csr_array((60, 30))]).tocsr()
    for loss in LOSSES.values():
        plain, other = (NMF(3, missing="unobserved", **STILL, **loss) for _ in "12")
        W, V = plain.fit_transform(R), other.fit_transform(more)
        np.testing.assert_allclose(other.components_, plain.components_, rtol=1e-9)
        np.testing.assert_allclose(V[:40], W, rtol=1e-9)
        np.testing.assert_allclose(V[40:], [W.mean(axis=0)] * 60, rtol=1e-9)


def test_a_new_row_does_not_depend_on_the_other_rows():
    R = low_rank(60, 40, 0.2)
    nmf = NMF(3, missing="unobserved", **STILL).fit(R)
    together = nmf.transform(R)
    alone = np.vstack([nmf.transform(R[[i]]) for i in range(60)])
    np.testing.assert_allclose(together, alone, atol=1e-9)


@pytest.mark.parametrize("name", ["alpha_W", "alpha_H"])
def test_one_factor_alone(name):
    R = low_rank(60, 40, 0.2)
    both = NMF(3, missing="unobserved", **STILL).fit(R)
    one = NMF(3, missing="unobserved", **STILL | {"alpha_W": 0.0, name: "auto"})
    one.set_params(alpha_H="auto" if name == "alpha_H" else 0.0)
    assert not np.allclose(one.fit(R).components_, both.components_)


def test_entries_that_are_all_the_same():
    """Known or not: the warning names implicit feedback, and what to do."""
    R = low_rank(30, 20, 0.3)
    R.data[:] = 1
    dense = np.where(R.toarray() > 0, 1, np.nan)
    for A, missing in ((R, "unobserved"), (dense, "nan"), (7 * R, "unobserved")):
        with pytest.warns(UserWarning, match=r"implicit feedback.*missing=None"):
            nmf = NMF(2, missing=missing, **STILL).fit(A)
        nmf.transform(A)  # new users may like all that they know
        with pytest.warns(UserWarning, match="implicit"):
            NMF(2, missing=missing, **STILL).partial_fit(A)
    NMF(2, **STILL).fit(R)  # zeros are known
    NMF(2, **STILL).fit(np.ones((5, 4)))
    R.data[3] = 2
    NMF(2, missing="unobserved", **STILL).fit(R)


@pytest.mark.parametrize("kind", ["dense", "sparse", "blocks", "dask"])
def test_nan_is_an_error_unless_it_was_asked_for(X, kind, in_blocks, solver):
    X = X.copy()
    X[17, 2] = np.nan
    if kind == "sparse":
        A = scipy.sparse.csr_array(X)
    elif kind == "blocks":
        A = in_blocks(X, [0, 10, 41])
    elif kind == "dask":
        A = pytest.importorskip("dask.array").from_array(X, chunks=(10, -1))
    else:
        A = X
    for method in ("fit", "fit_transform", "partial_fit"):
        with pytest.raises(ValueError, match=r"contains NaN at row 17, column 2"):
            getattr(NMF(2, **solver), method)(A)
    if kind in ("dense", "sparse"):
        with pytest.raises(ValueError, match="contains NaN at row 17, column 2"):
            cross_validate_rank(A, [1], **solver)
    assert not NMF().__sklearn_tags__().input_tags.allow_nan
    assert NMF(missing="nan").__sklearn_tags__().input_tags.allow_nan


@pytest.mark.parametrize("loss", [LOSSES["mu"], LOSSES["kl"]], ids=["mu", "kl"])
def test_blocks_and_dask(in_blocks, loss):
    da = pytest.importorskip("dask.array")
    R = low_rank(60, 40, 0.3)
    dense = np.where(R.toarray() > 0, R.toarray(), np.nan)
    dense[4] = np.nan
    nmf = NMF(3, missing="nan", **STILL, **loss)
    W = nmf.fit_transform(dense)
    H = nmf.components_
    for rows in (in_blocks(dense, [0, 7, 30, 60]), da.from_array(dense, (20, -1))):
        V = np.asarray(nmf.fit_transform(rows))
        np.testing.assert_allclose(nmf.components_, H, rtol=1e-6)
        np.testing.assert_allclose(V, W, rtol=1e-6)
        np.testing.assert_allclose(
            np.asarray(nmf.transform(rows)), nmf.transform(dense)
        )


def test_types_and_threads(dtype):
    R = low_rank(60, 40, 0.3).astype(dtype)
    nmf = NMF(3, missing="unobserved", **STILL)
    W = nmf.fit_transform(R)
    assert W.dtype == nmf.components_.dtype == dtype
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for threads in (1, 2, 7):
            again = nmf.set_params(n_threads=threads).fit_transform(R)
            np.testing.assert_array_equal(again, W)


@pytest.mark.parametrize("value", ["Auto", None, True, -1, np.nan, [1.0]], ids=repr)
@pytest.mark.parametrize("name", ["alpha_W", "alpha_H"])
def test_wrong_penalties(X, name, value):
    with pytest.raises(ValueError, match=rf"{name} must be .*'auto'"):
        NMF(2, **{name: value}).fit(X)
