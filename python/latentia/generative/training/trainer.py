"""The training loop, as a story: it knows neither the loss nor the networks."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf, isfinite
from typing import Any

import numpy as np
import torch
from torch import Tensor

from latentia._warnings import warn_caller
from latentia.generative.data import ImageSet
from latentia.generative.training.batch_sampler import BalancedOrder, BatchOrder, Order
from latentia.generative.training.checkpoint import Tensors, write_checkpoint
from latentia.generative.training.compute import Compute
from latentia.generative.training.divergence import (
    ATTEMPTS,
    Pulse,
    TrainingDivergedError,
)
from latentia.generative.training.moving_average import MovingAverage
from latentia.generative.training.plan import Plan, State
from latentia.generative.training.recipe import Moment, Recipe
from latentia.generative.training.run_folder import RunFolder
from latentia.generative.training.signals import Wish, stop_signals
from latentia.generative.training.tensors import gather, part, restore

CHECK_EVERY = 50
"""Steps between looks at losses and gradients, for which the device has to wait."""

TELL_SECONDS = 5.0
"""Longest time without a report, where steps take long."""

SAVE_SECONDS = 60.0
"""Least time between checkpoints, but for those at the end and at a signal."""

SCORES = 40
"""Scores are taken at ends of epochs, and about so often in all."""

SHEET = 64


class Training:
    """A recipe, its data, and where the training of the one on the other stands.

    Parameters
    ----------
    recipe : Recipe
    plan : Plan
    data : ImageSet
    held_out : ImageSet
        What scores are taken on.
    compute : Compute
    run : RunFolder or None
    describe : callable
        Gives what a file says of the model besides the training's state.
    """

    def __init__(
        self,
        recipe: Recipe,
        plan: Plan,
        data: ImageSet,
        held_out: ImageSet,
        compute: Compute,
        run: RunFolder | None,
        describe: Callable[[State], dict[str, Any]],
    ) -> None:
        self.recipe, self.plan, self.held_out = recipe, plan, held_out
        self.compute, self.run_folder, self.describe = compute, run, describe
        device = compute.device
        self.images = data.images.to(device if _fits(data.images, device) else "cpu")
        self.labels = None if data.labels is None else data.labels.to(device)
        self.averages = MovingAverage(recipe.networks, recipe.averaged, plan.half_life)
        self.state = State()
        self.best: Tensors = {}
        self.stopped_by: str | None = None
        self._pulse = Pulse(device)
        self._generator = compute.generator()
        self._sums: dict[str, Tensor] = {}
        self._n_summed = 0
        self._began = self._saved = time.monotonic()
        self.snapshot: tuple[Tensors, dict[str, Any]] | None = None

    def run(self, report: Callable[[dict[str, Any], float], None]) -> None:
        """Train until the budget is spent, scores stand still, or a signal comes.

        Parameters
        ----------
        report : callable
            Told a row of the history and the progress, every few steps and seconds.

        Raises
        ------
        TrainingDivergedError
            If gradients are not finite even after three rollbacks.
        """
        told = time.monotonic()
        self._began = told - self.state.seconds
        order = self._order()
        self._checkpoint(now=True)
        with stop_signals() as wish:
            progress = self._progress()
            ended = self._gives_up()
            while not ended and (progress < 1 or not self.state.step):
                self._step(order, progress)
                progress = self._progress()
                due = self._score_is_due(progress)
                if not (due or self._looks(wish, progress)):
                    if time.monotonic() - told > TELL_SECONDS:
                        report(self._row(), progress)
                        told = time.monotonic()
                    continue
                if self._healthy():
                    self._log()
                    if due:
                        self._judge()
                    self._checkpoint()
                    report(self.state.history[-1], self._progress())
                    told = time.monotonic()
                    if self.compute.any(wish.signal is not None):
                        self.stopped_by = wish.signal or "a signal to another process"
                        break
                    ended = due and self._gives_up()
                progress = self._progress()
        if self.stopped_by is not None:
            # First, as what goes on is not to know of a score out of turn.
            self._checkpoint(now=True)
        if "event" in self.state.history[-1]:
            self._log()
        if "score" not in self.state.history[-1]:
            self._judge()
        if self.stopped_by is None:
            self._checkpoint(now=True)

    def tensors(self) -> Tensors:
        """Return everything that going on needs, not copied."""
        best = {f"best.{name}": value for name, value in self.best.items()}
        return gather(self.recipe, self.averages.networks) | best

    def resume(self, tensors: Tensors, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        restore(tensors, self.recipe, self.averages.networks)
        self.state = State(**state)
        self.best = part(tensors, "best")

    # What a step is.

    def _order(self) -> BatchOrder:
        plan, labels = self.plan, self.labels
        if plan.balanced and labels is not None:
            return BalancedOrder(labels, plan.batch_size, plan.seed)
        return Order(plan.n, plan.batch_size, plan.seed)

    def _step(self, order: BatchOrder, progress: float) -> None:
        """Take a step on the next batch, and move the averages."""
        compute, step = self.compute, self.state.step
        mine = slice(compute.rank, None, compute.n_processes)
        indices = order.indices(step)[mine]
        images = _picked(self.images, indices, compute.device).float().div_(255)
        labels = None
        if self.labels is not None:
            labels = _picked(self.labels, indices, compute.device)
        found = self.recipe.step(images, labels, self._moment(progress))
        self.state.step += 1
        n_seen = self.plan.n_before + self.state.step * self.plan.batch_size
        self.averages.update(n_seen, self.plan.batch_size)
        for name, value in found.items():
            self._sums[name] = self._sums.get(name, 0) + value
        self._n_summed += 1

    def _moment(self, progress: float) -> Moment:
        key = [self.plan.seed, self.state.attempt, self.state.step]
        (seed,) = np.random.SeedSequence(key).generate_state(1, np.uint64)
        return Moment(
            step=self.state.step,
            progress=progress,
            n_images=self.plan.batch_size,
            n_trained=self.plan.n,
            learning_rate=self.plan.learning_rate * 0.5**self.state.attempt,
            generator=self._generator.manual_seed(int(seed >> 1)),
            compute=self.compute,
            update=self._update,
        )

    def _update(self, optimiser: torch.optim.Optimizer) -> None:
        gradients = [
            parameter.grad
            for group in optimiser.param_groups
            for parameter in group["params"]
            if parameter.grad is not None
        ]
        self.compute.average(gradients)
        self._pulse.feel(gradients)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    # What is looked at between steps.

    def _progress(self) -> float:
        self.state.seconds = time.monotonic() - self._began
        if self.plan.n_steps is None:
            self.state.seconds = self.compute.together(self.state.seconds)
        return self.plan.progress(self.state.step, self.state.seconds)

    def _looks(self, wish: Wish, progress: float) -> bool:
        """Tell whether to look at losses and gradients after this step."""
        stops = wish.signal is not None and self.compute.n_processes == 1
        return stops or self.state.step % CHECK_EVERY == 0 or progress >= 1

    def _epoch_ended(self) -> bool:
        step = self.state.step
        return self.plan.epoch(step) > self.plan.epoch(step - 1)

    def _healthy(self) -> bool:
        """Tell whether all gradients were finite; if not, roll back."""
        if not self.compute.any(self._pulse.n_bad() > 0):
            return True
        rate = self.plan.learning_rate * 0.5**self.state.attempt
        failed = f"gradients were not finite before step {self.state.step}"
        if self.state.attempt == ATTEMPTS:
            raise TrainingDivergedError(
                f"training stopped: {failed}, after {ATTEMPTS} rollbacks, with a "
                f"learning rate of {rate:g}; choose a learning_rate below "
                f"{rate / 2:g}, or precision='float32'"
            )
        assert self.snapshot is not None
        tensors, description = self.snapshot
        step = description["state"]["step"]
        warn_caller(
            f"{failed} with a learning rate of {rate:g}: back to step {step} with half "
            "of it and other noise",
            RuntimeWarning,
        )
        restore(tensors, self.recipe, self.averages.networks)
        self.state.history.append(
            {"step": self.state.step, "event": f"{failed}: back to step {step}"}
        )
        self.state.attempt += 1
        self.state.step = step
        self._sums, self._n_summed = {}, 0
        return False

    def _row(self) -> dict[str, Any]:
        """Return where the training is, and the mean losses since the last row."""
        state = self.state
        n_images = state.step * self.plan.batch_size
        return {
            "step": state.step,
            "epoch": round(n_images / self.plan.n, 3),
            "images": n_images,
            "seconds": round(state.seconds, 3),
            **{name: float(s) / self._n_summed for name, s in self._sums.items()},
        }

    def _log(self) -> None:
        """Add a row to the history."""
        self.state.history.append(self._row())
        self._sums, self._n_summed = {}, 0
        self._show(self.state.history[-1])

    def _gives_up(self) -> bool:
        """Tell whether scores have not improved for too long; all processes agree."""
        scored = self.state.best_score is not None
        step, best = self.state.step, self.state.best_step
        return self.compute.any(scored and self.plan.gives_up(step, best))

    def _score_is_due(self, progress: float) -> bool:
        """Tell whether enough has been trained since the last score.

        At the end of an epoch that is a fortieth of the training; in epochs that last
        longer a tenth.
        """
        rows = (row for row in reversed(self.state.history) if "score" in row)
        last = next(rows, None)
        before = 0.0 if last is None else self.plan.progress(*_when(last))
        share = 0.9 / SCORES if self._epoch_ended() else 4 / SCORES
        return progress - before > share

    def _judge(self) -> None:
        """Score the averages, draw their sheet, and keep them if none were better."""
        networks, state = self.averages.networks, self.state
        scores = self.recipe.score(networks, self.held_out)
        state.history[-1].update(scores)
        self._show({"step": state.step, **scores})
        if self.run_folder is not None:
            self._write_sheet(self.run_folder)
        score = scores["score"] if isfinite(scores["score"]) else inf
        if state.best_score is None or score <= state.best_score:
            state.best_score, state.best_step = score, state.step
            known = isfinite(score)
            state.best_skill = (
                self.recipe.skill(score, self.held_out) if known else None
            )
            self.best = {k: v.clone() for k, v in networks.state_dict().items()}
            self._write_best()

    def _checkpoint(self, *, now: bool = False) -> None:
        """Keep the state for a rollback, and in the run's folder if there is one."""
        due = time.monotonic() - self._saved >= SAVE_SECONDS
        if not now and not self.compute.together(due):
            return
        self._saved = time.monotonic()
        copies = {name: tensor.clone() for name, tensor in self.tensors().items()}
        self.snapshot = (copies, self.describe(self.state))
        if self.run_folder is None:
            return
        try:
            write_checkpoint(self.run_folder.last, *self.snapshot, overwrite=True)
            self.run_folder.write_metrics(self.state.history)
        except OSError as error:
            if now:
                raise
            warn_caller(f"no checkpoint could be written: {error}", RuntimeWarning)

    def _show(self, row: dict[str, Any]) -> None:
        if self.run_folder is not None and self.run_folder.tensorboard is not None:
            self.run_folder.tensorboard.add(row)

    def _write_best(self) -> None:
        if self.run_folder is None:
            return
        tensors = {f"averaged.{name}": value for name, value in self.best.items()}
        try:
            write_checkpoint(
                self.run_folder.best,
                tensors,
                self.describe(self.state),
                overwrite=True,
            )
        except OSError as error:
            warn_caller(f"no checkpoint could be written: {error}", RuntimeWarning)

    def _write_sheet(self, run_folder: RunFolder) -> None:
        images = self.recipe.sheet(self.averages.networks, SHEET)
        try:
            classes = [str(name) for name in self.describe(self.state)["classes"]]
            run_folder.write_sheet(images, self.state.step, classes)
        except OSError as error:
            warn_caller(f"no sheet could be written: {error}", RuntimeWarning)


def _when(row: dict[str, Any]) -> tuple[int, float]:
    """Return step and seconds of a row of the history."""
    return row["step"], row["seconds"]


def _fits(images: Tensor, device: torch.device) -> bool:
    """Tell whether the images leave half of the device's free memory to networks."""
    if device.type != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return images.nbytes < free // 2


def _picked(rows: Tensor, indices: Tensor, device: torch.device) -> Tensor:
    """Return some rows on the device, without waiting for it."""
    if rows.device == device and device.type == "cuda":
        return rows[indices.pin_memory().to(device, non_blocking=True)]
    return rows[indices.to(rows.device)].to(device)
