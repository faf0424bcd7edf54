"""Recommenders in plain NumPy: ours, and the definitions."""

import numpy as np
import pytest

from latentia.benchmarks import recommend as suite
from latentia.benchmarks import reference_numpy as reference
from latentia.datasets import make_interactions
from latentia.recommend import EASE, ImplicitALS, evaluate_ranking, split

LOSSES = pytest.mark.parametrize("loss", [suite.HU, suite.RENDLE])


@pytest.fixture(scope="module")
def events():
    return make_interactions(50, 40, 400, dtype="float64", random_state=0).matrix


@LOSSES
def test_the_objective_is_that_of_the_definition(events, loss):
    random = np.random.default_rng(0)
    U, V = random.normal(size=(50, 3)), random.normal(size=(40, 3))
    ridges = suite._ridges(events, loss)
    c, s = events.toarray(), U @ V.T
    if loss is suite.HU:
        expected = np.where(c > 0, (1 + c) * (1 - s) ** 2, s**2).sum()
    else:
        expected = (c * (1 - s) ** 2).sum() + 0.1 * (s**2).sum()
    expected += ridges[0] @ (U**2).sum(1) + ridges[1] @ (V**2).sum(1)
    options = suite._options(loss)
    found = reference.implicit_objective(events, U, V, ridges=ridges, **options)
    assert found == pytest.approx(expected, rel=1e-12)


@LOSSES
def test_a_half_has_no_gradient(events, loss):
    V = np.random.default_rng(0).normal(size=(40, 3))
    ridges, options = suite._ridges(events, loss), suite._options(loss)
    U = reference.implicit_als_half(events, V, ridge=ridges[0], **options)

    def value(step):
        return reference.implicit_objective(
            events, U + step, V, ridges=ridges, **options
        )

    step = 1e-4 * np.random.default_rng(1).normal(size=U.shape)
    assert value(step) > value(0)
    assert value(step) - value(-step) == pytest.approx(0, abs=1e-9)


@LOSSES
def test_objectives_are_those_of_implicit_als(events, loss):
    als = ImplicitALS(
        3,
        loss=loss.name,
        unobserved_weight=loss.weight,
        frequency_exponent=loss.exponent,
        regularization=suite.REGULARIZATION,
        solver="cholesky",
        n_iter=4,
        random_state=0,
    ).fit(events)
    found = reference.implicit_objective(
        events,
        als.user_factors_,
        als.item_factors_,
        ridges=suite._ridges(events, loss),
        **suite._options(loss),
    )
    assert found == pytest.approx(als.objectives_[-1], rel=1e-9)


def test_ease_lists_and_ndcg_are_ours(events):
    train, test = split(events, random_state=0)
    model = EASE(20).fit(train)
    B = reference.ease(train.matrix, 20)
    np.testing.assert_allclose(model.weights_, B, atol=1e-9)
    lists = reference.top_items(train.matrix.toarray(), B.T, train.matrix, 10)
    busy = np.flatnonzero(np.diff(test.matrix.indptr))
    expected = evaluate_ranking(model, train, test, k=10).value("EASE", "ndcg@10")
    assert reference.ndcg(lists[busy], test.matrix[busy]) == pytest.approx(expected)
