"""Made events: what they promise, and that the truth is the best order."""

import numpy as np
import pytest
from scipy.special import expit

from latentia.datasets import make_interactions


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_events_are_canonical(dtype):
    matrix = make_interactions(300, 90, 5001, dtype=dtype, random_state=0).matrix
    assert matrix.format == "csr"
    assert matrix.shape == (300, 90)
    assert matrix.nnz == 5001
    assert matrix.dtype == dtype
    assert (matrix.data == 1).all()
    assert matrix.indices.dtype == matrix.indptr.dtype == np.int32
    matrix.check_format(full_check=True)
    assert matrix.has_canonical_format


@pytest.mark.parametrize("n_users", [1, 2, 7, 15])
@pytest.mark.parametrize("n_items", [1, 4, 8, 49])
def test_as_many_as_were_asked(n_users, n_items):
    most = n_users * n_items // 4
    for n_events in {0, most // 2, most}:
        made = make_interactions(n_users, n_items, n_events, rank=2, random_state=0)
        assert made.matrix.nnz == n_events
        assert made.user_factors.shape == (n_users, 2)


def test_pairs_have_the_stated_probabilities():
    """The first of the draws, which do not depend on each other yet."""
    counts, expected = np.zeros((3, 4)), np.zeros((3, 4))
    for seed in range(3000):
        made = make_interactions(3, 4, 1, random_state=seed)
        counts += made.matrix.toarray()
        weights = made.activity[:, None] * made.preference(
            np.arange(3)[:, None], np.arange(4)
        )
        expected += weights / weights.sum()
    assert np.abs(counts - expected).max() < 5 * np.sqrt(expected.max())
    logit = made.user_factors[1] @ made.item_factors[2]
    assert made.preference(1, 2) == pytest.approx(made.popularity[2] * expit(logit - 3))


def test_few_items_are_popular_and_tastes_decide():
    made = make_interactions(2000, 400, 40_000, random_state=0)
    per_item = np.sort(np.bincount(made.matrix.indices, minlength=400))[::-1]
    assert per_item[:40].sum() > 0.25 * 40_000
    users, items = np.arange(200)[:, None], np.arange(400)
    preference = made.preference(users, items)
    stored = made.matrix[:200].toarray() > 0
    best = np.argsort(-preference, axis=1)[:, :20]
    popular = np.argsort(-made.popularity)[:20]
    hits = np.take_along_axis(stored, best, axis=1).mean()
    assert hits > 1.5 * stored[:, popular].mean()


def test_the_seed_decides():
    first, second, other = (
        make_interactions(50, 40, 300, random_state=seed).matrix for seed in (1, 1, 2)
    )
    assert (first != second).nnz == 0
    assert (first != other).nnz > 0


def test_wrong_arguments():
    for wrong in ((0, 5, 1), (5, 0, 1), (4, 4, 5), (4, 4, -1)):
        with pytest.raises(ValueError, match="must be at"):
            make_interactions(*wrong)
    with pytest.raises(ValueError, match="float32 or float64"):
        make_interactions(4, 4, 1, dtype=int)
