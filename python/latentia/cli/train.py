"""``latentia train``: train a generator on a folder of images."""

from __future__ import annotations

import math
import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from latentia._run_manifest import LAST, set_aside
from latentia.cli.console import facts, say, warn
from latentia.cli.options import IMAGES

MODELS = {"gan": "GAN", "cgan": "ConditionalGAN", "vae": "VAE", "rae": "RAE"}


def train(
    model: Annotated[str, typer.Argument(help=f"One of: {', '.join(MODELS)}.")],
    data: Annotated[Path, typer.Argument(help=IMAGES)],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="Folder for the model, its losses and grids of samples.",
        ),
    ],
    epochs: Annotated[
        int | None,
        typer.Option(
            help="How often to see every image; by default 20 times, within 2,000 to "
            "20,000 steps, and less where scores get no better."
        ),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="How long to train, instead of --epochs.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the run in the folder.")
    ] = False,
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Start from the weights of a trained model, the folder of its run, on "
            "these images; options that are not given are those of that run.",
        ),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="HxW",
            help="Height and width of the images in training, or one number for both.",
        ),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            help="L (grey), RGB or RGBA, the mode of training; by default what "
            "they are."
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="tiny, small or base; by default what suits the device."),
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(
            help="auto, strided, resnet, dcgan, mlp; for vae and rae auto, mlp."
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            help="For gan and cgan: relativistic (the default), nonsaturating, hinge, "
            "wasserstein or minimax."
        ),
    ] = None,
    latent_dim: Annotated[int | None, typer.Option(help="Length of a code.")] = None,
    beta: Annotated[
        float | None,
        typer.Option(
            help="For vae, weight of the divergence from the prior, by default 1; for "
            "rae, of the squared norm of codes, by default 0.01."
        ),
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images per step.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Initial or highest learning rate.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="auto, cpu, cuda, one GPU as cuda:1, or mps.")
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="auto, float32 or bfloat16.")
    ] = None,
    validation: Annotated[
        float,
        typer.Option(help="Share of the images held out to find the best model; or 0."),
    ] = 0.1,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    augment: Annotated[
        bool,
        typer.Option(
            "--augment",
            help="For gan and cgan: random brightness, shifts and cut-outs.",
        ),
    ] = False,
    balance_classes: Annotated[
        bool,
        typer.Option(
            "--balance-classes",
            help="For cgan: train on all classes equally often.",
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the run in the folder.")
    ] = False,
) -> None:
    """Train a model on images, on a GPU if there is one.

    Ctrl-C saves and stops; the same command with --resume goes on from there. For
    several GPUs: torchrun --nproc-per-node N -m latentia train ...
    """
    from latentia._arguments import check_choice, check_seed
    from latentia.cli.image_data import height_and_width, read_images
    from latentia.cli.run_output import check_run_path, ending_on_signals, run_folder

    class_name = MODELS[check_choice(model, "MODEL", tuple(MODELS))]
    given = {
        "size": None if size is None else height_and_width(size),
        "mode": mode,
        "preset": preset,
        "network": network,
        "loss": loss,
        "latent_dim": latent_dim,
        "beta": beta,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "device": device,
        "precision": precision,
        "augment": augment or None,
        "balance_classes": balance_classes or None,
    }
    options = {name: value for name, value in given.items() if value is not None}
    length = _length(epochs, minutes)
    seed = check_seed(seed)
    if not 0 <= validation < 1:
        raise ValueError(f"--validation must be at least 0 and < 1, got {validation}")
    inputs = [data] if start is None else [data, start]
    check_run_path(output, inputs, resume=resume, force=force)
    # The other processes of torchrun meet the folder that the first has made.
    first = _is_first_process()
    with (
        _saying_warnings() as interruptions,
        ending_on_signals(),
        run_folder(output, class_name, inputs, resume=resume, force=force)
        if first
        else nullcontext(),
    ):
        estimator = _estimator(
            class_name, options, seed, run=output if resume else None, start=start
        )
        X, y = read_images(data)
        with set_aside(output) if first and not resume else nullcontext():
            estimator.fit(
                X,
                y,
                validation=validation or None,
                run=output,
                resume=output if resume else None,
                start=None if resume else start,
                **length,
            )
    if not _is_first_process():
        return
    if interruptions:
        warn(
            f"stopped after step {estimator.n_steps_}; the same command with --resume "
            "goes on from there"
        )
        name = interruptions[0].split()[0]
        known = name in signal.Signals.__members__
        raise typer.Exit(128 + (signal.Signals[name] if known else signal.SIGINT))
    say(
        _report(estimator),
        f"the model is in {output}; latentia sample {output} -n 100 -o images",
        *_shortcomings(estimator),
    )


def _estimator(
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
    return estimator.set_params(**options, verbose=int(_is_first_process()))


@contextmanager
def _saying_warnings() -> Iterator[list[str]]:
    """Print warnings at once, a line each, as a training takes long.

    What says that the training was interrupted is added to the list instead.
    """
    from latentia._interrupt import FitInterruptedWarning

    interruptions: list[str] = []

    def say(message: Warning | str, category: type[Warning], *_: Any) -> None:
        if issubclass(category, FitInterruptedWarning):
            interruptions.append(str(message))
        else:
            warn(message)

    with warnings.catch_warnings():
        for category in (UserWarning, RuntimeWarning):
            warnings.simplefilter("always", category)
        warnings.showwarning = say  # type: ignore[assignment]
        yield interruptions


def _length(epochs: int | None, minutes: float | None) -> dict[str, Any]:
    """Return how long to train, as ``fit`` takes it."""
    from latentia._arguments import check_count

    if epochs is not None and minutes is not None:
        raise ValueError("give either --epochs or --minutes, not both")
    if epochs is not None:
        return {"epochs": check_count(epochs, "--epochs", least=1)}
    if minutes is not None and not 0 < minutes < math.inf:
        raise ValueError(f"--minutes must be more than 0, got {minutes}")
    return {} if minutes is None else {"minutes": minutes}


def _is_first_process() -> bool:
    """Return whether this is the process that prints, of those of torchrun."""
    return int(os.environ.get("RANK", "0")) == 0


def _shortcomings(estimator: Any) -> tuple[str, ...]:
    """Return a message if the training was too short or failed."""
    from latentia.generative.models.outcome import outcome

    found = outcome(estimator)
    return () if found.grade == "good" else found.reasons


def _report(estimator: Any) -> Table:
    found = {
        "preset": str(estimator.preset_),
        "network": estimator.config_.network,
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
    found["time"] = f"{estimator.history_[-1]['seconds']:.4g} s"
    return facts(found)
