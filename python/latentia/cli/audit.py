"""``latentia audit``: what a model or its images tell about its training images."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from latentia._files import replacing
from latentia.cli.console import say, working
from latentia.cli.options import IMAGES


def audit(
    members: Annotated[
        Path,
        typer.Option(help=f"Images that the model was trained on. {IMAGES}"),
    ],
    non_members: Annotated[
        Path,
        typer.Option(
            help="Images of the same kind that it was not trained on, in any form of "
            "--members; of a folder of IDX files those to test with. 1,000 or more are "
            "needed for a false positive rate of 0.1 %."
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Argument(help="The folder of latentia train, or a .safetensors file."),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(
            help="Generated images instead of a model, in any form of --members."
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option("-n", help="Number of images to generate; by default 10,000."),
    ] = None,
    delta: Annotated[
        float | None,
        typer.Option(
            help="The δ at which ε is bounded; by default that of a private model, "
            "else 1e-5."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = 0,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="File (.json) for the result."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the output file.")
    ] = False,
) -> None:
    """Attack a model, to tell its training images from other images.

    Membership inference by all scores that the model offers, with a lower bound of ε.
    That images resemble no training image does not prove that a model keeps privacy;
    nor does an attack that finds nothing.
    """
    from latentia._arguments import check_count, check_real, check_seed
    from latentia.cli.output import check_output

    seed = check_seed(seed)
    if n is not None:
        check_count(n, "-n", least=1)
    if delta is not None:
        check_real(delta, "--delta", least=0, below=1)
    if (run is None) == (samples is None):
        raise ValueError(
            "a model (the folder of latentia train) or --samples must be given, got "
            + ("neither" if run is None else f"{run} and {samples}")
        )
    if samples is not None and n is not None:
        raise ValueError(f"-n must only be given with a model, got {n}")
    inputs = [p for p in (run, samples, members, non_members) if p is not None]
    if output is not None:
        check_output(output, (".json",), force=force, inputs=inputs)

    with working("reading images"):
        generator, sides = _read(run, samples, members, non_members)
    from latentia.privacy import audit_membership

    with working("attacking"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # they are notes of the result
        found = audit_membership(
            generator, *sides, n_samples=n, delta=delta, random_state=seed
        )
    if output is not None:
        with replacing(output) as temporary:
            temporary.write_text(f"{json.dumps(found.as_dict(), indent=2)}\n")
    say(str(found), *([] if output is None else [f"\nthe result is in {output}"]))


def _read(
    run: Path | None, samples: Path | None, members: Path, non_members: Path
) -> tuple[Any, list[Any]]:
    """Return the model or the samples, and both sides in its form."""
    from latentia.cli.compared import saying_warnings
    from latentia.cli.image_data import has_test_images, read_images
    from latentia.generative.data import mode_of
    from latentia.generative.models.real_images import plain_images

    given = [
        (members, read_images(members)),
        (
            non_members,
            read_images(
                non_members, "test" if has_test_images(non_members) else "train"
            ),
        ),
    ]
    with saying_warnings():
        if run is not None:
            generator = _load(run)
            shape = generator.image_shape_
        else:
            assert samples is not None
            generator, _ = plain_images(
                *read_images(samples), least=1, name=str(samples)
            )
            shape = generator.shape[1:]
        form = {"size": shape[:2], "mode": mode_of(*(shape[2:] or (1,)))}
        sides = [
            plain_images(*side, **form, least=2, name=str(path)) for path, side in given
        ]
    return generator, sides


def _load(run: Path) -> Any:
    """Return a saved model, with the discriminator if its run has one."""
    from latentia.cli.trained_model import load_model
    from latentia.generative.models.discriminator import read_discriminator

    model = load_model(run)
    if run.is_dir() and hasattr(model, "discriminate"):
        read_discriminator(model, run)
    return model
