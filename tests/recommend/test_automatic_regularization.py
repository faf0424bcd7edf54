"""The regularization that ImplicitALS chooses."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from latentia.datasets import make_interactions
from latentia.recommend import ImplicitALS, Interactions, evaluate_ranking, split
from latentia.recommend.automatic_regularization import automatic_regularization
from latentia.recommend.implicit_options import Options


def noise(X, gradient):
    """The largest singular value of ``gradient`` at random places of as many."""
    shape = [np.count_nonzero(X.sum(axis=axis)) for axis in (0, 1)]
    return np.linalg.norm(gradient) * (shape[0] ** -0.5 + shape[1] ** -0.5)


@pytest.mark.parametrize("loss", ["rendle", "hu"])
@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_automatic_regularization(events, loss, exponent):
    """As a plain computation on the dense matrix has it; also after a file."""
    als = ImplicitALS(
        5, alpha=2, unobserved_weight=0.4, loss=loss, frequency_exponent=exponent
    ).set_params(n_iter=1, random_state=0)
    X = events.toarray().astype(float)
    seen = X > 0
    W = np.where(seen, 2 * X + (0.4 if loss == "hu" else 0), 0)
    expected = np.outer(W.sum(axis=1), W.sum(axis=0)) / W.sum()
    counts = [seen.sum(axis=axis) for axis in (0, 1)]
    ridges = [
        ((n[n > 0] + 0.4 * others) ** exponent).mean()
        for n, others in zip(counts, X.shape, strict=True)
    ]
    found = als.fit(events).regularization_
    np.testing.assert_allclose(
        found,
        0.75 * noise(X, W / (1 + expected / 0.4)) / np.sqrt(np.prod(ridges)),
        rtol=1e-6,
    )
    assert als.set_params(regularization=0.5).fit(events).regularization_ == 0.5


def test_automatic_regularization_of_what_has_no_noise():
    """It is finite, and above 0 where features need it."""
    tiny = scipy.sparse.csr_array(np.array([[1e-300, 0], [0, 1e-300]]))
    huge = scipy.sparse.csr_array(np.array([[1e200, 0], [0, 1e200]]))
    zeros = scipy.sparse.csr_array(([0.0, 0.0], [0, 1], [0, 1, 2]), shape=(2, 2))
    for X in (tiny, huge, Interactions.from_matrix(zeros, keep_zeros=True)):
        for weight in (0.0, 0.1):
            options = Options.of(ImplicitALS(1, unobserved_weight=weight))
            matrix = getattr(X, "matrix", X)
            found = automatic_regularization(options.confidences(matrix), options)
            assert 0 < found < np.inf


@pytest.mark.parametrize(
    "shape", [(300, 200, 4000), (1500, 600, 40_000), (4000, 300, 20_000)], ids=str
)
@pytest.mark.parametrize("weights", [{}, {"alpha": 20.0}, {"unobserved_weight": 1.0}])
def test_automatic_regularization_is_nearly_the_best(shape, weights):
    """Of a grid from a tenth to ten times of it, for lists of held-out events."""
    train, test = split(
        make_interactions(*shape, random_state=0).matrix, random_state=0
    )
    als = ImplicitALS(16, random_state=0, **weights).fit(train)
    models = {"auto": als} | {
        f"{factor}": clone(als)
        .set_params(regularization=factor * als.regularization_)
        .fit(train)
        for factor in (0.1, 0.3, 1.7)
    }
    found = evaluate_ranking(models, train, test, k=50, n_bootstrap=1)
    scores = {name: found.value(name, "ndcg@50") for name in models}
    assert scores["auto"] > 0.9 * max(scores.values()), scores
    assert scores["auto"] > scores["0.1"]


def test_values_for_which_there_is_none(events):
    heavy = scipy.sparse.csr_array(np.array([[1e308, 1e308], [0, 1e308]]))
    for X, weight in ((events.astype(float), 1e-320), (heavy, 0.1)):
        als = ImplicitALS(1, unobserved_weight=weight, n_iter=1, random_state=0)
        with pytest.raises(ValueError, match="must be a number, as 'auto' finds none"):
            als.fit(X)


def test_bits_do_not_depend_on_the_threads_of_blas():
    X = make_interactions(4000, 1000, 300_000, random_state=0).matrix.astype(float)
    options = Options.of(ImplicitALS())
    found = set()
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, user_api="blas"):
            found.add(automatic_regularization(X, options))
    assert len(found) == 1


@pytest.mark.parametrize("n_items", [3, 5])
def test_small_blocks_of_few_events_stay(n_items):
    """Two or four events a user: random ones would be as strong as the blocks."""
    blocks = scipy.sparse.kron(scipy.sparse.eye_array(300), np.ones((3, n_items)))
    train, test = split(blocks.tocsr(), random_state=0)
    als = ImplicitALS(random_state=0).fit(train)
    lower = clone(als).set_params(regularization=als.regularization_ / 10).fit(train)
    found = evaluate_ranking({"auto": als, "lower": lower}, train, test, k=10)
    auto, lower = (found.value(name, "ndcg@10") for name in ("auto", "lower"))
    assert auto > 0.8 * lower
