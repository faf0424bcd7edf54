"""The steps of ``fit``, from its arguments to the trained model."""

from __future__ import annotations

import numbers
import os
import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import torch

from latentia._arguments import draw_seed
from latentia._folder_lock import locked
from latentia._interrupt import FitInterruptedWarning, keeps_what_is_found
from latentia._model_file import parameters_of
from latentia._warnings import warn_caller
from latentia.datasets.images import require_pillow
from latentia.generative.data import ImageSet, as_image_set, mode_of
from latentia.generative.data.hold_out import hold_out
from latentia.generative.io import model_folder
from latentia.generative.io.resume import ResumePoint
from latentia.generative.io.start import Start
from latentia.generative.models.private_fit import (
    check_continued,
    public_size,
    spending_plan,
)
from latentia.generative.models.trainable import TrainableModel
from latentia.generative.training.compute import (
    Compute,
    choose_compute,
    choose_device,
    cpu_threads,
)
from latentia.generative.training.freed_memory import freed_memory_kept
from latentia.generative.training.memory import (
    check_fits,
    explain_large_images,
    explain_out_of_memory,
)
from latentia.generative.training.model_config import ModelConfig
from latentia.generative.training.plan import Budget, Plan, State
from latentia.generative.training.progress import opening_line, training_bar
from latentia.generative.training.record import TrainingRecord
from latentia.generative.training.run_folder import RunFolder, check_is_new
from latentia.generative.training.tensorboard import require_tensorboard
from latentia.generative.training.trainer import Training
from latentia.privacy.dp_sgd import DPSGD
from latentia.privacy.spending_plan import SpendingPlan

FEW = 500
"""Fewer images than this give a warning."""

M = TypeVar("M", bound=TrainableModel)


@dataclass(frozen=True)
class _Inputs:
    """What a training is given, checked."""

    data: ImageSet
    trained: ImageSet
    held_out: ImageSet
    scored: ImageSet
    compute: Compute
    plan: Plan
    record: TrainingRecord
    resume_point: ResumePoint | None
    origin: Start | None
    spending: SpendingPlan | None


def train(
    model: M,
    X: Any,
    y: Any,
    *,
    epochs: int | None,
    minutes: float | None,
    validation: Any,
    run: Path | None,
    resume: Path | None,
    start: Any,
    tensorboard: bool,
    privacy: DPSGD | None,
) -> M:
    """Train a model, as ``ImageModel.fit`` documents."""
    if start is not None and resume is not None:
        raise ValueError(
            "give start or resume, not both: resume continues with its own weights"
        )
    in_place = resume is not None and not resume.is_file()
    if in_place and run is not None and run != resume:
        raise ValueError(f"resume={resume!s} is continued there: leave out run={run!s}")
    folder = resume if in_place else run
    if tensorboard and folder is None:
        raise ValueError("tensorboard=True writes into a folder: give run too")
    if tensorboard:
        require_tensorboard()
    if folder is not None:
        require_pillow()  # for the pictures of samples
    device = choose_device(model.device)  # before images are read for minutes
    # Locked before a checkpoint is read, so that no other process replaces it.
    with _claimed(folder):
        if folder is not None and not in_place:
            check_is_new(folder)
        resume_point = None if resume is None else ResumePoint.read(resume)
        origin = None if start is None else Start.read(start, model)
        check_continued(privacy, resume_point, origin)
        budget = Budget.of(epochs, minutes)
        if resume_point is not None and epochs is None and minutes is None:
            budget = resume_point.record.budget
        inputs = _prepare(
            model, X, y, validation, budget, resume_point, origin, privacy, device
        )
        run_folder = None
        if folder is not None and inputs.compute.rank == 0:
            run_folder = RunFolder(folder, resumed=in_place, tensorboard=tensorboard)
        training = _run(model, inputs, run_folder)
        if run_folder is not None:
            model_folder.save(model, run_folder.path, overwrite=True)
    if training.stopped_by is not None:
        warn_caller(
            f"{training.stopped_by} ended the training after step {model.n_steps_}; "
            "resume= continues it",
            FitInterruptedWarning,
        )
    return model


