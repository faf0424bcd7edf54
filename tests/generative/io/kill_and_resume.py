"""Train, kill the training at random moments, resume it, and compare.

``python kill_and_resume.py FOLDER NETWORK N_KILLS SEED`` prints JSON: the steps of the
checkpoints that were there after the kills, and what differs at the end.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch._dynamo  # an optimiser does; once here, instead of once a child

from latentia.generative import GAN
from latentia.generative.models import fitting
from latentia.generative.training import decisions, trainer
from latentia.generative.training.checkpoint import read_checkpoint

X = np.random.default_rng(0).integers(0, 256, (32, 9, 11), dtype=np.uint8)
FILES = ("last.safetensors", "best.safetensors")


class Slow(trainer.Training):
    """Takes its time, so that there is some to be killed in."""

    def _step(self, order, progress):
        time.sleep(0.01)
        super()._step(order, progress)


def fit(network, epochs, **arguments):
    model = GAN(
        preset="tiny", network=network, batch_size=8, device="cpu", random_state=0
    )
    model.fit(X, epochs=epochs, **arguments)


def in_a_child(work):
    """Run in another process, which shares what was imported; return its number."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def renewed(path, known):
    """Tell whether there is another file of this name than the known one."""
    return path.exists() and path.stat().st_ino != known


def main(folder, network, n_kills, seed):
    torch.set_num_threads(1)
    # A checkpoint an epoch, and a score now and then.
    trainer.SAVE_SECONDS, trainer.CHECK_EVERY, decisions.SCORES = 0.0, 4, 8
    chance = random.Random(seed)
    whole, run = folder / "whole", folder / "run"
    fitting.Training = Slow
    n_epochs = 3 * n_kills + 3
    child = in_a_child(lambda: fit(network, n_epochs, run=whole))
    assert os.waitpid(child, 0)[1] == 0
    seconds = read_checkpoint(whole / FILES[0])[1]["state"]["seconds"]

    last, steps, known = run / FILES[0], [], None
    for _ in range(n_kills):
        goes_on = {"resume": run} if last.exists() else {"run": run}
        child = in_a_child(lambda goes_on=goes_on: fit(network, n_epochs, **goes_on))
        # A resumed training writes its checkpoint once more before its first step.
        for _ in range(2):
            while not renewed(last, known):
                time.sleep(0.001)
            known = last.stat().st_ino
        time.sleep(chance.uniform(0, seconds / n_epochs))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the training had ended before it was killed"
        if (run / FILES[1]).exists():
            read_checkpoint(run / FILES[1])
        steps.append(read_checkpoint(last)[1]["state"]["step"])
        known = last.stat().st_ino
    child = in_a_child(lambda: fit(network, n_epochs, resume=run))
    assert os.waitpid(child, 0)[1] == 0

    different = []
    for file in FILES:
        (ours, _), (theirs, description) = (
            read_checkpoint(path / file) for path in (run, whole)
        )
        assert ours.keys() == theirs.keys()
        different += [k for k in ours if not torch.equal(ours[k], theirs[k])]
    n_steps = description["state"]["step"]
    print(json.dumps({"steps": steps, "n_steps": n_steps, "different": different}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
