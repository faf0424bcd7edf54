"""The training loop; losses and networks are in the recipes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from copy import deepcopy
from math import inf, isfinite
from typing import Any

import numpy as np
import torch

from latentia._warnings import warn_caller
from latentia.generative.data import ImageSet
from latentia.generative.training.batches import BatchLoader
from latentia.generative.training.checkpoint import Tensors
from latentia.generative.training.compute import Compute
from latentia.generative.training.decisions import score_is_due, stage_is_vain
from latentia.generative.training.divergence import (
    ATTEMPTS,
    GradientMonitor,
    TrainingDivergedError,
)
from latentia.generative.training.mean_losses import MeanLosses
from latentia.generative.training.moving_average import MovingAverage
from latentia.generative.training.plan import Plan, State
from latentia.generative.training.private_steps import (
    PrivateSteps,
    without_hook_warnings,
)
from latentia.generative.training.recipe import Recipe, StepContext
from latentia.generative.training.record import TrainingRecord
from latentia.generative.training.run_folder import RunFolder
from latentia.generative.training.run_writer import RunWriter
from latentia.generative.training.signals import StopRequest, stop_signals
from latentia.generative.training.tensors import gather, part, restore
from latentia.privacy.spending_plan import SpendingPlan

CHECK_EVERY = 50
"""Steps between reads of losses and gradients, for which the device has to wait."""

REPORT_SECONDS = 5.0
"""Longest time without a report, where steps take long."""

SAVE_SECONDS = 60.0
"""Least time between checkpoints, but for those at the end and at a signal."""

GRID = 64
"""Images in a grid of samples."""


class Training:
    """The state of a training, and the loop that continues it.

    Parameters
    ----------
    recipe : Recipe
    plan : Plan
    data : ImageSet
    held_out : ImageSet
        Images that scores are computed on.
    compute : Compute
    run_folder : RunFolder or None
    record : TrainingRecord
        What checkpoints say of the training; its state is replaced by the current one.
    spending : SpendingPlan, optional
        Makes the training private: nothing but noisy gradients is taken from the data.
    """

    def __init__(
        self,
        recipe: Recipe,
        plan: Plan,
        data: ImageSet,
        held_out: ImageSet,
        compute: Compute,
        run_folder: RunFolder | None,
        record: TrainingRecord,
        spending: SpendingPlan | None = None,
    ) -> None:
        self.recipe, self.plan, self.held_out = recipe, plan, held_out
        self.compute, self._record = compute, record
        self._writer = RunWriter(run_folder)
        self._data = data
        self.averages = MovingAverage(recipe.networks, recipe.averaged, plan.half_life)
        self._privacy: PrivateSteps | None = None
        if spending is not None:
            recipe.make_private()
            n, seeing = len(data), recipe.seeing
            self._privacy = PrivateSteps(spending, recipe.networks, seeing, n)
        sampler = None if self._privacy is None else self._privacy.sampler
        self._batches = BatchLoader(data, plan, compute, sampler)
        self.state = State()
        self.best: Tensors = {}
        self.stopped_by: str | None = None
        self._stage_failed = False
        self._gradients = GradientMonitor(compute.device)
        self._generator = compute.generator()
        self._losses = MeanLosses()
        self._began = self._saved = time.monotonic()
        self.snapshot: tuple[Tensors, TrainingRecord] | None = None

    def run(self, report: Callable[[dict[str, Any], float], None]) -> None:
        """Train until the budget is spent, scores stop improving, or a signal comes.

        Parameters
        ----------
        report : callable
            Gets a row of the history and the progress, every few steps and seconds.

        Raises
        ------
        TrainingDivergedError
            If gradients are not finite even after three rollbacks. In a later stage the
            training ends instead, with the best networks before.
        """
        reported = time.monotonic()
        self._began = reported - self.state.seconds
        self._checkpoint(now=True)
        quiet = nullcontext() if self._privacy is None else without_hook_warnings()
        with quiet, stop_signals() as request:
            progress = self._progress()
            ended = self._gives_up(progress)
            while not ended and (progress < 1 or not self.state.step):
                if self.recipe.stage_is_due(self.state.step, progress):
                    if self._healthy():
                        self._begin_stage(report)
                    progress = self._progress()
                self._step(self._batches, progress)
                progress = self._progress()
                due = self._score_is_due(progress)
                if not (due or self._check_is_due(request, progress)):
                    if time.monotonic() - reported > REPORT_SECONDS:
                        report(self._row(), progress)
                        reported = time.monotonic()
                    continue
                if self._healthy():
                    self._log()
                    if due:
                        self._judge()
                    self._checkpoint()
                    report(self.state.history[-1], self._progress())
                    reported = time.monotonic()
                    if self.compute.any(request.signal is not None):
                        self.stopped_by = (
                            request.signal or "a signal to another process"
                        )
                        break
                    ended = due and self._gives_up(progress)
                ended = ended or self._stage_failed
                progress = self._progress()
        if self.stopped_by is not None:
            # Before the last score, which an uninterrupted training would not compute.
            self._checkpoint(now=True)
        if "event" in self.state.history[-1]:
            self._log()
        if "score" not in self.state.history[-1]:
            self._judge()
        if self.stopped_by is None:
            self._remark()
            self._checkpoint(now=True)

    def tensors(self) -> Tensors:
        """Return everything that is needed to continue, not copied."""
        best = {f"best.{name}": value for name, value in self.best.items()}
        return gather(self.recipe, self.averages.networks) | best

    def current_record(self) -> TrainingRecord:
        """Return what a checkpoint of this step says."""
        return self._record.at(self.state)

    def resume(self, tensors: Tensors, state: State) -> None:
        """Continue from a checkpoint."""
        restore(tensors, self.recipe, self.averages.networks)
        self.state = deepcopy(state)
        self.best = part(tensors, "best")

    # One step.

    def _step(self, batches: BatchLoader, progress: float) -> None:
        """Take a step on the next batch, and move the averages."""
        images, labels = batches.batch(self.state.step)
        if self._privacy is not None:
            images, labels = self._privacy.begin(self.state.step, images, labels)
        found = self.recipe.step(images, labels, self._context(progress))
        if self._privacy is not None:
            found = {}  # losses of images are not private
        self.state.step += 1
        n_seen = self.plan.n_before + self.state.step * self.plan.batch_size
        self.averages.update(n_seen, self.plan.batch_size)
        self._losses.add(found)

    def _begin_stage(self, report: Callable[[dict[str, Any], float], None]) -> None:
        """Begin the next stage of the recipe with a score of what is there."""
        averaged = self.averages.networks
        event = self.recipe.begin_stage(averaged, self._data, self.held_out)
        if event is not None:
            self._log()
            self.state.history[-1]["event"] = event
            self.state.stage_step, self.state.attempt = self.state.step, 0
            self._withdraw()
            self._judge()
            self._checkpoint(now=True, required=False)
            report(self.state.history[-1], self._progress())

    def _withdraw(self) -> None:
        """Take back scores of networks that a stage no longer allows."""
        for row in self.state.history:
            if "score" in row and not self.recipe.allows(row):
                row["score"] = inf
                if row["step"] == self.state.best_step:
                    self.state.best_score = None

    def _remark(self) -> None:
        """Note at the end what the user should know of the stages."""
        if self._privacy is not None:
            return
        remark = self.recipe.remark(self.state.best_step, self.state.stage_step)
        if remark is not None:
            self.state.history[-1]["remark"] = remark
            self._writer.metrics({"step": self.state.step, "remark": remark})

    def _context(self, progress: float) -> StepContext:
        key = [self.plan.seed, self.state.attempt, self.state.step]
        (state,) = np.random.SeedSequence(key).generate_state(1, np.uint64)
        seed = int(state >> 1)
        if self._privacy is not None:
            seed = self._privacy.seed_of_codes()
        return StepContext(
            step=self.state.step,
            progress=progress,
            n_images=self.plan.batch_size,
            n_trained=self.plan.n,
            learning_rate=self.plan.learning_rate * 0.5**self.state.attempt,
            generator=self._generator.manual_seed(seed),
            compute=self.compute,
            update=self._update,
            privacy=self._privacy,
        )

    def _update(self, optimiser: torch.optim.Optimizer) -> None:
        if self._privacy is not None:
            self._privacy.update(optimiser)
        gradients = [
            parameter.grad
            for group in optimiser.param_groups
            for parameter in group["params"]
            if parameter.grad is not None
        ]
        self.compute.average(gradients)
        self._gradients.observe(gradients)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    # Between steps.

    def _progress(self) -> float:
        self.state.seconds = time.monotonic() - self._began
        if self.plan.n_steps is None:
            self.state.seconds = self.compute.broadcast(self.state.seconds)
        return self.plan.progress(self.state.step, self.state.seconds)

    def _check_is_due(self, request: StopRequest, progress: float) -> bool:
        """Tell whether to read losses and gradients after this step."""
        stops = request.signal is not None and self.compute.n_processes == 1
        return stops or self.state.step % CHECK_EVERY == 0 or progress >= 1

    def _score_is_due(self, progress: float) -> bool:
        """Tell whether to score the averages; a private training does not."""
        return self._privacy is None and score_is_due(self.plan, self.state, progress)

    def _healthy(self) -> bool:
        """Tell whether all gradients were finite; if not, roll back."""
        if not self.compute.any(self._gradients.n_bad() > 0):
            return True
        self._roll_back()
        return False

    def _roll_back(self) -> None:
        """Go back to the last checkpoint; raise if that was done often enough.

        A later stage that failed as often ends the training instead.
        """
        rate = self.plan.learning_rate * 0.5**self.state.attempt
        failed = f"gradients were not finite before step {self.state.step}"
        exhausted = self.state.attempt >= ATTEMPTS or self._privacy is not None
        stage_began = 0 < self.state.stage_step <= self.state.step
        later = stage_began and not self.recipe.stage_is_ahead(self.state.step, 0.0)
        if exhausted and not later:
            raise TrainingDivergedError(
                f"training stopped: {failed}, after {self.state.attempt} rollbacks, "
                f"with a learning rate of {rate:g}; choose a learning_rate below "
                f"{rate / 2:g}, or precision='float32'"
            )
        assert self.snapshot is not None
        tensors, record = self.snapshot
        step = record.state.step
        again = "with half of it and other noise"
        if exhausted:
            again = "where the training ends; sharpen=0 leaves this stage out"
            self._stage_failed = True
        warn_caller(
            f"{failed} with a learning rate of {rate:g}: back to step {step} {again}",
            RuntimeWarning,
        )
        restore(tensors, self.recipe, self.averages.networks)
        self.state.history.append(
            {"step": self.state.step, "event": f"{failed}: back to step {step}"}
        )
        self.state.attempt += 1
        self.state.step = step
        self._losses.clear()

    def _row(self) -> dict[str, Any]:
        """Return where the training is, and the mean losses since the last row."""
        state = self.state
        n_images = state.step * self.plan.batch_size
        return {
            "step": state.step,
            "epoch": round(n_images / self.plan.n, 3),
            "images": n_images,
            "seconds": round(state.seconds, 3),
            **self._losses.means(),
        }

    def _log(self) -> None:
        """Add a row to the history."""
        self.state.history.append(self._row())
        self._losses.clear()
        self._writer.metrics(self.state.history[-1])

    def _gives_up(self, progress: float) -> bool:
        """Tell whether scores have not improved for too long; all processes agree.

        In the last stage alone: it may improve what those before could not.
        """
        state = self.state
        last = not self.recipe.stage_is_ahead(state.step, progress)
        since = max(state.best_step, state.stage_step)
        judged = last and state.best_score is not None
        vain = self.plan.gives_up(state.step, since)
        vain = vain or stage_is_vain(self.plan, state, progress)
        return self.compute.any(judged and vain)

    def _judge(self) -> None:
        """Score the averages, write a grid of samples, and keep the best."""
        networks, state = self.averages.networks, self.state
        if self._privacy is not None:
            self._checkpoint(now=True)  # nothing is shown of steps that may be lost
            self._write_grid()
            return
        scores = self.recipe.score(networks, self.held_out)
        state.history[-1].update(scores)
        self._writer.metrics({"step": state.step, **scores})
        self._write_grid()
        score = scores["score"] if isfinite(scores["score"]) else inf
        if state.best_score is None or score <= state.best_score:
            state.best_score, state.best_step = score, state.step
            known = isfinite(score)
            state.best_skill = (
                self.recipe.skill(score, self.held_out) if known else None
            )
            self.best = {k: v.clone() for k, v in networks.state_dict().items()}
            tensors = {f"averaged.{name}": value for name, value in self.best.items()}
            self._writer.best(tensors, self.current_record())

    def _write_grid(self) -> None:
        self._writer.samples(
            lambda: self.recipe.sample_grid(self.averages.networks, GRID),
            self.state.step,
            self._record.classes,
        )

    def _checkpoint(self, *, now: bool = False, required: bool | None = None) -> None:
        """Keep the state for a rollback, and in the run's folder if there is one.

        One that cannot be written is an error if it is required, by default if now.
        """
        due = time.monotonic() - self._saved >= SAVE_SECONDS
        if not now and not self.compute.broadcast(due):
            return
        self._saved = time.monotonic()
        copies = {name: tensor.clone() for name, tensor in self.tensors().items()}
        self.snapshot = (copies, self.current_record())
        self._writer.last(
            *self.snapshot,
            self.state.history,
            required=now if required is None else required,
        )
