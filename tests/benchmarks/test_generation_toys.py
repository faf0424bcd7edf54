"""Points in the plane, counted, and a generator that finds all modes."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.benchmarks.generative import toys  # noqa: E402
from latentia.benchmarks.generative.toys import (  # noqa: E402
    GRID,
    RING,
    Toy,
    train_and_sample,
)
from latentia.benchmarks.results import Target  # noqa: E402

TOYS = pytest.mark.parametrize("toy", [GRID, RING], ids=lambda toy: toy.name)


def test_a_mode_needs_twenty_samples_within_three_deviations():
    toy = Toy("two", np.array([[0, 0], [1, 0]], dtype="f4"), 0.1)
    near = np.zeros((20, 2), dtype="f4")
    near[:, 1] = 0.29
    on_second = np.tile(np.array([1, 0], dtype="f4"), (19, 1))
    far = np.full((11, 2), 0.31, dtype="f4")
    n_modes, share = toy.reached(np.concatenate([near, on_second, far]))
    assert n_modes == 1
    assert share == pytest.approx(39 / 50)
    more = np.concatenate([near, on_second, on_second[:1]])
    assert toy.reached(more) == (2, 1.0)


@TOYS
def test_real_points_reach_all_modes(toy):
    points = toy.sample(2500, torch.Generator().manual_seed(0)).numpy()
    reached = toy.reached(points)
    assert reached.n_modes == len(toy.means)
    # 1 − exp(−9/2) of a Gaussian in the plane
    assert reached.near == pytest.approx(0.989, abs=0.01)


def test_the_toys_are_25_and_8_modes_apart():
    for toy, n in ((GRID, 25), (RING, 8)):
        assert toy.means.shape == (n, 2)
        gaps = np.linalg.norm(toy.means[:, None] - toy.means, axis=2)
        assert gaps[gaps > 0].min() >= 20 * toy.deviation


def test_a_training_is_seeded():
    points = train_and_sample(RING, 0, n_steps=2)
    assert points.shape == (2500, 2)
    assert points.dtype == np.float32
    assert (points == train_and_sample(RING, 0, n_steps=2)).all()
    assert (points != train_and_sample(RING, 1, n_steps=2)).any()


def test_limits_tell_the_fewest_modes_of_all_seeds(monkeypatch):
    def made(toy, seed):
        kept = toy.means[: -1 if seed == 3 else None]
        return np.repeat(kept, 100, axis=0)

    monkeypatch.setattr(toys, "train_and_sample", made)
    found = toys.mode_limits("full")
    fewest = found["grid of 25 Gaussians, seeds 0–4: fewest modes covered"]
    assert fewest.value == 24
    assert fewest.target == Target("≥", 25)
    assert not fewest.met
    assert found["ring of 8 Gaussians, seeds 0–4: samples near a mode"].value == 100


@pytest.mark.slow
@TOYS
def test_the_relativistic_game_with_r1_and_r2_covers_all_modes(toy):
    assert toy.reached(train_and_sample(toy, 0)).n_modes == len(toy.means)
