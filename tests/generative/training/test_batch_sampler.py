"""Every image once an epoch, whatever the numbers are."""

import numpy as np
import pytest

pytest.importorskip("torch")

from latentia.generative.training.batch_sampler import BatchSampler


@pytest.mark.parametrize(
    ("n", "batch_size"), [(32, 8), (33, 8), (7, 8), (2, 64), (31, 31), (5, 2), (9, 1)]
)
def test_every_image_once_an_epoch(n, batch_size):
    order = BatchSampler(n, batch_size, seed=3)
    n_epochs = 2 * batch_size
    n_steps = n_epochs * n // batch_size
    batches = [order.indices(step).numpy() for step in range(n_steps)]
    assert all(len(batch) == batch_size for batch in batches)
    for epoch in np.concatenate(batches).reshape(-1, n):
        np.testing.assert_array_equal(np.sort(epoch), np.arange(n))


def test_a_step_needs_no_steps_before_it():
    order = BatchSampler(13, 5, seed=0)
    batches = [order.indices(step) for step in range(20)]
    for step in (19, 0, 7, 6, 2):
        assert order.indices(step).tolist() == batches[step].tolist()
        assert (
            BatchSampler(13, 5, seed=0).indices(step).tolist() == batches[step].tolist()
        )


def test_epochs_and_seeds_differ():
    pairs = ((s, e) for s in (0, 1) for e in (0, 1))
    orders = [tuple(BatchSampler(50, 50, s).indices(e).tolist()) for s, e in pairs]
    assert len(set(orders)) == 4
