"""What can end, interrupt or delay the second stage of autoencoders."""

import itertools
import os
import signal

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia._interrupt import FitInterruptedWarning  # noqa: E402
from latentia.generative import (  # noqa: E402
    RAE,
    VAE,
)
from latentia.generative.recipes import autoencoder_recipe  # noqa: E402
from latentia.generative.recipes.autoencoder_recipe import (  # noqa: E402
    AutoencoderRecipe,
)
from latentia.generative.training import trainer  # noqa: E402
from latentia.generative.training.run_folder import RunFolder  # noqa: E402

TINY = {"preset": "tiny", "latent_dim": 3, "batch_size": 16, "random_state": 0}
X = np.random.default_rng(0).integers(0, 256, (64, 8, 8), dtype=np.uint8)

models = pytest.mark.parametrize("model", [RAE, VAE])

pytestmark = pytest.mark.usefixtures("scored_by_epochs")


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr(autoencoder_recipe, "LEAST_STEPS", 1)


class CrashError(BaseException):
    """Stands for whatever ends a process."""


def events(model):
    return [row["event"] for row in model.history_ if "event" in row]


@models
def test_a_killed_training_ends_with_the_same_bits(tmp_path, monkeypatch, model):
    monkeypatch.setattr(trainer, "SAVE_SECONDS", 0.0)
    whole = model(**TINY).fit(X, epochs=4)
    step = trainer.Training._step

    for number in (5, 8, 11):  # in the first stage, between the two, in the second

        def stepping(self, batches, progress, number=number):
            if self.state.step == number:
                raise CrashError
            step(self, batches, progress)

        run = tmp_path / str(number)
        with monkeypatch.context() as patch:
            patch.setattr(trainer.Training, "_step", stepping)
            with pytest.raises(CrashError):
                model(**TINY).fit(X, epochs=4, run=run)
        again = model(**TINY).fit(X, resume=run)
        ours, theirs = (m.last_checkpoint_[0] for m in (whole, again))
        assert [k for k in ours if not torch.equal(ours[k], theirs[k])] == []
        np.testing.assert_array_equal(again.sample(5, seed=1), whole.sample(5, seed=1))
        assert events(again) == events(whole)


@models
def test_a_longer_training_goes_back_to_the_first_stage(model, tmp_path):
    """It has its share of the longer one, after which the second begins anew."""
    first = model(**TINY).fit(X, epochs=2, run=tmp_path)
    again = model(**TINY).fit(X, epochs=6, resume=tmp_path)
    assert [row["step"] for row in again.history_ if "event" in row] == [4, 12]
    name = "networks.discriminator.first_error"
    before, after = (m.last_checkpoint_[0][name] for m in (first, again))
    assert 0 < float(after) < float(before)
    for row in again.history_:
        if "score" in row and 8 < row["step"] < 12:
            assert np.isfinite(row["score"])
            assert "loss_discriminator" not in row


@models
def test_ctrl_c_while_the_second_stage_begins(model, monkeypatch, tmp_path):
    """The training ends after the next step, and continues with the same bits."""
    whole = model(**TINY).fit(X, epochs=4)
    prior = AutoencoderRecipe._second_prior

    def interrupted(self, averaged, data):
        os.kill(os.getpid(), signal.SIGINT)
        return prior(self, averaged, data)

    with monkeypatch.context() as patch:
        patch.setattr(AutoencoderRecipe, "_second_prior", interrupted)
        with pytest.warns(FitInterruptedWarning):
            begun = model(**TINY).fit(X, epochs=4, run=tmp_path)
    assert begun.n_steps_ == 9
    again = model(**TINY).fit(X, resume=tmp_path)
    ours, theirs = (m.last_checkpoint_[0] for m in (whole, again))
    assert [k for k in ours if not torch.equal(ours[k], theirs[k])] == []
    assert events(again) == events(whole)


@models
def test_a_rollback_in_the_second_stage_stays_there(model, monkeypatch):
    step = AutoencoderRecipe._second_step
    calls = []

    def broken(self, second, images, context):
        calls.append(context.step)
        noise = np.nan if len(calls) == 3 else 1.0
        return step(self, second, images * noise, context)

    monkeypatch.setattr(AutoencoderRecipe, "_second_step", broken)
    with pytest.warns(RuntimeWarning, match="back to step 8"):
        fitted = model(**TINY).fit(X, epochs=4)
    found = [row["event"] for row in fitted.history_ if "event" in row]
    assert ["discriminator" in found[0], "not finite" in found[1]] == [True, True]
    assert calls[-1] == 15
    assert min(calls) == 8
    assert np.isfinite(fitted.score(X))


