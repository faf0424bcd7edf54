"""``latentia train``: train a generator on a folder of images."""

from __future__ import annotations

import math
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from latentia._run_manifest import set_aside
from latentia.cli.console import say, warn
from latentia.cli.options import IMAGES
from latentia.cli.train_model import (
    is_first_process,
    new_estimator,
    shortcomings,
    summary,
)

MODELS = {"gan": "GAN", "cgan": "ConditionalGAN", "vae": "VAE", "rae": "RAE"}
KINDS = (*MODELS, "private")


def train(
    model: Annotated[str, typer.Argument(help=f"One of: {', '.join(KINDS)}.")],
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
        float | None,
        typer.Option(
            help="How long to train, instead of --epochs; counted from the first "
            "start with --resume."
        ),
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
            help="auto, conv, resnet, dcgan, mlp; for vae and rae auto, conv, mlp."
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            help="For gan and cgan: relativistic (the default), nonsaturating, hinge, "
            "wasserstein or minimax."
        ),
    ] = None,
    latent_dim: Annotated[
        int | None,
        typer.Option(help="Length of a code; for rae by default chosen by the images."),
    ] = None,
    beta: Annotated[
        float | None,
        typer.Option(
            help="For vae, weight of the divergence from the prior, by default 1; for "
            "rae, of the squared norm of codes, by default 0.01."
        ),
    ] = None,
    sharpen: Annotated[
        float | None,
        typer.Option(
            help="For rae and vae: share of the training in which a discriminator "
            "sharpens the images, by default 0.5; or 0."
        ),
    ] = None,
    error_limit: Annotated[
        float | None,
        typer.Option(
            help="For rae and vae: sharpened images whose squared error is larger than "
            "this multiple of that before are not kept, by default 1.5."
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
        float | None,
        typer.Option(
            help="Share of the images held out to find the best model; or 0.",
            show_default="0.1",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Random seed; for private only in tests, as it undoes the noise.",
            show_default="0, of private none",
        ),
    ] = None,
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
    epsilon: Annotated[
        float | None,
        typer.Option(help="For private: how much the model may tell about one image."),
    ] = None,
    delta: Annotated[
        float | None,
        typer.Option(
            help="For private: how often epsilon may fail, below 1/images.",
            show_default="1e-6",
        ),
    ] = None,
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

    kind = check_choice(model, "MODEL", KINDS)
    given = {
        "size": None if size is None else height_and_width(size),
        "mode": mode,
        "preset": preset,
        "network": network,
        "loss": loss,
        "latent_dim": latent_dim,
        "beta": beta,
        "sharpen": sharpen,
        "error_limit": error_limit,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "device": device,
        "precision": precision,
        "augment": augment or None,
        "balance_classes": balance_classes or None,
    }
    options = {name: value for name, value in given.items() if value is not None}
    if kind not in MODELS:
        from latentia.cli.train_private import train_private

        others: dict[str, Any] = {
            "epochs": epochs,
            "minutes": minutes,
            "resume": resume or None,
        }
        others |= {"from": start, "validation": validation, "seed": seed, "size": size}
        options |= {name: v for name, v in others.items() if v is not None}
        train_private(data, output, epsilon, delta, options, force=force)
        return
    if (epsilon, delta) != (None, None):
        raise ValueError("--epsilon and --delta are options of latentia train private")
    class_name = MODELS[kind]
    length = _length(epochs, minutes)
    seed = check_seed(0 if seed is None else seed)
    validation = 0.1 if validation is None else validation
    if not 0 <= validation < 1:
        raise ValueError(f"--validation must be at least 0 and < 1, got {validation}")
    inputs = [data] if start is None else [data, start]
    check_run_path(output, inputs, resume=resume, force=force)
    # The other processes of torchrun meet the folder that the first has made.
    first = is_first_process()
    with (
        _saying_warnings() as interruptions,
        ending_on_signals(),
        run_folder(output, class_name, inputs, resume=resume, force=force)
        if first
        else nullcontext(),
    ):
        estimator = new_estimator(
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
    if not is_first_process():
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
        summary(estimator),
        f"the model is in {output}; latentia sample {output} -n 100 -o images",
        *shortcomings(estimator),
    )


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