def _prepare(
    model: TrainableModel,
    X: Any,
    y: Any,
    validation: Any,
    budget: Budget,
    resume_point: ResumePoint | None,
    origin: Start | None,
    privacy: DPSGD | None,
    device: torch.device,
) -> _Inputs:
    """Read the images, choose the configuration and the seed, and check them."""
    started, like = None, None
    if resume_point is not None and resume_point.record.start:
        started, like = resume_point.record.start, resume_point.record.config
    if origin is not None:
        started, like = origin.summary(), origin.record.config
    size, mode = _image_format(model, X, like)
    # What is wrong with these arguments is reported where the images are read.
    with suppress(TypeError, ValueError):
        check_fits(size, model.preset, model.batch_size, device)
    is_share = isinstance(validation, numbers.Real)
    # A share is copied from the images, and so are the others.
    copies = 2 if is_share else 1
    with explain_large_images(size):
        data = as_image_set(
            X, y, size=size, mode=mode, labelled=model.labelled, copies=copies
        )
    precision = model.precision if privacy is None else "float32"
    compute = choose_compute(model.device, precision)
    if privacy is not None and compute.n_processes > 1:
        raise ValueError("privacy needs a single process, got several")
    if resume_point is not None:  # what is "auto" may differ on this device
        like = resume_point.record.config
    private = privacy is not None
    config = model.choose_config(data, compute, like, private=private)
    if origin is not None:
        origin.check(config)
    seed = int(compute.broadcast(draw_seed(model.random_state)))
    if resume_point is not None:
        seed = resume_point.record.seed
    record = TrainingRecord(
        model_class=type(model).__name__,
        parameters=parameters_of(model),
        config=config,
        classes=data.classes.tolist() if config.n_classes else [],
        images=data.fingerprint if privacy is None else "",
        start=started,
        budget=budget,
        seed=seed,
        n_images=len(data),
        held_out="",
        state=State(),
    )
    if resume_point is not None:
        resume_point.check(record)
    trained, held_out = hold_out(data, validation, size, model.labelled, seed)
    n_images = len(trained)
    if privacy is not None:
        n_images = public_size(privacy, resume_point, n_images)
    plan = Plan(
        budget,
        n_images,
        config.batch_size,
        config.learning_rate,
        model.half_life,
        seed,
        n_before=started["images_seen"] if started else 0,
        balanced=bool(model.balance_classes),
    )
    scored = data if is_share and len(held_out) < model.least_scored else held_out
    spending = spending_plan(model, privacy, plan, resume_point, origin)
    if spending is None:
        record = record.of_images(n_images, scored.fingerprint)
    else:  # a fingerprint would verify a guess of the images
        record = replace(record.of_images(n_images, ""), privacy=spending.to_dict())
    return _Inputs(
        data,
        trained,
        held_out,
        scored,
        compute,
        plan,
        record,
        resume_point,
        origin,
        spending,
    )


def _run(
    model: TrainableModel, inputs: _Inputs, run_folder: RunFolder | None
) -> Training:
    """Train, and give the model the result; a run that cannot begin leaves no files."""
    config, compute = inputs.record.config, inputs.compute
    # The line counts the images of each class.
    if model.verbose and compute.rank == 0 and inputs.spending is None:
        name = type(model).__name__
        opening_line(name, inputs.trained, inputs.held_out, model.labelled)
    n_before = 0
    training: Training | None = None
    try:
        if inputs.plan.budget.automatic and inputs.plan.n < FEW:
            _warn_of_few(model, inputs.plan.n)
        explained = explain_out_of_memory(config, compute.device)
        on_cpu = compute.device.type == "cpu"
        kept = freed_memory_kept() if on_cpu else nullcontext()
        with explained, cpu_threads(), kept:
            training = Training(
                model.build_recipe(config, inputs.plan.seed, compute.device),
                inputs.plan,
                inputs.trained,
                inputs.scored,
                compute,
                run_folder,
                inputs.record,
                inputs.spending,
            )
            if inputs.origin is not None:
                inputs.origin.put_into(training, inputs.data)
            if inputs.resume_point is not None:
                inputs.resume_point.restore(training)
                n_before = training.state.step
            bar = training_bar(model.verbose, f"{type(model).__name__} {config.preset}")
            with bar as report:
                training.run(report)
            remark = training.state.history[-1].get("remark")
            if remark is not None and model.verbose and compute.rank == 0:
                print(f"{type(model).__name__}: {remark}", file=sys.stderr)
            if training.stopped_by is not None and not keeps_what_is_found():
                raise KeyboardInterrupt
            model.take_over(training, inputs.trained)
    except Exception:
        # The first step may have failed, for example for lack of memory.
        begun = training is not None and training.state.step > n_before
        if run_folder is not None and not begun:
            run_folder.discard()
        raise
    return training


def _image_format(
    model: TrainableModel, X: Any, like: ModelConfig | None
) -> tuple[tuple[int, int] | None, str | None]:
    """Return the size and mode that images are converted to.

    For images on disk, what the model leaves open is as in ``like``, if that is given.
    """
    size, mode = model.size, model.mode
    if like is not None and isinstance(X, str | PathLike):
        n_channels, height, width = like.shape
        size, mode = size or (height, width), mode or mode_of(n_channels)
    return size, mode


def _warn_of_few(model: TrainableModel, n: int) -> None:
    warn_caller(
        f"{n} images are few to learn from: samples may repeat them, or be blurred; "
        f"{model.few_images_advice}",
        UserWarning,
    )


def _claimed(folder: Path | None) -> AbstractContextManager[None]:
    """Keep other trainings out of a folder; the first of several processes does it."""
    alone = os.environ.get("WORLD_SIZE", "1") == "1"
    if folder is None or not (alone or os.environ.get("RANK", "0") == "0"):
        return nullcontext()
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"run={str(folder)!r} is a file, not a folder")
    return locked(folder)