def broken_from(call, monkeypatch):
    """Let the steps of the second stage have no finite gradients from one on."""
    step, calls = AutoencoderRecipe._second_step, itertools.count(1)

    def broken(self, second, images, context):
        noise = np.nan if next(calls) >= call else 1.0
        return step(self, second, images * noise, context)

    monkeypatch.setattr(AutoencoderRecipe, "_second_step", broken)


@models
def test_a_second_stage_that_diverges_again_and_again_ends_the_training(
    model, monkeypatch, tmp_path
):
    """What the first has made is not lost."""
    broken_from(1, monkeypatch)
    with pytest.warns(RuntimeWarning) as warned:
        fitted = model(**TINY).fit(X, epochs=4, run=tmp_path)
    assert ["where the training ends" in str(w.message) for w in warned] == [0, 0, 0, 1]
    assert fitted.record_.state.best_step <= 8
    assert np.isfinite(fitted.score(X))
    assert "that of the first is kept" in fitted.history_[-1]["remark"]
    assert np.isfinite(model.load(tmp_path).score(X))


@models
def test_a_first_stage_that_diverges_leaves_the_second_its_attempts(model, monkeypatch):
    step, calls = AutoencoderRecipe.step, itertools.count(1)

    def twice(self, images, labels, context):
        noise = np.nan if next(calls) <= 2 else 1.0
        return step(self, images * noise, labels, context)

    monkeypatch.setattr(AutoencoderRecipe, "step", twice)
    with pytest.warns(RuntimeWarning, match="back to step 0"):
        fitted = model(**TINY).fit(X, epochs=4)
    assert fitted.record_.state.attempt == 0


def test_what_has_begun_goes_on_in_a_shorter_training(monkeypatch, tmp_path):
    """A first stage of so few steps would not have been cut short."""
    monkeypatch.setattr(autoencoder_recipe, "LEAST_STEPS", 8)
    monkeypatch.setattr(trainer, "SAVE_SECONDS", 0.0)
    step = trainer.Training._step

    def stepping(self, batches, progress):
        if self.state.step == 11:
            raise CrashError
        step(self, batches, progress)

    with monkeypatch.context() as patch:
        patch.setattr(trainer.Training, "_step", stepping)
        with pytest.raises(CrashError):
            RAE(**TINY).fit(X, epochs=4, run=tmp_path)
    again = RAE(**TINY).fit(X, epochs=3, resume=tmp_path)
    after = [row for row in again.history_ if row["step"] > 8]
    assert after
    assert all("loss_discriminator" in row for row in after)
    assert len(events(again)) == 1


def test_slow_steps_of_the_second_stage_do_not_end_it(monkeypatch):
    """Within a given time the number of steps is an estimate, and falls."""
    rae = RAE(**TINY).fit(X, epochs=4)
    recipe = rae.make_recipe(rae.config_)
    for error in recipe._first_errors():
        error.fill_(1.0)
    monkeypatch.setattr(autoencoder_recipe, "LEAST_STEPS", 1000)
    assert recipe._begins(1200, 0.6) == 0.5
    recipe = rae.make_recipe(rae.config_)
    assert recipe._begins(100, 0.05) == 0.5  # 2000 steps
    assert recipe._begins(99, 0.05) == 1  # not decided
    assert recipe._begins(210, 0.1) == 0.5
    assert recipe._begins(600, 0.4) == 0.5  # is


def test_a_disk_that_is_full_when_the_second_stage_begins(tmp_path, monkeypatch):
    real, begun = RunFolder.write_last, []

    def write(self, tensors, record):
        events = [row for row in record.state.history if "event" in row]
        if len(events) == 1 and not begun:
            begun.append(record.state.step)
            raise OSError(28, "No space left on device")
        real(self, tensors, record)

    monkeypatch.setattr(RunFolder, "write_last", write)
    rae = RAE(**TINY)
    with pytest.warns(RuntimeWarning, match="no checkpoint could be written"):
        rae.fit(X, epochs=4, run=tmp_path)
    assert begun
    assert RAE.load(tmp_path).n_steps_ == rae.n_steps_
