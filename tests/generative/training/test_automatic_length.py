"""A training that is given no length: as many steps as suit the data."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import GAN, RAE  # noqa: E402
from latentia.generative.recipes.autoencoding import WARM_UP, set_rate  # noqa: E402
from latentia.generative.training import plan  # noqa: E402
from latentia.generative.training.recipe import StepContext  # noqa: E402

X = np.random.default_rng(0).integers(0, 256, (16, 8, 8), dtype=np.uint8)


def gan():
    return GAN(preset="tiny", network="mlp", batch_size=8, device="cpu", random_state=0)


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(plan, "LEAST_STEPS", 60)


def score_in_turn(monkeypatch, scores):
    turns = iter(scores)
    monkeypatch.setattr(
        "latentia.generative.recipes.frechet_score.FrechetScore.score",
        lambda self, generated: {"score": next(turns)},
    )


def test_it_ends_where_scores_get_no_better(short, monkeypatch, tmp_path):
    score_in_turn(monkeypatch, [3.0, 1.0, *[2.0] * 99])
    with pytest.warns(UserWarning, match="16 images are few .* augment=True"):
        model = gan().fit(X, run=tmp_path)
    best = model.record_.state.best_step
    assert best < model.n_steps_ < 60
    assert model.n_steps_ > best + plan.PATIENCE * 60
    with pytest.warns(UserWarning, match="few"):
        again = gan().fit(X, resume=tmp_path)
    assert again.n_steps_ == model.n_steps_


def test_a_length_that_was_given_is_gone_through(short, monkeypatch):
    score_in_turn(monkeypatch, [1.0, *[2.0] * 99])
    assert gan().fit(X, epochs=30).n_steps_ == 60


def test_it_lasts_as_long_as_scores_get_better(short, monkeypatch):
    score_in_turn(monkeypatch, range(99, 0, -1))
    with pytest.warns(UserWarning, match="few"):
        assert gan().fit(X).n_steps_ == 60


def test_other_models_are_not_told_of_augment(short, monkeypatch):
    with pytest.warns(UserWarning, match="images are few") as told:
        RAE(preset="tiny", network="mlp", batch_size=8, n_components=1).fit(X)
    assert "augment" not in str(told[0].message)


@pytest.mark.parametrize(
    ("step", "progress", "share"),
    [
        (0, 0.0, 1 / WARM_UP),
        (9, 0.009, 0.1),  # of a thousand steps: counted in steps
        (1, 0.05, 0.5),  # of twenty: a tenth of the training
        (2, 0.1, 1.0),
    ],
)
def test_warm_up_is_a_share_of_a_short_training(step, progress, share):
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    context = StepContext(step, progress, 8, 80, 1.0, None, None, None)
    set_rate(optimiser, context)
    height = (1 + np.cos(np.pi * progress)) / 2
    assert optimiser.param_groups[0]["lr"] == pytest.approx(share * height)
