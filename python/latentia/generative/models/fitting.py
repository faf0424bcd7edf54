"""What a ``fit`` does, from its arguments to the trained model."""

from __future__ import annotations

import numbers
import os
from contextlib import AbstractContextManager, nullcontext, suppress
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from latentia._arguments import draw_seed
from latentia._folder_lock import locked
from latentia._interrupt import FitInterruptedWarning, keeps_what_is_found
from latentia._warnings import warn_caller
from latentia.generative.data import as_image_set, mode_of
from latentia.generative.data.hold_out import hold_out
from latentia.generative.io import model_folder
from latentia.generative.io.start import Start
from latentia.generative.training.compute import (
    choose_compute,
    choose_device,
    cpu_threads,
)
from latentia.generative.training.memory import (
    check_fits,
    name_the_batch,
    name_the_size,
)
from latentia.generative.training.model_config import Setting
from latentia.generative.training.plan import Budget, Plan
from latentia.generative.training.progress import opening_line, training_bar
from latentia.generative.training.run_folder import RunFolder
from latentia.generative.training.trainer import Training

if TYPE_CHECKING:
    from latentia.generative.models.base import ImageModel

FEW = 500
"""Fewer images than this are warned of."""

M = TypeVar("M", bound="ImageModel")


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
) -> M:
    """Train a model, as ``ImageModel.fit`` tells."""
    if start is not None and resume is not None:
        raise ValueError(
            "give start or resume, not both: what is continued has its own weights"
        )
    in_place = resume is not None and not resume.is_file()
    if in_place and run is not None and run != resume:
        raise ValueError(f"resume={resume!s} is continued there: leave out run={run!s}")
    folder = resume if in_place else run
    if tensorboard and folder is None:
        raise ValueError("tensorboard=True writes into a folder: give run too")
    # Locked before a checkpoint is read: it is to be the last one still when it counts.
    with _claimed(folder):
        earlier = None if resume is None else model_folder.Earlier.read(resume)
        origin = None if start is None else Start.read(start, model)
        budget = Budget.of(epochs, minutes)
        if earlier is not None and epochs is None and minutes is None:
            budget = earlier.budget
        started = earlier.start if earlier is not None else None
        like = earlier.setting if earlier is not None and started else None
        if origin is not None:
            started, like = origin.record(), origin.setting
        size, mode = _form(model, X, like)
        # Anything that is wrong with these is said by what reads the images.
        with suppress(TypeError, ValueError):
            device = choose_device(model.device)
            check_fits(size, model.preset, model.batch_size, device)
        # What is held out of the images is a copy, and so is the rest.
        shared = isinstance(validation, numbers.Real)
        copies = 2 if shared else 1
        with name_the_size(size):
            data = as_image_set(
                X, y, size=size, mode=mode, labelled=model._labelled, copies=copies
            )
        compute = choose_compute(model.device, model.precision)
        setting = model._choose(data, compute, like)
        if origin is not None:
            origin.check(setting)
        identity = model_folder.identity(model, setting, data) | {"start": started}
        seed = int(compute.together(draw_seed(model.random_state)))
        if earlier is not None:
            seed = earlier.check(identity)
        trained, held_out = hold_out(data, validation, size, model._labelled, seed)
        plan = Plan(
            budget,
            len(trained),
            setting.batch_size,
            setting.learning_rate,
            model._half_life,
            seed,
            n_before=started["images_seen"] if started else 0,
            balanced=bool(model.balance_classes),
        )
        run_folder = None
        if folder is not None and compute.rank == 0:
            run_folder = RunFolder(folder, resumed=in_place, tensorboard=tensorboard)
        if model.verbose and compute.rank == 0:
            opening_line(type(model).__name__, trained, held_out, model._labelled)
        if shared and len(held_out) < model._least_scored:
            held_out = data
        n_before = 0
        training: Training | None = None
        try:
            if budget.automatic and len(trained) < FEW:
                _warn_of_few(model, len(trained))
            with name_the_batch(setting, compute.device), cpu_threads():
                training = Training(
                    model._build(setting, seed, compute.device),
                    plan,
                    trained,
                    held_out,
                    compute,
                    run_folder,
                    lambda state: model_folder.describe(
                        identity, plan, held_out.fingerprint, state
                    ),
                )
                if origin is not None:
                    origin.put_into(training, data)
                if earlier is not None:
                    earlier.take_up(training)
                    n_before = training.state.step
                bar = training_bar(
                    model.verbose, f"{type(model).__name__} {setting.preset}"
                )
                with bar as report:
                    training.run(report)
                if training.stopped_by is not None and not keeps_what_is_found():
                    raise KeyboardInterrupt
                model._take_over(training, compute, trained)
        except Exception:
            # What could not take a step, as for want of memory, leaves no run.
            begun = training is not None and training.state.step > n_before
            if run_folder is not None and not begun:
                run_folder.discard()
            raise
        if run_folder is not None:
            model.save(run_folder.path, overwrite=True)
    if training.stopped_by is not None:
        warn_caller(
            f"{training.stopped_by} ended the training after step {model.n_steps_}; "
            "resume= goes on from there",
            FitInterruptedWarning,
        )
    return model


def _form(
    model: ImageModel, X: Any, like: Setting | None
) -> tuple[tuple[int, int] | None, str | None]:
    """Return the size and mode that images are brought to.

    What the model leaves open of pictures on disk is as in ``like``, if that is given.
    """
    size, mode = model.size, model.mode
    if like is not None and isinstance(X, str | PathLike):
        n_channels, height, width = like.shape
        size, mode = size or (height, width), mode or mode_of(n_channels)
    return size, mode


def _warn_of_few(model: ImageModel, n: int) -> None:
    remedy = "more images make better ones"
    if "augment" in model.get_params() and not model.augment:
        remedy += ", and augment=True varies those that there are"
    warn_caller(
        f"{n} images are few to learn from: samples may look like them, or blurred; "
        f"{remedy}",
        UserWarning,
    )


def _claimed(folder: Path | None) -> AbstractContextManager[None]:
    """Keep other trainings out of a folder; of several processes one speaks for all."""
    first = int(os.environ.get("WORLD_SIZE", "1")) == 1 or os.environ["RANK"] == "0"
    if folder is None or not first:
        return nullcontext()
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"run={str(folder)!r} is a file, not a folder")
    return locked(folder)
