"""When gradients are not finite: back, more gently, and in the end an error."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.generative import GAN  # noqa: E402
from latentia.generative.recipes.gan_recipe import GANRecipe  # noqa: E402
from latentia.generative.training import trainer  # noqa: E402
from latentia.generative.training.divergence import (  # noqa: E402
    GradientMonitor,
    TrainingDivergedError,
)

pytestmark = pytest.mark.usefixtures("scored_by_epochs")

X = np.random.default_rng(0).integers(0, 256, (32, 8, 8), dtype=np.uint8)


def gan(**parameters):
    tiny = {"preset": "tiny", "batch_size": 8, "device": "cpu", "random_state": 0}
    return GAN(**{**tiny, "network": "mlp", **parameters})


@pytest.fixture
def moments(monkeypatch):
    """Images are NaN at a step for so many times; what was tried is noted."""
    seen = []

    def spoil(at, times):
        step, left = GANRecipe.step, [None] * times

        def stepping(self, images, labels, context):
            noise = float(torch.randn(1, generator=context.generator))
            seen.append((context.step, context.learning_rate, noise))
            if context.step == at and left:
                left.pop()
                images = images * float("nan")
            return step(self, images, labels, context)

        monkeypatch.setattr(GANRecipe, "step", stepping)
        return seen

    return spoil


def test_once(moments, monkeypatch, tmp_path):
    monkeypatch.setattr(trainer, "SAVE_SECONDS", 0.0)
    seen = moments(at=9, times=1)
    model = gan(learning_rate=1e-3)
    message = "before step 12 with a learning rate of 0.001: back to step 8 with half"
    with pytest.warns(RuntimeWarning, match=message):
        model.fit(X, epochs=4, run=tmp_path)
    assert [step for step, _, _ in seen] == [*range(12), *range(8, 16)]
    assert [rate for _, rate, _ in seen] == [1e-3] * 12 + [5e-4] * 8
    assert len({noise for _, _, noise in seen}) == 20
    assert model.n_steps_ == 16
    last, _ = model.last_checkpoint_
    tensors = [*model.networks_.state_dict().values(), *last.values()]
    assert all(torch.isfinite(tensor).all() for tensor in tensors)
    events = [row for row in model.history_ if "event" in row]
    assert [event["step"] for event in events] == [12]
    assert "event" in (tmp_path / "metrics.jsonl").read_text()


def test_the_start_is_what_there_is_to_go_back_to(moments):
    seen = moments(at=1, times=1)
    with pytest.warns(RuntimeWarning, match="back to step 0"):
        model = gan().fit(X, epochs=1)
    assert [step for step, _, _ in seen] == [0, 1, 2, 3, 0, 1, 2, 3]
    clean = gan(learning_rate=4e-4).fit(X, epochs=1)
    assert model.n_steps_ == clean.n_steps_


def test_three_rollbacks_and_no_more(moments, tmp_path):
    seen = moments(at=2, times=100)
    model = gan(learning_rate=1e-3)
    with (
        pytest.warns(RuntimeWarning) as warned,
        pytest.raises(TrainingDivergedError, match=r"learning_rate below 6\.25e-05"),
    ):
        model.fit(X, epochs=2, run=tmp_path)
    assert len(warned) == 3
    assert sorted({rate for _, rate, _ in seen}) == [1.25e-4, 2.5e-4, 5e-4, 1e-3]
    assert not hasattr(model, "n_steps_")
    # What was written is from before it went wrong.
    assert GAN.load(tmp_path, device="cpu").n_steps_ == 0


def test_a_learning_rate_that_explodes():
    with (
        pytest.warns(RuntimeWarning, match="gradients were not finite before step 4"),
        pytest.raises(TrainingDivergedError, match="after 3 rollbacks"),
    ):
        gan(learning_rate=1e30).fit(X, epochs=3)


@pytest.mark.filterwarnings("ignore:gradients were not finite:RuntimeWarning")
def test_a_failed_fit_leaves_the_earlier_model(moments, tmp_path):
    model = gan().fit(X, epochs=1)
    attributes, before = dict(vars(model)), model.sample(4, seed=1)
    moments(at=0, times=100)
    with pytest.raises(TrainingDivergedError):
        model.fit(X[:, :, :, None].repeat(3, 3), epochs=2)
    assert dict(vars(model)) == attributes
    np.testing.assert_array_equal(model.sample(4, seed=1), before)
    model.save(tmp_path)
    np.testing.assert_array_equal(
        GAN.load(tmp_path, device="cpu").sample(4, seed=1), before
    )


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_pulse(bad):
    pulse = GradientMonitor(torch.device("cpu"))
    pulse.observe([torch.ones(3), torch.zeros(2, 2)])
    assert pulse.n_bad() == 0
    pulse.observe([torch.tensor([1.0, bad]), torch.ones(1)])
    pulse.observe([torch.ones(3)])
    assert pulse.n_bad() == 1
    assert pulse.n_bad() == 0
