"""What ``latentia train`` makes of its options, and says about the model at the end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rich.table import Table

from latentia._run_manifest import LAST
from latentia.cli.console import facts


def new_estimator(
    class_name: str,
    options: dict[str, Any],
    seed: int,
    *,
    run: Path | None,
    start: Path | None,
) -> Any:
    """Return the model to train: new, or that of a run with other options if given.

    A run that is continued keeps its own seed and what it started from.
    """
    from latentia import generative

    estimator = getattr(generative, class_name)(random_state=seed)
    for name in options:
        if name not in estimator.get_params():
            option = "--" + name.replace("_", "-")
            raise ValueError(f"{option} is not an option of {class_name}")
    source = start if run is None else run
    if source is not None:
        # Not the best: that this one is damaged does not matter for going on.
        last = source / LAST
        earlier = generative.load(last if last.is_file() else source, device="cpu")
        if type(earlier) is not type(estimator):
            raise ValueError(
                f"{source} has a run of {type(earlier).__name__}, not {class_name}"
            )
        estimator = earlier
        if run is None:
            estimator.set_params(random_state=seed)
        elif start is not None and earlier.started_from_ is None:
            raise ValueError(f"--from: the run in {run} started from no other model")
    return estimator.set_params(**options, verbose=int(is_first_process()))


def is_first_process() -> bool:
    """Return whether this is the process that prints, of those of torchrun."""
    return int(os.environ.get("RANK", "0")) == 0


def shortcomings(estimator: Any) -> tuple[str, ...]:
    """Return a message if the training was too short or failed."""
    from latentia.generative.models.outcome import outcome

    found = outcome(estimator)
    return () if found.grade == "good" else found.reasons


def summary(estimator: Any) -> Table:
    """Return a table about a training."""
    found = {
        "preset": str(estimator.preset_),
        "network": estimator.config_.network,
        "length of codes": str(estimator.latent_dim_),
        "batch size": str(estimator.config_.batch_size),
        "learning rate": f"{estimator.config_.learning_rate:g}",
        "device": str(estimator.device_),
        "images seen": f"{estimator.n_images_seen_:,}",
        "steps": f"{estimator.n_steps_:,}",
    }
    if estimator.started_from_:
        start = estimator.started_from_
        found["started from"] = f"{start['model']}, step {start['step']:,}"
    scores = [row["score"] for row in estimator.history_ if "score" in row]
    if scores:
        found["best score"] = f"{min(scores):.4g}, {estimator.score_unit}"
    errors = _errors(estimator)
    if errors is not None:
        before, after = errors
        found["squared error"] = f"{before:.4g} before sharpening, {after:.4g} after"
    found["time"] = f"{estimator.history_[-1]['seconds']:.4g} s"
    return facts(found)


def _errors(estimator: Any) -> tuple[float, float] | None:
    """Return the held-out error before the second stage, and that of the best model.

    None if there was no such stage, or what it made was not kept.
    """
    state = estimator.record_.state
    errors = {
        row["step"]: row["held_out_error"]
        for row in estimator.history_
        if "held_out_error" in row
    }
    if not 0 < state.stage_step < state.best_step:
        return None
    before, after = (errors.get(at) for at in (state.stage_step, state.best_step))
    return None if before is None or after is None else (before, after)
