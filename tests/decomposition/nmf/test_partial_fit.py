"""Batch by batch: H follows what all of them say."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from latentia import NMF
from latentia.decomposition.nmf.solvers import DivergenceSolver

LOSSES = {
    "cd": {},
    "mu": {"solver": "mu"},
    **{
        f"mu {beta:g}": {"solver": "mu", "beta_loss": beta}
        for beta in (1.0, 0.5, 0.0, 3.0)
    },
}
STILL = {"tol": 0, "max_iter": 30, "random_state": 0}


@pytest.fixture(params=LOSSES.values(), ids=LOSSES)
def loss(request):
    return request.param


def batches(X, size=10):
    return [X[i : i + size] for i in range(0, X.shape[0], size)]


def error(nmf, X):
    return np.linalg.norm(X - nmf.transform(X) @ nmf.components_)


def test_the_first_batch_is_a_fit(X, loss):
    fitted = NMF(3, **STILL, **loss).fit(X)
    begun = NMF(3, **STILL, **loss).partial_fit(X)
    np.testing.assert_array_equal(begun.components_, fitted.components_)
    assert begun.n_batches_seen_ == fitted.n_batches_seen_ == 1
    assert begun.partial_fit(X) is begun
    assert begun.n_batches_seen_ == 2


def test_a_start_for_the_first_batch(X, start):
    W, H = start(X.shape, 3)
    nmf = NMF(3, init="custom", **STILL)
    begun = nmf.partial_fit(X, W=W, H=H).components_
    expected = nmf.fit(X, W=W, H=H).components_
    np.testing.assert_array_equal(begun, expected)
    nmf.partial_fit(X)  # needs none any more


def test_many_batches_are_nearly_a_fit(made, form, in_form):
    """The error over all rows, after three times over them, is near that of a fit."""
    X = made(200, 17)
    A, dense, parameters = in_form(X, form)
    parameters |= {"alpha_W": 0.0}
    nmf = NMF(3, init="random", **STILL, **parameters)
    for _ in range(3):
        for batch in batches(A, 40):
            nmf.partial_fit(batch)
    assert nmf.n_batches_seen_ == 15
    whole = NMF(3, init="random", **STILL, **parameters).fit(A)
    known = ~np.isnan(dense)
    found, expected = (
        np.linalg.norm((dense - m.transform(A) @ m.components_)[known])
        for m in (nmf, whole)
    )
    assert found < 1.15 * expected


def test_the_same_batch_again_and_again(X, loss):
    """Never makes it worse, and ends near where a fit does."""
    nmf = NMF(3, init="random", **STILL | {"max_iter": 200}, **loss).set_params(
        max_iter=3
    )
    nmf.fit(X)
    errors = [nmf.reconstruction_err_]
    nmf.set_params(max_iter=200)
    for _ in range(30):
        errors.append(nmf.partial_fit(X).reconstruction_err_)
    assert (np.diff(errors) <= 1e-9 * errors[0]).all()
    assert errors[-1] < errors[0]


def test_the_mean_of_w(X):
    """Of all batches so far."""
    first, second = X[:20], X[20:]
    nmf = NMF(3, **STILL).fit(first)
    of_first = nmf.mean_weights_.copy()
    of_second = nmf.transform(second).mean(axis=0)
    nmf.partial_fit(second)
    np.testing.assert_allclose(nmf.mean_weights_, (of_first + of_second) / 2, rtol=1e-6)


def test_rows_and_columns_of_a_batch_without_entries(X, holes, solver):
    """What no row knows moves no column of H, and no mean."""
    gappy = holes(X)
    nmf = NMF(3, missing="nan", **STILL, **solver).fit(gappy[:20])
    batch = gappy[20:].copy()
    batch[:, 5] = np.nan
    before, mean = nmf.components_.copy(), nmf.mean_weights_.copy()
    batch[2] = np.nan
    nmf.partial_fit(batch)
    assert np.isfinite(nmf.components_).all()
    if solver["solver"] == "cd":
        np.testing.assert_allclose(nmf.components_[:, 5], before[:, 5], rtol=1e-12)
    assert not np.array_equal(nmf.components_, before)
    assert not np.array_equal(nmf.mean_weights_, mean)


def test_columns_that_become_known_later(X, holes):
    gappy = holes(X)
    early = gappy[:20].copy()
    early[:, 5] = np.nan
    nmf = NMF(3, missing="nan", **STILL).fit(early)
    guess = nmf.components_[:, 5].copy()
    for _ in range(20):
        nmf.partial_fit(gappy[20:])
    column = gappy[20:, 5]
    known = ~np.isnan(column)
    W = nmf.transform(gappy[20:])
    before, after = (
        np.linalg.norm((column - W @ h)[known]) for h in (guess, nmf.components_[:, 5])
    )
    assert after < before


def test_complete_and_incomplete_batches_in_turn(X, holes, loss, assert_factors):
    nmf = NMF(3, missing="nan", **STILL, **loss).fit(X[:20])
    for batch in (holes(X[20:]), X[:20], holes(X)[20:], X[20:]):
        nmf.partial_fit(batch)
        assert_factors(nmf.components_, nmf.mean_weights_)


def test_sparse_batches(X, loss):
    A = np.where(X > 1, X, 0) if loss.get("beta_loss", 2.0) > 0 else X
    dense, sparse = (NMF(3, init="random", **STILL, **loss) for _ in range(2))
    for batch in batches(A):
        dense.partial_fit(batch)
        sparse.partial_fit(scipy.sparse.csr_array(batch))
    if not loss:  # sweeps end with the tile, which sparse rows have another of
        assert error(sparse, A) == pytest.approx(error(dense, A), rel=0.2)
        return
    np.testing.assert_allclose(sparse.components_, dense.components_, atol=1e-6)


def test_one_row_at_a_time(X, loss, assert_factors):
    nmf = NMF(3, init="random", **STILL, **loss)
    for batch in batches(X, 1):
        nmf.partial_fit(batch)
    assert_factors(nmf.components_, nmf.mean_weights_)
    assert nmf.n_batches_seen_ == 41


def test_a_loss_changed_since_the_fit(X, loss, assert_factors):
    """What was added up for another loss counts as nothing."""
    nmf = NMF(3, solver="mu", beta_loss=1.5, **STILL).fit(X)
    plain = NMF(3, **STILL, **loss).fit(X)
    plain.components_, plain._statistics = nmf.components_.copy(), None
    nmf.set_params(**{"solver": "cd", "beta_loss": "frobenius"} | loss)
    nmf.partial_fit(X[:20])
    plain.partial_fit(X[:20])
    assert_factors(nmf.components_)
    np.testing.assert_allclose(nmf.components_, plain.components_, rtol=1e-9)


def test_types(X):
    """A batch of another precision does not take precision off what there is."""
    nmf = NMF(3, **STILL).fit(X)
    nmf.partial_fit(X.astype(np.float32))
    assert nmf.components_.dtype == np.float64
    nmf = NMF(3, **STILL).fit(X.astype(np.float32))
    nmf.partial_fit(X.astype(np.float32))
    assert nmf.components_.dtype == np.float32


def test_a_batch_that_knows_nothing(X, solver):
    nmf = NMF(3, missing="nan", **STILL, **solver).fit(X)
    before = nmf.components_.copy(), nmf.mean_weights_.copy()
    nmf.partial_fit(np.full((4, 17), np.nan))
    np.testing.assert_array_equal(nmf.components_, before[0])
    np.testing.assert_array_equal(nmf.mean_weights_, before[1])


def test_refused_batches(X):
    frame = pd.DataFrame(X).add_prefix("x")
    nmf = NMF(3, **STILL).fit(frame)
    before = dict(vars(nmf))
    for wrong in (frame.iloc[:, :5], frame.iloc[:, ::-1], -frame, frame * np.inf):
        with pytest.raises(ValueError, match=r"feature|Negative|infinity"):
            nmf.partial_fit(wrong)
    assert vars(nmf) == before


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 1.5, 3.0])
def test_a_step_is_that_of_majorisation(X, beta, monkeypatch):
    """H ∘ (1 − η + η·u/v)^γ if nothing came before; γ of Févotte and Idier 2011."""
    seen, of_rows = [], DivergenceSolver._pass

    def remember(self, **given):
        found = of_rows(self, **given)
        seen.extend([found] if given["both"] else [])
        return found

    nmf = NMF(3, solver="mu", beta_loss=beta, **STILL | {"max_iter": 3}).fit(X)
    H = nmf.components_.copy()
    nmf._statistics = None
    monkeypatch.setattr(DivergenceSolver, "_pass", remember)
    nmf.partial_fit(X)
    ratio = seen[0].numerator.T / np.broadcast_to(seen[0].denominator.T, H.shape)
    gamma = {0.0: 1 / 2, 0.5: 2 / 3, 3.0: 1 / 2}.get(beta, 1)
    eta = 3**-0.6  # the second batch
    expected = H * (1 - eta + eta * ratio) ** gamma
    np.testing.assert_allclose(nmf.components_, expected, rtol=1e-9)
