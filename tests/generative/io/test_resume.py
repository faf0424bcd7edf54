"""A training that was interrupted ends with the bits of one that was not."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia._interrupt import FitInterruptedWarning  # noqa: E402
from latentia.generative import GAN, ConditionalGAN  # noqa: E402
from latentia.generative.models.gan import NETWORKS  # noqa: E402
from latentia.generative.training import trainer  # noqa: E402
from latentia.generative.training.checkpoint import read_checkpoint  # noqa: E402

pytestmark = pytest.mark.usefixtures("scored_by_epochs")

X = np.random.default_rng(0).integers(0, 256, (32, 9, 11), dtype=np.uint8)
EPOCHS = 4  # of four steps


class CrashError(BaseException):
    """Stands for whatever ends a process: no error, of which a start is cleared up."""


def gan(**parameters):
    tiny = {"preset": "tiny", "batch_size": 8, "device": "cpu", "random_state": 0}
    return GAN(**{**tiny, "network": "mlp", **parameters})


@pytest.fixture(autouse=True)
def frequent_checkpoints(monkeypatch):
    monkeypatch.setattr(trainer, "SAVE_SECONDS", 0.0)


@pytest.fixture
def before_step(monkeypatch):
    """Let something happen before a step, once."""

    def plan(number, happens):
        step, todo = trainer.Training._step, [happens]

        def stepping(self, order, progress):
            if self.state.step == number and todo:
                todo.pop()()
            step(self, order, progress)

        monkeypatch.setattr(trainer.Training, "_step", stepping)

    return plan


def crash():
    raise CrashError


def assert_same_end(model, other):
    """Networks, averages, optimisers and the best: every bit."""
    (ours, record), (theirs, other_record) = (
        fitted.last_checkpoint_ for fitted in (model, other)
    )
    assert ours.keys() == theirs.keys()
    different = [name for name in ours if not torch.equal(ours[name], theirs[name])]
    assert different == []
    for key in ("step", "best_score", "best_step", "attempt"):
        assert getattr(record.state, key) == getattr(other_record.state, key), key
    one, two = model.networks_.state_dict(), other.networks_.state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)
    np.testing.assert_array_equal(model.sample(5, seed=1), other.sample(5, seed=1))


@pytest.mark.parametrize(
    "parameters",
    [
        *({"network": network} for network in NETWORKS),
        {"network": "conv", "augment": True, "penalty": "finite"},
        {"network": "conv", "precision": "bfloat16"},
        {"loss": "wasserstein"},
    ],
)
def test_crashed_and_resumed(tmp_path, before_step, parameters):
    whole = gan(**parameters).fit(X, epochs=EPOCHS)
    before_step(10, crash)
    with pytest.raises(CrashError):
        gan(**parameters).fit(X, epochs=EPOCHS, run=tmp_path)
    assert read_checkpoint(tmp_path / "last.safetensors")[1]["state"]["step"] == 8
    resumed = gan(**parameters, verbose=0).fit(X, resume=tmp_path)
    assert_same_end(whole, resumed)
    strip = [{k: v for k, v in row.items() if k != "seconds"} for row in whole.history_]
    assert [
        {k: v for k, v in row.items() if k != "seconds"} for row in resumed.history_
    ] == strip


def test_with_labels_and_held_out_images(tmp_path, before_step):
    def fit(**arguments):
        model = ConditionalGAN(
            preset="tiny", batch_size=8, device="cpu", random_state=3
        )
        return model.fit(X, np.arange(32) % 3, validation=0.2, **arguments)

    whole = fit(epochs=EPOCHS)
    before_step(10, crash)
    with pytest.raises(CrashError):
        fit(epochs=EPOCHS, run=tmp_path)
    assert_same_end(whole, fit(resume=tmp_path))


def test_the_seed_of_the_run_counts(tmp_path, before_step):
    """Its weights and its order were drawn from it."""
    whole = gan(random_state=5).fit(X, epochs=EPOCHS)
    before_step(10, crash)
    with pytest.raises(CrashError):
        gan(random_state=5).fit(X, epochs=EPOCHS, run=tmp_path)
    assert_same_end(whole, gan(random_state=None).fit(X, resume=tmp_path))


def test_from_the_file_alone(tmp_path, before_step):
    whole = gan().fit(X, epochs=EPOCHS)
    before_step(10, crash)
    with pytest.raises(CrashError):
        gan().fit(X, epochs=EPOCHS, run=tmp_path / "run")
    moved = (tmp_path / "run" / "last.safetensors").rename(tmp_path / "a.safetensors")
    before = moved.read_bytes()
    assert_same_end(whole, gan().fit(X, resume=moved))
    assert moved.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["a.safetensors"]


def test_a_crash_before_the_first_step(tmp_path, before_step):
    before_step(0, crash)
    with pytest.raises(CrashError):
        gan().fit(X, epochs=EPOCHS, run=tmp_path)
    assert_same_end(gan().fit(X, epochs=EPOCHS), gan().fit(X, resume=tmp_path))


def test_a_training_that_has_ended_is_left_as_it_is(tmp_path):
    whole = gan().fit(X, epochs=2, run=tmp_path)
    assert_same_end(whole, gan().fit(X, resume=tmp_path))


def test_a_longer_training(tmp_path):
    gan().fit(X, epochs=1, run=tmp_path)
    longer = gan().fit(X, epochs=3, resume=tmp_path)
    assert longer.n_steps_ == 12
    assert [row["step"] for row in longer.history_] == [4, 8, 12]
    again = gan().fit(X, epochs=3, resume=tmp_path)
    assert_same_end(longer, again)


def test_from_a_saved_model(tmp_path):
    gan().fit(X, epochs=1).save(tmp_path / "model")
    assert gan().fit(X, epochs=2, resume=tmp_path / "model").n_steps_ == 8


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("scores", [1.0, -1.0])
def test_signals(tmp_path, monkeypatch, before_step, name, scores):
    """Whether a score out of turn would be the best or the worst."""
    turns = iter(range(100))
    monkeypatch.setattr(
        "latentia.generative.recipes.frechet_score.FrechetScore.score",
        lambda self, generated: {"score": scores * next(turns)},
    )
    whole = gan().fit(X, epochs=EPOCHS)
    turns = iter(range(100))
    before_step(9, lambda: os.kill(os.getpid(), signal.Signals[name]))
    handlers = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
    with pytest.warns(FitInterruptedWarning, match=f"{name} ended .* after step 10"):
        stopped = gan().fit(X, epochs=EPOCHS, run=tmp_path)
    assert handlers == [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
    assert stopped.n_steps_ == 10
    for file in ("last.safetensors", "best.safetensors"):
        loaded = GAN.load(tmp_path / file, device="cpu")
        assert loaded.sample(2, seed=0).shape == (2, 9, 11)
    np.testing.assert_array_equal(
        GAN.load(tmp_path, device="cpu").sample(3, seed=0), stopped.sample(3, seed=0)
    )
    turns = iter(range(2, 100))  # two epochs were scored in their turn
    assert_same_end(whole, gan().fit(X, resume=tmp_path))


def test_a_second_interrupt_comes_at_once(before_step):
    def twice():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    before_step(2, twice)
    model = gan()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, epochs=EPOCHS)
    assert not hasattr(model, "n_steps_")


def test_in_a_thread_nobody_catches_signals():
    found = []
    thread = threading.Thread(target=lambda: found.append(gan().fit(X, epochs=1)))
    thread.start()
    thread.join()
    assert found[0].n_steps_ == 4


def killed(folder, network, n_kills, seed):
    """Return what a driver says that kills a training again and again."""
    script = Path(__file__).with_name("kill_and_resume.py")
    done = subprocess.run(
        [sys.executable, script, folder, network, str(n_kills), str(seed)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "n_kills"),
    [
        ("conv", 10),
        ("resnet", 10),
        ("mlp", 30),
    ],
)
def test_killed_at_random_moments(tmp_path, network, n_kills):
    found = killed(tmp_path, network, n_kills, seed=n_kills)
    steps = found["steps"]  # of the checkpoints after the kills
    assert len(steps) == n_kills
    assert steps == sorted(steps)
    assert 0 < max(steps) < found["n_steps"]
    assert found["different"] == []
