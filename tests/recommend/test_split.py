"""Every event is in one part, and whose events are tested is as stated."""

import numpy as np
import pytest
import scipy.sparse

from latentia.recommend import Interactions, split


def test_parts_make_up_the_whole(named_events):
    for method in ("per-user", "held-out-users"):
        parts = split(named_events, method, random_state=0)
        total = sum(part.matrix.toarray() for part in parts)
        np.testing.assert_array_equal(total, named_events.matrix.toarray())
        assert sum(part.n_stored for part in parts) == named_events.n_stored
        for part in parts:
            assert part.shape == named_events.shape
            assert part.users is named_events.users
            assert part.items is named_events.items
            assert part.matrix.has_canonical_format


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.99])
def test_a_share_of_each_user(named_events, share):
    train, test = split(named_events, "per-user", share, random_state=0)
    counts = np.diff(named_events.matrix.indptr)
    expected = np.clip(np.floor(share * counts + 0.5), 1, counts - 1)
    np.testing.assert_array_equal(np.diff(test.matrix.indptr), expected)
    assert np.diff(train.matrix.indptr).min() >= 1


def test_every_entry_is_drawn_as_often_as_others():
    data = Interactions.from_matrix(scipy.sparse.csr_array(np.ones((1, 5))))
    random = np.random.default_rng(0)
    drawn = sum(split(data, random_state=random).test.matrix for _ in range(500))
    assert np.abs(drawn.toarray() - 100).max() < 40


def test_users_with_one_item_are_trained_on():
    matrix = scipy.sparse.csr_array(np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0.0]]))
    data = Interactions.from_matrix(matrix)
    train, test = split(data, random_state=0)
    assert np.diff(train.matrix.indptr).tolist() == [1, 1, 0]
    assert np.diff(test.matrix.indptr).tolist() == [0, 1, 0]
    held = split(data, "held-out-users", 0.9, random_state=0)
    assert np.diff(held.train.matrix.indptr).tolist() == [1, 0, 0]
    assert np.diff(held.fold_in.matrix.indptr).tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match="at least two items"):
        split(matrix[:1])


def test_the_last_event_is_left_out():
    users, items = [0, 0, 0, 1, 2, 2], [0, 1, 2, 1, 0, 2]
    data = Interactions.from_arrays(users, items, times=[5, 9, 9, 3, 4, 1])
    train, test = split(data, "leave-last-out")
    np.testing.assert_array_equal(  # of equal times the last column
        test.matrix.toarray(), [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    )
    assert test.times.tolist() == [9, 4]
    assert train.n_stored == 4
    with pytest.raises(ValueError, match="must have times"):
        split(Interactions.from_arrays(users, items), "leave-last-out")


def test_held_out_users_are_not_trained_on(named_events):
    held = split(named_events, "held-out-users", 0.3, random_state=0)
    lengths = [np.diff(part.matrix.indptr) for part in held]
    is_held_out = lengths[2] > 0
    assert is_held_out.sum() == 11
    assert not lengths[0][is_held_out].any()
    counts = lengths[1] + lengths[2]
    assert not counts[~is_held_out].any()
    np.testing.assert_array_equal(
        lengths[2], np.where(is_held_out, np.floor(0.2 * counts + 0.5), 0)
    )


def test_the_seed_decides(named_events):
    for method in ("per-user", "held-out-users"):
        first, second, other = (
            split(named_events, method, random_state=seed)[-1].matrix.indices
            for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(first, second)
        assert not np.array_equal(first, other)
        split(named_events, method, random_state=np.random.default_rng(0))


def test_wrong_arguments(named_events):
    with pytest.raises(ValueError, match="did you mean 'per-user'"):
        split(named_events, "per_user")
    for share in (0, 1, -0.1, np.nan):
        with pytest.raises(ValueError, match="share"):
            split(named_events, share=share)


def test_a_user_is_left_to_train_on():
    two = scipy.sparse.csr_array(np.ones((2, 10)))
    train, _, test = split(two, "held-out-users", 0.9, random_state=0)
    assert train.n_stored == 10
    assert test.n_stored
    with pytest.raises(ValueError, match="at least two users must have events"):
        split(two[:1], "held-out-users", 0.1, random_state=0)
